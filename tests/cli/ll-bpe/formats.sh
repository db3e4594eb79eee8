# SPDX-License-Identifier: MIT
# Tokenizer files in and out: import, export, diff. What other programs make of them is in tests/interop/formats.py.
. "$ROOT/tests/lib.sh"
records() { python3 "$ROOT/tests/format/read_stream.py" "$1" --records; }
tokens() { ll-bpe encode -q -m "$@" docs.ll > t.ll && records t.ll | python3 -c 'import json,sys; [print(json.loads(l)["tokens"]) for l in sys.stdin]'; }

ok "train" ll-bpe train -q --pretokenizer=cl100k --vocab-size=600 --special='<|endoftext|>' -o tok.json "$ROOT/samples/trees.txt"
python3 - > docs.jsonl <<'END'
import json, os, random
r = random.Random(4)
words = open(os.environ["ROOT"] + "/samples/trees.txt").read().split(" ")
for i in range(200):
    print(json.dumps({"id": f"d{i}", "text": " ".join(r.choice(words) for _ in range(r.randint(0, 60))) + r.choice(["", "\n\n", "\u65e5\u672c", " 12345", "\U0001f600"])}))
END
ll-shard import -q --id-key=id -o docs.ll docs.jsonl
tokens tok.json > want

# Out and in again: the same tokenizer, to its id.
ok "export hf" ll-bpe export --to=hf -m tok.json -o hf.json
same tok.json hf.json "is what train wrote"
ok "export gguf" ll-bpe export --to=gguf -m tok.json -o tok.gguf
ok "export gpt2" ll-bpe export --to=gpt2 -m tok.json -o folder
ok "export tiktoken" ll-bpe export --to=tiktoken -m tok.json -o tok.tiktoken
says "<|endoftext|>:0" "and warns that the special tokens are not in it"
for f in tok.gguf "--pretokenizer=cl100k folder/vocab.json" "--pretokenizer=cl100k folder/merges.txt" \
	"--pretokenizer=cl100k folder/merges.txt folder/vocab.json" "--pretokenizer=cl100k --special=<|endoftext|>:0 tok.tiktoken"; do
	ok "import $f" ll-bpe import -o back.json $f
	same tok.json back.json "gives the tokenizer back"
done
gzip -c tok.gguf > tok.gguf.gz
if ll-shard -V | grep -q zlib; then
	ok "a compressed one" ll-bpe diff -q tok.json tok.gguf.gz docs.ll
	for f in vocab.json merges.txt; do gzip -c folder/$f > zip-$f.gz; done
	ok "two compressed ones" ll-bpe import --pretokenizer=cl100k -o back.json zip-vocab.json.gz
	same tok.json back.json "one beside the other"
fi
printf '\n\r\n' | cat tok.tiktoken - > blank.tiktoken
ok "ranks with blank lines" ll-bpe import --pretokenizer=cl100k --special='<|endoftext|>:0' -o back.json blank.tiktoken
same tok.json back.json "are those without"
tokens tok.gguf > got; same want got "-m takes the GGUF file itself"
ll-bpe encode -q -m tok.gguf -o t.tok docs.ll
ok "pack with it" ll-shard pack -q -m tok.gguf -o data t.tok
same tok.json data/tokenizer.json "makes a dataset with a tokenizer.json"
tokens folder/vocab.json --pretokenizer=cl100k > got; same want got "and vocab.json with merges.txt beside it"

# An added token that merges make, too; one whose id is not the next.
python3 - <<'END'
import json
j = json.load(open("tok.json"))
v = j["model"]["vocab"]
plain = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
j["added_tokens"] += [{"id": v["in"], "content": "in", **plain}, {"id": len(v), "content": "<more>", **plain}]
json.dump(j, open("ordinary.json", "w"))
j["added_tokens"][-1]["id"] += 7
json.dump(j, open("odd.json", "w"))
j["added_tokens"][1:] = [{"id": v["in"], "content": "in", **plain, "special": True}]
json.dump(j, open("special.json", "w"))
END
ok "an added token that merges make" ll-bpe import -o back.json ordinary.json
is "$(cat .err | grep -c warning)" 0 "has no warning"
ok "is the same again" ll-bpe diff -q ordinary.json back.json
printf '{"text":"thing in <more>ing"}\n' | ll-shard import -q --from=jsonl | ll-bpe encode -q -m ordinary.json | ll-shard export -q > in.out
ok "and is found in words" python3 -c 'import json
v, t = json.load(open("tok.json"))["model"]["vocab"], json.load(open("in.out"))["tokens"]
assert t == [v["t"], v["h"], v["in"], v["g"], v["\u0120"], v["in"], v["\u0120"], 600, v["in"], v["g"]] or t[-4:] == [v["\u0120"], 600, v["in"], v["g"]] and t.count(v["in"]) == 3, t'
ok "an added token of another id" ll-bpe inspect -m odd.json
says "odd.json: the added token '<more>' has the id 607, where tokenizers would give it 600" "is warned of"
status 3 "a special token that merges make" ll-bpe inspect -m special.json
says "names or makes a token that is not in the vocabulary, or a special one" "is refused"

# What a cut leaves.
mkdir cut && cp folder/vocab.json cut && head -n 200 folder/merges.txt > cut/merges.txt
ok "a merges.txt that was cut at a line" ll-bpe import --pretokenizer=cl100k -o back.json cut/vocab.json
says "144 tokens are made by no merge" "is warned of"
head -c 3000 tok.json > cut/tok.json
status 3 "a tokenizer.json that was cut" ll-bpe inspect -m cut/tok.json
says "cut/tok.json: byte 3000: it ends inside a value" "says so"

# Special tokens beside those of a file.
ok "one that is there" ll-bpe import -o back.json --pretokenizer=cl100k --special='<|endoftext|>' folder/vocab.json
same tok.json back.json "stays what it is"
status 3 "under another id" ll-bpe import -o no --special='<|endoftext|>:900' tok.gguf
says "is token 0 of the file" "says which it has"
status 3 "one that is spelled as a token is" ll-bpe import -o no --special='Ġt' tok.gguf
says "the special token 'Ġt' is spelled as token" "says so"
if need_data fixtures/tokenizer/vocab; then
	official=$LLTOOLS_TEST_DATA/fixtures/tokenizer/vocab/cl100k_base.tiktoken.gz
	status 2 "an official file says its pre-tokenizer" ll-bpe inspect --pretokenizer=gpt2 -m "$official"
	says "its pre-tokenizer is cl100k-tiktoken, not gpt2" "which is not another"
	for p in cl100k llama3 cl100k-tiktoken; do ok "but this form: $p" ll-bpe inspect --pretokenizer=$p -m "$official"; done
	status 3 "llama.cpp has the first form only" ll-bpe export --to=gguf -m "$official" -o no
	says "hint: the official cl100k_base has the same ids with --pretokenizer=cl100k" "which does"
	ok "so it is written" ll-bpe export --to=gguf -m "$official" --pretokenizer=cl100k -o official.gguf
else skip "an official file says its pre-tokenizer" "no LLTOOLS_TEST_DATA"; fi

# Other kinds of models, by hand: ids as the rules of each have them.
cat > wordpiece.json <<'END'
{"version":"1.0","added_tokens":[{"id":0,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":null,"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
"vocab":{"[UNK]":0,"tree":1,"##s":2,"##e":3,"tre":4,"!":5,"\u4e2d":6,"cafe":7}}}
END
cat > unigram.json <<'END'
{"version":"1.0","added_tokens":[{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true},"post_processor":null,
"decoder":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true},
"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["\u2581",-3.0],["\u2581tree",-5.0],["tree",-4.0],["t",-2.0],["s",-2.5],["\u2581t",-4.0],["ree",-1.5]],"byte_fallback":false}}
END
printf '%s\n' '{"text":"Trees tree! Caf\u00e9\u4e2d treex"}' '{"text":"tree trees xyt"}' '{"text":""}' > kinds.jsonl
ll-shard import -q -o docs.ll kinds.jsonl
is "$(tokens wordpiece.json)" "[1, 2, 1, 5, 7, 6, 0]
[1, 1, 2, 0]
[]" "WordPiece by hand"
is "$(tokens unigram.json | sed -n 2p)" "[2, 2, 5, 1, 0, 4]" "Unigram by hand" # ▁tree -5, ▁tree s, ▁ <xy> t
ll-bpe encode -q -m unigram.json docs.ll > u.ll
is "$(ll-bpe decode -q -m unigram.json u.ll | ll-shard export -q --to=jsonl | sed -n 2p | python3 -c 'import json,sys; print(json.loads(sys.stdin.read())["text"])')" \
	"tree trees <unk>t" "decoding takes the first space off"
for f in wordpiece unigram; do
	ok "import $f" ll-bpe import -o again.json $f.json
	ok "the same tokenizer" ll-bpe diff -q $f.json again.json docs.ll
	ok "inspect" sh -c "ll-bpe inspect -m $f.json docs.ll > inspect.tsv"
done
status 3 "only byte-level BPE is written as ranks" ll-bpe export --to=tiktoken -m unigram.json -o no
says "Unigram" "and says what this is"

# diff
ll-shard import -q --id-key=id -o docs.ll docs.jsonl
ok "equal" ll-bpe diff tok.json tok.gguf docs.ll
is "$(grep -c 'first difference' .out)" 0 "nothing to tell"
ok "train another" ll-bpe train -q --pretokenizer=cl100k --vocab-size=599 --special='<|endoftext|>' -o less.json "$ROOT/samples/trees.txt"
status 1 "a merge less" ll-bpe diff tok.json less.json docs.ll
is "$(sed -n 's/^tokens only of [AB]	//p; s/^why	\(.*\):.*/\1/p' .out | tr '\n' ' ')" "1 0 merge " "one token more, and the first text with it"
sed 's/\\\\p{N}{1,3}/\\\\p{N}/' tok.json > digits.json
status 1 "another pattern" ll-bpe diff tok.json digits.json docs.ll
is "$(sed -n 's/^why	\(.*\):.*/\1/p' .out)" "split" "parts at the split"
sed 's/"normalizer":null/"normalizer":{"type":"NFC"}/' tok.json > nfc.json
printf '%s\n' '{"id":"same","text":"tree"}' '{"id":"other","text":"tre e\u0301"}' > nfc.jsonl
ll-shard import -q --id-key=id -o nfc.ll nfc.jsonl
status 1 "another normaliser" ll-bpe diff tok.json nfc.json nfc.ll
is "$(sed -n "s/^why	\(.*\):.*/\1/p; s/^first difference	nfc.ll: document //p" .out | tr '\n' ' ')" "'other' normaliser " "parts there, in the second document"
# An added token cuts the text before it, which is no matter of the pre-tokenizer.
python3 -c 'import json
t = json.load(open("tok.json"))
t["model"]["vocab"]["tree"] = 600
t["added_tokens"].append({"id": 600, "content": "tree", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False})
json.dump(t, open("added.json", "w"))'
for text in 'a tree' 'a  tree' 'tree' 'retreed'; do
	printf '%s' "$text" > one.txt
	status 1 "an added token: $text" ll-bpe diff tok.json added.json one.txt
	is "$(sed -n 's/^why	\(.*\):.*/\1/p' .out)" special "is what parts them"
	status 1 "the other way round" ll-bpe diff added.json tok.json one.txt
	is "$(sed -n 's/^why	\(.*\):.*/\1/p' .out)" special "too"
done
status 1 "without texts, the tokenizers alone" ll-bpe diff tok.json nfc.json
ok "a text that both encode alike" sh -c 'ls "$ROOT/samples/trees.txt" && ll-bpe diff tok.json nfc.json "$ROOT/samples/trees.txt"'

python3 -c 'print("tree " * 100000)' > long.txt
status 4 "a text that does not fit" ll-bpe diff --memory=1M tok.json nfc.json long.txt
says "hint: ids and pieces of both take up to 16 times the text" "says what it takes"

# Nothing is unknown where every byte has a token.
sed 's/"fuse_unk":false,"byte_fallback":false/"fuse_unk":true,"byte_fallback":true/' tok.json > fallback.json
ok "byte_fallback in a byte-level tokenizer" ll-bpe diff tok.json fallback.json docs.ll
ok "is one of the other" grep -q '"byte_fallback":true' fallback.json

# What cannot be said is refused.
python3 - <<'END'
import json
t = json.load(open("tok.json"))
m = t["model"]
swap = json.loads(json.dumps(t)); a, b = swap["model"]["merges"][50:52]; va, vb = "".join(a), "".join(b)
v = swap["model"]["vocab"]; v[va], v[vb] = v[vb], v[va]
json.dump(swap, open("swap.json", "w"))
orphan = json.loads(json.dumps(t)); orphan["model"]["vocab"]["qxzqx"] = 600; orphan["model"]["ignore_merges"] = True
json.dump(orphan, open("orphan.json", "w"))
lost = json.loads(json.dumps(t)); lost["model"]["merges"].pop(); lost["model"]["ignore_merges"] = True
json.dump(lost, open("lost.json", "w"))
twice = json.loads(json.dumps(t)); twice["model"]["merges"].append(twice["model"]["merges"][0])
json.dump(twice, open("twice.json", "w"))
END
status 3 "ids that are no ranks" ll-bpe export --to=tiktoken -m swap.json -o no
says "ids are no ranks" "says so"
status 3 "a token that merges do not reach, as merges" ll-bpe export --to=gpt2 -m orphan.json -o no
says "ignore_merges" "says so"
ok "the same as ranks" ll-bpe export -q --to=tiktoken -m orphan.json -o orphan.tiktoken
status 3 "a token that only ranks would merge" ll-bpe export --to=tiktoken -m lost.json -o no
says "token 599" "names it"
ok "a pair listed twice" ll-bpe import -q -o twice2.json twice.json
status 3 "no vocab.json" sh -c 'mkdir alone && cp folder/merges.txt alone && ll-bpe import --pretokenizer=gpt2 -o no alone/merges.txt'
says "vocab.json" "names what is missing"
status 3 "no pre-tokenizer" ll-bpe import -o no folder/vocab.json
says "--pretokenizer" "says how to give it"
status 2 "nothing given" ll-bpe import -o no
status 2 "no format" ll-bpe export -m tok.json
status 2 "gpt2 is two files" ll-bpe export --to=gpt2 -m tok.json
status 3 "no tokenizer" ll-bpe import -o no docs.jsonl
absent "nothing was written" no
finish
