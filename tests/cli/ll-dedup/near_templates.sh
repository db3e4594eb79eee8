# SPDX-License-Identifier: MIT
# One component of very many documents made from a few templates, most of them just below or just above the threshold, against all
# pairs compared in Python: by both rules and measures, with a memory that holds some of them, and on any processor.
. "$ROOT/tests/lib.sh"

cat > make.py <<'END'
import json, random
r = random.Random(5)
words = ["w%d" % i for i in range(3000)]
templates = [[r.choice(words) for _ in range(n)] for n in (150, 150, 420)]
templates[1][:70] = templates[0][:70]    # candidates of each other's documents
templates[2][100:170] = templates[0][:70]
docs = [r.choices(words, k=r.randint(1, 9)) + templates[0][10:40] + r.choices(words, k=r.choice([0, 40, 300])) for _ in range(60)]
for t, most in ((0, 5), (0, 2), (1, 4), (2, 14)):
    for _ in range(170):
        d = list(templates[t])
        for k in r.sample(range(len(d)), r.randint(0, most)):
            d[k] = r.choice(words)
        docs.append(d[r.choice([0, 0, 0, 3]):])
r.shuffle(docs)
for i, d in enumerate(docs):
    print(json.dumps({"id": f"d{i}", "text": " ".join(d)}))
END
cat > oracle.py <<'END'
"""oracle.py MEASURE:THRESHOLD:RULE...: into want.N, of what goes, its survivor and how similar they are; the first in the file is the best."""
import json, sys
docs = [json.loads(l) for l in open("docs.jsonl")]
def grams(w):
    return {tuple(w[i:i + 5]) for i in range(max(1, len(w) - 4))}
number = {}
sets = [frozenset(number.setdefault(g, len(number)) for g in grams(d["text"].split())) for d in docs]
shared = [[len(a & b) for b in sets[:i]] for i, a in enumerate(sets)]
for n, what in enumerate(sys.argv[1:], 1):
    how, s, rule = what.split(":")
    def value(a, b):
        both, x, y = shared[b][a], len(sets[a]), len(sets[b])
        return both / (min(x, y) if how == "containment" else x + y - both)
    best = list(range(len(docs)))
    for b in range(len(docs)):
        like = (a for a in range(b) if (rule == "component" or best[a] == a) and value(a, b) >= float(s))
        if rule == "survivor":
            best[b] = next(like, b)
        else:
            joined = {best[a] for a in like} | {b}
            best = [min(joined) if k in joined else k for k in best]
    near = sum(abs(value(a, b) - float(s)) < 0.05 for b in range(len(docs)) for a in range(b))
    print(what, near, "pairs near the threshold,", len(set(best)), "survive", file=sys.stderr)
    with open(f"want.{n}", "w") as f:
        for b, a in enumerate(best):
            if a != b:
                print(docs[b]["id"], docs[a]["id"], "%.12g" % value(a, b), sep="\t", file=f)
END
cat > make_turning.py <<'END'
import json, random
r = random.Random(3)
words = ["w%d" % i for i in range(3000)]
template = r.choices(words, k=200)
for i in range(600):
    d = list(template)
    for k in r.sample(range(200), r.randint(6, 9) if i < 130 else r.randint(0, 1)):
        d[k] = r.choice(words)
    print(json.dumps({"id": f"d{i}", "text": " ".join(d)}))
END
gone() { ll-shard export -q --tags "$1" | python3 -c 'import json, sys
for d in map(json.loads, sys.stdin):
    print(d["id"], d["ll"]["reject.value"], "%.12g" % d["ll"]["reject.similarity"], sep="\t")' > got; }
near() { ll-dedup -q --minhash=1024x1 --keep=first --$how=$s --cluster=$rule "$@" docs.ll; }
against_oracle() {
	rm -f docs.ll; ll-shard import -q -o docs.ll docs.jsonl
	ok "all pairs compared" python3 oracle.py "$@"
	number=0
	for what; do
		number=$((number + 1))
		rule=${what##*:} how=${what%%:*}; s=${what#*:}; s=${s%:*}
		rm -f ./*.rej ./*.kept
		ok "$what" near --rejects=gone.rej -o all.kept; gone gone.rej
		same got want.$number "$what: who goes, for whom, how similar"
		near --rejects=small.rej -o small.kept --memory=1M; same small.rej gone.rej "$what: equal rejects with 1M"
		LL_CPU=scalar near --rejects=scalar.rej -o scalar.kept; same scalar.rej gone.rej "$what: equal rejects without vectors"
	done
}
python3 make.py > docs.jsonl
against_oracle jaccard:0.8:survivor jaccard:0.9:survivor containment:0.9:survivor jaccard:0.8:component jaccard:0.9:component \
	containment:0.95:component jaccard:0.4:survivor

# Many that hang together after many that do not: how they are looked up by the transitive rule changes, and changes back.
python3 make_turning.py > docs.jsonl
against_oracle jaccard:0.8:component containment:0.9:component containment:0.9:survivor
finish
