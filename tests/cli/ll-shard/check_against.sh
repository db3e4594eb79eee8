# SPDX-License-Identifier: MIT
# ll-shard check --against: a dataset holds the documents of a stream, or not, and which.
. "$ROOT/tests/lib.sh"
python3 - > docs.jsonl <<'END'
import json, random
r = random.Random(4)
for i in range(900):
    text = " ".join("".join(r.choice("abcdeé日e\u0301") for _ in range(r.randint(1, 9))) for _ in range(r.choice([0, 3, 30, 200])))
    print(json.dumps({"id": f"d{i}", "source": "ab"[i % 2], "text": text}))
END
ll-shard import -q -o docs.ll docs.jsonl
edit() { python3 -c "import json, sys
docs = [json.loads(l) for l in open('docs.jsonl')]
$1
print('\n'.join(map(json.dumps, docs)))" | ll-shard import -q --from=jsonl -o "$2"; }
for p in gpt2 qwen2; do
	ll-bpe train -q --pretokenizer=$p --vocab-size=400 --special='<|endoftext|>' -o $p.json docs.ll
	ll-bpe encode -q -m $p.json -o $p.ll docs.ll
	ll-shard pack -q -m $p.json --seed=3 -o $p $p.ll
	for o in "" "-@ 3" "--memory=1M"; do
		ok "$p: its own stream, in another order $o" ll-shard check $o --against=docs.ll $p
	done
	is "$(tail -n 1 .out)" "900 documents, $(python3 -c "import json; print(sum(len(json.loads(l)['text'].encode()) for l in open('docs.jsonl')))") bytes of text: the same" "says so"
	ok "$p: from a pipe" sh -c "cat docs.ll | ll-shard check -q --against=- $p"
done
# qwen2 brings text to NFC: decoded text is not what came in, but the same after the normaliser. GPT-2 does not.
ok "the text was not NFC" sh -c '! ll-bpe decode -q -m qwen2.json qwen2.ll | ll-shard export | cmp -s - docs.jsonl'
edit 'import unicodedata
for d in docs: d["text"] = unicodedata.normalize("NFC", d["text"])' nfc.ll
ok "qwen2: the stream in NFC" ll-shard check -q --against=nfc.ll qwen2
status 1 "gpt2: another text" ll-shard check -q --against=nfc.ll gpt2

edit 'docs[700]["text"] = docs[700]["text"][:5] + "!" + docs[700]["text"][6:]; docs[41]["text"] = "xy" + docs[41]["text"]' changed.ll
status 1 "two texts changed" ll-shard check -q --against=changed.ll gpt2
place=$(ll-shard export -q gpt2 | grep -n '"id":"d41"' | cut -d: -f1)
is "$(cat .out)" "differs	d41	dataset:$place	stream:42	byte 0 of the text
2 texts differ, 0 documents only in the dataset, 0 only in the stream" "the first is named, with its places"
for o in "-@ 3" "--memory=1M"; do
	wanted=$(cat .out); status 1 "the same $o" ll-shard check -q $o --against=changed.ll gpt2
	is "$(cat .out)" "$wanted" "says the same $o"
done
status 1 "from a pipe" sh -c 'cat changed.ll | ll-shard check -q --against=- gpt2'
is "$(head -n 1 .out)" "differs	d41	dataset:$place	stream:42" "the same, without the byte"
edit 'docs[700]["text"] = docs[700]["text"][:5] + "!" + docs[700]["text"][6:]' one.ll
ll-shard check -q --against=one.ll gpt2 > out
is "$(cut -f 5 out | head -n 1)" "byte $(python3 -c "import json; print(len([json.loads(l)['text'] for l in open('docs.jsonl')][700][:5].encode()))") of the text" "the byte"
edit 'del docs[5]' fewer.ll
status 1 "a document more in the dataset" ll-shard check -q --against=fewer.ll gpt2
is "$(cut -f 1,2 .out | tr '\t\n' '  ')" "only dataset d5 0 texts differ, 1 documents only in the dataset, 0 only in the stream " "is named"
edit 'docs.insert(3, {"id": "new", "text": "a"}); docs[800]["id"] = "old"' more.ll
status 1 "documents more in the stream" ll-shard check -q --against=more.ll gpt2
is "$(cut -f 1-3 .out | tr '\t\n' '  ')" "only stream new stream:4 0 texts differ, 1 documents only in the dataset, 2 only in the stream " "the first is named"
edit 'docs += [docs[9]] * 2' twice.ll
status 1 "a document three times" ll-shard check -q --against=twice.ll gpt2
is "$(tail -n 1 .out)" "0 texts differ, 0 documents only in the dataset, 2 only in the stream" "counts"
edit 'docs[3]["source"] = "c"' source.ll
status 1 "another source is another key" ll-shard check -q --against=source.ll gpt2
ll-bpe encode -q -m gpt2.json twice.ll | ll-shard pack -q -m gpt2.json -o twice
ok "three times in both" ll-shard check -q --against=twice.ll twice
ll-shard split -q --count=400 -o part docs.ll
for i in 0 1 2; do ll-bpe encode -q -m gpt2.json part-0000$i.ll | ll-shard pack -q -m gpt2.json -o ds$i; done
ok "several streams, several datasets" ll-shard check -q --against=part-00002.ll --against=part-00000.ll --against=part-00001.ll ds0 ds2 ds1
status 1 "one of them missing" ll-shard check -q --against=part-00002.ll --against=part-00000.ll ds0 ds2 ds1
ll-shard head -q -n 0 -o none.ll docs.ll
ok "nothing against nothing" sh -c 'll-bpe encode -q -m gpt2.json none.ll | ll-shard pack -q -m gpt2.json -o none && ll-shard check -q --against=none.ll none'

status 2 "streams are no datasets" ll-shard check --against=docs.ll docs.ll
status 3 "tokens are no documents" ll-shard check --against=gpt2.ll gpt2
head -c 9000 docs.ll > cut.ll
status 3 "a cut stream" ll-shard check --against=cut.ll gpt2
status 3 "a cut stream from a pipe" sh -c 'll-shard check --against=- gpt2 < cut.ll'
cp -r gpt2 bad; printf '\1' | dd of=bad/tokens-00000.bin bs=1 seek=5000 conv=notrunc 2> /dev/null
status 3 "a damaged dataset" ll-shard check --against=docs.ll bad
status 3 "two tokenizers" ll-shard check --against=docs.ll gpt2 qwen2
finish
