# SPDX-License-Identifier: MIT
# Against brute force on real text: of all pairs with a true Jaccard similarity of at least 0.8, --minhash=20x5 --jaccard=0.8 leaves
# one of two in at least 99.9 %, with --cluster=component it puts them into one cluster, and nothing is removed that is not alike. The
# pairs come from Python: its own words, its own exact join (every pair with an overlap of prefixes is compared). FILES: which of the
# test data; PART: of how many groups (or thousands of documents) one is taken (tests/long/dedup_recall.sh takes all).
. "$ROOT/tests/lib.sh"

FILES=${FILES:-neardup/wmt23-system-outputs corpus/news-reuters21578} PART=${PART:-4}
for f in $FILES; do need_data data/$f.jsonl.gz || FILES=; done
if [ -z "$FILES" ]; then skip "recall against brute force" "LLTOOLS_TEST_DATA is not set"; finish; fi
cat > pairs.py <<'END'
import json, math, sys, unicodedata as u
UNSPACED = [(0xe01, 0xe3a), (0xe40, 0xe5b), (0xe81, 0xedf), (0x1000, 0x109f), (0x1780, 0x17dd), (0x17e0, 0x17e9), (0x2e80, 0x2fd5),
            (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035), (0x3038, 0x303b), (0x3041, 0x3096), (0x3099, 0x309a), (0x309d, 0x309f), (0x30a1, 0x30fa),
            (0x30fc, 0x30ff), (0x31f0, 0x31ff), (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xf900, 0xfad9), (0x20000, 0x323af)]
def words(text):
    out = []
    for chunk in text.split():
        w = ""
        for c in u.normalize("NFKC", chunk):
            if c != "_" and u.category(c)[0] not in "LNM":
                if w: out.append(w)
                w = ""
                continue
            l = c.lower()
            l = l if len(l) == 1 else l[0]
            if any(a <= ord(c) <= b for a, b in UNSPACED) if ord(c) >= 0xe00 else False:
                if w: out.append(w)
                out.append(l); w = ""
            else: w += l
        if w: out.append(w)
    return out
def shingles(text):
    w = words(text)
    return frozenset(tuple(w[i:i + 5]) for i in range(max(1, len(w) - 4))) if w else frozenset([text])
S = 0.8
sets, kept, gone, cluster = {}, set(), {}, {}
for l in open("d.jsonl"):
    d = json.loads(l); sets[d["id"]] = shingles(d["text"])
for l in open("kept.jsonl"): kept.add(json.loads(l)["id"])
for l in open("gone.jsonl"):
    d = json.loads(l); gone[d["id"]] = d["ll"]
for l in open("joined.jsonl"):
    d = json.loads(l); cluster[d["id"]] = d["ll"]["reject.value"]
wrong = sum(len(sets[i] & sets[g["reject.value"]]) / len(sets[i] | sets[g["reject.value"]]) < S for i, g in gone.items())
count = {}
for s in sets.values():
    for x in s: count[x] = count.get(x, 0) + 1
order = lambda s: sorted(s, key=lambda x: (count[x], x))
index, pairs, missed, apart = {}, 0, 0, 0
for i, s in sorted(sets.items(), key=lambda t: (len(t[1]), t[0])):
    near = set()
    for x in order(s)[:len(s) - math.ceil(S * len(s) - 1e-9) + 1]:
        near.update(index.get(x, ())); index.setdefault(x, []).append(i)
    for j in near:
        if len(sets[j]) >= S * len(s) and len(s & sets[j]) / len(s | sets[j]) >= S:
            pairs += 1
            missed += i in kept and j in kept
            apart += cluster.get(i, i) != cluster.get(j, j)
print(f"{pairs} pairs, {missed} missed, {apart} in two clusters, {len(gone)} removed, {wrong} of them wrongly")
print("good" if pairs > 200 / int(sys.argv[1]) and max(missed, apart) <= 0.001 * pairs and wrong == 0 and len(kept) + len(gone) == len(sets) else "bad")
END
for f in $FILES; do
	zcat "$LLTOOLS_TEST_DATA/data/$f.jsonl.gz" | python3 -c '
import json, sys, zlib
for n, l in enumerate(sys.stdin):
    d = json.loads(l)
    if zlib.crc32(d.get("group", str(n // 1000)).encode()) % '$PART' == 0: print(json.dumps({"id": str(n), "text": d["text"]}))' > d.jsonl
	ll-shard import -q -o d.ll d.jsonl
	ll-dedup -q --minhash=20x5 --jaccard=0.8 --rejects=gone.ll -o kept.ll d.ll
	ll-dedup -q --minhash=20x5 --jaccard=0.8 --cluster=component --rejects=joined.ll -o t.ll d.ll
	ll-shard export -q -o kept.jsonl --to=jsonl kept.ll
	for r in gone joined; do ll-shard export -q -o $r.jsonl --to=jsonl --tags $r.ll; done
	python3 pairs.py $PART > said
	is "$(tail -n 1 said)" good "$f: $(head -n 1 said)"
done
finish
