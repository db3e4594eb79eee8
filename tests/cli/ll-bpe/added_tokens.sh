# SPDX-License-Identifier: MIT
# Added tokens of byte-level BPE that take white space along, are whole words only, or are looked for in the normalised text; ByteLevel
# that puts a space before what lies between them, does not split it, or has Splits behind it. Ids and
# offsets expected are those of tokenizers 0.23.3; random models against it are in tests/interop/random_models.py.
. "$ROOT/tests/lib.sh"
cat > models.py <<'END'
"""Byte-level models of five merges, with added tokens "content: flags"."""
import json
chars = [c for c in range(256) if 33 <= c <= 126 or 161 <= c <= 172 or c >= 174]
names = [chr(c) for c in chars] + [chr(256 + k) for k in range(256 - len(chars))]
merges = [["a", "b"], ["Ġ", "a"], ["Ġ", "ab"], ["t", "o"], ["to", "k"]]
level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
def write(path, added, normalizer=None, pre=level, merges=merges):
    vocab = {n: i for i, n in enumerate(names)}
    for a, b in merges: vocab[a + b] = len(vocab)
    flags, free, tokens = ("single_word", "lstrip", "rstrip", "normalized", "special"), len(vocab), []
    for content, said in added.items():
        tokens.append({"id": vocab.get(content, free), "content": content, **{f: f in said.split() for f in flags}})
        free += content not in vocab
    json.dump({"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer, "pre_tokenizer": pre, "post_processor": None, "decoder": level,
               "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                         "vocab": vocab, "merges": merges}}, open(path, "w"))
strip = {"<m>": "lstrip special", "<r>": "rstrip", "tok": "single_word", "\t": ""}
if __name__ == "__main__":
    write("strip.json", strip)
    write("byte.json", {"b": "rstrip"})
    write("normal.json", {"가": "normalized lstrip", "e\u0301b": "normalized", "<s>": "special", "a b": "rstrip single_word", "\u3000": "lstrip"}, {"type": "NFC"})
    write("bare.json", dict.fromkeys(strip, ""))
    some = {"<s>": "special", "<r>": "rstrip", "<m>": "lstrip"}
    write("prefix.json", some, None, {**level, "add_prefix_space": True})
    write("none.json", some, None, {**level, "use_regex": False})
    write("both.json", some, None, {**level, "add_prefix_space": True, "use_regex": False})
    write("nfd.json", {"가": "normalized"}, {"type": "NFD"}, {**level, "add_prefix_space": True})
    # Behind ByteLevel its alphabet is split: the bytes B2 and B3 of a character are digits there.
    parted = [*merges, ["1", "2"], ["12", "3"], ["3", "4"], ["å", "²"], ["å²", "³"], ["Â", "²"], ["Ġ", "1"]]
    write("falcon.json", {"<s>": "special"}, None, {"type": "Sequence", "pretokenizers": [{"type": "Punctuation", "behavior": "Contiguous"}, level, {"type": "Digits", "individual_digits": False},
        {"type": "Split", "pattern": {"Regex": "[0-9][0-9][0-9]"}, "behavior": "Isolated", "invert": False}]}, parted)
    write("alphabet.json", {"<s>": "special"}, None, {"type": "Sequence", "pretokenizers": [{**level, "add_prefix_space": True, "use_regex": False},
        {"type": "Split", "pattern": {"String": "\u0120"}, "behavior": "MergedWithPrevious", "invert": False}, {"type": "Punctuation", "behavior": "Isolated"}]}, parted)
    write("pad.json", {"!": "special", "<s>": "special"}, merges=[*merges, ["a", "!"]])
    write("special.json", {"<m>": "lstrip single_word special"})
END
python3 models.py
# Model, text, ids, offsets, and what decoding gives: the token as the file has it, or as the normaliser makes it. (Of
# "éb" tokenizers would take the é for the byte E9, which it is the name of, and give U+FFFD.)
cat > want.jsonl <<'END'
["strip", "a <m> a", [64, 261, 257], [0, 1, 5], "a<m> a"]
["strip", "a\u00a0\n<m>", [64, 261], [0, 1], "a<m>"]
["strip", "a<r> \t a", [64, 262, 263, 257], [0, 1, 5, 6], "a<r>\t a"]
["strip", "<r>  a", [262, 64], [0, 5], "<r>a"]
["strip", "tok atok tok. tok_ \u00e9tok", [260, 257, 260, 220, 260, 13, 220, 260, 62, 220, 127, 102, 260], [0, 3, 5, 8, 9, 12, 13, 14, 17, 18, 19, 19, 21], "tok atok tok. tok_ \u00e9tok"]
["strip", "<r>   <m>", [262, 261], [0, 6], "<r><m>"]
["strip", "<m><m> <m>", [261, 261, 261], [0, 3, 6], "<m><m><m>"]
["strip", "tok", [260], [0], "tok"]
["strip", " tok ", [220, 260, 220], [0, 1, 4], " tok "]
["normal", "a \uac00 b", [64, 261, 220, 65], [0, 1, 5, 6], "a\uac00 b"]
["normal", "a \u1100\u1161", [64, 261], [0, 1], "a\uac00"]
["normal", "ae\u0301ba", [64, 262, 64], [0, 1, 5], "a\u00e9ba"]
["normal", "e\u0301b<s>\u0301", [262, 263, 136, 223], [0, 4, 7, 7], "\u00e9b<s>\u0301"]
["normal", "\u00e9b", [262], [0], "\u00e9b"]
["normal", "a b  \u00e9 a bc", [264, 127, 102, 257, 220, 65, 66], [0, 5, 5, 7, 9, 10, 11], "a b\u00e9 a bc"]
["normal", "ba b", [65, 64, 220, 65], [0, 1, 2, 3], "ba b"]
["normal", "x \u3000y", [87, 265, 88], [0, 1, 5], "x\u3000y"]
["prefix", "a ab", [257, 258], [0, 1], " a ab"]
["prefix", " ab", [258], [0], " ab"]
["prefix", "\nab", [220, 198, 256], [0, 0, 1], " \nab"]
["prefix", "ab<s>ab<s> ab<s>\tab", [258, 261, 258, 261, 258, 261, 220, 197, 256], [0, 2, 5, 7, 10, 13, 16, 16, 17], " ab<s> ab<s> ab<s> \tab"]
["prefix", "", [], [], ""]
["prefix", "<s>", [261], [0], "<s>"]
["prefix", "<r> ab", [262, 258], [0, 4], "<r> ab"]
["prefix", "ab <m>ab", [258, 263, 258], [0, 2, 6], " ab<m> ab"]
["prefix", "  ", [220, 220], [0, 1], "  "]
["prefix", "ab\u00a0 ab\n\n ab", [258, 126, 254, 258, 198, 198, 258], [0, 2, 2, 4, 7, 8, 9], " ab\u00a0 ab\n\n ab"]
["none", "a ab", [64, 258], [0, 1], "a ab"]
["none", " ab", [258], [0], " ab"]
["none", "\nab", [198, 256], [0, 1], "\nab"]
["none", "ab<s>ab<s> ab<s>\tab", [256, 261, 256, 261, 258, 261, 197, 256], [0, 2, 5, 7, 10, 13, 16, 17], "ab<s>ab<s> ab<s>\tab"]
["none", "", [], [], ""]
["none", "<s>", [261], [0], "<s>"]
["none", "<r> ab", [262, 256], [0, 4], "<r>ab"]
["none", "ab <m>ab", [256, 263, 256], [0, 2, 6], "ab<m>ab"]
["none", "  ", [220, 220], [0, 1], "  "]
["none", "ab\u00a0 ab\n\n ab", [256, 126, 254, 258, 198, 198, 258], [0, 2, 2, 4, 7, 8, 9], "ab\u00a0 ab\n\n ab"]
["both", "a ab", [257, 258], [0, 1], " a ab"]
["both", " ab", [258], [0], " ab"]
["both", "\nab", [220, 198, 256], [0, 0, 1], " \nab"]
["both", "ab<s>ab<s> ab<s>\tab", [258, 261, 258, 261, 258, 261, 220, 197, 256], [0, 2, 5, 7, 10, 13, 16, 16, 17], " ab<s> ab<s> ab<s> \tab"]
["both", "", [], [], ""]
["both", "<s>", [261], [0], "<s>"]
["both", "<r> ab", [262, 258], [0, 4], "<r> ab"]
["both", "ab <m>ab", [258, 263, 258], [0, 2, 6], " ab<m> ab"]
["both", "  ", [220, 220], [0, 1], "  "]
["both", "ab\u00a0 ab\n\n ab", [258, 126, 254, 258, 198, 198, 258], [0, 2, 2, 4, 7, 8, 9], " ab\u00a0 ab\n\n ab"]
["nfd", "\u0301a", [220, 136, 223, 64], [0, 0, 0, 2], " \u0301a"]
["nfd", "\uac00ab", [261, 258], [0, 3], "\u1100\u1161 ab"]
["nfd", "\uac00", [261], [0], "\u1100\u1161"]
["nfd", "\u1100\u1161", [261], [0], "\u1100\u1161"]
["nfd", "ab \uac00 ab", [258, 220, 261, 258], [0, 2, 3, 6], " ab \u1100\u1161 ab"]
["nfd", "\u00e9 a", [220, 68, 136, 223, 257], [0, 0, 0, 0, 2], " e\u0301 a"]
["falcon", "ab ab", [256, 258], [0, 2], "ab ab"]
["falcon", "a12b", [64, 261, 65], [0, 1, 3], "a12b"]
["falcon", "12345678 1", [262, 19, 20, 21, 22, 23, 220, 16], [0, 3, 4, 5, 6, 7, 8, 9], "12345678 1"]
["falcon", "\u00b2a \u5cb3 ab", [126, 110, 64, 220, 161, 110, 111, 258], [0, 0, 2, 3, 4, 4, 4, 7], "\u00b2a \u5cb3 ab"]
["falcon", "<s>1<s>ab", [268, 16, 268, 256], [0, 3, 4, 7], "<s>1<s>ab"]
["falcon", " ab!? a", [258, 0, 30, 257], [0, 3, 4, 5], " ab!? a"]
["falcon", "a\u00bdb \u3002ab", [64, 126, 121, 65, 220, 159, 222, 224, 256], [0, 1, 1, 3, 4, 5, 5, 5, 8], "a\u00bdb \u3002ab"]
["falcon", "ab\u0660", [256, 149, 254], [0, 2, 2], "ab\u0660"]
["falcon", "\n ab", [198, 258], [0, 1], "\n ab"]
["alphabet", "ab ab", [220, 256, 220, 256], [0, 0, 2, 3], " ab ab"]
["alphabet", "a12b", [220, 64, 261, 65], [0, 0, 1, 3], " a12b"]
["alphabet", "12345678 1", [220, 262, 19, 20, 21, 22, 23, 220, 16], [0, 0, 3, 4, 5, 6, 7, 8, 9], " 12345678 1"]
["alphabet", "\u00b2a \u5cb3 ab", [220, 266, 64, 220, 265, 220, 256], [0, 0, 2, 3, 4, 7, 8], " \u00b2a \u5cb3 ab"]
["alphabet", "<s>1<s>ab", [268, 220, 16, 268, 220, 256], [0, 3, 3, 4, 7, 7], "<s> 1<s> ab"]
["alphabet", " ab!? a", [220, 256, 0, 30, 220, 64], [0, 1, 3, 4, 5, 6], " ab!? a"]
["alphabet", "a\u00bdb \u3002ab", [220, 64, 126, 121, 65, 220, 159, 222, 224, 256], [0, 0, 1, 1, 3, 4, 5, 5, 5, 8], " a\u00bdb \u3002ab"]
["alphabet", "ab\u0660", [220, 256, 149, 254], [0, 0, 2, 2], " ab\u0660"]
["alphabet", "\n ab", [220, 198, 220, 256], [0, 0, 1, 2], " \n ab"]
["pad", "ab!", [256, 0], [0, 2], "ab!"]
["pad", "!", [0], [0], "!"]
["pad", "a!b", [64, 0, 65], [0, 1, 2], "a!b"]
["pad", "a !! <s>!", [64, 220, 0, 0, 220, 262, 0], [0, 1, 2, 3, 4, 5, 8], "a !! <s>!"]
["pad", "!ab<s>", [0, 256, 262], [0, 1, 3], "!ab<s>"]
["pad", " !", [220, 0], [0, 1], " !"]
END
cat > compare.py <<'END'
"""compare.py NAME MODEL: what encode --special=allow --offsets and decode make of the texts of want.jsonl for NAME."""
import json, subprocess, sys
name = sys.argv[1]
want = [w[1:] for w in map(json.loads, open("want.jsonl")) if w[0] == name]
open("t.jsonl", "w").writelines(json.dumps({"text": w[0]}) + "\n" for w in want)
run = lambda command: [json.loads(l) for l in subprocess.run(command, shell=True, check=True, stdout=subprocess.PIPE).stdout.splitlines()]
got = run(f"ll-shard import -q t.jsonl | ll-bpe encode -q --special=allow --offsets -m {sys.argv[2]} | tee t.tok | ll-shard export -q")
back = run(f"ll-bpe decode -q -m {sys.argv[2]} t.tok | ll-shard export -q")
for w, g, b in zip(want, got, back):
    starts = [0]
    for c in w[0]: starts.append(starts[-1] + len(c.encode()))
    characters = [max(s for s in starts if s <= o) for o in g["offsets"]] # tokenizers knows no others
    assert [g["tokens"], characters, b["text"]] == w[1:], (w, g, b)
assert len(want) == len(got) == len(back) > 5
END
for m in strip normal prefix none both nfd falcon alphabet pad; do
	ok "$m: ids, offsets, and back" python3 compare.py $m $m.json
	ok "$m: import proves it" ll-bpe import -q -o again.json $m.json
	ok "$m: and writes what gives the same" python3 compare.py $m again.json
	ok "$m: export for tokenizers" sh -c "ll-bpe export -q --to=hf -m $m.json > hf.json"
	ok "$m: has the flags" python3 -c '
import json, sys
tokens = lambda path: sorted(json.load(open(path))["added_tokens"], key=lambda t: t["id"])
assert tokens(sys.argv[1]) == tokens("hf.json") == tokens("again.json")' $m.json
done
# A special token that is a byte is that byte in other text too; one that is special beside it is not looked for there.
printf '{"text":"a! !b"}\n' > t.jsonl
is "$(ll-shard import -q t.jsonl | ll-bpe encode -q -m pad.json | ll-shard export -q | sed 's/.*"tokens"://; s/}$//')" "[64,0,220,0,65]" "a special token that is a byte, in text"
status 3 "is refused in text where special tokens are" sh -c 'll-shard import -q t.jsonl | ll-bpe encode -q --special=refuse -m pad.json'
# The empty token of Whisper.
python3 -c '
from models import *
write("empty.json", {})
m = json.load(open("empty.json"))
m["model"]["vocab"][""] = 261
json.dump(m, open("empty.json", "w"))'
ok "a token of no bytes: import" ll-bpe import -q -o again.json empty.json
ok "GPT-2's two files" ll-bpe export -q --to=gpt2 -m again.json -o pair
ok "have it" ll-bpe import -q --pretokenizer=gpt2 -o pair.json pair/vocab.json
ok "ranks" ll-bpe export -q --to=tiktoken -m empty.json -o ranks.tiktoken
is "$(tail -n 1 ranks.tiktoken)" "= 261" "have it as Whisper's file has it"
ok "and are read" ll-bpe import -q --pretokenizer=gpt2 -o ranks.json ranks.tiktoken
ok "and written again" ll-bpe export -q --to=tiktoken -m ranks.json -o twice.tiktoken
same twice.tiktoken ranks.tiktoken "to the byte"
ok "and to tokenizer.json, where it is the empty name" python3 -c '
import json
assert json.load(open("ranks.json"))["model"]["vocab"][""] == 261'
awk '{ print $1, $2 == 64 ? 261 : $2 == 261 ? 64 : $2 }' ranks.tiktoken > first.tiktoken
ok "anywhere among the ranks" ll-bpe import -q --pretokenizer=gpt2 -o first.json first.tiktoken
is "$(ll-shard import -q t.jsonl | ll-bpe encode -q -m first.json | ll-shard export -q | sed 's/.*"tokens"://; s/}$//')" "[261,0,220,0,65]" "as well"
for wrong in "== 262" "==== 262" " 262" "= 262" "=A== 262" "* 262"; do
	{ cat ranks.tiktoken; echo "$wrong"; } > wrong.tiktoken
	status 3 "a line '$wrong'" ll-bpe import -q --pretokenizer=gpt2 -o no.json wrong.tiktoken
done
for m in empty again pair ranks; do
	is "$(ll-shard import -q t.jsonl | ll-bpe encode -q -m $m.json | ll-shard export -q | sed 's/.*"tokens"://; s/}$//')" "[64,0,220,0,65]" "$m: is never made of text"
	is "$(printf '{"tokens":[261,64,261]}\n' | ll-shard import -q --from=tokens -m $m.json | ll-bpe decode -q -m $m.json | ll-shard export -q --to=text)" "a" "$m: and decoded as nothing"
done
ok "inspect" ll-bpe inspect -m empty.json
id() { printf '{"text":"a"}\n' | ll-shard import -q | ll-bpe encode -q -m "$1" | ll-shard info - | sed -n 's/.*tokenizer[^0-9a-f]*\([0-9a-f]\{32\}\).*/\1/p' | head -n 1; }
ok "flags are part of the id" sh -c '[ "$1" != "$2" ] && [ ${#1} = 32 ]' - "$(id strip.json)" "$(id bare.json)"
status 1 "diff" ll-bpe diff -o d strip.json bare.json
ok "counts them" grep -qx "added tokens of both with other flags	3" d
printf 'x a<r>  b' > t.txt
status 1 "diff of a text" ll-bpe diff -o d strip.json bare.json t.txt
ok "names the byte" grep -qx "byte	8" d
python3 -c 'from models import *; write("left.json", {"tok": "lstrip"}); write("unmoved.json", {"tok": ""})'
printf 'x a  tok' > t.txt
status 1 "diff of a text with a token that takes white space" ll-bpe diff -o d left.json unmoved.json t.txt
ok "says so" grep -q "^why	special: an added token of both takes white space along in one only" d
ok "at the byte where that is" grep -qx "byte	3" d

# Special ones are text unless allowed; refused only where they would be found.
ids() { printf '{"text":"%s"}\n' "$1" | ll-shard import -q | ll-bpe encode -q -m "$2" --special="$3" | ll-shard export -q | sed 's/.*"tokens"://; s/}$//'; }
is "$(ids 'b a b  a' byte.json text)" "[65,64,220,65,64]" "one that is a byte, too"
is "$(ids 'a <m>' strip.json text)" "[64,220,27,76,29]" "as text: the white space stays"
is "$(ids 'a <m>' strip.json allow)" "[64,261]" "allowed: it is taken along"
printf '{"text":"x<m>"}\n' | ll-shard import -q -o word.ll
ok "refused: not inside a word" ll-bpe encode -q -m special.json --special=refuse -o x.tok word.ll
printf '{"text":"x <m>"}\n' | ll-shard import -q -o found.ll
status 3 "beside white space" ll-bpe encode -q -m special.json --special=refuse -o x.tok found.ll
says "the special token <m> is in the text" "it is"

# Other formats cannot say it.
ok "ranks" ll-bpe export --to=tiktoken -o ranks -m special.json
says "the file does not say the special tokens: <m>:261 (single_word, lstrip)" "with all there is to tell"
ok "GGUF" ll-bpe export --to=gguf -o m.gguf -m special.json
says "the file does not say what these special tokens do with what stands around them: <m>:261 (single_word, lstrip)" "of a special token warns"
status 3 "of others" ll-bpe export --to=gguf -o m.gguf -m strip.json
says "strip.json: the added token 'tok' has single_word, which GGUF cannot say" "is refused"
ok "vocab.json" ll-bpe export --to=gpt2 -o folder -m special.json
says "what these special tokens do with what stands around them: <m>:261 (single_word, lstrip)" "warns"

# A dataset of it is that of the documents, though white space went.
python3 -c '
import json
for line in open("want.jsonl"):
    name, text, *_ = json.loads(line)
    if name in ("strip", "both"): print(json.dumps({"text": text}))' | ll-shard import -q -o docs.ll
for m in strip both; do for how in text allow; do
	ll-bpe encode -q --special=$how -m $m.json docs.ll | ll-shard pack -q -m $m.json -o data-$m-$how - 2> .err
	ok "$m --special=$how: check --against" ll-shard check -q --against=docs.ll data-$m-$how
done; done

# Plain text is not cut where a token goes over the place.
python3 - <<'END'
from models import *
write("over.json", {"a b": "", "xx": "rstrip"})
text = "a b xx  c " * 300000
open("long.txt", "w").write(text)
json.dump({"text": text}, open("long.jsonl", "w"))
END
ll-shard import -q -o long.ll long.jsonl
measured() { ll-bpe inspect -q -m over.json "$1" | grep '^bytes per token\|^Renyi' | head -n 3; }
measured long.ll > one; measured long.txt > two
ok "a text of 3 MB" [ -s one ]
same one two "has the tokens of a document"
ll-bpe inspect -q -m prefix.json --json > vocabulary.json
ok "no token is unreachable because a space goes before texts" grep -q '"unreachable": *{"n": *0\|"unreachable": *\[\]' vocabulary.json
# With a space put before texts, a text is cut before a space only; one that is not split, nowhere.
python3 - <<'END'
import json
text = "ab\nab ab\n" * 300000
open("lines.txt", "w").write(text)
json.dump({"text": text}, open("lines.jsonl", "w"))
END
ll-shard import -q -o lines.ll lines.jsonl
for m in prefix none both; do
	for x in lines.ll lines.txt; do ll-bpe inspect -q -m $m.json $x | grep '^bytes per token\|^Renyi' | head -n 3 > $x.m; done
	same lines.ll.m lines.txt.m "$m: a text of 3 MB has the tokens of a document"
done
printf 'ab' > t.txt
status 1 "diff with one that puts no space" ll-bpe diff -o d prefix.json none.json t.txt
ok "says so" grep -q "^why	prefix-space: one puts a space before texts" d
ok "and how they split" grep -q "^pretokenizer	prefix-space" d
ok "ranks do not say it" sh -c 'll-bpe export -q --to=tiktoken -m prefix.json > ranks 2> said; grep -q "does not say that a space is put before texts" said'
ids 'x' prefix.json text > got; printf '{"text":"x"}\n' | ll-shard import -q | ll-bpe encode -q -m ranks --pretokenizer=prefix-space --pretokenizer=gpt2 | ll-shard export -q | sed 's/.*"tokens"://; s/}$//' > want
same want got "--pretokenizer=prefix-space says it of ranks"
status 3 "GGUF" ll-bpe export --to=gguf -o m.gguf -m prefix.json
says "llama.cpp has no pre-tokenizer like prefix-space" "refuses it"
python3 -c 'from models import *; write("behind.json", {}, None, {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": False}, {**level, "add_prefix_space": True}]})'
status 3 "behind another pre-tokenizer" ll-bpe inspect -m behind.json
says "behind.json: ByteLevel with add_prefix_space behind another pre_tokenizer is not supported" "is refused"
status 2 "prefix-space before others" ll-bpe train --pretokenizer=prefix-space --pretokenizer=cl100k --vocab-size=300 -o x.json lines.txt
says "prefix-space goes before gpt2 or none only" "is refused"
status 2 "none and another" ll-bpe train --pretokenizer=none --pretokenizer=gpt2 --vocab-size=300 -o x.json lines.txt
says "none goes with no other pre-tokenizer" "is refused"
# Training: pre-tokens as they are encoded, from texts as from counts.
printf 'ab ab\nab abab\n' > small.txt
for p in "prefix-space gpt2" "none" "prefix-space none"; do
	o=; for x in $p; do o="$o --pretokenizer=$x"; done
	ok "train$o" ll-bpe train -q --from=text --lines $o --vocab-size=258 -o trained.json small.txt
	ll-bpe count -q --from=text --lines $o -o small.counts small.txt
	ok "and from counts" ll-bpe train -q --vocab-size=258 -o again.json small.counts
	same trained.json again.json "the same"
done
# A run of white space with a token at each place is gone through once.
python3 - <<'END'
from models import *
write("spaces.json", {" ": "lstrip rstrip", "\t": "rstrip"})
json.dump({"text": " \t" * 400000 + "a" + "\t" * 400000}, open("run.jsonl", "w"))
END
ok "a run of 800,000" sh -c 'll-shard import -q run.jsonl | timeout 20 ll-bpe encode -q -m spaces.json > run.tok'
finish
