# SPDX-License-Identifier: MIT
# Every command that writes data, stopped: signals at random moments, a full disk, a full device, a reader that leaves. Nothing
# half-written under a final name, no temporary file (but after kill -9), the right status, no hang.
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/cli/common; export PYTHONDONTWRITEBYTECODE PYTHONPATH
ok "the inputs" python3 "$ROOT/tests/cli/common/commands.py" 4000
cat > run.py <<'EOF'
import os, random, resource, signal, subprocess, sys, time
from commands import *
what, name = sys.argv[1:3]
r = random.Random(name)

def start(out, limit=None, **more):
    def before():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.Popen(line(name, out), stderr=subprocess.PIPE, preexec_fn=before, **more)

def end(p):
    err = p.communicate(timeout=60)[1].decode()
    assert p.returncode < 0 or err.count("\n") == (p.returncode > 0) + err.count("hint: "), f"not one line: {err}"
    return p.returncode, err

def final_names():  # the members of a dataset are final when the manifest names them, shards of a split when they are there
    return {k: v for k, v in outputs("result").items()} if name not in DIR or os.path.exists("result/manifest.json") else {}

def temporary():
    members = os.listdir("result") if os.path.isdir("result") else []
    return [f for f in members if name in DIR or f[0] == "."] + [f for f in os.listdir(".") if f.startswith(".result")]

def check_whole(want, how, status):
    got = final_names()
    assert all(want.get(k) == v for k, v in got.items()), f"half-written: {[k for k in got if got[k] != want.get(k)]} after {how}"
    assert status != 0 or got == want, f"status 0 and {[k for k in want if k not in got]} missing"

clear("result")
began = time.time()
assert end(start("result"))[0] == 0
took, want = time.time() - began, final_names()
if what == "signals":
    stopped = 0
    for i, how in enumerate([signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP] * 3):
        clear("result")
        p = start("result")
        time.sleep(r.random() * took)
        p.send_signal(how)
        status, _ = end(p)
        assert status in (0, -how), (how, status)
        stopped += status != 0
        took /= 1 if status else 2  # earlier next time: the first run may have been a slow one
        check_whole(want, how, status)
        assert status == 0 or how == signal.SIGKILL or final_names() or not temporary(), f"{temporary()} stays after {how}"
    assert stopped > 0, "never in time"
elif what == "disk":
    largest = max(len(v) for v in want.values())
    for limit in sorted({0, largest // 3, largest - 1}):
        clear("result")
        status, err = end(start("result", limit))
        assert status == 4, (limit, status, err)
        check_whole(want, limit, status)
        assert not temporary(), f"{temporary()} stays at {limit}"
        assert "result" in err or "No space" in err or "too large" in err, err
elif what == "device":
    with open("/dev/full", "w") as full:
        status, err = end(start("-", stdout=full))
    assert status == 4 and "standard output" in err, (status, err)
else:
    read, write = os.pipe()
    os.close(read)
    p = start("-", stdout=write)
    os.close(write)
    assert end(p)[0] == -signal.SIGPIPE
EOF
python3 -c 'from commands import *; print("\n".join(COMMANDS))' > names
while read -r name; do ok "$name: signals at random moments" python3 run.py signals "$name" < /dev/null; done < names
while read -r name; do ok "$name: a full disk" python3 run.py disk "$name" < /dev/null; done < names
python3 -c 'from commands import *; print("\n".join(c for c in COMMANDS if c not in DIR | PREFIX))' > names
while read -r name; do ok "$name: a full device" python3 run.py device "$name" < /dev/null; done < names
while read -r name; do ok "$name: a reader that has left" python3 run.py reader "$name" < /dev/null; done < names
finish
