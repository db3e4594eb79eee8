#!/bin/sh
# SPDX-License-Identifier: MIT
# ll-shard import of text, HTML, directories and web archives, and their character sets.
. "$ROOT/tests/lib.sh"
S=$ROOT/samples
imp() { ll-shard import -q "$@"; }
# id, media type, charset, url and the text as JSON, a line each
show() { ll-shard export -q --tags "$@" | python3 -c '
import json, sys
for line in sys.stdin:
    d = json.loads(line)
    ll = d["ll"]
    print(d["id"], ll.get("media_type"), ll.get("charset"), ll.get("url", "-"), json.dumps(d["text"]))'; }

imp "$S/bees.txt" "$S/rivers.html" -o a.ll
is "$(show a.ll | cut -d' ' -f1-4 | tr '\n' ,)" "bees.txt text/plain utf-8 -,rivers.html text/html utf-8 -," "a text and a page"
ll-shard export -q --to=text a.ll > back
cat "$S/bees.txt" "$S/rivers.html" | same - back "as they are"

imp "$S/web.warc" --stats=stats -o w.ll
show w.ll > got
cat > want <<'END'
urn:uuid:00000000-0000-4000-8000-000000000003 text/html iso-8859-1 http://example.org/cafe "<html><head><title>Kaf\u00e9</title></head><body><p>The caf\u00e9 on the corner opens at seven, and by eight there is no table left.</p></body></html>"
urn:uuid:00000000-0000-4000-8000-000000000004 text/html utf-8 http://example.org/chunks "<!doctype html><title>Chunks</title><p>This page came in two pieces, and only together do they make sense.</p>"
urn:uuid:00000000-0000-4000-8000-000000000007 text/plain utf-8 http://example.org/text "Text that somebody else took out of a page already, na\u00efve but honest.\n"
END
same want got "an archive: ids, charsets, chunks"
for c in '"skipped_http_status":1' '"skipped_media_type":1' '"skipped_record_type":2'; do ok "counts $c" grep -q "$c" stats; done
ll-shard export -q --tags w.ll | grep -q '"date":"2026-11-24T00:00:03Z"'; is $? 0 "the date is a tag"
if ll-shard --version | grep -q zlib; then
	gzip -c "$S/web.warc" > web.warc.gz; imp web.warc.gz -o z.ll; show z.ll > got; same want got "compressed"
else
	skip "compressed archives" "built without zlib"
fi
imp - < "$S/web.warc" > p.ll; show p.ll > got; same want got "from a pipe"

python3 - "$S/web.warc" <<'END'
import sys
b = open(sys.argv[1], "rb").read()
at = b.index(b"Content-Length: ", b.index(b"/cafe"))
open("broken.warc", "wb").write(b[:at + 16] + b"9" + b[at + 16:])
open("cut.warc", "wb").write(b[:-40])
END
status 3 "a broken record" imp broken.warc -o e.ll
says "broken.warc: record at byte" "is named by its place"
absent "and leaves nothing" e.ll
ok "with --rejects it goes on" imp broken.warc --rejects=rej.ll -o b.ll
is "$(show b.ll | wc -l)" 2 "after it"
status 3 "an archive cut inside a record" imp cut.warc -o e.ll

# Directories: recursive, in bytewise order, by known endings; the same from anywhere
mkdir -p tree/b/deep tree/a.d
for f in tree/b/1.txt tree/b/deep/2.html tree/a.d/3.txt tree/B.htm; do echo "<p>$f" > $f; done
echo skip > tree/b/Makefile; : > tree/empty.txt; ln -s ../tree tree/b/loop
imp tree --stats=stats -o d.ll
is "$(show d.ll | cut -d' ' -f1 | tr '\n' ,)" "tree/B.htm,tree/a.d/3.txt,tree/b/1.txt,tree/b/deep/2.html," "a directory"
ok "what was passed over is counted" grep -q '"empty_files":1,"skipped_files":2' stats
cp d.ll before.ll; mkdir elsewhere; mv tree elsewhere/tree; imp elsewhere/tree/ -o d.ll
same before.ll d.ll "is the same from elsewhere"
imp --from=text elsewhere/tree/b/Makefile -o t.ll; is "$(show t.ll)" 'Makefile text/plain utf-8 - "skip\n"' "--from=text takes any name"

# Character sets: Python encodes, we bring back
python3 - <<'END'
text = {
    "latin": "Un café déjà prêt à être servi, où l'été s'achève: “cité”.", "russian": "Река течёт к морю, и вода в ней холодна даже летом, когда солнце стоит высоко.",
    "japanese": "川は海に流れ、水は夏でも冷たい。太陽は高く、鳥が歌う。", "chinese": "河流向大海，即使在夏天水也很冷。太阳很高，鸟儿在歌唱。", "korean": "강은 바다로 흐르고 여름에도 물은 차갑다.",
}
for name, lang, codec, label in [
    ("cp1252", "latin", "cp1252", "ISO-8859-1"), ("koi8", "russian", "koi8-r", "KOI8-R"), ("cp1251", "russian", "cp1251", "windows-1251"),
    ("sjis", "japanese", "cp932", "Shift_JIS"), ("euc", "japanese", "euc-jp", "EUC-JP"), ("gbk", "chinese", "gbk", "gb2312"),
    ("uhc", "korean", "cp949", "euc-kr"), ("big5", "chinese", "utf-8", "utf-8"),
]:
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=%s"><title>t</title></head><p>%s</p></html>' % (label, text[lang])
    open("c-%s.html" % name, "wb").write(page.encode(codec))
    open("c-%s.want" % name, "wb").write(page.encode())
for mark, codec in [("utf-16-le", "utf-16"), ("utf-8-sig", "utf-8-sig")]:
    open("m-%s.txt" % mark, "wb").write(text["russian"].encode(codec))
open("m-16be.txt", "wb").write(b"\xfe\xff" + text["russian"].encode("utf-16-be"))
open("m.want", "wb").write(text["russian"].encode() + b"\n")
open("wrong.html", "wb").write(('<meta charset="iso-8859-1"><p>' + text["latin"]).encode())
open("wrong.want", "wb").write(('<meta charset="iso-8859-1"><p>' + text["latin"]).encode() + b"\n")
open("damaged.html", "wb").write(b'<meta charset="utf-8"><p>a\xffb\xc3')
open("guess.txt", "wb").write(text["russian"].encode("koi8-r") * 20)
open("guess.want", "wb").write((text["russian"] * 20).encode() + b"\n")
END
for f in c-*.html; do
	imp "$f" -o c.ll; ll-shard export -q --to=text c.ll | head -c -1 > got
	same "${f%.html}.want" got "$f"
done
for f in m-*.txt; do imp "$f" -o c.ll; ll-shard export -q --to=text c.ll > got; same m.want got "$f: byte order mark"; done
imp wrong.html -o c.ll; ll-shard export -q --to=text c.ll > got; same wrong.want got "valid UTF-8 declared as ISO-8859-1 is UTF-8"
imp damaged.html --stats=stats -o c.ll
is "$(show c.ll)" 'damaged.html text/html utf-8 - "<meta charset=\"utf-8\"><p>a\ufffdb\ufffd"' "bytes that are no text become U+FFFD"
ok "and are counted" grep -q '"replaced_sequences":2' stats
imp guess.txt -o c.ll; ll-shard export -q --to=text c.ll > got
case $(show c.ll) in
*windows-1252*) skip "an undeclared set is guessed" "built without uchardet" ;;
*) same guess.want got "an undeclared set is guessed" ;;
esac

# The same at any number of threads
for t in 2 5; do imp -@ $t "$S/web.warc" elsewhere/tree "$S/bees.txt" -o t$t.ll; done
imp "$S/web.warc" elsewhere/tree "$S/bees.txt" -o t1.ll
same t1.ll t2.ll "-@ 2"; same t1.ll t5.ll "-@ 5"

if need_data data/warc; then
	D=$LLTOOLS_TEST_DATA/data/warc
	imp "$D/aut/example.warc.gz" --rejects=rej.ll --stats=stats -o r.ll; warc=$(show r.ll | wc -l)
	imp "$D/aut/example.arc.gz" --rejects=rej2.ll -o r2.ll; arc=$(show r2.ll | wc -l)
	is "$warc" "$arc" "the same crawl as WARC and as ARC gives as many pages"
	python3 - "$D/aut/example.warc.gz" > want <<'END'
# An independent count: responses of status 200 whose media type is one of three and whose body is not empty.
import gzip, re, sys
b = gzip.open(sys.argv[1]).read()
n = at = 0
while at < len(b):
    head_end = b.index(b"\r\n\r\n", at) + 4
    head = b[at:head_end]
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])
    block = b[head_end:head_end + length]
    at = head_end + length + 4
    if not re.search(rb"WARC-Type: response", head) or not re.match(rb"HTTP/1.\d 200", block):
        continue
    http, _, body = block.partition(b"\r\n\r\n")
    media = re.search(rb"(?im)^content-type:\s*([^;\s]+)", http)
    n += bool(media and media[1].lower() in (b"text/html", b"text/plain", b"application/xhtml+xml") and body)
print(n)
END
	is "$warc" "$(cat want)" "as many as an independent reader finds"
	for f in aut/example.txt.warc.gz aut/issue-493.warc warcio/example-iana.org-chunked.warc warcio/example-resource.warc.gz warcio/example.arc.gz warcio/example.warc warcio/example.warc.gz; do
		ok "$f" imp "$D/$f" --rejects=rej.ll -o r.ll
	done
else
	skip "real archives" "LLTOOLS_TEST_DATA is not set"
fi
finish
