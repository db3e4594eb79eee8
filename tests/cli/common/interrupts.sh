# SPDX-License-Identifier: MIT
# Every command that writes data, stopped: signals at random moments, a full disk, a full device, a reader that leaves. Nothing
# half-written under a final name, no temporary file (but after kill -9), the right status, no hang.
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/cli/common; export PYTHONDONTWRITEBYTECODE PYTHONPATH
ok "the inputs" python3 "$ROOT/tests/cli/common/commands.py" 2000 8
cat > run.py <<'EOF'
import os, random, resource, signal, subprocess, time
from commands import *

def start(name, out, limit=None, **more):
    def before():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.Popen(line(name, out), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=None if limit is None else before, **more)

def end(p):
    err = p.communicate(timeout=60)[1].decode()
    assert p.returncode < 0 or err.count("\n") == (p.returncode > 0) + err.count("hint: "), f"not one line: {err}"
    return p.returncode, err

def final_names(name):  # the members of a dataset are final when the manifest names them, shards of a split when they are there
    return {k: v for k, v in outputs("result").items()} if name not in DIR or os.path.exists("result/manifest.json") else {}

def temporary(name):
    members = os.listdir("result") if os.path.isdir("result") else []
    return [f for f in members if name in DIR or f[0] == "."] + [f for f in os.listdir(".") if f.startswith(".result")]

def check_whole(name, want, how, status):
    got = final_names(name)
    assert all(want.get(k) == v for k, v in got.items()), f"half-written: {[k for k in got if got[k] != want.get(k)]} after {how}"
    assert status != 0 or got == want, f"status 0 and {[k for k in want if k not in got]} missing"

def undisturbed(name):
    clear("result")
    began = time.time()
    assert end(start(name, "result"))[0] == 0
    return time.time() - began, final_names(name)

def signals(name):
    r, stopped, (took, want) = random.Random(name), 0, undisturbed(name)
    for how in [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP] * 3:
        clear("result")
        p = start(name, "result")
        time.sleep(r.random() * took)
        p.send_signal(how)
        status, _ = end(p)
        assert status in (0, -how), (how, status)
        stopped += status != 0
        took /= 1 if status else 2  # earlier next time: the first run may have been a slow one
        check_whole(name, want, how, status)
        assert status == 0 or how == signal.SIGKILL or final_names(name) or not temporary(name), f"{temporary(name)} stays after {how}"
    assert stopped > 0, "never in time"

def disk(name):
    _, want = undisturbed(name)
    largest = max(len(v) for v in want.values())
    for limit in sorted({0, largest // 3, largest - 1}):
        clear("result")
        status, err = end(start(name, "result", limit))
        assert status == 4, (limit, status, err)
        check_whole(name, want, limit, status)
        assert not temporary(name), f"{temporary(name)} stays at {limit}"
        assert "result" in err or "No space" in err or "too large" in err, err

def device(name):
    with open("/dev/full", "w") as full:
        status, err = end(start(name, "-", stdout=full))
    assert status == 4 and "standard output" in err, (status, err)

def reader(name):
    read, write = os.pipe()
    os.close(read)
    p = start(name, "-", stdout=write)
    os.close(write)
    assert end(p)[0] == -signal.SIGPIPE

to_pipe = [c for c in COMMANDS if c not in DIR | PREFIX]
each(COMMANDS, "signals at random moments", signals)
each(COMMANDS, "a full disk", disk)
each(to_pipe, "a full device", device)
each(to_pipe, "a reader that has left", reader)
EOF
checks python3 run.py
finish
