# SPDX-License-Identifier: MIT
# A stage that looks at one document at a time gives the same documents (set id) from 1, 3 and 7 shards as from one stream.
# (What sees all documents: ll-dedup/steps.sh, ll-sample/weights.sh and budgets.sh, ll-shard/pack.sh.)
. "$ROOT/tests/lib.sh"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/cli/common; export PYTHONDONTWRITEBYTECODE PYTHONPATH
ok "the inputs" python3 "$ROOT/tests/cli/common/commands.py" 700
cat > run.py <<'END'
import re, subprocess, sys
from commands import *
name = sys.argv[1]
whole, parts = line(name, "whole"), []
clear("whole")
subprocess.run(whole, check=True)
source = next(w for w in whole if re.fullmatch(r"[a-z]+\.(ll|tok)", w))
for k in (1, 3, 7):
    clear("part"); clear("shard")
    subprocess.run(["ll-shard", "split", "-q", f"--by-key={k}", "-o", "shard", source], check=True)
    shards = sorted(f for f in os.listdir(".") if f.startswith("shard") and f.endswith(".ll"))
    assert len(shards) == k
    for i, shard in enumerate(shards):
        subprocess.run([shard if w == source else w for w in line(name, f"part{i}")], check=True)
    for suffix in ("", ".rej", ".held"):
        if os.path.exists("whole" + suffix):
            subprocess.run(["ll-shard", "cat", "-q", "-o", "all"] + [f"part{i}{suffix}" for i in range(k)], check=True)
            ids = [json.loads(subprocess.run(["ll-shard", "info", "--json", f], check=True, stdout=subprocess.PIPE).stdout)[0] for f in ("whole" + suffix, "all")]
            assert ids[0]["set_id"] == ids[1]["set_id"] and ids[0]["records"] == ids[1]["records"], f"{k} shards: {suffix} differs"
END
for name in "clean repair" "clean gopher" "clean c4" "clean fineweb" "clean html" decontam sample encode decode; do
	ok "$name: 1, 3 and 7 shards" python3 run.py "$name" < /dev/null
done
finish
