#!/bin/sh
# SPDX-License-Identifier: MIT
# ll-shard import of JSON lines: round trip, ids, sources, keys, rejects, counts, threads, compression.
. "$ROOT/tests/lib.sh"
S=$ROOT/samples
imp() { ll-shard import -q "$@"; }
out() { ll-shard export -q "$@"; }
tags() { out --tags "$@"; }

# Round trip
imp "$S/escapes.jsonl" -o a.ll; out a.ll > back
same "$S/escapes.jsonl" back "escapes of all kinds come back byte for byte"
out --to=text a.ll > text
python3 - "$S/escapes.jsonl" > want <<'END'
import json, sys
for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
    text = json.loads(line)["text"]
    sys.stdout.buffer.write((text if text.endswith("\n") else text + "\n").encode())
END
same want text "and mean what Python's json says"
printf '{"text":"a"}\r\n\r\n \n{"text":"b\\u2028"}' > crlf.jsonl
imp crlf.jsonl --stats=stats -o b.ll; out b.ll > back
printf '{"text":"a"}\r\n{"text":"b\\u2028"}' > want
same want back "CRLF, no final newline; blank lines are left out"
ok "and counted" grep -q '"blank_lines":2' stats
imp crlf.jsonl "$S/docs.jsonl" -o b.ll; out b.ll | sed -n 2p > line
printf '{"text":"b\\u2028"}\n' | same - line "a newline is made where more follows"

# Ids, sources, origins
printf '{"id":"x","text":"1"}\n{"id":12,"text":"2"}\n{"text":"3"}\n{"id":"","text":"4","source":"s"}\n' > ids.jsonl
imp --source=fall ids.jsonl -o i.ll
ok "info or export reads it" tags i.ll
is "$(tags i.ll | sed 's/.*"origin":"\([^"]*\)".*/\1/' | tr '\n' ' ')" "ids.jsonl:0 ids.jsonl:22 ids.jsonl:43 ids.jsonl:56 " "origins are file and byte"
printf '{"meta":{"id":"deep","t":"text here"},"meta.id":"flat"}\n{"meta":{"id":"deep","t":"two"}}\n' > deep.jsonl
ok "keys may be paths" imp --text-key=meta.t --id-key=meta.id deep.jsonl -o d.ll
is "$(out --to=text d.ll | tr '\n' ,)" "text here,two," "and reach into objects"
out d.ll > back; same deep.jsonl back "and give the line back"

# Malformed lines
python3 - <<'END'
lines = [
    b'{"text":"good 1"}', b'{"text":"bad utf-8 \xff"}', b'{"text":"lone \\ud800 surrogate"}', b'{"text":"nul \x00 byte"}',
    b'{"text":"twice","a":1,"a":2}', b'{"a":' + b"[" * 1001 + b"]" * 1001 + b',"text":"deep"}', b'{"txt":"no text"}', b'{"text":5}',
    b'{"text":null}', b'[1]', b'{"text":"open', b'{"text":"a"} x', b'{"text":"tab\tin"}', b'{"text":"\\x"}', b'{"text":01}', b'{text:1}',
    b'{"text":"ok \\u0000 nul"}', b'{"a":' + b"[" * 998 + b"]" * 998 + b',"text":"good deep"}', b'\xef\xbb\xbf{"text":"mark"}',
    b'{"text":"cesu \xed\xa0\x80"}', b'{"\\u0074ext":"escaped key","id":"e"}', b'{"text":"a","t\\u0065xt":"b"}', b'{"text":"last good"}',
]
open("bad.jsonl", "wb").write(b"\n".join(lines) + b"\n")
END
status 3 "a malformed line is status 3" imp bad.jsonl -o bad.ll
says "bad.jsonl: line 2: malformed_json: byte 19: not valid UTF-8" "and names file, line, place and cause"
absent "nothing under the final name" bad.ll
ok "with --rejects it goes on" imp bad.jsonl --rejects=rej.ll --stats=stats -o bad.ll
is "$(out --to=text bad.ll | tr '\0\n' '0,')" "good 1,ok 0 nul,good deep,escaped key,last good," "the good lines are there"
tags rej.ll | python3 -c '
import json, sys
for line in sys.stdin:
    ll = json.loads(line)["ll"]
    print(ll["origin"].split("#")[1], ll["reject.reason"])' > reasons
cat > want <<'END'
2 malformed_json
3 malformed_json
4 malformed_json
5 malformed_json
6 malformed_json
7 no_text
8 text_not_string
9 text_not_string
10 malformed_json
11 malformed_json
12 malformed_json
13 malformed_json
14 malformed_json
15 malformed_json
16 malformed_json
19 malformed_json
20 malformed_json
22 malformed_json
END
same want reasons "and every bad one with line and reason"
ok "the books balance" python3 -c '
import json
d = json.load(open("stats"))["documents"]
assert d["in"] == 23 and d["kept"] == 5 and sum(d["dropped"].values()) == 18 == d["dropped"]["malformed_json"] + 3, d'
status 3 "--max-rejects" imp bad.jsonl --rejects=r2.ll --max-rejects=0.5 -o b2.ll
absent "is no output" b2.ll

# Long ones
python3 -c '
print("{\"text\":\"small\"}")
print("{\"text\":\"" + "x" * 100000000 + "\"}")
print("{\"text\":\"after\"}")' > long.jsonl
ok "a line of 100 MB goes to the rejects" imp long.jsonl --rejects=rej.ll -o l.ll
is "$(out --to=text l.ll | tr '\n' ,)" "small,after," "and what stands around it does not"
is "$(tags rej.ll | sed 's/.*"reject.reason":"\([^"]*\)","reject.value":"\([^"]*\)".*/\1 \2/')" "text_too_long 100000000 bytes" "with its reason"
status 4 "with little memory that is no verdict but status 4" imp --memory=64M long.jsonl --rejects=rej.ll -o m.ll
says "needs --memory=" "and says how much it takes"
rm -f long.jsonl

# The same whatever the threads, the compression, the way in
python3 - <<'END'
import json, random
r = random.Random(5)
with open("many.jsonl", "w") as f:
    for i in range(30000):
        text = " ".join(r.choice(["river", "café", "\"quoted\"", "tab\t", "line\n", "日本", "\\"]) for _ in range(r.randrange(30)))
        f.write(json.dumps({"id": i, "text": text}, ensure_ascii=bool(r.randrange(2))) + "\n")
END
imp many.jsonl -o 1.ll
for t in 2 3 8; do imp -@ $t many.jsonl -o t.ll; same 1.ll t.ll "-@ $t gives the same file"; done
imp --memory=16M -@ 4 many.jsonl -o t.ll; same 1.ll t.ll "--memory=16M as well"
out 1.ll > back; same many.jsonl back "and 30000 lines come back"
gzip -k many.jsonl; zstd -qk many.jsonl; xz -k0 many.jsonl; bzip2 -k1 many.jsonl
zcat many.jsonl.gz > back; out 1.ll | same - back "export"
for z in gz:zlib zst:zstd xz:xz bz2:bzip2; do
	library=${z#*:} z=${z%:*}
	if ! ll-shard --version | grep '^features' | grep -q "$library"; then skip "$z" "built without $library"; continue; fi
	mkdir $z; mv many.jsonl.$z $z/many.jsonl
	imp $z/many.jsonl -o t.ll; same 1.ll t.ll "$z under another name gives the same file"
done
head -n 100 many.jsonl > 100.jsonl
# Text that begins like compressed data is text.
for head in 'BZh9 is no block' 'BZh91AY&SZ' 'BZh9' '(' 'P*M' '7zXZ'; do
	printf '%s\n' "$head" > head.txt; imp head.txt | out > got
	is "$(python3 -c 'import json; print(json.load(open("got"))["text"], end="")')" "$head" "text that begins with $head"
done
# What takes streams says of other compressed data what it is.
for z in gzip:-c zstd:-qc xz:-c bzip2:-c; do
	$(echo $z | tr : ' ') 1.ll > whole.z; $(echo $z | tr : ' ') 100.jsonl > lines.z; z=${z%:*}
	for f in lines.z whole.z; do
		status 3 "$f of $z as a stream" ll-shard cat -q $f -o e.ll
		says "hint: $z data: text, JSONL and WARC come in through ll-shard import" "what it is"
	done
	library=$(echo $z | sed 's/gzip/zlib/')
	if ! ll-shard --version | grep '^features' | grep -q "$library"; then skip "$z" "built without $library"; continue; fi
	status 3 "a stream in $z" imp whole.z -o e.ll
	says "whole.z: an lltools stream that was compressed as a whole" "is named"
done
status 3 "a stream" imp 1.ll -o e.ll
says "1.ll: an lltools stream already" "is named"

imp < many.jsonl > p.ll; ok "from a pipe to a pipe" test -s p.ll
is "$(out p.ll | cksum)" "$(cksum < many.jsonl)" "with the same lines"

# Counts and lists
ok "--expect" imp --expect=30000 many.jsonl -o t.ll
status 3 "--expect too many" imp --expect=30001 many.jsonl -o e.ll
absent "is no output" e.ll
printf '100.jsonl\t100\nmany.jsonl\n' > list
ok "--files-from with a count" imp --files-from=list -o t.ll
printf 'many.jsonl\n100.jsonl\t99\n' > list
status 3 "--files-from with a wrong count" imp --files-from=list -o e.ll
says "100.jsonl: 100 records, 99 were expected" "names the file"
imp --part=1/2 100.jsonl many.jsonl -o h1.ll; imp --part=2/2 100.jsonl many.jsonl -o h2.ll
is "$(out h1.ll | wc -l) $(out h2.ll | wc -l)" "100 30000" "--part deals files out"

# Failures
status 4 "a missing file" imp nosuch.jsonl -o e.ll
says "nosuch.jsonl: cannot open" "is named"
zstd -qc many.jsonl | head -c 100000 > cut.jsonl.zst
status 3 "a cut zstd file" imp cut.jsonl.zst -o e.ll
says "zstd data ends too early" "is noticed"
absent "and leaves nothing" e.ll
status 2 "a file of unknown form" imp --from=guess many.jsonl -o e.ll
printf '[1,2]\n' > what
status 3 "a file that could be anything" imp what -o e.ll
says "--from=" "needs to be told"
status 0 "nothing at all is no document" imp /dev/null -o e.ll
status 4 "a full disk" sh -c 'll-shard import -q many.jsonl > /dev/full'
finish
