# SPDX-License-Identifier: MIT
# A small stream cut at every byte and with every byte changed: check and info say so, salvage keeps what is verified.
. "$ROOT/tests/lib.sh"

printf '{"id":"a","text":"one"}\n{"id":"b","text":"two"}\n' | ll-shard import -q --compress=none -o a.ll
size=$(wc -c < a.ll | tr -d ' ')
cat > try.py <<'END'
import subprocess, sys, collections
data = open("a.ll", "rb").read()
def run(args, stdin):
    p = subprocess.run(["ll-shard"] + args, input=stdin, capture_output=True)
    return p.returncode, p.stdout, p.stderr.decode()
bad = []
def want(what, got, wanted, text=""):
    if got not in wanted:
        bad.append(f"{what}: status {got}, not {wanted}: {text}")
cuts = flips = 0
for n in range(len(data)):
    status, _, err = run(["check", "-q"], data[:n])
    want(f"check, cut at {n}", status, (3,), err)
    if "standard input" not in err or "byte" not in err:
        bad.append(f"cut at {n}: no place in {err!r}")
    cuts += 1
for n in range(len(data)):
    changed = data[:n] + bytes([data[n] ^ (1 << (n % 8))]) + data[n + 1:]
    status, _, err = run(["check", "-q"], changed)
    want(f"check, byte {n} changed", status, (3,), err)
    flips += 1
# salvage: every seventh cut, and what it writes is whole and holds a prefix of the records.
kept = collections.Counter()
for n in range(0, len(data), 7):
    status, out, err = run(["salvage", "-q"], data[:n])
    want(f"salvage, cut at {n}", status, (1, 3), err)
    if status == 1:
        status, _, err = run(["check", "-q"], out)
        want(f"check of what was salvaged at {n}", status, (0,), err)
        kept[len(out)] += 1
status, out, err = run(["salvage", "-q"], data)
want("salvage of the whole", status, (0,), err)
# info leaves the data alone, but not the structure
for n in range(0, len(data), 5):
    status, _, err = run(["info"], data[:n])
    want(f"info, cut at {n}", status, (3,), err)
# frames exchanged, repeated, left out; a second segment whose end is missing
def frames(b):
    at, out = 0, []
    while at < len(b):
        n = 48 + int.from_bytes(b[at + 8:at + 12], "little")
        out.append(b[at:at + n]); at += n
    return out
f = frames(data)
print("frames:", [bytes(x[4:5]).decode() for x in f])
for name, order in (("repeated data", [0, 1, 1] + list(range(2, len(f)))), ("no data", [0] + list(range(2, len(f)))), ("exchanged", [1, 0] + list(range(2, len(f)))),
                    ("no lineage", [i for i in range(len(f)) if f[i][4:5] != b"P"]), ("no index", [i for i in range(len(f)) if f[i][4:5] != b"i"]),
                    ("second end", list(range(len(f))) + [len(f) - 1]), ("second head", [0] + list(range(len(f))))):
    for command in ("check", "info"):
        status, _, err = run([command], b"".join(f[i] for i in order))
        want(f"{command}: {name}", status, (3,), err)
    status, _, err = run(["salvage"], b"".join(f[i] for i in order))
    want(f"salvage: {name}", status, (1, 3), err)
status, _, err = run(["check", "-q"], data + data)
want("two segments", status, (0,), err)
for n in (1, 47, 48, 60, len(f[0])):
    status, _, err = run(["check"], data + data[:n])
    want(f"second segment cut at {n}", status, (3,), err)
    status, out, err = run(["salvage", "-q"], data + data[:n])
    want(f"salvage, second segment cut at {n}", status, (1,), err)
    status, _, err = run(["check", "-q", "--expect=2"], out)
    want(f"the first is kept", status, (0,), err)
for b in bad[:20]:
    print(b)
print(cuts, "cuts,", flips, "changes,", sum(kept.values()), "salvaged")
sys.exit(bool(bad))
END
ok "every cut and every changed byte is seen" python3 try.py
n=$((n + 1)); echo "ok $n - $(tail -n 1 .out)"
ok "salvage marks its stream" sh -c "head -c $((size - 10)) a.ll | ll-shard salvage > s.ll; [ \$? = 1 ] && ll-shard info s.ll | grep -q salvaged=1"
ok "and gives back the records" sh -c 'll-shard compare a.ll s.ll'
status 3 "nothing to salvage" ll-shard salvage /dev/null
status 3 "no stream at all" sh -c 'echo hello | ll-shard salvage'
status 6 "a stream that its writer gave up" sh -c '{ ll-shard cat a.ll nowhere.ll --compress=none | cat; } 2> /dev/null | ll-shard check'
says "the stage that wrote this stream failed" "says so"
for c in "cat -o x.ll" "head -n 9 -o x.ll" "get --id=a -o x.ll" "split --count=1 -o x" "salvage -o y.ll" "compare a.ll"; do
	want=3; case $c in salvage*) want=1 ;; esac
	status $want "$c of a cut stream" sh -c "head -c $((size - 1)) a.ll > cut.ll; ll-shard $c cut.ll"
done
absent "nothing of it is published" x.ll x.list x-00000.ll
finish
