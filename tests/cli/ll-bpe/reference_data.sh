# SPDX-License-Identifier: MIT
# Against outside references: merges trained by Hugging Face tokenizers, ids by tiktoken (needs LLTOOLS_TEST_DATA).
. "$ROOT/tests/lib.sh"
here=$ROOT/tests/cli/ll-bpe
if ! need_data fixtures/tokenizer/hf-train; then
	skip "merges and ids of other programs" "no LLTOOLS_TEST_DATA"
	finish
fi
data=$LLTOOLS_TEST_DATA/fixtures/tokenizer
for json in "$data"/hf-train/*.json.gz; do
	name=$(basename "$json" .json.gz) scheme=${name%%.*} text=${name#*.}
	ok "$name" ll-bpe train -q -@ 2 --lines --pretokenizer="$scheme" --vocab-size=30000 -o ours.json "$data/text/$text.txt"
	python3 "$here/merges.py" ours.json > ours
	python3 "$here/merges.py" "$json" "$(wc -l < ours)" > theirs
	same ours theirs "$name: the same $(wc -l < ours | tr -d ' ') merges"
done
for ids in "$data"/encode/*.u32le.gz; do
	name=$(basename "$ids" .u32le.gz) vocab=${name%%.*} text=${name#*.}
	case $vocab in gpt2) model="$data/vocab/gpt2_tokenizer.json" scheme= ;;
	*) model="$data/vocab/$vocab.tiktoken.gz" scheme=--pretokenizer=${vocab%_base} ;; esac
	python3 -c 'import json,sys; print(json.dumps({"text": open(sys.argv[1], "rb").read().decode()}))' "$data/text/$text.txt" > text.jsonl
	ok "$name" sh -c "ll-shard import -q text.jsonl | ll-bpe encode -q -m '$model' $scheme > tokens.ll"
	gzip -dc "$ids" > want
	ok "$name: the same ids" python3 - "$ROOT" <<'END'
import sys
sys.path.insert(0, sys.argv[1] + "/tests/format")
import read_stream
# Straight from the frames: the checks of the reader take long on megabytes.
width, got = None, bytearray()
data, at = open("tokens.ll", "rb").read(), 0
while at < len(data):
    head = data[at:at + 48]
    stored, kind = int.from_bytes(head[8:12], "little"), chr(head[4])
    raw = data[at + 48:at + 48 + stored]
    assert head[5] == 0
    if kind == "H":
        width = int(read_stream.header_keys(raw)["width"])
    if kind == "D":
        for record, core in read_stream.split_records(raw, int.from_bytes(head[20:24], "little")):
            for t in read_stream.tokens(record, core, width)["tokens"]:
                got += t.to_bytes(4, "little")
    at += 48 + stored
assert got == open("want", "rb").read()
END
done
# llama.cpp's strings for GPT-2.
strings=$data/llama.cpp/ggml-vocab-gpt-2.gguf
python3 - "$strings.inp" > strings.jsonl <<'END'
import json, sys
for text in open(sys.argv[1], newline="").read().removesuffix("\n__ggml_vocab_test__\n").split("\n__ggml_vocab_test__\n"):
    print(json.dumps({"text": text}))
END
ll-shard import -q strings.jsonl | ll-bpe encode -q -m "$data/vocab/gpt2_tokenizer.json" > strings.ll
python3 "$ROOT/tests/format/read_stream.py" strings.ll --records |
	python3 -c 'import json,sys; [print("", *json.loads(line)["tokens"]) for line in sys.stdin]' > ids
ok "the ids of llama.cpp's $(wc -l < ids | tr -d ' ') strings" diff -b ids "$strings.out"
finish
