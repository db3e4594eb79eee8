# SPDX-License-Identifier: MIT
# ll-decontam: plants found by place and length, cuts, a brute-force oracle in Python, real evaluation data, threads, faults.
. "$ROOT/tests/lib.sh"

cat > make.py <<'END'
import json, random
random.seed(11)
words = ["w%d" % i for i in range(5000)]
quote = ["quote%d" % i for i in range(30)]
fill = lambda n: [random.choice(words) for _ in range(n)]
evals = [quote, ["short%d" % i for i in range(9)], ["tiny%d" % i for i in range(7)]] + [fill(random.randint(5, 40)) for _ in range(100)]
with open("evals.jsonl", "w") as f:
    for i, e in enumerate(evals):
        f.write(json.dumps({"query": " ".join(e), "n": i, "more": {"list": ["x", {"deep": "deep " * 3 + "%d" % i}]}}) + "\n")
docs = {"start": quote[3:16] + fill(100), "middle": fill(50) + quote[3:16] + fill(50), "end": fill(100) + quote[17:],
        "twelve": fill(50) + quote[3:15] + fill(50), "nine": fill(5) + evals[1] + fill(5), "seven": fill(20) + evals[2],
        "thousand": fill(485) + quote + fill(485), "case": [w.upper() + "," for w in quote[3:16]], "only": quote,
        "wide": ["\u00e9\u4e2d\U0001f600%d\u00fc" % i for i in range(400)] + quote + ["\u00e9\u4e2d\U0001f600%d\u00fc" % i for i in range(400)],
        "many": sum((fill(150) + quote for _ in range(11)), [])}
for i in range(400):
    d = fill(random.randint(0, 300))
    for _ in range(random.choice([0, 0, 1, 2, 3])):
        e = random.choice(evals); a = random.randint(0, len(e) - 1)
        at = random.randint(0, len(d))
        d[at:at] = e[a:a + random.randint(5, 40)]
    docs["r%d" % i] = d
with open("d.jsonl", "w") as f:
    for id, d in docs.items():
        f.write(json.dumps({"id": id, "text": " ".join(d), "m": 1}) + "\n")
END
python3 make.py
ll-shard import -q -o d.ll d.jsonl
set_of() { ll-shard info --json "$@" | grep -o '"set_id": "[0-9a-f]*"'; }
data_of() { ll-shard info --json "$@" | grep -o '"data_id": "[0-9a-f]*"'; }

# The definition, by comparing words: ASCII words and no punctuation but that of "case".
cat > oracle.py <<'END'
import json, re, sys
N, W, MIN, MAX = 13, 200, 200, 10
def words(t): return [(m.group().lower(), m.start(), m.end()) for m in re.finditer(r"[^\s,\U0001f600\u4e2d]+|\u4e2d", t)]
grams = {}
def walk(v, line):
    if isinstance(v, str):
        w = tuple(x[0] for x in words(v)); n = N if len(w) >= N else len(w)
        if n >= 8:
            for i in range(len(w) - n + 1): grams.setdefault(w[i:i + n], line)
    for x in v.values() if isinstance(v, dict) else v if isinstance(v, list) else []: walk(x, line)
for n, l in enumerate(open("evals.jsonl"), 1): walk(json.loads(l), n)
action = sys.argv[1]
for l in open("d.jsonl"):
    d = json.loads(l); t = d["text"]; w = words(t)
    hits = []
    for n in range(N, 7, -1):
        for i in range(len(w) - n + 1):
            g = tuple(x[0] for x in w[i:i + n])
            if g in grams: hits.append((i, -n, w[i][1], w[i + n - 1][2], grams[g]))
    where = min(hits)[4] if hits else 0
    if not hits or action == "tag":
        print(json.dumps([d["id"], t] + ([where, len(hits)] if hits else [])))
    elif action == "cut":
        hole = bytearray(len(t))
        for h in hits:
            a, b = max(0, h[2] - W), min(len(t), h[3] + W)
            hole[a:b] = b"\1" * (b - a)
        pieces = [t[m.start():m.end()] for m in re.finditer(b"\0+", bytes(hole))]
        pieces = [p for p in pieces if len(p) >= MIN] if len(pieces) <= MAX else []
        for k, p in enumerate(pieces, 1): print(json.dumps([d["id"] + ("#%d" % k if len(pieces) > 1 else ""), p]))
END
shape='import json, sys
for l in sys.stdin:
    d = json.loads(l); ll = d.get("ll", {})
    print(json.dumps([d["id"], d["text"]] + ([int(ll["contaminated_by"].split(":")[1]), ll["contamination_hits"]] if "contaminated_by" in ll else [])))'

ok "an index" ll-decontam build -q -o ix.ll evals.jsonl
for a in drop cut tag; do
	ok "$a runs" ll-decontam -q --index=ix.ll --action=$a --stats=$a.json --rejects=$a.rejects -o $a.ll d.ll
	ll-shard export -q --tags $a.ll | python3 -c "$shape" > $a.got
	python3 oracle.py $a > $a.want
	same $a.got $a.want "$a: what Python finds"
	for t in 1 2 3 8; do
		ll-decontam -q -@ $t --index=ix.ll --action=$a -o $t.ll d.ll
		same $t.ll $a.ll "$a: equal bytes at -@ $t"
	done
done
gone() { ll-shard export -q drop.rejects | grep -c "\"id\": \"$1\""; }
for id in start middle end nine case only thousand; do is "$(gone $id)" 1 "a plant is found: $id"; done
for id in twelve seven; do is "$(gone $id)" 0 "no plant: $id"; done
ll-shard cat -q -o sum.ll drop.ll drop.rejects
is "$(set_of sum.ll)" "$(set_of d.ll)" "kept and rejected are the input"
is "$(ll-shard export -q cut.ll | grep -c '"id": "thousand')" 2 "a 30-word quote in 1,000 words leaves two pieces"
is "$(ll-shard export -q cut.ll | grep -c '"id": "many')" 0 "more than ten pieces: dropped"
ll-shard export -q --tags drop.rejects | grep '"id": "start"' > tags
ok "the reason" grep -q '"reject.reason":"contaminated","reject.value":"evals.jsonl:1"' tags

# The window around very many hits is walked where it ends, not at each of them.
python3 -c 'import json
item = " ".join("w%d" % i for i in range(20))
print(json.dumps({"text": item}), file=open("item.jsonl", "w"))
items = " ".join([item] * 20_000)
print(json.dumps({"id": "hits", "text": items + " " + " ".join(["zz"] * 500_000) + " " + items}))' | ll-shard import -q -o hits.ll -
ll-decontam build -q -o item.ll item.jsonl
ok "40,000 items with windows of 500,000 characters" timeout 60 ll-decontam -q --index=item.ll --action=cut --window=500000 -o hits_cut.ll hits.ll
is "$(ll-shard export -q hits_cut.ll | python3 -c 'import json, sys; print([len(json.loads(l)["text"]) for l in sys.stdin])')" "[500001]" "what is left between them"

# Indexes: compressed, one JSON value, keys, several.
gzip -k evals.jsonl
ll-decontam build -q -o gz.ll evals.jsonl.gz
ll-decontam -q --index=gz.ll --action=cut -o gz_cut.ll d.ll
is "$(data_of gz_cut.ll)" "$(data_of cut.ll)" "a compressed evaluation file"
python3 -c 'import json; json.dump([json.loads(l) for l in open("evals.jsonl")], open("evals.json", "w"), indent=1)'
ll-decontam build -q -o value.ll evals.json
ll-decontam -q --index=value.ll --action=cut -o value_cut.ll d.ll
is "$(data_of value_cut.ll)" "$(data_of cut.ll)" "one JSON value on many lines"
printf '{"text": "one two three four five six seven eight deep deep"}\n' | ll-shard import -q -o k.ll -
printf '{"a": {"b": ["one two three four five six seven eight"]}, "c": "nothing"}\n' > k.jsonl
for k in b a; do
	ll-decontam build -q --keys=x,$k -o k.ix k.jsonl
	is "$(ll-decontam -q --index=k.ix k.ll | ll-shard export -q - | wc -l | tr -d ' ')" 0 "--keys=$k finds what is inside"
done
ll-decontam build -q --keys=c -o c.ix k.jsonl
is "$(ll-decontam -q --index=c.ix k.ll | ll-shard export -q - | wc -l | tr -d ' ')" 1 "--keys leaves others out"
is "$(ll-decontam -q --index=c.ix --index=k.ix k.ll | ll-shard export -q - | wc -l | tr -d ' ')" 0 "two indexes"

# Faults.
head -c 30000 d.ll > cut_input.ll
status 3 "a cut input" ll-decontam -q --index=ix.ll -o no.ll cut_input.ll
head -c 1000 ix.ll > cut_index.ll
status 3 "a cut index" ll-decontam -q --index=cut_index.ll -o no.ll d.ll
status 3 "documents are no index" ll-decontam -q --index=d.ll -o no.ll d.ll
head -c 500 evals.json > half.json
status 3 "half a JSON value" ll-decontam build -q -o no.ll half.json
head -c 500 evals.jsonl.gz > half.gz
status 3 "a cut compressed file" ll-decontam build -q -o no.ll half.gz
(head -n 2 evals.jsonl; echo '{"a": }') > bad.jsonl
status 3 "a bad line" ll-decontam build -q -o no.ll bad.jsonl
says "bad.jsonl: line 3" "its number"
absent "nothing is published" no.ll
status 2 "no index" ll-decontam -q d.ll

if need_data data/eval/xquad/xquad.en.json.gz && need_data data/corpus/multilingual-udhr-genesis-xquadparas.jsonl.gz; then
	ok "xquad" ll-decontam build -q --keys=context -o xquad.ix "$LLTOOLS_TEST_DATA/data/eval/xquad/xquad.en.json.gz"
	ll-shard import -q -o corpus.ll "$LLTOOLS_TEST_DATA/data/corpus/multilingual-udhr-genesis-xquadparas.jsonl.gz"
	ok "the corpus" ll-decontam -q --index=xquad.ix --rejects=x.rejects -o x.ll corpus.ll
	# Translations count too where they quote English: long lists of names.
	cat > xquad.py <<'END'
import gzip, json, os, re, sys, unicodedata
data = os.environ["LLTOOLS_TEST_DATA"] + "/data/"
def grams(t):
    w = re.sub(r"([\u0e00-\u0eff\u2e80-\u9fff])", r" \1 ", unicodedata.normalize("NFKC", t).lower())
    w = "".join(c if c == "_" or unicodedata.category(c)[0] in "LMN" else " " for c in w).split()
    return {tuple(w[i:i + 13]) for i in range(len(w) - 12)}
known = set()
for a in json.load(gzip.open(data + "eval/xquad/xquad.en.json.gz"))["data"]:
    for p in a["paragraphs"]: known |= grams(p["context"])
for l in gzip.open(data + "corpus/multilingual-udhr-genesis-xquadparas.jsonl.gz"):
    d = json.loads(l)
    if grams(d["text"]) & known: print(d["id"])
END
	python3 xquad.py > x.want
	ll-shard export -q x.rejects | python3 -c 'import json, sys
for l in sys.stdin: print(json.loads(l)["id"])' > x.got
	same x.got x.want "the documents that Python finds"
	is "$(grep -c '^xquad-en-' x.got)" 240 "all 240 English paragraphs"
else
	skip "xquad against the corpus" "no LLTOOLS_TEST_DATA"
fi
finish
