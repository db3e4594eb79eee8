#!/bin/sh
# SPDX-License-Identifier: MIT
# Random JSON lines, whole and mutated: import accepts exactly what Python's json accepts (with no repeated
# member, no lone surrogate, no NaN), finds the same text and id, and export gives the accepted lines back byte for byte.
. "$ROOT/tests/lib.sh"

cat > oracle.py <<'END'
import json, random, sys

r = random.Random(int(sys.argv[1]))
ALPHABET = ["a", "Z", " ", "\"", "\\", "/", "\b", "\f", "\n", "\r", "\t", "\0", "\x1f", "\x7f", "\x80", "é", "\u2028", "中", "\ufffd", "\U0001f600", "text", "id"]

def string():
    return "".join(r.choice(ALPHABET) for _ in range(int(r.expovariate(0.1))))

def value(depth=0):
    k = r.randrange(9 if depth < 4 else 6)
    if k < 3: return string()
    if k == 3: return r.choice([0, -1, 12345678901234567890, -0.0, 1.5e300, 1e-7, 3.25])
    if k == 4: return r.choice([True, False, None])
    if k == 5: return r.randrange(-1000, 1000)
    if k < 8: return {string() if r.random() < .5 else r.choice(["text", "id", "a.b"]): value(depth + 1) for _ in range(r.randrange(4))}
    return [value(depth + 1) for _ in range(r.randrange(4))]

def escape(text): # every way JSON allows to write a string
    out = []
    for c in text:
        o = ord(c)
        short = {"\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "/": "\\/"}.get(c)
        units = [o] if o < 0x10000 else [0xd800 + (o - 0x10000 >> 10), 0xdc00 + (o - 0x10000 & 0x3ff)]
        long = "".join(("\\u%04x" if r.random() < .5 else "\\u%04X") % u for u in units)
        ways = [long] + [short] * 2 * (short is not None) + [c] * 4 * (o >= 0x20 and c not in "\"\\")
        out.append(r.choice(ways))
    return "".join(out)

def line():
    d = {}
    for k in r.sample(["text", "id", "source", "meta", "a", string()], r.randrange(1, 7)):
        d[k] = string() if k in ("text", "id") and r.random() < .9 else value()
    if r.random() < .5:
        return json.dumps(d, ensure_ascii=r.random() < .5, separators=r.choice([(",", ":"), (", ", ": "), (" ,\t", " : ")])).encode()
    return ("{" + ",".join('"%s":%s' % (escape(k), '"%s"' % escape(v) if isinstance(v, str) else json.dumps(v)) for k, v in d.items()) + "}").encode()

def mutate(b):
    b = bytearray(b)
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(b) + 1)
        k = r.randrange(6)
        if k == 0 and b: del b[at:at + r.randrange(1, 4)]
        elif k == 1: b[at:at] = r.choice([b"\"", b"\\", b",", b"{", b"}", b"[", b"]", b":", b"0", b"-", b".", b"e", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\x01", b" ", b"\\u", b"\\ud800", b"NaN", b"null", b"1"])
        elif k == 2 and at < len(b): b[at] = r.randrange(256)
        elif k == 3: b[at:at] = b[at // 2:at]
        elif k == 4 and at < len(b): b[at] ^= 1 << r.randrange(8)
        else: b[at:] = b""
    return bytes(b).replace(b"\n", b" ")

class Bad(Exception): pass

def pairs(items):
    return ("object", items)

def constant(name):
    raise Bad(name)

def judge(b):
    """None when it must be rejected, else (text, id)."""
    try:
        d = json.loads(b.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, Bad):
        return None
    if not isinstance(d, tuple) or len({k for k, _ in d[1]}) != len(d[1]): return None
    try:
        for k, _ in d[1]: k.encode() # keys are taken: a lone surrogate in one is malformed
        m = dict(d[1])
        for k in ("text", "id", "source"):
            if isinstance(m.get(k), str): m[k].encode()
    except UnicodeEncodeError:
        return None
    if not isinstance(m.get("text"), str): return None
    return m["text"], m.get("id")

lines = [line() for _ in range(12000)]
lines = [mutate(b) if r.random() < .5 else b for b in lines]
lines = [b for b in lines if b.strip(b" \t\r") and not b.startswith(b"\xef\xbb\xbf")]
open("lines.jsonl", "wb").write(b"\n".join(lines) + b"\n")
judged = [judge(b) for b in lines]
open("accepted", "wb").write(b"".join(b + b"\n" for b, j in zip(lines, judged) if j))
open("rejected", "w").write("".join("%d\n" % (i + 1) for i, j in enumerate(judged) if not j))
json.dump([j for j in judged if j], open("judged", "w"))
print(sum(j is not None for j in judged), len(judged))
END
for seed in 1 2; do
	python3 oracle.py $seed > counts
	ok "import of $(cut -d' ' -f2 counts) lines, $(cut -d' ' -f1 counts) of them good" ll-shard import -q -@ 2 lines.jsonl --rejects=rej.ll -o a.ll
	ll-shard export -q a.ll > back
	same accepted back "what Python accepts comes back byte for byte"
	ll-shard export -q --tags rej.ll | sed 's/.*"origin":"lines.jsonl#\([0-9]*\)".*/\1/' > lost
	same rejected lost "and nothing else is accepted"
	ll-shard export -q --to=text a.ll > text
	python3 -c '
import json, sys
for text, _ in json.load(open("judged")):
    sys.stdout.buffer.write((text if text.endswith("\n") else text + "\n").encode())' > want
	same want text "with the same texts"
done
finish
