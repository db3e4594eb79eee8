# SPDX-License-Identifier: MIT
# Documents of more than 4 MiB of shingles each, verified against one another and against small ones, by both rules and measures:
# what all pairs compared say, within a memory that holds the shingles of few of them.
. "$ROOT/tests/lib.sh"

cat > make.py <<'END'
import json, random
r = random.Random(7)
words = ["".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(r.randint(3, 9))) for _ in range(9000)]
def text(size):
    return " ".join(r.choices(words, k=size // 7))
large = [text(580_000) for _ in range(6)]
docs = large + [large[0], large[5]]
for i, t in enumerate(large):
    if i % 2:
        docs.append(t[(9_000, 60_000)[i % 3 > 0]:] + text(40_000))
    docs.append(t[:60_000] + large[i - 1][:60_000])    # with whom all others are candidates, directly or not
    docs.append(t[:6_000])
    docs += [t[k:k + 300] + text(r.choice([0, 60, 900])) for k in r.choices(range(5_000), k=3)]
r.shuffle(docs)
for i, t in enumerate(docs):
    print(json.dumps({"id": f"d{i}", "text": t}))
END
cat > reference.py <<'END'
"""reference.py MEASURE:THRESHOLD:RULE... < docs.jsonl: into want.N of what goes its length, the survivor and how similar; the longest first, by
comparing all pairs."""
import json, sys
docs = sorted(map(json.loads, sys.stdin), key=lambda d: -len(d["text"]))
sets = [{hash(d["text"][i:i + 24]) for i in range(max(1, len(d["text"]) - 23))} for d in docs]
many = {t for i, t in enumerate(d["text"] for d in docs) if t in [d["text"] for d in docs[:i]]}
shared = {(a, b): len(sets[a] & sets[b]) for b in range(len(docs)) for a in range(b)}
for number, what in enumerate(sys.argv[1:], 1):
    how, s, rule = what.split(":")
    value = {(a, b): n / (min(len(sets[a]), len(sets[b])) if how == "containment" else len(sets[a]) + len(sets[b]) - n) for (a, b), n in shared.items()}
    best = list(range(len(docs)))
    for b in range(len(docs)):
        like = [a for a in range(b) if value[a, b] >= float(s)]
        if rule == "survivor":
            best[b] = next((a for a in like if best[a] == a), b)
        else:
            joined = {best[a] for a in like} | {b}
            best = [min(joined) if k in joined else k for k in best]
    with open(f"want.{number}", "w") as f:
        for b, a in enumerate(best):
            if a != b:
                print(len(docs[b]["text"]), docs[a]["id"] if docs[a]["text"] not in many else "", "%.12g" % value[a, b], sep="\t", file=f)
END
python3 make.py > docs.jsonl
ll-shard import -q -o docs.ll docs.jsonl
set -- jaccard:0.7:survivor jaccard:0.7:component containment:0.3:survivor containment:0.9:component
python3 reference.py "$@" < docs.jsonl
number=0
for what; do
	number=$((number + 1))
	rule=${what##*:} how=${what%%:*}; s=${what#*:}; s=${s%:*}
	sort want.$number > want
	ok "$what" python3 "$ROOT/tests/cli/ll-dedup/heap.py" ll-dedup -q --minhash=1024x1 --unit=char --ngram=24 --normalize=none --$how=$s --cluster=$rule --memory=48M --rejects=gone.ll -o kept.ll docs.ll
	heap=$(tail -n 1 .out)
	if [ -n "${SANITIZE:-}" ]; then skip "$what: within --memory" "a sanitizer needs more"
	elif [ ! -r /proc/self/status ]; then skip "$what: within --memory" "this system does not say how much heap there is"
	else ok "$what: within --memory ($heap MiB)" test "$heap" -gt 0 -a "$heap" -le 48; fi
	ll-shard export -q --tags gone.ll | python3 -c 'import json, sys
texts = [json.loads(l) for l in open("docs.jsonl")]
of = {d["id"]: d["text"] for d in texts}
for d in map(json.loads, sys.stdin):
    a = d["ll"]["reject.value"]
    print(len(d["text"]), a if list(of.values()).count(of[a]) == 1 else "", "%.12g" % d["ll"]["reject.similarity"], sep="\t")' | sort > got
	same got want "$what: who goes, for whom, how similar"
done
finish
