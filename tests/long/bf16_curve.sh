# SPDX-License-Identifier: MIT
# The loss curve with bf16 products is within the noise of float32's: four seeds of each, 300 steps. Noise is what a seed makes, the
# deviation of the seeds' means over 25 steps; pairs of a seed have the same weights and batches. A rate that is too high by half is seen.
. "$ROOT/tests/lib.sh"

text=data/lmtext/tinyshakespeare.txt
need_data $text || { skip "bf16's curve beside float32's" "LLTOOLS_TEST_DATA has no $text"; finish; }
PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE
head -c 400000 "$LLTOOLS_TEST_DATA/$text" > text
tail -c 40000 "$LLTOOLS_TEST_DATA/$text" > held
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=257 --special='<|endoftext|>' -o tok.json text
for part in text held; do python3 "$ROOT/tests/format/make_dataset.py" d-$part tok.json < $part; done

train() { # train NAME SEED OPTION...
	name=$1 seed=$2; shift 2
	ll-train -q -@ 1 --preset=gpt2-tiny --set layers=3 --set width=64 --data=d-text --valid=d-held --valid-batches=8 --seq-len=64 --batch=16 --steps=300 \
		--warmup=20 --seed=$seed "$@" -o $name-$seed
}
for seed in 1 2 3 4; do
	train f32 $seed --lr=2e-3; train bf16 $seed --lr=2e-3 --precision=bf16; train high $seed --lr=3e-3
done
cat > compare.py <<'END2'
import sys
def windows(kind, seed):
    rows = [l.split("\t") for l in open(f"{kind}-{seed}/log.tsv").read().splitlines()[1:]]
    return [sum(float(r[2]) for r in rows[i:i + 25]) / 25 for i in range(0, 300, 25)] + [float(rows[-1][5])]  # and the last on held-out text
mean = lambda x: sum(x) / len(x)
curves = {k: [windows(k, s) for s in (1, 2, 3, 4)] for k in ("f32", "bf16", sys.argv[1])}
worst = worst_pair = 0
for w in range(13):
    f, b = [c[w] for c in curves["f32"]], [c[w] for c in curves[sys.argv[1]]]
    noise = (sum((x - mean(f)) ** 2 for x in f) / 3) ** .5
    worst = max(worst, abs(mean(b) - mean(f)) / noise)
    worst_pair = max(worst_pair, max(abs(x - y) for x, y in zip(f, b)))
print(f"{worst:.3f} {worst_pair:.4f} {mean([c[0] for c in curves['f32']]):.3f} {mean([c[12] for c in curves['f32']]):.3f}")
END2
set -- $(python3 compare.py bf16)
ok "float32 falls from $3 to $4" awk "BEGIN { exit !($4 < $3 - 1) }"
ok "bf16 is off by $1 of the noise at most; no pair by more than $2" awk "BEGIN { exit !($1 < 1) }"
set -- $(python3 compare.py high)
ok "which a rate half as much again is not: $1" awk "BEGIN { exit !($1 > 1) }"
finish
