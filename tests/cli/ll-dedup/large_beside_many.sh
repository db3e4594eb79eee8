# SPDX-License-Identifier: MIT
# Documents that are large for --memory beside very many small candidates, whose shingles and band hashes fill what they may: they make
# room for the large ones.
. "$ROOT/tests/lib.sh"

python3 - > docs.jsonl <<'END'
import json, random, string
r = random.Random(3)
words = ["w%d" % i for i in range(20000)]
short = [a + b for a in string.ascii_lowercase for b in string.ascii_lowercase]
template = r.choices(words, k=60)
for i in range(200_000):
    t = list(template)
    t[r.randrange(60)] = r.choice(words)
    print(json.dumps({"id": f"d{i}", "text": " ".join(t)}))
    if i in (90_000, 199_990):
        print(json.dumps({"id": f"large{i}", "text": " ".join(template + r.choices(short, k=3_000_000))}))
END
ll-shard import -q -o docs.ll docs.jsonl
ok "--memory=140M" python3 "$ROOT/tests/cli/ll-dedup/heap.py" ll-dedup -q --minhash=20x5 --jaccard=0.8 --memory=140M --rejects=small.rej -o small.ll docs.ll
heap=$(tail -n 1 .out)
if [ -n "${SANITIZE:-}" ]; then skip "within that" "a sanitizer needs more"
elif [ ! -r /proc/self/status ]; then skip "within that" "this system does not say how much heap there is"
else ok "within that ($heap MiB)" test "$heap" -gt 0 -a "$heap" -le 140; fi
ok "--memory=2G" ll-dedup -q --minhash=20x5 --jaccard=0.8 --memory=2G --rejects=large.rej -o large.ll docs.ll
same small.ll large.ll "equal bytes"; same small.rej large.rej "equal rejects"
finish
