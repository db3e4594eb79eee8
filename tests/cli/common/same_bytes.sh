# SPDX-License-Identifier: MIT
# Every command that writes data writes the same bytes at any number of threads and on any processor path.
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/cli/common; export PYTHONDONTWRITEBYTECODE PYTHONPATH
ok "the inputs" python3 "$ROOT/tests/cli/common/commands.py" 2500
paths=
for c in scalar avx2 avx512; do
	if LL_CPU=$c ll-shard cat -q -o /dev/null few.ll 2> /dev/null; then paths="$paths $c"; else skip "with LL_CPU=$c" "not on this processor"; fi
done
cat > run.py <<'EOF'
import os, subprocess, sys
from commands import *
ways = [("LL_THREADS", t) for t in "1238"] + [("LL_CPU", c) for c in sys.argv[1:]]

def same_bytes(name):
    want = None
    for how, value in ways:
        clear("result")
        subprocess.run(line(name, "result"), stdin=subprocess.DEVNULL, env=dict(os.environ, **{how: value}), check=True)
        got = outputs("result")
        assert got and all(got.values()), "nothing written"
        want = want or got
        assert got == want, f"{how} {value}: {[k for k in want if got.get(k) != want[k]]} differ"

each(COMMANDS, "equal bytes at -@ 1, 2, 3, 8 and on: " + " ".join(sys.argv[1:]), same_bytes)
EOF
checks python3 run.py $paths
finish
