# SPDX-License-Identifier: MIT
# The format pages are good enough to write a reader from: read_stream.py, Python's standard library and the pages alone, reads
# what the programs write, recomputes every hash and both ids, and refuses damage.
. "$ROOT/tests/lib.sh"
read_stream() { python3 "$ROOT/tests/format/read_stream.py" "$@"; }
PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE
ll-shard import -q -o z.ll "$ROOT"/samples/docs.jsonl "$ROOT"/samples/web.warc "$ROOT"/samples/*.txt
ll-shard import -q --compress=none "$ROOT"/samples/escapes.jsonl > raw.ll
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --special='<|endoftext|>' -o tok.json z.ll
ll-bpe encode -q -m tok.json -o t.ll z.ll
cat z.ll raw.ll > both.ll
for f in z raw t both; do ok "$f.ll reads" read_stream $f.ll; done
is "$(read_stream z.ll | cut -d' ' -f3,4)" "$(ll-shard info --json z.ll | tr ',' '\n' | sed -n 's/.*"data_id": "\([0-9a-f]*\)".*/\1/p' | head -n 1) $(ll-shard info --json z.ll |
	tr ',' '\n' | sed -n 's/.*"set_id": "\([0-9a-f]*\)".*/\1/p' | head -n 1)" "both ids are ours"
read_stream z.ll --records | python3 -c 'import json, sys
for l in sys.stdin: print(json.loads(l)["text"])' > theirs
ll-shard export -q z.ll | python3 -c 'import json, sys
for l in sys.stdin: print(json.loads(l)["text"])' > ours
same theirs ours "the texts are those of export"
read_stream t.ll --records | python3 -c 'import json, sys
for l in sys.stdin: print(json.loads(l)["tokens"])' > theirs
ll-shard export -q t.ll | python3 -c 'import json, sys
for l in sys.stdin: print(json.loads(l)["tokens"])' > ours
same theirs ours "the tokens are those of export"
head -c 700 raw.ll > cut.ll
status 1 "it refuses a cut" read_stream cut.ll
finish
