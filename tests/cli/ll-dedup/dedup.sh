# SPDX-License-Identifier: MIT
# ll-dedup: exact against awk, MinHash on planted copies, one run against map-merge-apply, threads, conservation, damage.
. "$ROOT/tests/lib.sh"

python3 - <<'END'
import json, random
random.seed(7)
words = ["w%d" % i for i in range(3000)]
docs = []
for i in range(600):
    n = random.choice([2, 4, 30, 80, 200])
    docs.append([random.choice(words) for _ in range(n)])
out = []
for i, d in enumerate(docs):
    out.append((f"a{i}", " ".join(d)))
    if i % 10 == 0:                     # an exact copy under another id
        out.append((f"b{i}", " ".join(d)))
    if i % 10 == 5 and len(d) >= 80:    # one word changed: Jaccard of 5-grams at least 0.87
        e = list(d); e[3] = "changed"
        out.append((f"c{i}", " ".join(e) + " and more"))
    if i % 10 == 7:                     # case and punctuation only
        out.append((f"d{i}", ", ".join(w.upper() for w in d)))
random.shuffle(out)
with open("d.jsonl", "w") as f:
    for i, t in out:
        f.write(json.dumps({"id": i, "text": t}) + "\n")
END
ll-shard import -q -o d.ll d.jsonl

# Exact: the first copy of every text, in order.
ok "exact runs" ll-dedup -q --exact -o e.ll --stats=e.json d.ll
ll-shard export -q --to=jsonl e.ll > e.jsonl
python3 - > want.jsonl <<'END'
import json
seen = set()
for line in open("d.jsonl"):
    t = json.loads(line)["text"]
    if t not in seen:
        seen.add(t); print(line, end="")
END
same e.jsonl want.jsonl "exact keeps the first copies in order"
is "$(ll-dedup -q --exact e.ll | ll-shard info --json - | grep -o '"data_id": "[0-9a-f]*"')" \
   "$(ll-shard info --json e.ll | grep -o '"data_id": "[0-9a-f]*"')" "exact is idempotent"

# MinHash.
ok "minhash runs" ll-dedup -q --minhash=14x8 --rejects=r.ll --stats=m.json -o m.ll d.ll
ll-shard export -q m.ll | python3 -c '
import sys, json
ids = {json.loads(l)["id"] for l in sys.stdin}
bad = [i for i in range(0, 600, 10) if (f"a{i}" in ids) + (f"b{i}" in ids) > 1]
bad += [i for i in range(7, 600, 10) if (f"a{i}" in ids) + (f"d{i}" in ids) > 1]
print(len(bad), "equal pairs survive")' > pairs
is "$(cat pairs)" "0 equal pairs survive" "no two documents of the same words survive"
ll-shard export -q --tags r.ll | python3 -c '
import sys, json
n = 0
for l in sys.stdin:
    d = json.loads(l)
    n += d["ll"]["reject.value"].lstrip("abcd") != d["id"].lstrip("abcd")
print(n, "foreign survivors")' > foreign
is "$(cat foreign)" "0 foreign survivors" "a duplicate is charged to its own cluster"
for t in 2 3 8; do ll-dedup -q --minhash=14x8 -@ $t -o t$t.ll d.ll; same m.ll t$t.ll "equal bytes at -@ $t"; done
for c in scalar avx2 avx512; do
	if LL_CPU=$c ll-dedup -q --minhash=14x8 -o c.ll d.ll 2>/dev/null; then same m.ll c.ll "equal bytes with $c"; else skip "equal bytes with $c" "not on this processor"; fi
done
ll-dedup -q --minhash=14x8 --memory=2M < d.ll > pipe.ll
is "$(ll-shard info --json pipe.ll | grep -o '"data_id": "[0-9a-f]*"')" "$(ll-shard info --json m.ll | grep -o '"data_id": "[0-9a-f]*"')" \
	"a pipe and little memory give the same documents"

# One run equals map, merge, apply over 1, 3 and 7 shards, in any order of shards.
for k in 1 3 7; do
	ll-shard split -q --by-key=$k -o s$k d.ll
	sigs=; rest=
	for f in s$k-*.ll; do ll-dedup sign -q --minhash=14x8 -o "$f.sig" "$f"; sigs="$f.sig $sigs"; done
	ll-dedup cluster -q -o s$k.dup $sigs
	for f in s$k-*.ll; do ll-dedup apply -q --duplicates=s$k.dup -o "$f.out" "$f"; rest="$rest $f.out"; done
	ll-shard cat -q -o all$k.ll $rest
	ok "one run equals map, merge, apply over $k shards" ll-shard compare -q m.ll all$k.ll
done
status 3 "a shard that was not clustered is an error" ll-dedup apply -q --duplicates=s3.dup -o no.ll m.ll
absent "and nothing is published" no.ll
ok "sign runs with other numbers" ll-dedup sign -q --minhash=20x5 -o x.sig d.ll
status 3 "signatures of two kinds do not mix" ll-dedup cluster -q -o no.dup s3-00000.ll.sig x.sig

# Conservation: kept and rejected add up to the input.
set_of() { ll-shard info --json "$@" | grep -o '"set_id": "[0-9a-f]*"'; }
ll-shard cat -q -o sum.ll m.ll r.ll
is "$(set_of sum.ll)" "$(set_of d.ll)" "kept and rejected are the input, by set id"
head -c 20000 d.ll > cut.ll
status 3 "a cut input" ll-dedup -q --minhash=14x8 -o no.ll cut.ll
status 3 "a cut input, exact" ll-dedup -q --exact -o no.ll cut.ll
absent "nothing published" no.ll no.dup
# What rejects say, by mode.
printf '%s\n' '{"id":"1","text":"aaaa bbbb cccc","url":"HTTP://x.org"}' '{"id":"2","text":"aaaa bbbb cccc","url":"http://x.org/"}' \
	'{"text":"the only other text"}' '{"text":"the only other text!"}' | ll-shard import -q -o few.ll
while IFS='|' read -r how want; do
	ll-dedup -q $how --rejects=few.rej -o t.ll few.ll < /dev/null
	is "$(ll-shard export -q --tags few.rej | sed -n '1s/.*"reject.reason":"\([^"]*\)"\(,"reject.value":"\([^"]*\)"\)*.*/\1 \3/p')" "$want" "reason and value of $how"
done <<'END'
--exact|duplicate 5741772e7fefac04ffd7ad15b1ed8c0d
--exact --keep=none|shared 5741772e7fefac04ffd7ad15b1ed8c0d
--exact=url|duplicate-url http://x.org/
--exact=url --keep=none|shared-url http://x.org/
--exact=line|duplicate-line 
--exact=line --keep=none|shared-line 
--exact=paragraph|duplicate-paragraph 
--substring=9|repeated-passage 14
--minhash=20x5 --keep=first|near-duplicate 1
END
status 2 "neither mode" ll-dedup d.ll
status 2 "a wrong shape" ll-dedup --minhash=14 d.ll
says "14x8" "its hint"
is "$(ll-dedup curve --minhash=14x8 | awk '$1 ~ /0.[789]0/ { printf "%.2f ", $2 }')" "0.56 0.92 1.00 " "the published S-curve of 14x8"
finish
