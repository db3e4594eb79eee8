# SPDX-License-Identifier: MIT
# Budgets of tokens and of documents: counts against ll-bpe encode, shares as asked, count and apply, tokenizers that differ.
. "$ROOT/tests/lib.sh"
python3 - > d.jsonl <<'END'
import json, random
random.seed(11)
words = {"web": ["river", "stone", "the", "and", "of"], "books": ["Zugzwang", "qwertz", "xylophone"], "": ["a", "b", "c"]}
for i in range(4000):
    s = random.choice(["web", "web", "books", ""])
    d = {"id": f"d{i}", "text": " ".join(random.choice(words[s]) for _ in range(random.randint(5, 45)))}
    if s:
        d["source"] = s
    print(json.dumps(d))
END
ll-shard import -q -o d.ll d.jsonl
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 -o tok.json d.ll
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=280 -o other.json d.ll
printf 'tokens = 3e4\n[source web]\nweight = 1\n[source books]\nweight = 2\n[source]\nepochs = 1\n' > tokens.conf
printf 'documents = 1500\n[source web]\nweight = 1\n[source books]\nweight = 0.5\n[source *]\nrate = 0\n' > documents.conf
cat > shares.py <<'END'
import json, math, sys
from collections import Counter
unit, want = sys.argv[1], json.loads(sys.argv[2])
def size(d): return len(d["tokens"]) if unit == "tokens" else 1
source = {d["id"]: d.get("source", "") for d in map(json.loads, open("d.jsonl"))}
def lines(f):
    for d in map(json.loads, open(f)):
        yield {**d, "source": source[d["id"].split("@")[0]]}
had, square, got = Counter(), Counter(), Counter()
for d in lines("all.jsonl"):
    had[d["source"]] += size(d)
    square[d["source"]] += size(d) ** 2
for d in lines("got.jsonl"):
    got[d["source"]] += size(d)
for s, w in want.items():
    # A document of n tokens comes floor(epochs) times and once more by a coin of its own: variance n^2 p (1 - p).
    p = w / had[s] % 1
    if abs(got[s] - w) > 3 * math.sqrt(square[s] * p * (1 - p)) + 1e-6:
        print(s, got[s], w)
END
ll-bpe encode -q -m tok.json d.ll | ll-shard export -q > all.jsonl
ok "a budget of tokens" ll-sample -q --recipe=tokens.conf -m tok.json -o one.ll d.ll
ll-bpe encode -q -m tok.json one.ll | ll-shard export -q > got.jsonl
is "$(python3 shares.py tokens '{"web": 10000, "books": 20000}')" "" "shares are within three sigma, by the ids of ll-bpe encode"
ok "a budget of documents" ll-sample -q --recipe=documents.conf -o docs.ll d.ll
ll-bpe encode -q -m tok.json docs.ll | ll-shard export -q > got.jsonl
is "$(python3 shares.py documents '{"web": 1000, "books": 500, "": 0}')" "" "shares are within three sigma, by documents"
for t in 2 3 8; do ll-sample -q --recipe=tokens.conf -m tok.json -@ $t -o t.ll d.ll; same one.ll t.ll "equal bytes at -@ $t"; done
ll-sample -q --recipe=tokens.conf -m tok.json < d.ll > pipe.ll
ok "a pipe gives the same documents" ll-shard compare -q one.ll pipe.ll

ll-sample count -q -m tok.json -o whole.counts d.ll
ll-shard cat -q --compress=none whole.counts > whole.raw
is "$(ll-shard info --json whole.counts | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["kind"])')" source-counts "kind"
is "$(python3 -c '
import json
from collections import Counter
n, t, b = Counter(), Counter(), Counter()
source = {}
for l in open("d.jsonl"):
    d = json.loads(l); source[d["id"]] = s = d.get("source", ""); n[s] += 1; b[s] += len(d["text"].encode())
for l in open("all.jsonl"):
    d = json.loads(l); t[source[d["id"]]] += len(d["tokens"])
raw = open("whole.raw", "rb").read()
print(all(raw.count(n[s].to_bytes(8, "little") + b[s].to_bytes(8, "little") + t[s].to_bytes(8, "little") + s.encode()) == 1
          for s in n))')" True "counts are those of ll-bpe encode, in the layout of the manual"
for k in 1 3 7; do
	ll-shard split -q --by-key=$k -o s$k d.ll
	counts=; parts=
	for f in s$k-*.ll; do ll-sample count -q -m tok.json -o "$f.counts" "$f"; counts="$counts --counts=$f.counts"; done
	for f in s$k-*.ll; do ll-sample -q --recipe=tokens.conf $counts -o "$f.out" "$f"; parts="$parts $f.out"; done
	ll-shard cat -q -o all.ll $parts
	ok "count and apply over $k shards give the same documents" ll-shard compare -q one.ll all.ll
done
ll-sample count -q -m other.json -o other.counts d.ll
ll-sample count -q -o plain.counts d.ll
status 3 "counts of two tokenizers" ll-sample -q --recipe=tokens.conf --counts=whole.counts --counts=other.counts -o no.ll d.ll
says other.counts "the second is named"
status 3 "counts with and without tokens" ll-sample -q --recipe=tokens.conf --counts=whole.counts --counts=plain.counts -o no.ll d.ll
status 3 "counts without tokens" ll-sample -q --recipe=tokens.conf --counts=plain.counts -o no.ll d.ll
says "no tokens" "is said"
status 3 "counts of another tokenizer than the one given" ll-sample -q --recipe=tokens.conf -m tok.json --counts=other.counts -o no.ll d.ll
status 2 "tokens without a tokenizer" ll-sample -q --recipe=tokens.conf -o no.ll d.ll
says "no tokenizer" "is said"
status 2 "a tokenizer and nothing to share" ll-sample -q --rate=0.5 -m tok.json -o no.ll d.ll
status 2 "a pre-tokenizer and no tokenizer" ll-sample -q --recipe=tokens.conf --pretokenizer=gpt2 -o no.ll d.ll
status 2 "a budget over one part of the inputs" ll-sample -q --recipe=documents.conf --part=1/2 -o no.ll d.ll d.ll
says "part" "is said"
ok "a part with counts" ll-sample -q --recipe=documents.conf --part=1/2 --counts=plain.counts -o part.ll d.ll d.ll
printf 'tokens = 5\nbytes = 1K\n[source web]\nweight = 1\n[source *]\nrate = 1\n' > two.conf
status 2 "two budgets" ll-sample -q --recipe=two.conf -m tok.json -o no.ll d.ll
for v in 0 -1 1K x 1e99; do
	printf 'tokens = %s\n[source web]\nweight = 1\n[source *]\nrate = 1\n' "$v" > bad.conf
	status 2 "tokens = $v" ll-sample -q --recipe=bad.conf -m tok.json -o no.ll d.ll
done
absent "nothing published" no.ll
finish
