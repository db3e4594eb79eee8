# SPDX-License-Identifier: MIT
# Streams whose checksums are right and whose contents are not: every reading command ends with an answer or status 3, never
# with a crash or a bug (5), and what it accepts as whole has the ids it says.
. "$ROOT/tests/lib.sh"
printf '{"id":"a","text":"one", "x":{"y":[1,2]}}\n{"id":"b","text":"t\\u00e9wo"}\n{"text":"no id \\/ here"}\n' |
	ll-shard import -q --compress=none -o docs.ll
cat > hostile.py <<'END'
import collections, os, random, subprocess, sys
sys.path.insert(0, os.environ["ROOT"] + "/tests/format")
import xxh3
data = open("docs.ll", "rb").read()
def frames(b):
    at = 0
    while at < len(b):
        n = 48 + int.from_bytes(b[at + 8:at + 12], "little")
        yield b[at:at + 48], b[at + 48:at + n]
        at += n
def seal(h, p):
    h = bytearray(h)
    h[8:12] = h[12:16] = len(p).to_bytes(4, "little")
    h[24:32] = h[32:40] = xxh3.xxh3_64(p).to_bytes(8, "little")
    h[44:48] = (xxh3.xxh3_64(bytes(h[:44])) & 0xffffffff).to_bytes(4, "little")
    return bytes(h) + p
whole, r, seen, bad = list(frames(data)), random.Random(11), collections.Counter(), 0
for k in range(50):
    i = r.randrange(len(whole))
    h, p = bytearray(whole[i][0]), bytearray(whole[i][1])
    for _ in range(r.choice([1, 1, 2, 4])):
        how = r.random()
        if how < 0.5 and p: p[r.randrange(min(len(p), r.choice([60, 4000])))] = r.choice([0, 1, 255, 128, r.randrange(256)])
        elif how < 0.6 and p: del p[r.randrange(len(p)):]
        elif how < 0.7: p += bytes(r.randrange(256) for _ in range(r.randrange(20)))
        elif how < 0.8 and p: at = r.randrange(len(p)); p[at:at] = p[at:at + r.randrange(60)]
        else: h[r.choice([4, 16, 20, 21])] = r.choice([0, 1, 2, 255, ord("D"), ord("i"), ord("E"), ord("Z"), ord("z")])
    stream = b"".join(seal(bytes(h), bytes(p)) if j == i else a + b for j, (a, b) in enumerate(whole))
    answers = {}
    for command in ("check -q --unique-ids", "info --json", "salvage -q", "export -q --to=jsonl", "head -q -n 3", "get -q --id=a", "cat -q"):
        p1 = subprocess.run(["ll-shard", *command.split()], input=stream, capture_output=True)
        name = command.split()[0]
        answers[name] = p1.returncode
        seen[name, p1.returncode] += 1
        if p1.returncode not in (0, 1, 3, 6) or b"Sanitizer" in p1.stderr or b"runtime error" in p1.stderr:
            bad += 1
            print(k, command, p1.returncode, p1.stderr[-300:])
        if name in ("salvage", "cat") and p1.returncode in (0, 1):
            q = subprocess.run(["ll-shard", "check", "-q"], input=p1.stdout, capture_output=True)
            if q.returncode == 5: bad += 1; print(k, "what", name, "wrote", q.stderr)
    if answers["check"] == 0 and answers["salvage"] != 0: bad += 1; print(k, "check and salvage do not agree", answers)
print(dict(seen))
sys.exit(bad > 0)
END
ok "changes behind valid checksums" python3 hostile.py
finish
