# SPDX-License-Identifier: MIT
# ll-dedup --exact of lines, paragraphs, sentences and URLs against awk and references in Python; --keep=none; --verify-bytes with few
# bits of hash; all of them at any memory and number of threads.
. "$ROOT/tests/lib.sh"

cat > reference.py <<'END'
"""What ll-dedup(1) says of units, written down again from the page: reads JSONL, writes JSONL."""
import json, re, sys
mode, keep, count, least = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
docs = [json.loads(l) for l in sys.stdin]

def pieces(text):
    """[(start, end)] of what is compared."""
    out, at = [], 0
    if mode == "line":
        for l in text.split("\n"):
            out.append((at, at + len(l)))
            at += len(l) + 1
        return out[:-1] if text.endswith("\n") or not text else out
    if mode == "paragraph":
        for part in re.split(r"(\n\n+)", text):
            if part.strip():
                a = at + len(part) - len(part.lstrip())
                out.append((a, a + len(part.strip())))
            at += len(part)
        return out
    closing, stop, full = "\"')]”’»」』）】", ".?!…", "。！？．｡"
    for m in re.finditer(r"[^\n]+", text):
        line, i, start = m.group(), 0, 0
        while i < len(line):
            if line[i] in stop + full:
                is_full = False
                while i < len(line) and line[i] in stop + full + closing:
                    is_full |= line[i] in full
                    i += 1
                if i < len(line) and not is_full and not line[i].isspace():
                    continue
            else:
                i += 1
                if i < len(line):
                    continue
            s = line[start:i]
            if s.strip():
                a = m.start() + start + len(s) - len(s.lstrip())
                out.append((a, a + len(s.strip())))
            start = i
    return out

run = int(mode.split(":")[1]) if mode.startswith("sentences") else 1
def keys(text, p):
    for i in range(len(p) - run + 1):
        k = "\n".join(text[a:b] for a, b in p[i:i + run])
        yield k if len(k.encode()) >= least else None
cut = [pieces(d["text"]) for d in docs]
documents = {}
for d, p in zip(docs, cut):
    for k in set(keys(d["text"], p)):
        documents[k] = documents.get(k, 0) + 1
seen = set()
for d, p in zip(docs, cut):
    text, gone = d["text"], set()
    for i, k in enumerate(keys(text, p)):
        if k is not None and (documents[k] >= count if keep == "none" else k in seen):
            gone |= set(range(i, i + run))
        seen.add(k)
    left = [i for i in range(len(p)) if i not in gone]
    if gone and not left:
        continue
    if gone:
        out = text[:p[0][0]]
        for n, i in enumerate(left):
            if n:
                j = left[n - 1]
                out += text[p[j][1]:p[j + 1][0]]
            out += text[p[i][0]:p[i][1]]
        d["text"] = out + text[p[-1][1]:]
    print(json.dumps(d, ensure_ascii=False, separators=(",", ":")))
END
python3 - <<'END'
import json, random
r = random.Random(3)
bits = ["", " ", "the cat", "sat. ", "on it", "€uro", "end!", "\"What?\"", "(so.)", "日本。", "語です！", "…", "3.5", "x\ty"]
with open("d.jsonl", "w") as f:
    for i in range(1500):
        lines = [" ".join(r.choices(bits, k=r.randint(0, 4))) for _ in range(r.randint(0, 9))]
        if i % 30 == 7:  # as many lines as there are digests at a time, and of any length
            lines = ["x" * r.randint(0, 200) + r.choice(["", "y"]) for _ in range(r.choice([1, 70, 300]))]
        text = "".join(l + r.choice(["\n", "\n", "\n\n", "\n\n\n"]) for l in lines)
        if r.random() < 0.6:
            text = text.rstrip("\n")
        f.write(json.dumps({"id": "d%d" % i, "text": text}, ensure_ascii=False, separators=(",", ":")) + "\n")
END
ll-shard import -q -o d.ll d.jsonl
dd() { ll-dedup -q "$@"; }

for unit in line paragraph sentences:1 sentences:3; do
	python3 reference.py $unit first 0 0 < d.jsonl > want.jsonl
	ok "$unit runs" dd --exact=$unit --stats=s.json --rejects=r.ll -o u.ll d.ll
	ll-shard export -q -o got.jsonl u.ll
	same got.jsonl want.jsonl "$unit: what the reference keeps"
	for m in "--memory=1M -@ 3" "--memory=1M --verify-bytes" "--hash-bits=8" "--bloom=1e-9 -@ 2"; do
		dd --exact=$unit $m --rejects=r2.ll --stats=s2.json -o t.ll d.ll
		ok "$unit: the same documents with $m" ll-shard compare -q u.ll t.ll
		is "$(grep -v '"program"\|"seconds"' s2.json)" "$(grep -v '"program"\|"seconds"' s.json)" "$unit: the same books with $m"
	done
	cat d.ll | dd --exact=$unit > t.ll
	ok "$unit: and from a pipe" ll-shard compare -q u.ll t.ll
	case $unit in sentences*) ;; *)
		dd --exact=$unit -o t.ll u.ll
		ok "$unit: a second run changes nothing" ll-shard compare -q u.ll t.ll ;;
	esac
	for k in 2 5; do for least in 0 6; do
		python3 reference.py $unit none $k $least < d.jsonl > want.jsonl
		dd --exact=$unit --keep=none --min-count=$k --min-bytes=$least -o n.ll d.ll
		ll-shard export -q -o got.jsonl n.ll
		same got.jsonl want.jsonl "$unit --keep=none --min-count=$k --min-bytes=$least: what the reference keeps"
		for m in "--memory=1M -@ 3" "--hash-bits=8"; do
			cat d.ll | dd --exact=$unit --keep=none --min-count=$k --min-bytes=$least $m > t.ll
			ok "the same documents from a pipe with $m" ll-shard compare -q n.ll t.ll
		done
	done; done
done

# A document of lines is what awk makes of it; so are documents of a line each.
python3 -c "
import random
r = random.Random(4)
for i in range(200000): print('' if r.random() < .01 else 'line %d of the text' % int(r.paretovariate(.35) % 90000))" > lines.txt
awk '!s[$0]++' lines.txt > want.txt
python3 -c "
import json
print(json.dumps({'text': open('lines.txt').read()}))" | ll-shard import -q -o l.ll
for m in "--memory=1G" "--memory=1M" "--memory=1M -@ 3" "--verify-bytes"; do
	dd --exact=line $m -o t.ll l.ll
	ll-shard export -q --to=jsonl t.ll | python3 -c "
import sys, json
for l in sys.stdin: sys.stdout.write(json.loads(l)['text'])" > got.txt
	same got.txt want.txt "--exact=line is awk '!s[\$0]++' with $m"
done
for c in scalar avx2 avx512; do
	if ! LL_CPU=$c ll-shard cat -q -o /dev/null l.ll 2>/dev/null; then skip "equal bytes with $c" "not on this processor"; continue; fi
	rm -f c.ll; LL_CPU=$c ll-dedup -q --exact=line -o c.ll l.ll; same t.ll c.ll "equal bytes with $c"
done
# Texts of all lengths, whose last line ends with a newline or not, with runs of newlines and of lines shorter and longer than blocks.
python3 -c "
import json, random
r = random.Random(6)
for n in list(range(1, 400)) + [5000] * 20:
    t = ''
    while len(t) < n:
        t += r.choice('abcdefg') * r.choice((0, 1, 2, r.randrange(64), r.randrange(200))) + r.choice(('\\n', '\\n', '\\n' * r.randrange(150)))
    print(json.dumps({'text': t[:n]}, separators=(',', ':')))" > ends.jsonl
ll-shard import -q -o ends.ll ends.jsonl
python3 reference.py line first 0 0 < ends.jsonl > want.jsonl
for c in scalar avx2 avx512; do
	if ! LL_CPU=$c ll-shard cat -q -o /dev/null ends.ll 2>/dev/null; then skip "ends of lines with $c" "not on this processor"; continue; fi
	rm -f c.ll; LL_CPU=$c ll-dedup -q --exact=line -o c.ll ends.ll
	ll-shard export -q -o got.jsonl c.ll
	same got.jsonl want.jsonl "ends of lines with $c: what the reference keeps"
done
python3 -c "
import sys, json
for l in sys.stdin: print(json.dumps({'text': l.rstrip('\n')}))" < lines.txt | grep -v '""' > lines.jsonl
ll-shard import -q -o j.ll lines.jsonl
dd --exact=line --memory=3M -o t.ll j.ll
awk '!s[$0]++' lines.jsonl > want.jsonl
ll-shard export -q --to=jsonl t.ll > got.jsonl
same got.jsonl want.jsonl "and of documents of one line, as --exact=document does"

# Whole documents under 8 bits of hash; footers.
dd --exact -o whole.ll d.ll
dd --exact --hash-bits=8 -o t.ll d.ll
ok "--hash-bits=8: documents too" ll-shard compare -q whole.ll t.ll
for i in $(seq 100); do printf '{"id":"p%d","text":"%s words of page %d\\n\\nAll rights reserved."}\n' $i "$(seq -s ' ' $i)" $i; done > f.jsonl
ll-shard import -q -o f.ll f.jsonl
dd --exact=paragraph --keep=none --min-count=100 -o t.ll f.ll
is "$(ll-shard export -q --to=jsonl t.ll | grep -c 'words of page [0-9]*"')" 100 "a footer of 100 documents vanishes from all, the bodies stay"
dd --exact=paragraph --keep=none --min-count=101 -o t.ll f.ll
ok "in 100 documents, not in 101" ll-shard compare -q f.ll t.ll

# The first document leaves before the last has come.
for i in 1 2 3 4 5 6; do python3 -c "
import json, random
r = random.Random($i)
for i in range(300): print(json.dumps({'text': '\n'.join(str(r.random()) for _ in range(400))}))"; done | ll-shard import -q -o s.ll
mkfifo in
(exec ll-dedup -q --exact=line in > out.ll) & pid=$!
exec 3> in; cat s.ll >&3
for k in 1 2 3 4 5 6 7 8 9 10; do [ "$(wc -c < out.ll)" -gt 100000 ] && break; sleep 0.1; done
ok "documents leave while others are still to come" [ "$(wc -c < out.ll)" -gt 100000 ]
cat j.ll >&3; exec 3>&-; wait $pid

# URLs.
cat > u.jsonl <<'END'
{"id":"1","url":"http://a.org/x/../y?q=1#top","text":"a"}
{"id":"2","url":"HTTPS://A.org:443/%79?q=1","text":"b"}
{"id":"3","url":"https://a.org/y?q=2","text":"c"}
{"id":"4","text":"d"}
{"id":"5","text":"d"}
{"id":"6","url":"http://a.org","text":"e"}
{"id":"7","url":" http://a.org:80/ ","text":"f"}
{"id":"8","url":"https://a.org/Y?q=1","text":"g"}
{"id":"9","url":"http://a.org/%e2%82%AC","text":"h"}
{"id":"10","url":"http://a.org/./%E2%82%ac","text":"i"}
{"id":"11","url":null,"text":"j"}
END
ll-shard import -q -o u.ll u.jsonl
dd --exact=url --rejects=r.ll -o t.ll u.ll
is "$(ll-shard export -q t.ll | sed 's/.*"id":"\([0-9]*\)".*/\1/' | tr '\n' ' ')" "1 3 4 5 6 8 9 11 " "--exact=url: one document a page"
is "$(ll-shard export -q --tags r.ll | sed -n 's/.*reject.value":"\([^"]*\)".*/\1/p' | head -n 1)" "http://a.org/y?q=1" "the normalised URL among the rejects"
cat u.ll | dd --exact=url --keep=none > t.ll
is "$(ll-shard export -q t.ll | sed 's/.*"id":"\([0-9]*\)".*/\1/' | tr '\n' ' ')" "3 4 5 8 11 " "--keep=none: none of those that come twice"

# Options that do not go together, rates that cannot be held.
status 2 "a unit that is none" dd --exact=word d.ll
status 2 "no number of sentences" dd --exact=sentences d.ll
status 2 "--min-count without --keep=none" dd --exact=line --min-count=3 d.ll
status 2 "--bloom with --keep=none" dd --exact=line --keep=none --bloom=0.1 d.ll
status 2 "--bloom without --exact" dd --minhash=14x8 --bloom=0.1 d.ll
status 4 "more units than --bloom-items" dd --exact=line --bloom=0.01 --bloom-items=100 -o no.ll l.ll
says "the Bloom filter is full" "is refused"
status 4 "a Bloom filter that does not fit" dd --exact=line --bloom=0.001 --bloom-items=1000000000 -o no.ll l.ll
says "no room for the Bloom filter: " "is refused at once, with the number"
absent "and nothing is published" no.ll
finish
