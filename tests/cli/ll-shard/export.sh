#!/bin/sh
# SPDX-License-Identifier: MIT
# ll-shard export: forms, tags, tokens, threads, several inputs, and the ways out when something fails.
. "$ROOT/tests/lib.sh"
S=$ROOT/samples
imp() { ll-shard import -q "$@"; }
out() { ll-shard export -q "$@"; }

imp "$S/docs.jsonl" -o a.ll; imp "$S/bees.txt" "$S/rivers.html" -o b.ll
out a.ll b.ll > both
ok "documents that were no JSON get their members" python3 - both "$S" <<'END'
import json, sys
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
assert len(lines) == 12
for line, name in zip(lines[10:], ["bees.txt", "rivers.html"]):
    d = json.loads(line)
    assert list(d) == ["id", "text"] and d["id"] == name, d
    assert d["text"] == open(sys.argv[2] + "/" + name, encoding="utf-8").read()
END
out --tags b.ll > tagged
ok "--tags adds one member" python3 - tagged <<'END'
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    d = json.loads(line)
    assert set(d["ll"]) == {"media_type", "charset", "origin"} and d["ll"]["charset"] == "utf-8", d["ll"]
END
python3 -c '
import json
for i in range(40000): print(json.dumps({"id": i, "text": "word %d\n" % i * (i % 50)}))' > many.jsonl
imp many.jsonl -o m.ll
for t in 1 2 7; do out -@ $t m.ll | cmp -s - many.jsonl; is $? 0 "-@ $t"; done
out m.ll -o m.jsonl; same many.jsonl m.jsonl "-o writes the same"
is "$(out --stats=stats m.ll | wc -l) $(grep -o '"in":40000,"kept":40000' stats | head -n 1)" '40000 "in":40000,"kept":40000' "--stats"
status 0 "an empty stream" sh -c 'll-shard import -q /dev/null | ll-shard export -q > empty'
is "$(wc -c < empty)" 0 "is no line"

status 2 "--tags with text" out --tags --to=text a.ll
status 2 "an unknown form" out --to=yaml a.ll
status 0 "an export" out a.ll -o same.jsonl
touch -d 2001-01-01 same.jsonl
status 0 "--if-changed" out --if-changed a.ll -o same.jsonl
is "$(find same.jsonl -newermt 2002-01-01)" "" "an equal export stays untouched"
status 3 "not a stream" out "$S/docs.jsonl"
status 4 "a full disk" sh -c 'll-shard export -q m.ll > /dev/full'
head -c 100000 m.ll > cut.ll
status 3 "a cut stream" out cut.ll -o x
absent "publishes nothing" x
status 6 "an upstream failure" sh -c 'echo "{}" | ll-shard import -q --from=jsonl 2> first | ll-shard export -q -o x'
ok "which was told upstream" grep -q 'line 1: no_text' first
absent "publishes nothing either" x
status 141 "a reader that leaves" sh -c '{ ll-shard export -q m.ll; echo $? > rc; } | head -n 1 > one; exit $(cat rc)'
is "$(cat .err)" "" "is left in silence"
is "$(cat one)" "$(head -n 1 many.jsonl)" "after it got what it wanted"

# Killed at any moment, import leaves the old output or the new one, and with TERM no temporary file either.
cp m.ll keep.ll; cp keep.ll k.ll
bad=0 left=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	ll-shard import -q many.jsonl "$S/docs.jsonl" -o k.ll & p=$!
	sleep 0.0$i; kill -9 $p 2> /dev/null; wait $p 2> /dev/null
	ll-shard check -q k.ll > /dev/null 2>&1 || bad=$((bad + 1))
done
is $bad 0 "kill -9 leaves a whole file"
rm -f .k.ll.tmp-*
for i in 1 2 3 4 5; do
	ll-shard import -q many.jsonl -o k2.ll & p=$!
	sleep 0.0$i; kill -TERM $p 2> /dev/null; wait $p 2> /dev/null
	for f in .k2.ll.tmp-*; do [ -e "$f" ] && left=$((left + 1)); done
done
is $left 0 "SIGTERM leaves no temporary file"

if [ -e "$ROOT/samples/trees.txt" ] && [ -x "$BIN/ll-bpe" ]; then
	ll-bpe train -q --pretokenizer=gpt2 --vocab-size=300 --from=text -o tok.json "$ROOT/samples/trees.txt"
	ll-bpe encode -q -m tok.json a.ll -o t.ll
	out t.ll > tokens
	ok "token documents are ids and tokens" python3 - tokens "$S/docs.jsonl" <<'END'
import json, sys
got = [json.loads(l) for l in open(sys.argv[1])]
docs = [json.loads(l) for l in open(sys.argv[2], encoding="utf-8")]
assert [d["id"] for d in got] == [d["id"] for d in docs]
assert all(set(d) == {"id", "tokens"} and d["tokens"] and all(0 <= t < 300 for t in d["tokens"]) for d in got)
END
	status 3 "tokens are no text" out --to=text t.ll
	status 3 "and do not mix with documents" out t.ll a.ll
fi
finish
