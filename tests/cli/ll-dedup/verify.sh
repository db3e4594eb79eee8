# SPDX-License-Identifier: MIT
# Verified near-duplicates against an oracle in Python: true similarities, the defined survivors, policies; the same answer for any
# threads, memory, shards, order of shards, cut of the bands, and against an index of an earlier crawl.
. "$ROOT/tests/lib.sh"

cat > oracle.py <<'END'
import json, re, sys
how, threshold, policy = sys.argv[1], float(sys.argv[2]), sys.argv[3]
def shingles(t):
    w = re.findall(r"\w+", t.lower())
    return {tuple(w[i:i + 5]) for i in range(max(1, len(w) - 4))} if w else {t}
def similarity(a, b):
    both = len(a & b)
    return both / (min(len(a), len(b)) if how == "containment" else len(a | b))
docs, kept, gone = {}, {}, []
for l in open("d.jsonl"):
    d = json.loads(l); docs[d["id"]] = d["text"]
sets = {i: shingles(t) for i, t in docs.items()}
for l in open("kept.jsonl"):
    d = json.loads(l); kept[d["id"]] = d.get("ll", {})
for l in open("gone.jsonl"):
    d = json.loads(l); gone.append((d["id"], d["ll"]))
bad = []
if sorted(list(kept) + [i for i, _ in gone]) != sorted(docs): bad.append("not a partition")
index = {}
for i in kept:
    for s in sets[i]: index.setdefault(s, []).append(i)
rank = (lambda i: -len(docs[i].encode())) if policy == "longest" else {i: n for n, i in enumerate(docs)}.get
for i, ll in gone:
    s = ll["reject.value"]
    if s not in kept: bad.append(f"{i}: {s} does not survive"); continue
    v = similarity(sets[i], sets[s])
    if v < threshold: bad.append(f"{i} and {s}: {v}")
    if abs(v - ll["reject.similarity"]) > 1e-12: bad.append(f"{i}: similarity {ll['reject.similarity']}, truly {v}")
    if rank(s) > rank(i): bad.append(f"{i} is better than {s}")
for i in kept:
    for j in {j for s in sets[i] for j in index[s] if j > i}:
        # containment far above the Jaccard similarity that the bands go by is not promised to be found
        if similarity(sets[i], sets[j]) >= threshold and len(sets[i] & sets[j]) >= 0.85 * len(sets[i] | sets[j]):
            bad.append(f"{i} and {j} both survive")
copies = {}
for i, ll in gone: copies.setdefault(ll["reject.value"], set()).add(i)
for i, ll in kept.items():
    if set(ll.get("dedup.ids", [])) != copies.get(i, set()) or ll.get("dedup.copies", 0) != len(copies.get(i, ())): bad.append(f"{i}: tags")
print(len(gone) > 200, bad[:4])
END
python3 - <<'END'
import json, random
random.seed(11)
words = ["w%d" % i for i in range(4000)]
out = []
for i in range(500):
    n = random.choice([3, 20, 40, 90, 200])
    base = [random.choice(words) for _ in range(n)]
    out.append(base)
    for _ in range(random.choice([0, 0, 1, 2, 5])):   # copies at similarities from 0.5 to 1
        c = list(base)
        for _ in range(random.choice([0, 1, 2, 3, 4]) * n // 100 + random.choice([0, 1])): c[random.randrange(n)] = random.choice(words)
        if random.random() < 0.3: c += [random.choice(words) for _ in range(random.randint(1, 9))]
        out.append(c)
template = [random.choice(words) for _ in range(60)]   # one large component of documents that are partly alike
for i in range(120):
    c = list(template)
    for k in range(random.randint(0, 3)): c[random.randrange(60)] = random.choice(words)
    out.append(c + [random.choice(words) for _ in range(random.randint(0, 6))])
random.shuffle(out)
with open("d.jsonl", "w") as f:
    for i, w in enumerate(out):
        f.write(json.dumps({"id": "d%d" % i, "source": random.choice("ab"), "text": " ".join(w)}) + "\n")
END
ll-shard import -q -o d.ll d.jsonl
near() { ll-dedup -q --minhash=20x5 "$@"; }
oracle() { # oracle HOW THRESHOLD POLICY: of kept.ll and gone.ll
	ll-shard export -q --tags --to=jsonl kept.ll > kept.jsonl; ll-shard export -q --tags --to=jsonl gone.ll > gone.jsonl
	python3 oracle.py "$@"
}
for how in jaccard containment; do for s in 0.75 0.8 0.95; do for keep in longest first; do
	near --$how=$s --keep=$keep --tag-survivors --rejects=gone.ll -o kept.ll d.ll
	is "$(oracle $how $s $keep)" "True []" "--$how=$s --keep=$keep is what the oracle says"
done; done; done

# The same answer whatever it runs on.
ll-dedup -q --minhash=20x5 --jaccard=0.8 --rejects=gone.ll -o one.ll d.ll
for t in 2 3; do near --jaccard=0.8 -@ $t -o t.ll d.ll; same one.ll t.ll "equal bytes at -@ $t"; done
for c in scalar avx2; do
	if LL_CPU=$c near --jaccard=0.8 -o c.ll d.ll 2>/dev/null; then same one.ll c.ll "equal bytes with $c"; else skip "equal bytes with $c" "not on this processor"; fi
done
near --jaccard=0.8 --memory=1M --rejects=small.rej -o t.ll d.ll; same one.ll t.ll "equal bytes at 1M"; same gone.ll small.rej "equal rejects"
cat d.ll | near --jaccard=0.8 --memory=2M > t.ll; ok "a pipe gives the same documents" ll-shard compare -q t.ll one.ll
near --jaccard=0.8 -o twice.ll one.ll; ok "once more: nothing more goes" ll-shard compare -q one.ll twice.ll
set_of() { ll-shard info --json "$@" | grep -o '"set_id": "[0-9a-f]*"'; }
ll-shard cat -q -o sum.ll one.ll gone.ll; is "$(set_of sum.ll)" "$(set_of d.ll)" "kept and rejected are the input, by set id"

# In steps: over shards in any order, joins of ranges of bands, documents passed through.
ll-shard split -q --by-key=3 -o s d.ll
for i in 0 1 2; do ll-dedup sign -q --minhash=20x5 --verify -o s$i.sig s-0000$i.ll; done
ll-dedup cluster -q --jaccard=0.8 -o want.dup s2.sig s0.sig s1.sig
for i in 0 1 2; do ll-dedup apply -q --duplicates=want.dup -o a$i.ll --rejects=r$i.ll s-0000$i.ll; done
ll-shard cat -q -o all.ll a0.ll a1.ll a2.ll
is "$(set_of all.ll)" "$(set_of one.ll)" "sign, cluster, apply give the documents of one run"
ll-shard cat -q -o all.rej r0.ll r1.ll r2.ll
rejected() { ll-shard export -q --tags "$1" | sed 's/"reject.stage":"[^"]*",*//; s/"origin":"[^"]*",*//' | sort; }
rejected gone.ll > want; rejected all.rej > got; same got want "and its rejects, with survivors and similarities"
ll-dedup cluster -q --jaccard=0.8 --memory=1M -o t.dup s2.sig s0.sig s1.sig; same t.dup want.dup "equal duplicates at 1M"
for r in 1-7 8-19 20; do ll-dedup join -q --bands=$r -o $r.join s2.sig s0.sig s1.sig; done
ll-dedup cluster -q --jaccard=0.8 --join=8-19.join --join=1-7.join --join=20.join -o a.dup s2.sig s0.sig s1.sig
is "$(set_of a.dup)" "$(set_of want.dup)" "joins of ranges of bands give the same duplicates"
status 3 "a range that is missing" ll-dedup cluster -q --jaccard=0.8 --join=1-7.join --join=20.join -o no.dup s2.sig s0.sig s1.sig
says "band 8 are missing" "is named"
status 3 "a range that is there twice" ll-dedup cluster -q --join=1-7.join --join=1-7.join --join=8-19.join --join=20.join -o no.dup s2.sig s0.sig s1.sig
status 3 "signatures in another order" ll-dedup cluster -q --join=1-7.join --join=8-19.join --join=20.join -o no.dup s0.sig s1.sig s2.sig
says "other signatures" "are named"
status 3 "a shard that is missing" ll-dedup cluster -q --join=1-7.join --join=8-19.join --join=20.join -o no.dup s2.sig s0.sig
status 2 "bands that are not there" ll-dedup join -q --bands=20-21 -o no.join s0.sig
ll-dedup sign -q --minhash=20x5 -o plain.sig s-00000.ll
status 3 "signatures without shingles are not verified" ll-dedup cluster -q --jaccard=0.8 -o no.dup plain.sig
says "sign --verify" "and what would be"
cat s-00000.ll | ll-dedup sign -q --minhash=20x5 --verify --through -o through.sig > through.ll
ok "--through passes the documents on" ll-shard compare -q through.ll s-00000.ll
is "$(set_of through.sig)" "$(set_of s0.sig)" "and signs them"
cat s-00000.ll | ll-dedup sign -q --minhash=20x5 --verify --through=p.ll -o p.sig
ll-dedup cluster -q -o p.dup p.sig
ok "what went through is what was signed" ll-dedup apply -q --duplicates=p.dup -o p.out p.ll

status 2 "a policy that is none" near --keep=best -o no.ll d.ll
status 2 "both measures" near --jaccard=0.8 --containment=0.8 -o no.ll d.ll
absent "nothing was published" no.ll no.dup no.join

# Earlier crawls: the old documents and what is like them do not come again; the new index is as good as one over both.
near --jaccard=0.8 --index-out=1.ix -o 1.ll s-00000.ll
near --jaccard=0.8 --against=1.ix --index-out=2.ix --rejects=2.rej -o 2.ll s-00001.ll
near --jaccard=0.8 --against=2.ix --index-out=3.ix -o 3.ll s-00001.ll
is "$(ll-shard info --json 3.ll | grep -c '"records": 0')" 2 "a crawl that came before leaves nothing"
is "$(set_of 3.ix)" "$(set_of 2.ix)" "and adds nothing to the index"
near --jaccard=0.8 --memory=1M --against=1.ix --index-out=4.ix -o t.ll s-00001.ll; same t.ll 2.ll "equal bytes at 1M"; same 4.ix 2.ix "an equal index"
near --jaccard=0.8 --keep=first -o both.ll 1.ll 2.ll
ll-shard cat -q -o t.ll 1.ll 2.ll
ok "nothing new is like anything old" ll-shard compare -q both.ll t.ll
for t in 1 2; do ll-dedup sign -q --minhash=20x5 --verify -o o$t.sig s-0000$t.ll; done
ll-dedup cluster -q --jaccard=0.8 --against=1.ix --index-out=c.ix -o o.dup o1.sig
ll-dedup apply -q --duplicates=o.dup -o o.ll s-00001.ll
ok "the steps do the same against an index" ll-shard compare -q o.ll 2.ll
is "$(set_of c.ix)" "$(set_of 2.ix)" "and make the same index"
ll-dedup join -q --against=1.ix -o o.join o1.sig; ll-dedup cluster -q --jaccard=0.8 --against=1.ix --join=o.join -o o2.dup o1.sig
is "$(set_of o2.dup)" "$(set_of o.dup)" "joins know the old documents"
status 3 "joins without the old documents" ll-dedup cluster -q --jaccard=0.8 --join=o.join -o no.dup o1.sig
status 3 "an index of another rule" ll-dedup -q --minhash=14x8 --jaccard=0.8 --against=1.ix -o no.ll s-00001.ll
says "it has bands=20 rows=5, where bands=14 rows=8 is needed" "is refused with what differs"
status 3 "an index with shingles without verification" ll-dedup -q --minhash=20x5 --against=1.ix -o no.ll s-00001.ll
says "it should not have shingles=1" "is refused"
says "hint: shingles are in an index made with --jaccard or --containment" "with a hint"
status 3 "an index without the tag of the policy" near --jaccard=0.8 --keep=max:.q --against=1.ix -o no.ll s-00001.ll
says "it lacks carry=.q" "is refused"
for how in "head -c 10" "head -c 3000" "head -c -1" "head -c 0"; do
	$how 1.ix > cut.ix; status 3 "an index that was cut, $how" near --jaccard=0.8 --against=cut.ix --index-out=no.ix -o no.ll s-00001.ll
	says "cut.ix: frame" "is named with the place"
done
python3 -c "
d = bytearray(open('1.ix', 'rb').read()); d[len(d) // 2] ^= 4; open('flip.ix', 'wb').write(d)"
status 3 "an index with a flipped bit" near --jaccard=0.8 --against=flip.ix --index-out=no.ix -o no.ll s-00001.ll
says "flip.ix: frame" "is named with the place"
cat 1.ix | near --jaccard=0.8 --against=- --index-out=p.ix -o t.ll s-00001.ll; same t.ll 2.ll "an index from a pipe"; same p.ix 2.ix "makes the same"
cp 1.ix x.ix; near --jaccard=0.8 --against=x.ix --index-out=x.ix -o t.ll s-00001.ll; same x.ix 2.ix "an index may be replaced by its successor"
status 3 "signatures are no index" near --jaccard=0.8 --against=s0.sig -o no.ll s-00001.ll
status 3 "an index is no signatures" ll-dedup cluster -q -o no.dup 1.ix
status 2 "index and documents under one name" near --jaccard=0.8 --index-out=no.ll -o no.ll s-00001.ll
says "--index-out and --output are both no.ll" "are refused"
status 2 "both on standard output" near --jaccard=0.8 --index-out=- s-00001.ll
status 2 "signatures and documents too" ll-dedup sign -q --minhash=20x5 --through s-00001.ll
says "--through and --output are both standard output" "are named"
absent "nothing is published" no.ll no.dup no.ix

# Report.
ok "report" ll-dedup report -o report.txt gone.ll
all=$(awk '/^# all duplicates/ { print $NF }' report.txt)
is "$all" "$(ll-shard info --json gone.ll | sed -n 's/.*"records": \([0-9]*\).*/\1/p' | head -n 1)" "counts all duplicates"
is "$(awk -F'\t' '/^# clusters by size/ { on = 1; next } /^$/ { on = 0 } on && !/^#/ { n += ($1 - 1) * $2 } END { print n }' report.txt)" "$all" "clusters add up"
is "$(awk -F'\t' '/by source/ { on = 1; next } /^$/ { on = 0 } on && !/^#/ { n += $3 } END { print n }' report.txt)" "$all" "sources add up"
is "$(awk -F'\t' '/by similarity/ { on = 1; next } /^$/ { on = 0 } on && !/^#/ { n += $2 } END { print n }' report.txt)" "$all" "similarities add up"
status 0 "report --plot" ll-dedup report --plot=d.gp -o report2.txt gone.ll
same report.txt report2.txt "the same report"
block() { sed -n "/^\$$1 << EOD/,/^EOD/p" d.gp | grep -v EOD; } # block NAME
is "$(block sizes)" "$(sed -n '/^# clusters by size/,/^$/p' report.txt | grep '^[0-9]')" "the script has its sizes"
is "$(block bins)" "$(sed -n '/^# duplicates by similarity/,/^# not verified/p' report.txt | grep '^[0-9]')" "and its similarities"
status 2 "a picture has one of a few endings" ll-dedup report --plot=d.pdf -o x.txt gone.ll
if command -v gnuplot > /dev/null; then
	ok "an SVG" ll-dedup report --plot=d.svg -o report2.txt gone.ll
	ll-shard import -q -o empty.ll /dev/null
	ok "empty axes where there is no duplicate" ll-dedup report --plot=empty.svg -o x.txt empty.ll
	ok "of both" sh -c "grep -q 'clusters by size' d.svg && grep -q 'duplicates by similarity' d.svg"
	ok "characters" sh -c 'll-dedup report --plot=- gone.ll | grep -q "documents in a cluster"'
else skip "pictures of the report" "no gnuplot"; fi
finish
