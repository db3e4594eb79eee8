# SPDX-License-Identifier: MIT
# Weights and a budget: shares as asked, the same documents by one run and by count and apply over shards, threads, errors.
. "$ROOT/tests/lib.sh"
python3 - > d.jsonl <<'END'
import json, random
random.seed(9)
for i in range(6000):
    s = random.choice(["web", "web", "web", "books", "code"])
    print(json.dumps({"id": f"d{i}", "source": s, "text": "x" * random.randint(50, 350)}))
END
ll-shard import -q -o d.ll d.jsonl
printf 'bytes = 900K\n[source web]\nweight = 1\n[source books]\nweight = 2\n[source code]\nepochs = 0.5\n' > mix.conf
ok "one run" ll-sample -q --recipe=mix.conf --stats=s.json -o one.ll d.ll
is "$(ll-shard export -q one.ll | python3 -c '
import json, sys
from collections import Counter
had, got, n = Counter(), Counter(), Counter()
for l in open("d.jsonl"):
    d = json.loads(l); had[d["source"]] += len(d["text"])
for l in sys.stdin:
    d = json.loads(l); got[d["source"]] += len(d["text"]); n[d["source"]] += 1
want = {"web": 900 * 1024 / 3, "books": 900 * 1024 * 2 / 3, "code": had["code"] / 2}
# A document is kept by a coin of its own: variance of the bytes is at most n/4 times the mean square length (200^2 + 87^2).
print([s for s in want if abs(got[s] - want[s]) > 3 * (6000 / 4 * (200 ** 2 + 87 ** 2)) ** .5])')" "[]" "the shares are within three sigma"
for t in 2 3 8; do ll-sample -q --recipe=mix.conf -@ $t -o t.ll d.ll; same one.ll t.ll "equal bytes at -@ $t"; done
ll-sample -q --recipe=mix.conf < d.ll > pipe.ll
ok "a pipe gives the same documents" ll-shard compare -q one.ll pipe.ll
for k in 1 3 7; do
	ll-shard split -q --by-key=$k -o s$k d.ll
	counts=; parts=
	for f in s$k-*.ll; do ll-sample count -q -o "$f.counts" "$f"; counts="$counts --counts=$f.counts"; done
	for f in s$k-*.ll; do ll-sample -q --recipe=mix.conf $counts -o "$f.out" "$f"; parts="$parts $f.out"; done
	ll-shard cat -q -o all.ll $parts
	ok "count and apply over $k shards give the same documents" ll-shard compare -q one.ll all.ll
done
status 2 "--counts without weights" ll-sample -q --rate=0.5 --counts=s1-00000.ll.counts -o no.ll d.ll
status 3 "counts that are no counts" ll-sample -q --recipe=mix.conf --counts=d.ll -o no.ll d.ll
printf 'bytes = 1M\n[source web]\nweight = 1\n[source music]\nweight = 2\n[source *]\nrate = 0\n' > none.conf
status 3 "a weighted source without text" ll-sample -q --recipe=none.conf -o no.ll d.ll
says music "is named"
printf 'bytes = 9000G\n[source web]\nweight = 1\n[source *]\nrate = 0\n' > much.conf
status 3 "an absurd number of epochs" ll-sample -q --recipe=much.conf -o no.ll d.ll
absent "nothing published" no.ll
finish
