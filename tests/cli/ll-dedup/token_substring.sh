# SPDX-License-Identifier: MIT
# ll-dedup --substring=N:tokens on token documents against an O(n^2) reference over their ids: random texts of few letters, planted
# repeats, characters of several bytes that several tokens share; offsets; any memory, threads, pipe and shards.
. "$ROOT/tests/lib.sh"

cat > reference.py <<'END'
"""Windows of N ids that came before: in an earlier document, or in the same one without overlap. By comparing all pairs of windows.
With a tokenizer a cut keeps whole characters, and offsets are those of what is left."""
import json, sys
n, tokenizer = int(sys.argv[1]), sys.argv[2:] 
inside, size = set(), {}
if tokenizer:
    model = json.load(open(tokenizer[0]))
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    byte = {chr(b): b for b in printable}
    byte.update({chr(256 + i): b for i, b in enumerate(b for b in range(256) if b not in set(printable))})   # GPT-2's characters for bytes
    for token, i in model["model"]["vocab"].items():
        size[i] = len(token)
        if byte[token[0]] & 0xc0 == 0x80: inside.add(i)
docs = [json.loads(l) for l in sys.stdin]
for number, d in enumerate(docs):
    t, gone = d["tokens"], [False] * len(d["tokens"])
    for s in range(len(t) - n + 1):
        w = t[s:s + n]
        if any(docs[e]["tokens"][i:i + n] == w for e in range(number) for i in range(len(docs[e]["tokens"]) - n + 1)) or \
           any(t[i:i + n] == w for i in range(s - n + 1)):
            gone[s:s + n] = [True] * n
    i = 0
    while i < len(t):
        if not gone[i]: i += 1; continue
        j = i
        while j < len(t) and gone[j]: j += 1
        a, b = i, j
        while a < b and t[a] in inside: gone[a] = False; a += 1
        while b > a and b < len(t) and t[b] in inside: b -= 1; gone[b] = False
        i = j
    left = [x for x, g in zip(t, gone) if not g]
    if t and not left: continue
    out = {"id": d["id"], "tokens": left}
    if "offsets" in d:
        out["offsets"], at = [], 0
        for x in left: out["offsets"].append(at); at += size[x]
    print(json.dumps(out, separators=(",", ":")))
END
cat > make.py <<'END'
import json, random, sys
kind, r = sys.argv[1], random.Random(int(sys.argv[2]))
letters = lambda a, n: "".join(r.choice(a) for _ in range(n))
def texts():
    if kind == "letters": return [letters("ab ", r.randint(0, 90)) for _ in range(24)]
    if kind == "euro": return [letters("aé€𝄞한日", r.randint(0, 40)) for _ in range(24)]
    if kind == "runs": return ["".join(r.choice(["a" * r.randint(1, 60), "ab" * r.randint(1, 30), "x y z " * r.randint(1, 9), letters("abxyz", 9)]) for _ in range(r.randint(1, 5))) for _ in range(20)]
    pool = [" ".join(letters("abcdefghijklmnop", r.randint(1, 5)) for _ in range(r.randint(8, 12))) for _ in range(8)]
    return [" ".join(letters("qrstuvwxyz", r.randint(0, 30)) + " " + r.choice(pool) for _ in range(r.randint(0, 4))) for _ in range(24)]
for i, t in enumerate(texts()): print(json.dumps({"id": "d%d" % i, "text": t}, ensure_ascii=False))
END
dd() { ll-dedup -q "$@"; }
for kind in letters euro runs planted; do python3 make.py $kind 9; done | sed 's/"id": *"[^"]*", *//' | ll-shard import -q -o all.ll
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=330 -o tok.json all.ll

for what in letters:3 letters:6 euro:2 euro:5 runs:2 runs:7 runs:12 planted:10 planted:20; do
	kind=${what%:*} n=${what#*:} wrong=
	for seed in 1 2; do
		python3 make.py $kind $seed | ll-shard import -q -o d.ll
		ll-bpe encode -q -m tok.json -o d.tok d.ll; ll-bpe encode -q --offsets -m tok.json -o o.tok d.ll
		ll-shard export -q -o d.jsonl d.tok; ll-shard export -q -o o.jsonl o.tok
		python3 reference.py $n < d.jsonl > want.jsonl
		dd --substring=$n:tokens -o got.tok d.tok 2> /dev/null || wrong="$wrong failed"
		ll-shard export -q -o got.jsonl got.tok; cmp -s got.jsonl want.jsonl || wrong="$wrong $seed"
		python3 reference.py $n tok.json < o.jsonl > want.jsonl
		dd --substring=$n:tokens -m tok.json --stats=s.json -o got.tok o.tok
		ll-shard export -q -o got.jsonl got.tok; cmp -s got.jsonl want.jsonl || wrong="$wrong $seed-with-tokenizer"
		ll-bpe decode -q -m tok.json --rejects=bad.ll -o left.ll got.tok
		[ "$(ll-shard info --json bad.ll | grep -c '"records": 0')" = 2 ] || wrong="$wrong $seed-no-utf8"
		bytes=$(ll-shard export -q left.ll | python3 -c 'import json, sys; print(sum(len(json.loads(l)["text"].encode()) for l in sys.stdin))')
		grep -q "\"text_bytes\":.*\"out\":$bytes}" s.json || wrong="$wrong $seed-bytes"
		dd --substring=$n:tokens -m tok.json --stats=s.json -o t.tok d.tok
		grep -q "\"text_bytes\":.*\"out\":$bytes}" s.json || wrong="$wrong $seed-bytes-without-offsets"
	done
	is "$wrong" "" "--substring=$n:tokens of $kind is what the reference makes: ids, whole characters, offsets, bytes"
done

# Larger: the same bytes at any memory (several passes) and number of threads, from a pipe, from shards in order; 4 bytes an id.
python3 - > big.jsonl <<'END'
import json, random
r = random.Random(5)
words = ["".join(r.choice("abcdefghijklmno") for _ in range(r.randint(2, 9))) for _ in range(3000)]
pool = [" ".join(r.choice(words) for _ in range(r.randint(8, 60))) for _ in range(300)]
for i in range(1500):
    t = " ".join(r.choice(pool) if r.random() < .2 else " ".join(r.choice(words) for _ in range(r.randint(1, 50))) for _ in range(r.randint(1, 9)))
    print(json.dumps({"id": "d%d" % i, "text": t}))
END
ll-shard import -q -o big.ll big.jsonl
ll-bpe encode -q -m tok.json -o big.tok big.ll
ok "larger documents" dd --substring=50:tokens -m tok.json --stats=s.json -o want.tok big.tok
ll-shard export -q -o big.jsonl big.tok; ll-shard export -q -o got.jsonl want.tok
is "$(python3 - <<'END'
import json
seen, n, bad, cut = {}, 50, [], 0
got = {d["id"]: d["tokens"] for d in map(json.loads, open("got.jsonl"))}
for number, l in enumerate(open("big.jsonl")):
    d = json.loads(l); t = d["tokens"]; gone = [False] * len(t)
    for s in range(len(t) - n + 1):
        first = seen.setdefault(tuple(t[s:s + n]), (number, s))
        if first[0] < number or first[1] + n <= s: gone[s:s + n] = [True] * n
    left = [x for x, g in zip(t, gone) if not g]
    cut += sum(gone)
    if got.get(d["id"], []) != left: bad.append(d["id"])
print(cut > 3000, bad[:3])
END
)" "True []" "as the reference has them"
passes() { ll-dedup --substring=50:tokens -m tok.json "$@" 2>&1 | sed -n 's/.*in \([0-9]*\) pass.*/\1/p'; }
for m in "--memory=1M" "--memory=8M -@ 3" "--memory=1G -@ 2"; do
	rm -f t.tok; p=$(passes $m -o t.tok big.tok); same t.tok want.tok "equal bytes with $m (passes: $p)"
done
ok "little memory takes several passes" [ "$(passes --memory=1M -o t.tok big.tok)" -gt 1 ]
cat big.tok | dd --substring=50:tokens -m tok.json > t.tok
ok "a pipe gives the same documents" ll-shard compare -q t.tok want.tok
ll-shard split -q --count=450 -o shard big.tok
rm t.tok; dd --substring=50:tokens -m tok.json -o t.tok shard-*.ll
ok "so do shards in order" ll-shard compare -q t.tok want.tok
ok "what is left can be packed" ll-shard pack -q -m tok.json -o data want.tok
dd --substring=1000000:tokens -m tok.json -o t.tok big.tok
ok "nothing repeated: the same documents" ll-shard compare -q t.tok big.tok

# What is dropped; what is refused.
printf '{"id":"a","text":"one two three four"}\n{"id":"b","text":"one two three four"}\n' | ll-shard import -q | ll-bpe encode -q -m tok.json -o two.tok
dd --substring=3:tokens -m tok.json --rejects=r.ll -o t.tok two.tok
is "$(ll-shard export -q --tags r.ll | python3 -c 'import json, sys; d = json.loads(sys.stdin.read()); print(d["id"], d["text"], d["ll"]["reject.reason"])')" "b one two three four repeated-passage" "a document of which nothing is left is among the rejects, as text"
dd --substring=3:tokens --rejects=r.ll -o t.tok two.tok 2> .err
says "without -m TOKENIZER" "without a tokenizer it is said what is not known"
is "$(ll-shard export -q r.ll | grep -c '"text":"[0-9 ]*"')" 1 "and rejects are numbers"
status 3 "documents are no tokens" dd --substring=20:tokens -o no.tok big.ll
says "hint: --substring=N:words" "and what is for them is named"
status 3 "tokens are no documents" dd --substring=20 -o no.ll big.tok
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 -o other.json all.ll; ll-bpe encode -q -m other.json -o other.tok all.ll
status 3 "another tokenizer" dd --substring=20:tokens -m other.json -o no.tok big.tok
status 3 "tokens of two tokenizers" dd --substring=20:tokens -o no.tok big.tok other.tok
status 2 "tags on tokens" dd --substring=20:tokens --action=tag -o no.tok big.tok
status 2 "-m without tokens" dd --substring=20 -m tok.json -o no.ll big.ll
status 2 "a unit that is none" dd --substring=20:letters -o no.ll big.ll
head -c 20000 big.tok > cut.tok
status 3 "a cut input" dd --substring=20:tokens -o no.tok cut.tok
head -c 20000 big.ll | ll-bpe encode -q -m tok.json 2> /dev/null > failed.tok
status 6 "a stage that failed" dd --substring=20:tokens -o no.tok failed.tok
absent "nothing is published" no.tok no.ll
finish
