# SPDX-License-Identifier: MIT
# info, check, head, cat, get, split: what they say and keep, against an independent reader (tests/format/read_stream.py is
# tried on the format itself; here Python reads the exported lines).
. "$ROOT/tests/lib.sh"

python3 - <<'END'
import json, random
random.seed(3)
with open("in.jsonl", "w") as f:
    for i in range(3000):
        text = " ".join(random.choice(["ab", "lorem", "ümlaut", "𝕏", "\n"]) for _ in range(random.randrange(200)))
        f.write(json.dumps({"id": f"n{i}", "source": "even" if i % 2 == 0 else "odd", "text": text}) + "\n")
END
ok "import" ll-shard import --source-key=source in.jsonl -o in.ll
field() { ll-shard info --json "$1" | python3 -c "import json, sys; print(json.load(sys.stdin)[0]['$2'])"; }
is "$(field in.ll records)" 3000 "info: records"
is "$(field in.ll kind)" docs "info: kind"
is "$(field in.ll stored_bytes)" "$(wc -c < in.ll | tr -d ' ')" "info: stored bytes are the file's"
is "$(ll-shard info --json - < in.ll | python3 -c "import json, sys; print(json.load(sys.stdin)[0]['set_id'])")" "$(field in.ll set_id)" "info of a pipe is that of the file"
ok "info for people names the pipeline" sh -c 'll-shard info in.ll | grep -q "ll-shard import"'

# cat, split and get change no record.
ok "split by count" ll-shard split --count=700 -o count in.ll
is "$(wc -l < count.list | tr -d ' ')" 5 "five shards"
ok "the list checks them" ll-shard check --files-from=count.list --expect=3000
ok "joined again" ll-shard cat --files-from=count.list -o whole.ll
ok "the same records in the same order" ll-shard compare --ordered in.ll whole.ll
ok "the lineage names import, split and cat" sh -c 'll-shard info whole.ll > i; grep -q "ll-shard import" i && grep -q "ll-shard split" i && grep -q "ll-shard cat" i'
for t in 1 3; do
	ok "split by key, -@ $t" ll-shard split --by-key=4 -@ $t -o key$t in.ll
	ok "split by size, -@ $t" ll-shard split --size=64K -@ $t -o size$t in.ll
done
for i in 0 1 2 3; do same key1-0000$i.ll key3-0000$i.ll "shard $i does not depend on threads"; done
same size1-00002.ll size3-00002.ll "by size neither"
ok "shards by key are the whole" sh -c 'cat key1-*.ll | ll-shard compare in.ll -'
ok "shards by size are the whole, in order" sh -c 'cat size1-*.ll | ll-shard compare --ordered in.ll -'
ok "from a pipe" sh -c 'll-shard split --by-key=4 -o pipe - < in.ll'
same key1-00001.ll pipe-00001.ll "the same shards from a pipe"
status 2 "split without a measure" ll-shard split -o x in.ll
status 2 "split with two" ll-shard split --size=1M --count=3 -o x in.ll
status 2 "split without a prefix" ll-shard split --count=3 in.ll
for t in 1 2 8; do ok "cat -@ $t" ll-shard cat -@ $t count-*.ll -o cat$t.ll; done
same cat1.ll cat2.ll "cat at 1 and 2 threads"
same cat1.ll cat8.ll "cat at 1 and 8 threads"

ok "head" sh -c 'll-shard head -n 5 in.ll | ll-shard export --to=jsonl > head.jsonl'
ok "are the first lines" sh -c 'head -n 5 in.jsonl | cmp - head.jsonl'
ok "head -n 0" sh -c 'll-shard head -n 0 in.ll | ll-shard check --expect=0'
ok "head of more than there is" sh -c 'll-shard head -n 9999 in.ll | ll-shard check --expect=3000'
status 0 "head leaves a writer that goes on" sh -c 'll-shard head -n 1 in.ll > /dev/null'

ok "get by id" sh -c 'll-shard get --id=n17 --id=n2999 --id=n17 in.ll | ll-shard export --to=jsonl > got.jsonl'
ok "are those lines" sh -c "sed -n '18p;3000p' in.jsonl | cmp - got.jsonl"
status 1 "an id that is not there" ll-shard get --id=n1 --id=n3000 in.ll -o got.ll
says "no document with the id n3000" "is named"
ok "the others are written" ll-shard check --expect=1 got.ll
key=$(ll-shard head -n 1 in.ll --compress=none | python3 -c '
import sys
b = sys.stdin.buffer.read(); at = 48 + int.from_bytes(b[8:12], "little")   # after the header frame
print(b[at + 48 + 8:at + 48 + 24].hex())')
ll-shard get -q --key=$key in.ll | ll-shard export -q --to=jsonl > got.jsonl
head -n 1 in.jsonl > first.jsonl
same got.jsonl first.jsonl "is the first line"
status 2 "a key that is none" ll-shard get --key=xyz in.ll
status 2 "nothing asked for" ll-shard get in.ll

# check
ok "unique ids" ll-shard check --unique-ids in.ll
status 1 "ids twice" ll-shard check -q --unique-ids got.ll in.ll
is "$(cat .out)" "$(printf 'n1\tgot.ll:1\tin.ll:2')" "are printed with their places"
ok "many ids within little memory" sh -c 'll-shard check -q --unique-ids --memory=1M in.ll whole.ll > many; [ $? = 1 ]'
is "$(wc -l < many | tr -d ' ')" 3000 "all are found"
status 3 "--expect" ll-shard check --expect=2999 in.ll
says "3000 records where --expect says 2999" "names both"
status 3 "an empty file" ll-shard check /dev/null
status 3 "what is no stream" ll-shard check in.jsonl
status 3 "a directory that is no dataset" ll-shard check .
finish
