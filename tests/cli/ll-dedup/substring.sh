# SPDX-License-Identifier: MIT
# ll-dedup --substring against an O(n^2) reference: random texts of few letters, planted and overlapping repeats, over texts and within
# one; characters of several bytes; words; any memory (several passes), threads and shards.
. "$ROOT/tests/lib.sh"

cat > reference.py <<'END'
"""Windows of N elements that came before: in an earlier text, or in the same one without overlap. By comparing windows; no index."""
import json, re, sys
n, words, tag = int(sys.argv[1]), sys.argv[2] == "words", sys.argv[3:] == ["tag"]
seen = {}   # window -> (text, start) of the first
for number, line in enumerate(sys.stdin):
    d = json.loads(line)
    text = d["text"].encode()
    spans = [m.span() for m in re.finditer(r"\S+", d["text"])] if words else None
    spans = spans and [tuple(len(d["text"][:i].encode()) for i in s) for s in spans]
    e = [text[a:b] for a, b in spans or []] if words else text
    gone = [False] * len(e)
    for s in range(len(e) - n + 1):
        w = tuple(e[s:s + n])
        first = seen.setdefault(w, (number, s))
        if first[0] < number or first[1] + n <= s:
            gone[s:s + n] = [True] * n
    out, cuts, i = b"", [], 0
    at = 0
    while i < len(e):
        if not gone[i]:
            i += 1
            continue
        j = i
        while j < len(e) and gone[j]:
            j += 1
        if words:
            a, b = spans[i][0], spans[j][0] if j < len(e) else len(text)
        else:
            a, b = i, j
            while a < len(text) and text[a] & 0xc0 == 0x80: a += 1
            while b < len(text) and b > a and text[b] & 0xc0 == 0x80: b -= 1
        i = j
        if a < b:
            cuts += [a, b - a]
            out += text[at:a]
            at = b
    out += text[at:]
    if tag:
        if cuts:
            d["ll"] = {"repeated-passage": cuts}
    elif cuts and not (out.decode().split() if words else out):
        continue
    elif cuts:
        d["text"] = out.decode()
    print(json.dumps(d, ensure_ascii=False, separators=(",", ":")))
END
cat > make.py <<'END'
import json, random, sys
kind, r = sys.argv[1], random.Random(int(sys.argv[2]))
def put(texts):
    for i, t in enumerate(texts):
        print(json.dumps({"id": "d%d" % i, "text": t}, ensure_ascii=False, separators=(",", ":")))
letters = lambda a, n: "".join(r.choice(a) for _ in range(n))
if kind == "letters":     # few letters: repeats of every length, by chance
    put(letters("ab", r.randint(0, 400)) for _ in range(60))
elif kind == "euro":      # several bytes a character
    put(letters("aé€𝄞", r.randint(0, 150)) for _ in range(60))
elif kind == "runs":      # runs and periods, overlapping themselves
    put("".join(r.choice(["a" * r.randint(1, 90), "ab" * r.randint(1, 40), "xyz" * r.randint(1, 30), letters("abxyz", 9), "-" * 30]) for _ in range(r.randint(1, 8)))
        for _ in range(70))
elif kind == "planted":   # passages of 90 to 130 bytes, some cut short, in noise
    pool = [letters("abcdefghijklmnop ", r.randint(90, 130)) for _ in range(12)]
    put("".join(letters("qrstuvwxyz", r.randint(0, 60)) + r.choice(pool)[r.choice([0, 0, 1, 7]):][:r.choice([200, 99, 100, 101])] for _ in range(r.randint(0, 4)))
        for _ in range(55))
elif kind == "crowded":   # one block in many places, each with other text around it
    rule, tails = "=" * 14, [letters("abc", 12) for _ in range(9)]
    put(letters("abc", r.randint(0, 9)) + "".join(rule + r.choice(tails) + letters("abc", r.randint(0, 5)) for _ in range(r.randint(1, 9))) for _ in range(90))
elif kind == "words":     # white space around them, too; some all equal but for it
    space = lambda: r.choice(["", "", "", " ", "\n", "\u3000 "])
    equal = ["the", "mät", "sat", "on", "日本", "cat", "on", "the", "cat", "sat", "mät"]
    put(space() + r.choice([" ", "\n"]).join(equal) + space() if r.random() < .1 else space() + "".join(r.choice(["the", "cat", "sat", "on", "mät", "日本"]) + r.choice([" ", "\n", "  ", "\u3000"]) for _ in range(r.randint(0, 90))) for _ in range(60))
END
dd() { ll-dedup -q "$@"; }

for what in letters:12 letters:17 letters:30 euro:8 euro:21 runs:4 runs:20 runs:33 runs:64 planted:100 planted:99 crowded:20 crowded:24 crowded:16 \
	words:2:words words:3:words words:6:words words:9:words; do
	kind=${what%%:*} n=${what#*:}; unit=${n#*:}; n=${n%%:*}; [ "$unit" = "$n" ] && unit=bytes
	wrong=
	for seed in 1 2 3; do
		python3 make.py $kind $seed > d.jsonl
		ll-shard import -q -o d.ll d.jsonl
		python3 reference.py $n $unit < d.jsonl > want.jsonl
		dd --substring=$n:$unit -o got.ll d.ll || wrong="$wrong failed"
		ll-shard export -q -o got.jsonl got.ll
		cmp -s got.jsonl want.jsonl || wrong="$wrong $seed"
	done
	is "$wrong" "" "--substring=$n:$unit of $kind is what the reference makes"
	python3 reference.py $n $unit tag < d.jsonl > want.jsonl
	dd --substring=$n:$unit --action=tag -o got.ll d.ll
	ll-shard export -q --tags got.ll | sed 's/,"origin":"[^"]*"//; s/"origin":"[^"]*"//; s/,"ll":{}//' > got.jsonl
	same got.jsonl want.jsonl "and --action=tag says so"
done

# 100 bytes go, 99 stay.
python3 -c "
import json, random
r = random.Random(9)
for n in 100, 99, 100:
    p = ''.join(r.choice('abcdefgh') for _ in range(n))
    print(json.dumps({'text': 'X' + p + 'Y'}))
    print(json.dumps({'text': 'U' + p + 'V'}))" > p.jsonl
ll-shard import -q -o p.ll p.jsonl
is "$(dd --substring=100 p.ll | ll-shard export -q --to=jsonl | awk '{ print length }' | tr '\n' ' ')" "114 14 113 113 114 14 " "a planted repeat of 100 bytes is removed but for the first copy, one of 99 stays"

# Larger: any memory, number of threads, pipe, shards in order.
python3 -c "
import json, random
r = random.Random(5)
words = [''.join(r.choice('abcdefghijklmno') for _ in range(r.randint(2, 9))) for _ in range(3000)]
pool = [' '.join(r.choice(words) for _ in range(r.randint(8, 60))) for _ in range(400)]
for i in range(3000):
    t = ' '.join(r.choice(pool) if r.random() < .2 else ' '.join(r.choice(words) for _ in range(r.randint(1, 50))) for _ in range(r.randint(1, 9)))
    print(json.dumps({'id': 'd%d' % i, 'text': t + '\n' + '-' * 60 + '\n' + t[:20]}))" > big.jsonl
ll-shard import -q -o big.ll big.jsonl
ok "larger texts" dd --substring=100 --memory=64M --stats=s.json --rejects=r.ll -o big.out.ll big.ll
python3 - <<'END' > want.jsonl
import json
seen, n = {}, 100
for number, line in enumerate(open("big.jsonl")):
    d = json.loads(line); t = d["text"]; gone = bytearray(len(t))
    for s in range(len(t) - n + 1):
        first = seen.setdefault(t[s:s + n], (number, s))
        if first[0] < number or first[1] + n <= s: gone[s:s + n] = b"\1" * n
    out = "".join(c for c, g in zip(t, gone) if not g)
    if out or not any(gone):
        d["text"] = out
        print(json.dumps(d))
END
ll-shard import -q -o want.ll want.jsonl
ok "as the reference has them" ll-shard compare -q want.ll big.out.ll
passes() { ll-dedup --substring=100 "$@" 2>&1 | sed -n 's/.*in \([0-9]*\) pass.*/\1/p'; }
for m in "--memory=1M" "--memory=2M -@ 3" "--memory=1G -@ 2"; do
	p=$(passes $m -o t.ll big.ll)
	same t.ll big.out.ll "equal bytes with $m (passes: $p)"
done
ok "little memory takes several passes" [ "$(passes --memory=1M -o t.ll big.ll)" -gt 1 ]
cat big.ll | dd --substring=100 > t.ll
ok "a pipe gives the same documents" ll-shard compare -q t.ll big.out.ll
ll-shard split -q --count=800 -o shard big.ll
dd --substring=100 -o t.ll shard-*.ll
ok "so do shards in order" ll-shard compare -q t.ll big.out.ll

status 2 "no number" dd --substring=many d.ll
status 2 "too short" dd --substring=3 d.ll
status 2 "two modes" dd --substring=100 --exact d.ll
status 2 "--action alone" dd --exact --action=tag d.ll
head -c 20000 big.ll > cut.ll
status 3 "a cut input" dd --substring=100 -o no.ll cut.ll
status 4 "no place for the texts" dd --substring=100 --tmpdir=/nonexistent -o no.ll big.ll
absent "nothing is published" no.ll
finish
