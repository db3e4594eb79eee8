#!/bin/sh
# SPDX-License-Identifier: MIT
# What a run writes beside its log on request: norms, the gradient noise scale, shares of experts, samples. Each against numbers got
# another way; none changes a trained number; all are the same at any threads, after any kill, and after a rollback.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

# ---- norms: from the weights in checkpoints, and the rate ----
sgd="$tiny --optimizer=sgd --momentum=0 --clip=0 --lr=0.5 --warmup=0 --schedule=constant"
ll-train $sgd --steps=4 --save-every=1 --norms-every=2 --norms-by=tensor -o tensors
ll-train $sgd --steps=4 --norms-every=1 -o layers
cat > weights.py <<'END'
import json, math, struct, array
def weights(run, step):
    f = open(f"{run}/step-{step:08d}/model.safetensors", "rb")
    n, = struct.unpack("<Q", f.read(8))
    head, body = json.loads(f.read(n)), f.read()
    return {k: array.array("f", body[v["data_offsets"][0]:v["data_offsets"][1]]) for k, v in head.items() if k != "__metadata__"}
def norm(x): return math.sqrt(sum(v * v for v in x))
END
ok "weights and updates are those of the checkpoints, gradients those that made the updates" python3 - <<'END'
import csv
from weights import *
names = {"qkv": "attn.c_attn", "proj": "attn.c_proj", "up": "mlp.c_fc", "down": "mlp.c_proj", "norm1": "ln_1", "norm2": "ln_2", "norm_f": "ln_f", "wte": "wte", "wpe": "wpe"}
rows = list(csv.DictReader(open("tensors/norms.tsv"), delimiter="\t"))
for step in (2, 4):
    before, after = weights("tensors", step - 1), weights("tensors", step)
    mine = {r["part"]: r for r in rows if r["step"] == str(step)}
    assert len(mine) == len(before), (len(mine), len(before))
    for part, r in mine.items():
        bits = part.split(".")
        layer = f"h.{bits[1]}." if bits[0] == "h" else ""
        of = bits[2:] if layer else bits
        name = "transformer." + layer + names[of[0]] + {"w": ".weight", "b": ".bias"}[of[1] if len(of) > 1 else "w"]
        w, d = norm(before[name]), norm([a - b for a, b in zip(after[name], before[name])])
        assert abs(float(r["weight_norm"]) - w) <= 1e-6 * w + 1e-12, (part, r, w)
        assert abs(float(r["update_norm"]) - d) <= 1e-5 * d, (part, r, d)
        assert abs(0.5 * float(r["grad_norm"]) - d) <= 1e-3 * d + 1e-7, (part, r, d) # weights are rounded to float32
END
ok "the squares of the gradients of all layers are that of the log" sh -c \
	'cut -f 1,5 layers/log.tsv > log && awk -F"\t" "NR == FNR { g[\$1] = \$2; next } FNR > 1 { s[\$1] += \$3^2 } END { for (k = 1; k <= 4; k++) if ((sqrt(s[k]) / g[k] - 1)^2 > 1e-24) exit 1 }" log layers/norms.tsv'
is "$(cut -f 2 layers/norms.tsv | sed -n 2,6p | tr '\n' ' ')" "wte wpe h.0 h.1 norm_f " "a row a layer"
is "$(awk -F'\t' '$1 == 2 && $2 ~ /^h\.1\./ { s += $4^2 } END { printf "%.10f", sqrt(s) }' tensors/norms.tsv)" "$(awk -F'\t' '$1 == 2 && $2 == "h.1" { printf "%.10f", $4 }' layers/norms.tsv)" "of its tensors"
ll-train $sgd --steps=4 -o bare; same bare/log.tsv layers/log.tsv "the log is that of a run without them"
absent "which writes none" bare/norms.tsv
ll-train $tiny --steps=2 --group='wte:lr=0' --norms-every=1 -o frozen
is "$(awk -F'\t' '$2 == "wte" && $5 == 0 { n++ } END { print n }' frozen/norms.tsv)" 2 "what is not updated moves by 0"

# ---- the gradient noise scale: from the gradients of single samples, which a first step of sgd leaves in its momentum ----
one="$tiny --valid-every=0 --optimizer=sgd --momentum=0.9 --clip=0 --warmup=0 --schedule=constant"
ll-train $one --steps=1 --noise-every=1 -o four
ll-train $one --steps=1 --noise-every=1 --noise-batch=2 -o twos
for k in 0 1 2 3; do ll-train $one --batch=1 --data-start=$k --steps=1 -o sample$k; done
ok "tr(S) is the variance of the samples' gradients" python3 - <<'END'
import array, csv, math
def gradient(run):
    a = array.array("f"); a.frombytes(open(f"{run}/latest/optimizer.bin", "rb").read()); return a
def row(run): return list(csv.DictReader(open(f"{run}/log.tsv"), delimiter="\t"))[0]
g = [gradient(f"sample{k}") for k in range(4)]
mean = [sum(v) / 4 for v in zip(*g)]
sq = lambda x: sum(v * v for v in x)
covariance = sum(sq([a - b for a, b in zip(x, mean)]) for x in g) / 3
scale = covariance / (sq(mean) - covariance / 4)
small, got = float(row("four")["grad_small"]), float(row("four")["noise_scale"])
assert abs(small - math.sqrt(sum(map(sq, g)) / 4)) <= 1e-6 * small, small
assert abs(got - scale) <= 1e-4 * abs(scale), (got, scale)
pairs = math.sqrt((sq([(a + b) / 2 for a, b in zip(g[0], g[1])]) + sq([(a + b) / 2 for a, b in zip(g[2], g[3])])) / 2)
assert abs(float(row("twos")["grad_small"]) - pairs) <= 1e-6 * pairs
END
ll-train $one --steps=6 --noise-every=2 -o noise; ll-train $one --steps=6 --noise-every=2 --accumulate=4 -@ 1 -o parts; ll-train $one --steps=6 -o plain
is "$(cut -f 1-11 noise/log.tsv | cksum)" "$(cksum < plain/log.tsv)" "measuring changes nothing else"
is "$(awk -F'\t' '$12 != "nan" { print $1 }' noise/log.tsv | tr '\n' ' ')" "step 2 4 6 " "every so many steps"
ok "the column is the ratio of two decaying means of the norms" awk -F'\t' 'NR > 1 && $12 != "nan" { s = $12^2; l = $5^2
	g = 0.95 * g + 0.05 * (4 * l - s) / 3; c = 0.95 * c + 0.05 * (s - l) / 0.75; d = g > 0 ? $13 - c / g : ($13 != "nan"); if (d * d > 1e-16 * $13 * $13) exit 1 }' noise/log.tsv
ok "a batch in parts gives it, too" awk -F'\t' 'NR == FNR { s[$1] = $12; next } FNR > 1 && $12 != "nan" && ($12 / s[$1] - 1)^2 > 1e-10 { exit 1 }' noise/log.tsv parts/log.tsv
status 2 "a small batch as large as the batch" ll-train $one --noise-every=1 --noise-batch=4 -o x

# ---- experts ----
ll-train $tiny --steps=4 --set=experts=3 --set=experts_per_token=3 --set=expert_capacity=0.5 --experts-every=2 -o all
is "$(head -n 1 all/experts.tsv)" "$(printf 'step\tlayer\tdropped\te0\te1\te2')" "a column an expert"
is "$(awk -F'\t' 'NR > 1 { print $1, $2, ($3 == 0.5), ($4 == $5 && $5 == $6 && ($4 * 3 - 1)^2 < 1e-20) }' all/experts.tsv | tr '\n' ' ')" "2 0 1 1 2 1 1 1 4 0 1 1 4 1 1 1 " \
	"all experts take all tokens; half of them meet a full one"
moe="$tiny --set=experts=4 --set=expert_balance=0.01"
ll-train $moe --steps=6 --experts-every=1 -@ 1 -o routed; ll-train $moe --steps=6 --experts-every=1 --accumulate=4 -@ 2 -o routed4
ok "shares add up to 1, none is dropped without a capacity" awk -F'\t' 'NR > 1 && ($3 != 0 || ($4 + $5 + $6 + $7 - 1)^2 > 1e-20) { bad = 1 } END { exit bad || NR != 13 }' routed/experts.tsv
is "$(sed -n 1,3p routed/experts.tsv | cksum)" "$(sed -n 1,3p routed4/experts.tsv | cksum)" "a batch in parts counts the same"
status 2 "of a model without experts" ll-train $tiny --experts-every=1 -o x
says "has no experts" "says so"

# ---- samples: what ll-eval generate says with the same weights ----
said() { python3 -c 'import json, sys
for l in open(sys.argv[1]):
    r = json.loads(l)
    if r["step"] == int(sys.argv[2]): print(r["prompt"] + r["text"])' "$1/samples.jsonl" "$2"; }
sampled='--sample-prompt=the_cat --sample-prompt=a"mat"  --sample-tokens=9' # words without space inside, for the shell
for how in 0 0.8; do
	ll-train $tiny --steps=12 --save-every=5 --sample-every=5 --sample-temperature=$how $sampled -o text$how
	for step in 5 10 12; do
		for p in the_cat 'a"mat"'; do ll-eval generate -q --model=text$how/step-000000$(printf %02d $step) --seed=3 --temperature=$how --max-tokens=9 --prompt="$p"; done > want
		said text$how $step > got
		same want got "temperature $how, step $step: the text of ll-eval generate"
	done
done
is "$(cut -d : -f 2 text0/samples.jsonl | tr -dc '0-9\n' | tr '\n' ' ')" "5 5 10 10 12 12 " "every so many steps, and at the end"
ll-train $tiny --steps=2 --sample-every=2 --sample-prompt='ends with space  ' -o space; ll-train $tiny --steps=2 --sample-every=1 -o none
is "$(sed -n 's/.*"prompt":"\([^"]*\)".*/\1/p' space/samples.jsonl)" 'ends with space  ' "a prompt is taken as it is"
is "$(said none 1)" "$(ll-train $tiny --steps=1 -o none1; ll-eval generate -q --model=none1/latest --temperature=0 --max-tokens=64)" "without one a text begins"
ll-train $tiny --steps=12 -o quiet; same text0/log.tsv quiet/log.tsv "the log is that of a run without samples"
status 2 "a prompt longer than the context" ll-train $tiny --steps=1 --sample-every=1 --sample-prompt="$(tr '\n' ' ' < text)" -o long
says "do not fit the model's context of 64" "says so"
absent "before it holds a run" long/config.conf

# ---- the share of the roof, and memory ----
quick="--preset=gpt2-tiny --data=ds --batch=4 --seq-len=16 --seed=3 -q --steps=1000000 --exit-after=1.5s"
status 7 "a run of a second and a half" ll-train $quick -o roof
status 7 "one that is told its roof" ll-train $quick --roof=10 -o told
is "$(head -n 1 roof/timing.tsv)" "$(printf 'step\tseconds\ttokens_per_s\troof_share\tresident_bytes\tpeak_bytes')" "columns"
ok "the roof is measured behind the first second" awk -F'\t' 'NR > 1 && $4 == "nan" { none++ } NR > 1 && $4 != "nan" { n++; if ($4 > m) m = $4 } END { exit !(none && n && m > 0 && m <= 1) }' roof/timing.tsv
operations=$(ll-train $quick --dry-run | awk '/^operations a token/ { print $4 }')
ok "the share of one that is told" awk -F'\t' -v f="$operations" 'NR > 1 && ($4 - $3 * f / 1e10)^2 > 1e-7 { bad = 1 } END { exit bad || NR <= 10 }' told/timing.tsv
ok "the peak is one" awk -F'\t' 'NR > 1 { if ($5 > $6 || $6 < last || $5 < 1e6) exit 1; last = $6 }' roof/timing.tsv
rows=$(for d in roof told; do wc -l < $d/log.tsv; done | sort -n | head -n 1)
is "$(head -n $rows roof/log.tsv | cksum)" "$(head -n $rows told/log.tsv | cksum)" "measuring changes no bits ($rows rows)"
status 2 "a roof that is none" ll-train $tiny --roof=fast -o x

# ---- kills, rollbacks, threads ----
files="log.tsv norms.tsv experts.tsv samples.jsonl"
run="$tiny --valid-every=0 --steps=42 --save-every=7 --keep=3 --set=experts=4 --norms-every=3 --noise-every=4 --experts-every=5 --sample-every=6 --sample-prompt=the --sample-temperature=1"
ll-train $run -@ 1 -o straight
kills=0 at=1
while [ ! -e killed/done.json ] && [ $at -lt 200 ]; do
	before=$(cat killed/log.tsv 2>/dev/null | wc -l)
	ll-train $run --resume=auto -@ $((1 + at % 2)) -o killed 2>/dev/null & pid=$! # killed some rows behind those of the last checkpoint
	while kill -0 $pid 2>/dev/null && [ "$(cat killed/log.tsv 2>/dev/null | wc -l)" -lt $((before + 2 + at % 5)) ]; do sleep 0.002; done
	kill -9 $pid 2>/dev/null; rc=0; wait $pid 2>/dev/null || rc=$?
	[ $rc = 137 ] && kills=$((kills + 1)); at=$((at + 1))
done
ok "killed on its way" [ $kills -gt 3 ]
for f in $files; do same straight/$f killed/$f "killed $kills times: $f"; done
cat > hand <<'END'
{"step":28,"kind":"control","text":"batch=2"}
{"step":30,"kind":"rollback","text":"lr*=0.5","onset":29,"to":21,"from":100,"until":130}
END
ll-train $run -@ 2 --replay-journal=hand -o back 2>/dev/null
cp -r back again; rm -r again/done.json again/step-*42; ln -sfn step-00000035 again/latest; printf '40\twte\t1\t2\t3\n41\tw' >> again/norms.tsv
ll-train --resume=must -q -o again
for f in $files; do same back/$f again/$f "rolled back, then resumed: $f"; done
ok "every row once" sh -c 'cut -f 1 back/log.tsv | sort | uniq -d | grep . && exit 1; cut -f 1,2 back/norms.tsv | sort | uniq -d | grep . && exit 1; exit 0'
# One that comes apart and goes back.
ll-train $tiny --batch=8 --valid-every=0 --steps=800 --lr=0.3 --warmup=600 --schedule=constant --save-every=50 --guard=rollback --norms-every=7 --noise-every=7 -o high 2>/dev/null
ok "a rollback moves what came to nothing" test -s high/norms-rolled-back.tsv -a -s high/log-rolled-back.tsv
ok "norms stay those of the log's rows" sh -c 'cut -f 1,5 high/log.tsv > log && awk -F"\t" "NR == FNR { g[\$1] = \$2; next } FNR > 1 { s[\$1] += \$3^2; n++ } END { for (k in s) if ((sqrt(s[k]) / g[k] - 1)^2 > 1e-24) exit 1; exit n != 5 * 114 }" log high/norms.tsv'
ok "and so does the noise scale" awk -F'\t' 'NR > 1 && $12 != "nan" { s = $12^2; l = $5^2
	g = 0.95 * g + 0.05 * (8 * l - s) / 7; c = 0.95 * c + 0.05 * (s - l) / 0.875; d = g > 0 ? $13 - c / g : ($13 != "nan"); n++; if (d * d > 1e-12 * $13 * $13) bad = 1 } END { exit bad || n != 114 }' high/log.tsv
cp -r straight other; rm other/done.json; sed -i 1s/weight/height/ other/norms.tsv
status 3 "a file with another heading" ll-train --resume=auto -q -o other
says "norms.tsv: has another heading" "says which"
finish
