# SPDX-License-Identifier: MIT
# ll-shard pack: what is in the directory, read by Python; the order; replacement; refusals.
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/format; export PYTHONDONTWRITEBYTECODE PYTHONPATH
awk 'BEGIN { srand(3); for (d = 0; d < 300; d++) { s = ""; for (w = 0; w < 5 + d % 31; w++) s = s substr("ant bee cow dog eel fox gnu hen", 1 + 4 * int(rand() * 8), 4)
	printf "{\"id\":\"d%d\",\"source\":\"s%d\",\"text\":\"%s\"}\n", d, d % 3, s } }' > docs.jsonl
ll-shard import -q docs.jsonl -o docs.ll
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --special='<|endoftext|>' -o tok.json docs.ll
ll-bpe encode -q -m tok.json docs.ll -o tokens.ll
ok "pack" ll-shard pack -q -m tok.json --seed=5 --tokens-per-file=1000 --split=train tokens.ll -o ds
cat > read.py <<'END'
"""Reads a dataset from its man pages alone; prints the ids of the documents in order, checks all else against the stream."""
import json, subprocess, sys
from xxh3 import xxh3_128
hexid = lambda b: xxh3_128(b).to_bytes(16, "big").hex()
text = open(sys.argv[1] + "/manifest.json", "rb").read()
m = json.loads(text)
assert m["checksum"] == hexid(text.replace(m["checksum"].encode(), b"0" * 32)), "seal"
data, blocks = b"", b""
for f in m["files"]:
    b = open(sys.argv[1] + "/" + f["name"], "rb").read()
    assert len(b) == f["bytes"] and [hexid(b[i:i + (2 << 20)]) for i in range(0, len(b), 2 << 20)] == f["blocks"]
    data, blocks = data + b, blocks + bytes.fromhex("".join(f["blocks"]))
assert m["id"] == hexid(blocks) and m["format"] == "lltools-dataset" and m["split"] == "train"
w = m["width"]
ids = [int.from_bytes(data[i:i + w], "little") for i in range(0, len(data), w)]
assert len(ids) == m["tokens"] and max(ids) < m["vocabulary"]
t = open(sys.argv[1] + "/" + m["tokenizer_file"]["name"], "rb").read()
assert t == open("tok.json", "rb").read() and hexid(t) == m["tokenizer_file"]["hash"]
records = subprocess.run([sys.executable, sys.argv[2] + "/tests/format/read_stream.py", "raw.ll", "--records"], check=True, stdout=subprocess.PIPE)
want = {d["id"]: d for d in map(json.loads, records.stdout.splitlines())}
order, one = [], []
for i in ids:
    if i != m["eot"]:
        one.append(i)
        continue
    order.append(one)
    one = []
assert not one and len(order) == m["documents"] == len(want)
assert sorted(order) == sorted(d["tokens"] for d in want.values())
assert m["text_bytes"] == sum(d["text_bytes"] for d in want.values())
print(hash(str(order)) if len(sys.argv) > 3 else "good")
END
ll-shard cat -q --compress=none tokens.ll -o raw.ll
ok "Python reads it, token by token" python3 read.py ds "$ROOT"
is "$(ls ds | tr '\n' ' ')" "documents.ll manifest.json tokenizer.json tokens-00000.bin tokens-00001.bin tokens-00002.bin tokens-00003.bin tokens-00004.bin tokens-00005.bin " "the names"
ok "check" ll-shard check -q ds
id() { sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p' "$1/manifest.json"; }
ll-shard split -q --count=70 -o part tokens.ll
ll-shard pack -q -m tok.json --seed=5 --tokens-per-file=1000 --memory=1M $(ls -r part-*.ll) -o shards
is "$(id shards)" "$(id ds)" "the same from shards in another order, with little memory"
ll-shard pack -q -m tok.json --seed=6 --tokens-per-file=1000 tokens.ll -o other
# Map, merge: datasets of parts into one.
whole=$(sed -n 's/.*"data_id":"\([0-9a-f]*\)".*/\1/p' ds/manifest.json)
for k in 1 3 7; do
	parts=
	ls part-*.ll > list
	i=0; while [ $i -lt $k ]; do i=$((i + 1)); ll-shard pack -q -m tok.json --seed=$i --part=$i/$k --files-from=list -o p$k-$i; parts="p$k-$i $parts"; done
	ok "datasets of $k parts into one" ll-shard pack -q -m tok.json --seed=5 --tokens-per-file=1000 --split=train $parts -o m$k
	is "$(id m$k)" "$(id ds)" "are the dataset of one run over $k parts"
	is "$(sed -n 's/.*"data_id":"\([0-9a-f]*\)".*/\1/p' m$k/manifest.json)" "$whole" "with the same documents"
	ok "and is good" ll-shard check -q m$k
done
ok "Python reads it, token by token" python3 read.py m7 "$ROOT"
ok "the lineage goes back to the text" sh -c "ll-shard info m3/documents.ll | grep -q 'll-bpe encode'"
ll-shard pack -q -m tok.json --no-shuffle p3-1 p3-2 p3-3 -o plain-parts
is "$(tr '\0' '\n' < plain-parts/tokens-00000.bin | cksum)" "$(cat p3-1/tokens-*.bin p3-2/tokens-*.bin p3-3/tokens-*.bin | tr '\0' '\n' | cksum)" "without shuffling one follows the other"
status 2 "streams and datasets together" ll-shard pack -q -m tok.json tokens.ll p3-1 -o mixed
printf 'p3-1\t1\n' > counted
status 3 "a dataset with another count than the list says" ll-shard pack -q -m tok.json --files-from=counted -o mixed
says "where the list says 1" "is named"
cp -r p3-1 damaged; printf x | dd of=damaged/tokens-00000.bin bs=1 seek=100 conv=notrunc 2>/dev/null
status 3 "a damaged dataset" ll-shard pack -q -m tok.json damaged -o mixed
says "damaged/tokens-00000.bin" "is named"
rm damaged/documents.ll; cp p3-2/documents.ll damaged/
status 3 "a dataset with the documents of another" ll-shard pack -q -m tok.json damaged -o mixed
absent "nothing is made of them" mixed/manifest.json
# Documents with the same key (same id and source, another text) in any order of the inputs.
printf '%s\n' '{"id":"x","text":"ant bee"}' '{"id":"x","text":"cow dog"}' '{"id":"x","text":"eel"}' > twins.jsonl
for o in 1,2,3 3,1,2 2,3,1; do
	for l in $(echo $o | tr ',' ' '); do sed -n ${l}p twins.jsonl; done | ll-shard import -q -o twins.ll
	ll-bpe encode -q -m tok.json twins.ll | ll-shard pack -q -m tok.json -o twins-$o
done
is "$(id twins-3,1,2) $(id twins-2,3,1)" "$(id twins-1,2,3) $(id twins-1,2,3)" "documents with one id do not depend on the order either"
ok "another seed, another order" test "$(id other)" != "$(id ds)"
ll-shard pack -q -m tok.json --no-shuffle tokens.ll -o plain
ll-shard pack -q -m tok.json --no-shuffle tokens.ll -@ 3 -o plain3
is "$(id plain3)" "$(id plain)" "threads change nothing"
old=$(id other)
ll-shard pack -q -m tok.json --seed=5 --split=train tokens.ll -o other
ok "packed again in place: read whole" ll-shard check -q other
is "$(ls other | wc -l)" 4 "nothing of the old one is left"
ok "Python reads that too" python3 read.py other "$ROOT"
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=290 --special='<|endoftext|>' -o tok2.json docs.ll
before=$(cat other/manifest.json)
status 3 "another tokenizer is refused" ll-shard pack -q -m tok2.json tokens.ll -o other
says "tokens.ll: record 1: was encoded with tokenizer" "it says so"
status 3 "documents are no tokens" ll-shard pack -q -m tok.json docs.ll -o other
head -c 3000 raw.ll > cut.ll
status 3 "a cut stream" ll-shard pack -q -m tok.json cut.ll -o other
is "$(cat other/manifest.json)" "$before" "the dataset that was there is untouched"
is "$(ls -A other | wc -l)" 4 "and nothing was left beside it"
status 3 "a cut stream into a new directory" ll-shard pack -q -m tok.json cut.ll -o new
absent "no manifest appears" new/manifest.json
status 2 "-m is asked for" ll-shard pack tokens.ll -o x
status 2 "-o is asked for" ll-shard pack -m tok.json tokens.ll
finish
