# SPDX-License-Identifier: MIT
# --cluster=component with verification, against brute force: all pairs of a component of candidates compared, who is alike joined, one
# survivor of all that hang together; the same answer for any threads, memory, order of input, shards, joins, and in steps.
. "$ROOT/tests/lib.sh"

cat > oracle.py <<'END'
"""Candidates are what --minhash alone joins (candidates.jsonl); everything else is computed here."""
import json, re, sys
how, threshold, policy = sys.argv[1], float(sys.argv[2]), sys.argv[3]
def shingles(t):
    w = re.findall(r"\w+", t.lower())
    return frozenset(tuple(w[i:i + 5]) for i in range(max(1, len(w) - 4))) if w else frozenset([t])
def similarity(a, b):
    both = len(a & b)
    return both / (min(len(a), len(b)) if how == "containment" else len(a | b))
docs = {d["id"]: d["text"] for d in map(json.loads, open("d.jsonl"))}
sets = {i: shingles(t) for i, t in docs.items()}
place = {i: n for n, i in enumerate(docs)}
rank = (lambda i: -len(docs[i].encode())) if policy == "longest" else place.get
groups = {i: [i] for i in docs}
for d in map(json.loads, open("candidates.jsonl")): groups[d["ll"]["reject.value"]].append(d["id"])
gone = {d["id"]: d["ll"] for d in map(json.loads, open("gone.jsonl"))}
kept = {d["id"]: d.get("ll", {}) for d in map(json.loads, open("kept.jsonl"))}
parent = {i: i for i in docs}
def root(i):
    while parent[i] != i: parent[i] = parent[parent[i]]; i = parent[i]
    return i
for g in groups.values():
    for n, a in enumerate(g):
        for b in g[:n]:
            if similarity(sets[a], sets[b]) >= threshold: parent[root(a)] = root(b)
hang, far, bad = {}, 0, []
for i in docs: hang.setdefault(root(i), []).append(i)
if sorted(list(kept) + list(gone)) != sorted(docs): bad.append("not a partition")
for g in hang.values():
    s = [i for i in g if i in kept]
    if len(s) != 1: bad.append(f"{len(s)} of {g[:5]} survive"); continue
    s = s[0]
    if rank(s) != min(map(rank, g)): bad.append(f"{s} is not the best")
    for i in set(g) - {s}:
        v = similarity(sets[i], sets[s])
        far += v < threshold
        if gone[i]["reject.value"] != s: bad.append(f"{i}: for {gone[i]['reject.value']}, not {s}")
        if abs(gone[i]["reject.similarity"] - v) > 1e-12: bad.append(f"{i}: similarity {gone[i]['reject.similarity']}, truly {v}")
    if set(kept[s].get("dedup.ids", [])) != set(g) - {s} or kept[s].get("dedup.copies", 0) != len(g) - 1: bad.append(f"{s}: tags")
print(len(gone) > 100, far > 3, len(hang) > len(groups) - len(list(open("candidates.jsonl"))), bad[:4])
END
cat > make.py <<'END'
import json, random, sys
r = random.Random(int(sys.argv[1]))
words = ["w%d" % i for i in range(5000)]
text = lambda n: [r.choice(words) for _ in range(n)]
out = []
for i in range(120):                       # chains: each is like the one before, the ends are not alike
    t = text(r.choice([20, 40, 90, 200]))
    for _ in range(r.choice([1, 1, 2, 3, 6, 12])):
        out.append(list(t))
        for _ in range(r.choice([1, 1, 2, 5])): t[r.randrange(len(t))] = r.choice(words)
        if r.random() < 0.4: t += text(r.randint(1, 8))
for i in range(4):                         # large components of several groups that are alike within, equal ones among them
    base = text(70)
    centres = []
    for _ in range(8):
        c = list(base)
        for _ in range(r.randint(0, 5)): c[r.randrange(70)] = r.choice(words)
        centres.append(c)
    for _ in range(50):
        c = list(r.choice(centres))
        for _ in range(r.choice([0, 0, 1, 1, 2])): c[r.randrange(70)] = r.choice(words)
        out.append(c + text(r.choice([0, 0, 0, 2])))
for i in range(60):                        # parts of others
    t = r.choice(out)
    k = r.randrange(len(t) // 2)
    out.append(t[k:k + len(t) // 2])
r.shuffle(out)
for i, t in enumerate(out): print(json.dumps({"id": "d%d" % i, "text": " ".join(t)}))
END
near() { ll-dedup -q --minhash=20x5 "$@"; }
tagged() { ll-shard export -q --tags --to=jsonl "$1"; }
set_of() { ll-shard info --json "$@" | grep -o '"set_id": "[0-9a-f]*"'; }
for seed in 1 2; do
	python3 make.py $seed > d.jsonl; ll-shard import -q -o d.ll d.jsonl
	near --keep=first --rejects=c.ll -o t.ll d.ll; tagged c.ll > candidates.jsonl
	for how in jaccard containment; do for s in 0.75 0.9; do for keep in longest first; do
		[ $seed$keep = 2first ] && continue
		near --$how=$s --cluster=component --keep=$keep --tag-survivors --rejects=gone.ll -o kept.ll d.ll
		tagged kept.ll > kept.jsonl; tagged gone.ll > gone.jsonl
		is "$(python3 oracle.py $how $s $keep)" "True True True []" "--$how=$s --keep=$keep, data $seed: what hangs together by brute force"
	done; done; done
done

# The same whatever it runs on. With little memory a block holds some of a component.
comp() { near --jaccard=0.8 --cluster=component "$@"; }
comp --rejects=gone.ll -o one.ll d.ll
for m in "-@ 3" "--memory=1M" "--memory=2M -@ 2"; do
	rm -f t.ll t.rej; comp $m --rejects=t.rej -o t.ll d.ll
	same one.ll t.ll "equal bytes with $m"; same gone.ll t.rej "and equal rejects"
done
cat d.ll | comp > t.ll; ok "a pipe gives the same documents" ll-shard compare -q t.ll one.ll
for s in 1 2; do
	python3 -c "
import random
l = open('d.jsonl').readlines(); random.Random($s).shuffle(l); print(''.join(l), end='')" | ll-shard import -q -o x.ll
	rm t.ll; comp -o t.ll x.ll; is "$(set_of t.ll)" "$(set_of one.ll)" "the same documents in another order of input ($s)"
done
comp -o twice.ll one.ll; ok "once more: nothing more goes" ll-shard compare -q one.ll twice.ll
ll-shard cat -q -o sum.ll one.ll gone.ll; is "$(set_of sum.ll)" "$(set_of d.ll)" "kept and rejected are the input, by set id"
status 2 "--cluster=survivor without verification" near --cluster=survivor -o no.ll d.ll

# In steps, over shards in any order and joins of ranges of bands; with an earlier crawl.
ll-shard split -q --by-key=3 -o s d.ll
for i in 0 1 2; do ll-dedup sign -q --minhash=20x5 --verify -o s$i.sig s-0000$i.ll; done
ll-dedup cluster -q --jaccard=0.8 --cluster=component -o want.dup s2.sig s0.sig s1.sig
for i in 0 1 2; do ll-dedup apply -q --duplicates=want.dup -o a$i.ll s-0000$i.ll; done
ll-shard cat -q -o all.ll a0.ll a1.ll a2.ll
is "$(set_of all.ll)" "$(set_of one.ll)" "sign, cluster, apply give the documents of one run"
for b in 1-7 8-20; do ll-dedup join -q --bands=$b -o $b.join s2.sig s0.sig s1.sig; done
ll-dedup cluster -q --memory=2M --jaccard=0.8 --cluster=component --join=8-20.join --join=1-7.join -o t.dup s2.sig s0.sig s1.sig
is "$(set_of t.dup)" "$(set_of want.dup)" "so do joins of ranges of bands, with 2M"
comp --index-out=1.ix -o 1.ll s-00000.ll
comp --against=1.ix --index-out=2.ix -o 2.ll s-00001.ll
comp --against=2.ix --index-out=3.ix -o 3.ll s-00001.ll
is "$(set_of 3.ix)" "$(set_of 2.ix)" "a crawl that came before adds nothing to the index"
comp --keep=first -o both.ll 1.ll 2.ll; ll-shard cat -q -o t.ll 1.ll 2.ll
ok "nothing new is like anything old" ll-shard compare -q both.ll t.ll
ll-dedup cluster -q --jaccard=0.8 --cluster=component --against=1.ix --index-out=c.ix -o o.dup s1.sig
ll-dedup apply -q --duplicates=o.dup -o o.ll s-00001.ll
ok "the steps do the same against an index" ll-shard compare -q o.ll 2.ll
is "$(set_of c.ix)" "$(set_of 2.ix)" "and make the same index"

# A component that does not fit: hundreds of documents, a few chains through all of them.
python3 - > d.jsonl <<'END'
import json, random
r = random.Random(9)
words = ["v%d" % i for i in range(3000)]
head = [r.choice(words) for _ in range(60)]
out = []
for c in range(6):
    t = head + [r.choice(words) for _ in range(90)]
    for i in range(80):
        out.append(" ".join(t)); t[r.randrange(60, 150)] = r.choice(words)
        if i % 8 == 0: out.append(" ".join(head + t[90:]))
r.shuffle(out)
for i, t in enumerate(out): print(json.dumps({"id": "l%d" % i, "text": t}))
END
ll-shard import -q -o long.ll d.jsonl
near --keep=first --rejects=c.ll -o t.ll long.ll; tagged c.ll > candidates.jsonl
for how in jaccard containment; do for keep in longest first; do
	near --cluster=component --$how=0.9 --keep=$keep --tag-survivors --memory=1G --rejects=want.rej -o want.ll long.ll
	near --cluster=component --$how=0.9 --keep=$keep --tag-survivors --memory=1M --rejects=t.rej -o t.ll long.ll
	same t.ll want.ll "block after block: equal bytes at 1M, --$how --keep=$keep"; same t.rej want.rej "and equal rejects"
done; done
near --cluster=component --jaccard=0.9 --keep=first --tag-survivors --memory=1M --rejects=want.rej -o want.ll long.ll
tagged want.ll > kept.jsonl; tagged want.rej > gone.jsonl
is "$(python3 oracle.py jaccard 0.9 first | cut -d' ' -f1,4-)" "True []" "and what brute force says"
absent "nothing was published" no.ll
finish
