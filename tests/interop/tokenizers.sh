# SPDX-License-Identifier: MIT
# packages: tokenizers tiktoken
# Our tokenizer.json in Hugging Face tokenizers: it loads, gives the same ids on generated edge strings, and the same merges come out
# of HF's trainer. With LLTOOLS_TEST_DATA, the official rank files against tiktoken too.
. "$ROOT/tests/lib.sh"
cat > edges.py <<'END'
"""edges.py OUT SEED COUNT: documents of one edge string each."""
import json, random, sys, unicodedata
r = random.Random(int(sys.argv[2]))
spaces = [" ", "  ", "\n", "\r\n", "\t", "\r", "\u2028", "\u00a0", "\x85", "\u3000", "\x1c", "\ufeff", " \n", "/", "//\n"]
quotes = ["'s", "'S", "'\u017f", "'ll", "'LL", "'re", "'Ve", "'d", "'T", "'", "''s", "'l", "\u2019s"]
words = ["the", "Hello", "WORLD", "camelCase", "ABCdef", "\u65e5\u672c\u8a9e", "\u00e9a", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u0661\u0662\u0663\u0664", "12345",
         "\u00b2\u00bd", "\U0001f600\U0001f44d\U0001f3fd", "e\u0301", "\u01c5", "\u02b0a", "a\u4e2dA\u4e2dAB", "\ufb01"]
assigned = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ("Cn", "Co", "Cs")]
def bit():
    k = r.random()
    return (r.choice(spaces) if k < .25 else r.choice(quotes) if k < .4 else r.choice(assigned) * r.randint(1, 3) if k < .6
            else chr(r.randrange(128)) * r.randint(1, 4) if k < .75 else r.choice(words))
with open(sys.argv[1], "w") as out:
    for _ in range(int(sys.argv[3])):
        out.write(json.dumps({"text": "".join(bit() for _ in range(r.randint(1, 12)))}) + "\n")
    for long in ["a" * 5000, "ab" * 5000, " " * 5000 + "x", "^" * 5000, "\n " * 500, "-" * 777, "1" * 1000, "\u65e5" * 900]:
        out.write(json.dumps({"text": long}) + "\n")
END
cat > compare.py <<'END'
"""compare.py MODEL JSONL TOKENS [RANKS PATTERN]: our ids against HF's for MODEL, or against tiktoken's for RANKS."""
import base64, gzip, json, os, sys
sys.path.insert(0, os.environ["ROOT"] + "/tests/format")
import read_stream
texts = [json.loads(line)["text"] for line in open(sys.argv[2])]
if len(sys.argv) > 4:
    import tiktoken
    ranks = {base64.b64decode(l.split()[0]): int(l.split()[1]) for l in gzip.open(sys.argv[4])}
    enc = tiktoken.Encoding("x", pat_str=open(sys.argv[5]).read(), mergeable_ranks=ranks, special_tokens={})
    want = [enc.encode_ordinary(t) for t in texts]
else:
    from tokenizers import Tokenizer
    tok = Tokenizer.from_file(sys.argv[1])
    want = [e.ids for e in tok.encode_batch(texts)]
data, at, width, got = open(sys.argv[3], "rb").read(), 0, None, []
while at < len(data):
    stored, raw_kind = read_stream.u32(data, at + 8), chr(data[at + 4])
    raw = data[at + 48:at + 48 + stored]
    assert data[at + 5] == 0, "compressed"
    if raw_kind == "H":
        width = int(read_stream.header_keys(raw)["width"])
    if raw_kind == "D":
        got += [read_stream.tokens(rec, core, width)["tokens"] for rec, core in read_stream.split_records(raw, read_stream.u32(data, at + 20))]
    at += 48 + stored
bad = [i for i in range(len(texts)) if got[i] != want[i]]
for i in bad[:5]:
    print(ascii(texts[i])[:200], want[i][:20], got[i][:20], file=sys.stderr)
sys.exit(f"{len(bad)} of {len(texts)} differ" if bad or len(got) != len(want) else None)
END
cat > hf_train.py <<'END'
"""hf_train.py TEXT MODEL VOCABULARY: trains HF as MODEL is (its pre-tokenizer) and compares the merges."""
import json, sys
from tokenizers import Tokenizer, pre_tokenizers, trainers
ours = json.load(open(sys.argv[2]))
merges = [tuple(m) for m in ours["model"]["merges"]]
blank = dict(ours, model=dict(ours["model"], vocab={}, merges=[]), added_tokens=[])
tok = Tokenizer.from_str(json.dumps(blank))
trainer = trainers.BpeTrainer(vocab_size=int(sys.argv[3]), min_frequency=0, show_progress=False,
                              special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
tok.train([sys.argv[1]], trainer)
theirs = json.loads(tok.to_str())["model"]
assert [tuple(m) for m in theirs["merges"]] == merges, "merges differ"
assert theirs["vocab"] == ours["model"]["vocab"], "vocabularies differ"
END
cat > hf_random.py <<'END'
"""Small corpora full of runs and ties: HF's trainer against ours."""
import json, random, subprocess
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
r, bad = random.Random(5), 0
for _ in range(200):
    letters = r.choice(["ab", "a-", "abc", "aab ", "\u3042\u3044"])
    lines = ["".join(r.choice(letters) for _ in range(r.randint(1, 60))) if r.random() < .7 else r.choice(letters) * r.randint(1, 80)
             for _ in range(r.randint(1, 60))]
    open("random.txt", "w").write("\n".join(lines))
    size = r.randint(256, 700)
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.train(["random.txt"], trainers.BpeTrainer(vocab_size=size, min_frequency=0, show_progress=False,
                                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    subprocess.run(["ll-bpe", "train", "-q", "--lines", "--pretokenizer=gpt2", f"--vocab-size={size}", "-o", "random.json", "random.txt"],
                   check=True, stderr=subprocess.DEVNULL)
    bad += json.loads(tok.to_str())["model"]["merges"] != json.load(open("random.json"))["model"]["merges"]
assert bad == 0, f"{bad} of 200 differ"
END

text=$ROOT/samples/trees.txt
need_data fixtures/tokenizer/text && text=$LLTOOLS_TEST_DATA/fixtures/tokenizer/text/wagahaiwa_nekodearu.txt
python3 edges.py edges.jsonl 11 20000
ok "import the edge strings" ll-shard import -q -o edges.ll edges.jsonl
for p in gpt2 cl100k cl100k-tiktoken o200k qwen2 qwen3.5 deepseek-v3 "regex:\\p{N}{1,2}| ?\\p{L}+|\\s+(?!\\S)"; do
	size=5000; [ "$text" = "$ROOT/samples/trees.txt" ] && size=600
	ok "$p: train" ll-bpe train -q --lines "--pretokenizer=$p" --vocab-size=$size --special='<|endoftext|>' -o tok.json "$text"
	ok "$p: encode" sh -c 'll-bpe encode -q -m tok.json edges.ll | cat > tokens.ll'
	ok "$p: HF tokenizers gives the same ids" "$PYTHON" compare.py tok.json edges.jsonl tokens.ll
	ok "$p: HF's trainer gives the same merges and ids" "$PYTHON" hf_train.py "$text" tok.json $size
done
ok "200 random corpora: HF's trainer gives the same merges" "$PYTHON" hf_random.py
cat > cl100k <<'END'
'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s
END
cat > o200k <<'END'
[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
END
# Added tokens, special and not, looked for before and after NFC, one in another.
cat > added.py <<'END'
"""added.py MODEL OUT JSONL: adds tokens to MODEL, and writes texts full of them."""
import json, random, sys
m, r = json.load(open(sys.argv[1])), random.Random(3)
texts = ["<|endoftext|>", "<|a|>", "|a", "\u1ec7", "<|a|>b", "\u1ec7\u1ec7", " the", "|a|>"]
first = len(m["model"]["vocab"])
for i, text in enumerate(texts[1:]):
    m["added_tokens"].append({"id": first + i, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                              "normalized": i % 2 == 1, "special": i % 3 == 0})
json.dump(m, open(sys.argv[2], "w"))
bits = texts + ["e\u0323\u0302", "e\u0302\u0323", "\u0323", "\u1eb9\u0302", "<", "|", "a", ">", " ", "word", "\n", "<|a", "|>"]
with open(sys.argv[3], "w") as f:
    for _ in range(20000):
        f.write(json.dumps({"text": "".join(r.choice(bits) for _ in range(r.randint(1, 12)))}) + "\n")
END
for p in gpt2 qwen2; do
	ok "$p: train" ll-bpe train -q --from=text --pretokenizer=$p --vocab-size=600 --special='<|endoftext|>' -o tok.json "$ROOT/samples/trees.txt"
	"$PYTHON" added.py tok.json added.json added.jsonl
	ok "$p: encode with added tokens" sh -c 'll-shard import -q added.jsonl | ll-bpe encode -q --special=allow -m added.json | cat > tokens.ll'
	ok "$p: added tokens as HF has them" "$PYTHON" compare.py added.json added.jsonl tokens.ll
done
for p in cl100k o200k; do
	ranks=${LLTOOLS_TEST_DATA:-}/fixtures/tokenizer/vocab/${p}_base.tiktoken.gz
	if ! need_data "fixtures/tokenizer/vocab/${p}_base.tiktoken.gz"; then skip "$p: ids of tiktoken" "no LLTOOLS_TEST_DATA"; continue; fi
	printf %s "$(cat $p)" > pattern
	ok "$p: encode with the official ranks" sh -c "ll-bpe encode -q -m '$ranks' --pretokenizer=$p edges.ll | cat > tokens.ll"
	ok "$p: tiktoken gives the same ids" "$PYTHON" compare.py - edges.jsonl tokens.ll "$ranks" pattern
done
# GPT-2's ranks are its merges in order; tiktoken has its pattern in another form.
if need_data fixtures/tokenizer/vocab/gpt2_tokenizer.json; then
	model=$LLTOOLS_TEST_DATA/fixtures/tokenizer/vocab/gpt2_tokenizer.json
	"$PYTHON" - "$model" > ranks <<'END'
import base64, json, sys
vocab, back = json.load(open(sys.argv[1]))["model"]["vocab"], {}
chars = [*range(33, 127), *range(161, 173), *range(174, 256)]
for i, byte in enumerate([*chars, *(b for b in range(256) if b not in chars)]):
    back[chr(byte) if i < len(chars) else chr(256 + i - len(chars))] = byte
for token, rank in sorted(vocab.items(), key=lambda x: x[1]):
    if token != "<|endoftext|>":
        print(base64.b64encode(bytes(back[c] for c in token)).decode(), rank)
END
	gzip -c ranks > ranks.gz
	printf %s "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++\$|\\s+(?!\\S)|\\s" > pattern
	ok "gpt2: encode with the official tokenizer" sh -c "ll-bpe encode -q -m '$model' edges.ll | cat > tokens.ll"
	ok "gpt2: HF gives the same ids" "$PYTHON" compare.py "$model" edges.jsonl tokens.ll
	ok "gpt2: tiktoken gives the same ids" "$PYTHON" compare.py - edges.jsonl tokens.ll ranks.gz pattern
	ok "gpt2: encode with the ranks" sh -c "ll-bpe encode -q -m ranks --pretokenizer=gpt2 edges.ll | cat > tokens.ll"
	ok "gpt2: and with the ranks alone" "$PYTHON" compare.py - edges.jsonl tokens.ll ranks.gz pattern
	cp ranks.gz gpt2.gz; cp pattern gpt2
else skip "gpt2: ids of the official tokenizer" "no LLTOOLS_TEST_DATA"; fi
# Real text of many languages: every 40th document, or with LL_WHOLE=1 all of it.
if need_data data/corpus && need_data fixtures/tokenizer/vocab; then
	"$PYTHON" - <<'END'
import glob, gzip, json, os
with open("real.jsonl", "w") as out:
    for path in sorted(glob.glob(os.environ["LLTOOLS_TEST_DATA"] + "/data/corpus/*.jsonl.gz")):
        for i, line in enumerate(gzip.open(path, "rt", encoding="utf-8")):
            if os.environ.get("LL_WHOLE") or i % 40 == 11:
                out.write(json.dumps({"text": json.loads(line)["text"]}) + "\n")
END
	ok "import real text" ll-shard import -q -o real.ll real.jsonl
	for p in gpt2 cl100k o200k; do
		ranks=$LLTOOLS_TEST_DATA/fixtures/tokenizer/vocab/${p}_base.tiktoken.gz; [ $p = gpt2 ] && ranks=gpt2.gz
		printf %s "$(cat $p)" > pattern
		ok "$p: encode real text" sh -c "ll-bpe encode -q -m '$ranks' --pretokenizer=$p real.ll | cat > tokens.ll"
		ok "$p: tiktoken gives the same ids of $(wc -l < real.jsonl) documents" "$PYTHON" compare.py - real.jsonl tokens.ll "$ranks" pattern
	done
else skip "ids of real text" "no LLTOOLS_TEST_DATA"; fi
finish
