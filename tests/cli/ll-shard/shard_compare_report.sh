# SPDX-License-Identifier: MIT
# compare finds what differs; report adds up and proves the books.
. "$ROOT/tests/lib.sh"

import() { ll-shard import -q --compress=none "$@"; }
{ for i in 1 2 3 4 5 6; do echo "{\"id\":\"d$i\",\"text\":\"text $i\"}"; done; } > a.jsonl
sed '3s/text 3/another text/; 5d' a.jsonl > b.jsonl; echo '{"id":"new","text":"x"}' >> b.jsonl
echo '{"id":"d1","text":"text 1"}' >> b.jsonl
import a.jsonl -o a.ll; import b.jsonl -o b.ll
sed '1!G;h;$!d' a.jsonl > reversed.jsonl; import reversed.jsonl -o r.ll
ok "a stream equals itself" ll-shard compare a.ll a.ll
ok "another order is the same set" ll-shard compare a.ll r.ll
status 1 "but not with --ordered" ll-shard compare --ordered a.ll r.ll
status 1 "different streams" ll-shard compare a.ll b.ll
tail -n +2 .out | sed '$d' | sort > found; summary=$(tail -n 1 .out)
printf 'differs\td3\tA:3\tB:3\nonly A\td5\tA:5\nonly B\td1\tB:7\nonly B\tnew\tB:6\n' > wanted
ok "each difference with its places" diff wanted found
is "$summary" "1 only in A, 2 only in B, 1 differ" "and their number"
status 1 "through pipes" sh -c 'cat b.ll | ll-shard compare a.ll -'
is "$(tail -n 1 .out)" "$summary" "the same"
status 1 "the first only" ll-shard compare -n 1 a.ll b.ll
is "$(wc -l < .out | tr -d ' ')" 4 "prints one and how many more"
status 2 "one operand" ll-shard compare a.ll
status 2 "standard input twice" ll-shard compare - -

# Shards of a stage add up; the chain is proved.
for i in 1 2; do import a.jsonl --source=s$i -o s$i.ll --stats=import$i.json; done
ok "report of shards" ll-shard report --json import1.json import2.json
cp .out sum.json
is "$(python3 -c "import json; s = json.load(open('sum.json'))['stages']; print(len(s), s[0]['files'], s[0]['documents']['in'], s[0]['documents']['out'], sorted(s[0]['sources']))")" \
	"1 2 12 12 ['s1', 's2']" "one stage, its numbers added"
is "$(python3 -c "
import json; a = [json.load(open(f'import{i}.json'))['out_set'] for i in (1, 2)]
print('%032x' % (sum(int(x, 16) for x in a) % 2**128) == json.load(open('sum.json'))['stages'][0]['out_set'])")" True "set ids add up"
python3 - <<'END'
import json
out = [json.load(open(f"import{i}.json")) for i in (1, 2)]
total = "%032x" % (sum(int(o["out_set"], 16) for o in out) % 2**128)
docs, size = 12, sum(o["text_bytes"]["out"] for o in out)
def stage(name, in_set, n_in, bytes_in, dropped, removed):
    return {"program": name, "version": "0", "in_set": in_set, "out_set": "0" * 32,
            "documents": {"in": n_in, "kept": n_in - dropped, "dropped": {"short": dropped}, "extra": {}, "out": n_in - dropped},
            "text_bytes": {"in": bytes_in, "added": {}, "removed": {"short": removed}, "out": bytes_in - removed}, "counters": {}, "sources": {}}
json.dump(stage("ll-clean", total, docs, size, 2, 9), open("clean.json", "w"))
json.dump(stage("ll-clean", "1" * 32, docs, size, 2, 9), open("other_set.json", "w"))
json.dump(stage("ll-clean", total, docs - 1, size, 2, 9), open("lost.json", "w"))
broken = stage("ll-clean", total, docs, size, 2, 9); broken["text_bytes"]["out"] += 1
json.dump(broken, open("broken.json", "w"))
END
ok "a chain that holds" ll-shard report import1.json import2.json clean.json
ok "reasons are in the table" sh -c 'll-shard report import1.json import2.json clean.json | grep -q "dropped *short *2 documents"'
status 1 "a shard is missing" ll-shard report import1.json clean.json
says "ll-shard import put out 6 documents, ll-clean took in 12" "says between which stages"
status 1 "other documents" ll-shard report import1.json import2.json other_set.json
says "put out the set" "says so"
status 1 "a document fewer" ll-shard report import1.json import2.json lost.json
status 1 "bytes that do not add up" ll-shard report broken.json
says "text bytes do not add up" "says so"
status 3 "no stats file" ll-shard report a.jsonl
status 3 "no JSON" ll-shard report a.ll
finish
