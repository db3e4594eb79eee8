# SPDX-License-Identifier: MIT
# Large streams, raw and compressed, cut at random bytes and with random bits changed, through files and pipes: every command
# that reads to the end exits 3, names the place, and publishes nothing. LL_TEST_LONG=1 tries many more.
. "$ROOT/tests/lib.sh"
python3 -c '
import json, random
r = random.Random(1)
for i in range(12000): print(json.dumps({"id": f"n{i}", "text": "%0200x" % r.getrandbits(800)}))' > in.jsonl
ll-shard import -q in.jsonl -o zstd.ll
ll-shard import -q --compress=none in.jsonl -o raw.ll
cat > damage.py <<'END'
import os, random, subprocess, sys
r, tries, bad = random.Random(int(sys.argv[2])), int(sys.argv[1]), []
commands = ("check -q", "cat -q -o final", "export -q --to=jsonl -o final", "get -q --id=n5 -o final", "split -q --by-key=2 -o final",
            "compare raw.ll")
for k in range(tries):
    source = r.choice(["raw.ll", "zstd.ll"])
    data = bytearray(open(source, "rb").read())
    at = r.randrange(len(data))
    if r.random() < 0.5: del data[at:]; what = "cut"
    else: data[at] ^= 1 << r.randrange(8); what = "bit"
    command = r.choice(commands)
    if r.random() < 0.5:
        p = subprocess.run(["ll-shard", *command.split(), "-@", str(r.choice([1, 2])), "-"], input=bytes(data), capture_output=True, timeout=60)
        name = "standard input"
    else:
        open("bad.ll", "wb").write(data)
        p = subprocess.run(["ll-shard", *command.split(), "-@", str(r.choice([1, 2])), "bad.ll"], capture_output=True, timeout=60)
        name = "bad.ll"
    said = p.stderr.decode()
    left = [f for f in os.listdir(".") if "final" in f]
    if p.returncode != 3 or name not in said or " byte " not in said or left:
        bad.append((source, what, at, command, p.returncode, said, left))
        for f in left: os.remove(f)
for b in bad[:10]: print(b)
sys.exit(bool(bad))
END
[ "${LL_TEST_LONG:-0}" = 1 ] && tries=2000 || tries=80
ok "$tries cuts and changed bits of large streams" python3 damage.py $tries 1
finish
