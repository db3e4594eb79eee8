# SPDX-License-Identifier: MIT
# Every command that writes data writes the same bytes at any number of threads and on any processor path; a model's own numbers
# are the same at any number of threads, and but for rounding (fused multiply-adds) on any path.
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/cli/common; export PYTHONDONTWRITEBYTECODE PYTHONPATH
ok "the inputs" python3 "$ROOT/tests/cli/common/commands.py" 2500 8
paths=
for c in scalar avx2 avx512; do
	if LL_CPU=$c ll-shard cat -q -o /dev/null few.ll 2> /dev/null; then paths="$paths $c"; else skip "with LL_CPU=$c" "not on this processor"; fi
done
cat > run.py <<'EOF'
import math, os, re, subprocess, sys
from commands import *
NUMBER = re.compile(rb"-?\d+\.\d+(?:e-?\d+)?")

def alike(a, b):
    """Equal but for the last digits of float32 in numbers with a point."""
    x, y = (list(map(float, NUMBER.findall(t))) for t in (a, b))
    return NUMBER.sub(b"#", a) == NUMBER.sub(b"#", b) and all(math.isclose(p, q, rel_tol=2e-6, abs_tol=1e-6) for p, q in zip(x, y))
ways = [("LL_THREADS", t) for t in "1238"] + [("LL_CPU", c) for c in sys.argv[1:]]

def same_bytes(name):
    want = None
    for how, value in ways:
        clear("result")
        subprocess.run(line(name, "result"), stdin=subprocess.DEVNULL, env=dict(os.environ, **{how: value}), check=True)
        got = outputs("result")
        assert got and all(got.values()), "nothing written"
        want = want or got
        same = got == want or name in MODEL and how == "LL_CPU" and got.keys() == want.keys() and all(alike(got[k], want[k]) for k in want)
        assert same, f"{how} {value}: {[k for k in want if got.get(k) != want[k]]} differ"

each(COMMANDS, "equal bytes at -@ 1, 2, 3, 8 and on: " + " ".join(sys.argv[1:]), same_bytes)
EOF
checks python3 run.py $paths
finish
