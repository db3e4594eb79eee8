# SPDX-License-Identifier: MIT
# Every command that reads a stream to its end, with the stream cut or a bit of it changed: status 3, file, frame and byte are
# named, nothing appears under the final name. Some bytes of each stream here; every byte with LL_TEST_LONG=1.
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/cli/common; export PYTHONDONTWRITEBYTECODE PYTHONPATH
[ "${LL_TEST_LONG:-0}" = 1 ] && documents="6 1" || documents="24 4"
ok "the inputs" python3 "$ROOT/tests/cli/common/commands.py" $documents
for f in *.ll *.tok *.sig *.dup *.ix *.counts; do ll-shard cat -q --compress=none -o "$f.raw" "$f" && [ $(($(wc -c < "$f") % 2)) = 0 ] && mv "$f.raw" "$f"; done # both kinds
cat > run.py <<'END'
import os, random, subprocess
from commands import *
every = os.environ.get("LL_TEST_LONG") == "1"
STREAMS = (".ll", ".tok", ".sig", ".dup", ".ix", ".counts")

def status(args, data):
    p = subprocess.run(args, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return p.returncode, p.stderr.decode()

def tries(r, data):
    cuts = [("cut", at) for at in range(len(data))]
    if every:
        return cuts + [("flip", 8 * at + at % 8) for at in range(len(data))]
    return r.sample(cuts, 20) + r.sample([("flip", bit) for bit in range(8 * len(data))], 30)

def damaged(data, how, at):
    if how == "cut":
        return data[:at]
    bad = bytearray(data)
    bad[at // 8] ^= 1 << at % 8
    return bytes(bad)

def damage(name):
    r, words = random.Random(name), line(name, "result")
    for place in [i for i, w in enumerate(words) if w.endswith(STREAMS)]:
        option, _, file = words[place].rpartition("=")
        data = open(file, "rb").read()
        for n, (how, at) in enumerate(tries(r, data)):
            bad, pipe = damaged(data, how, at), n % 2 and not option
            clear("result")
            open("bad.ll", "wb").write(bad)
            args = words[:place] + ["-" if pipe else f"{option}=bad.ll" if option else "bad.ll"] + words[place + 1:]
            got, err = status(args, bad if pipe else b"")
            what = f"{' '.join(args)}: {how} at {at}: status {got}: {err}"
            if name == "salvage" and got == 1:
                assert how == "cut" or "result" in os.listdir("."), what
                subprocess.run(["ll-shard", "check", "-q", "result"], check=True)
                continue
            assert got == 3, what
            assert ("standard input" if pipe else "bad.ll") in err and ("byte" in err or "empty" in err), what
            assert not [f for f in os.listdir(".") if "result" in f and f != "result"], what
            assert not os.path.exists("result") or name in DIR and not os.listdir("result"), what

each([c for c in COMMANDS if c != "head" and any(w.endswith(STREAMS) for w in line(c, "x"))], "cuts and changed bits", damage)
END
checks python3 run.py
finish
