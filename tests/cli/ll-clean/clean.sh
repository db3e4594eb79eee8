# SPDX-License-Identifier: MIT
# ll-clean: repairs, rules against rules.py, --profile=none, idempotence, threads, faults.
. "$ROOT/tests/lib.sh"

# Documents around every threshold: random mixtures of the ingredients that the rules look at.
python3 - > d.jsonl <<'END'
import json, random
random.seed(3)
R = random.random
lex = ["the", "be", "to", "of", "and", "that", "have", "with"] + ["w%s" % "".join(random.choice("abcdefghij") for _ in range(random.randint(1, 9))) for _ in range(400)]
odd = ["#", "...", "…", "--", "12", "{", "Lorem ipsum", "javascript", "privacy policy", "[3]", "[edit]", "[[1]2]", "[e[]dit]", "Privacy Policy", "naïve", "日本語", "é", "x" * 40, "y" * 1001]
ends = [".", "!", "?", '."', "...", "…", "", ",", "。"]
for i in range(3000):
    rate, short, rep = random.choice([0, 0, .02, .1, .3]), R() < .3, random.choice([0, 0, .1, .35])
    lines = []
    vocabulary = lex if R() < .7 else lex[8:40] if R() < .5 else lex[:30]
    for _ in range(random.choice([1, 3, 8, 20])):
        if lines and R() < rep:
            lines.append(random.choice(lines)); continue
        words = [random.choice(odd) if R() < rate else random.choice(vocabulary) for _ in range(random.randint(1, 6 if short else 30))]
        lines.append(random.choice(["", "", "", "- ", "• "] if R() < .2 else [""]) + " ".join(words) + random.choice(ends[:4] if R() < .8 else ends))
        if R() < .1: lines.append("")
    print(json.dumps({"id": f"d{i}", "text": "\n".join(lines)}))
END
ll-shard import -q -o raw.ll d.jsonl
ll-clean -q --profile=repair -o d.ll raw.ll
ll-shard export -q d.ll > repaired.jsonl

compare() { # compare PROFILE STREAM JSONL: decisions and texts are those of rules.py
	ll-clean -q --profile=$1 --rejects=r.ll --stats=s.json -o k.ll "$2"
	{ ll-shard export -q k.ll | python3 -c '
import sys, json
for l in sys.stdin: d = json.loads(l); print(json.dumps([d["id"], "keep", d["text"]]))'
	  ll-shard export -q --tags r.ll | python3 -c '
import sys, json
for l in sys.stdin: d = json.loads(l); print(json.dumps([d["id"], d["ll"]["reject.reason"], None]))'; } | sort > got
	python3 "$ROOT/tests/cli/ll-clean/rules.py" $1 < "$3" | sort > want
	is "$(diff got want | head -n 4)" "" "$1 decides as the independent rules do on $(wc -l < want) documents"
	is "$(cut -d'"' -f4 want | sort -u | wc -l | awk '{ print ($1 >= '"$4"') }')" 1 "$1: at least $4 kinds of decision occur"
}
compare gopher d.ll repaired.jsonl 12
compare c4 d.ll repaired.jsonl 4
compare fineweb d.ll repaired.jsonl 12

# Repairs.
printf '%s\n' '{"id":"1","text":"a  \r\nb\t\n\n\u000c\nc\u0007\ufeff d\u0085e\n\n"}' '{"id":"2","text":"e\u0301 \\ \\\\n \u2028 x"}' \
	'{"id":"3","text":"\n  indented\n"}' '{"id":"4","text":"\u0001"}' > r.jsonl
ll-shard import -q r.jsonl | ll-clean -q --profile=repair --rejects=rr.ll -o rep.ll
ll-shard export -q rep.ll > rep.jsonl
printf '%s\n' '{"id":"1","text":"a\nb\n\nc d\ne"}' '{"id":"2","text":"\u00e9 \\ \\\\n \u2028 x"}' '{"id":"3","text":"  indented"}' > want.jsonl
same rep.jsonl want.jsonl "control characters, line ends, space, NFC; backslashes and U+2028 stay"
is "$(ll-shard export -q --tags rr.ll | grep -c '"reject.reason":"empty"')" 1 "a text of which nothing is left is dropped"

# C4's edits leave nothing for a second run, and its rules come in datatrove's order.
five="One two three. One two three. One two three. One two three. One two three."
printf '%s\n' '{"id":"1","text":"'"$five"' Cafe[1]\u0301 [[2]3] is[citation needed] open. [[edit]edit]"}' \
	'{"id":"2","text":"'"$five"'\nOur PRIVACY Policy { is here."}' '{"id":"3","text":"'"$five"'\nJavaScript and { are off."}' > c.jsonl
ll-shard import -q c.jsonl | ll-clean -q --profile=c4 --rejects=cr.ll -o c1.ll
is "$(ll-shard export -q --to=text c1.ll | head -n 1)" "$five Café  is open." "citation marks go, nested ones too, and the rest is NFC"
is "$(ll-shard export -q --tags cr.ll | grep -o '"id":"[0-9]"\|c4-[a-z-]*' | tr '\n' ' ')" '"id":"2" c4-curly-bracket ' \
	"a brace drops the document on a line about policy, not on one about javascript"
ll-clean -q --profile=c4 -o c2.ll c1.ll
ok "a second run changes nothing" ll-shard compare -q c1.ll c2.ll

# Every drop has a value.
printf '%s\n' '{"id":"5","text":"'"$five"'\n\nThis has LOREM ipsum in it."}' >> c.jsonl
ll-shard import -q c.jsonl r.jsonl | ll-clean -q --profile=c4 --rejects=cr.ll > c3.ll
is "$(ll-shard export -q --tags cr.ll | python3 -c '
import json, sys
for d in map(json.loads, sys.stdin):
    print(d["id"], d["ll"]["reject.reason"], d["ll"]["reject.value"], end=" ")')" \
	"2 c4-curly-bracket 2 5 c4-lorem-ipsum 3 1 c4-sentences 0 2 c4-sentences 0 3 c4-sentences 0 4 empty 1 " "every drop has a value"

# One mark that ends a sentence in eight lines is enough for FineWeb, in nine it is not; every mark counts.
python3 - "$ROOT/tests/cli/ll-clean" > m.jsonl <<'END'
import json, random, sys
source = open(sys.argv[1] + "/rules.py").read()
names = {}
exec(source[source.index("RANGES ="):source.index("assert len(MARKS)")], names)
random.seed(4)
def word(): return "".join(random.choices("abcdefghijklmnop", k=random.randint(4, 8)))
for m in list(names["MARKS"]) + ["…", '"', ";", "A", "\u0903"]:
    for n in (8, 9):
        lines = [" ".join(["the", word(), word(), "of", *(word() for _ in range(5))]) for k in range(n)]
        lines[3] += m
        print(json.dumps({"id": f"{ord(m):x}/{n}", "text": "\n".join(lines)}))
END
ll-shard import -q m.jsonl | ll-clean -q --profile=fineweb --rejects=mr.ll -o m.ll
is "$(ll-shard export -q m.ll | grep -c '/8"')" 159 "a line in eight with any of the 159 marks stays"
is "$(ll-shard export -q --tags mr.ll | grep -c 'fineweb-line-ends')" 169 "a line in nine, or another mark, does not"

# HTML.
if ll-clean -V | grep -q 'features: HTML'; then
cat > p.html <<'END'
<!doctype html><html><head><title>T</title><style>x{}</style><script>var a = "<p>no</p>";</script></head><body>
<nav><a href="/">Home</a> <a href="/x">Other</a></nav><div class="menu"><a href="1">one</a></div>
<h1>Head &amp; shoulders</h1><p>First <b>bold</b> line<br>second&nbsp;line.</p><ul><li>item <i>one</i></li><li>two</li></ul>
<pre>  kept
   space</pre><table><tr><td>a</td><td>b</td></tr></table><footer>imprint</footer></body></html>
END
ll-shard import -q p.html | ll-clean -q --profile=repair | ll-shard export -q --to=text > p.txt 2>/dev/null
is "$(sed 's/\xc2\xa0/ /g' p.txt | tr '\n' '|')" "Head & shoulders||First bold line|second line.||- item one|- two||  kept|   space||a b|" "a page becomes its main text"
ll-shard import -q p.html | ll-clean -q --profile=repair --html=all | ll-shard export -q --to=text | tr '\n' '|' > all.txt
is "$(grep -c 'Home Other|.*imprint' all.txt)" 1 "--html=all keeps navigation and footer"
python3 -c 'print("<div>" * 200000)' > deep.html
ok "absurd nesting is no crash" sh -c 'll-shard import -q deep.html | ll-clean -q --profile=repair --rejects=deep.ll > /dev/null'
else
	skip "pages become text" "built without an HTML parser"
fi

# Nothing changes where nothing should.
ll-clean -q --profile=none -o n.ll raw.ll
ok "--profile=none passes everything through" ll-shard compare -q raw.ll n.ll
ll-shard export -q n.ll > n.jsonl
same d.jsonl n.jsonl "import, none, export is byte for byte"
for p in repair gopher c4; do
	ll-clean -q --profile=$p -o once.ll raw.ll; ll-clean -q --profile=$p -o twice.ll once.ll
	ok "$p is idempotent" ll-shard compare -q once.ll twice.ll
done
ll-clean -q --profile=fineweb -o t1.ll raw.ll
for t in 2 3 8; do ll-clean -q --profile=fineweb -@ $t -o t.ll raw.ll; same t1.ll t.ll "equal bytes at -@ $t"; done

head -c 30000 raw.ll > cut.ll
status 3 "a cut input" ll-clean -q -o no.ll cut.ll
absent "nothing published" no.ll
status 2 "an unknown profile" ll-clean --profile=gofer raw.ll
says gopher "the nearest profile is named"
if need_data data/corpus/web-en-ewt.jsonl.gz; then
	for f in web-en-ewt wmt23-testsuites-src; do
		ll-shard import -q "$LLTOOLS_TEST_DATA/data/corpus/$f.jsonl.gz" | ll-shard head -q -n 3000 | ll-clean -q --profile=repair -o real.ll
		ll-shard export -q real.ll > real.jsonl
		compare gopher real.ll real.jsonl 3
		compare fineweb real.ll real.jsonl 3
	done
else
	skip "rules on real text" "no LLTOOLS_TEST_DATA"
fi
finish
