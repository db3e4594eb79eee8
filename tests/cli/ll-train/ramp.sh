#!/bin/sh
# SPDX-License-Identifier: MIT
# --batch-ramp: batches by Megatron-LM's rule worked out here, the learning rate with them, samples that follow one another, kill
# and resume, commands, what cannot be.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

cat > want.py <<'END'
import sys
start, increment, samples, full, steps = map(int, sys.argv[1:6])
rises, taken = (full - start) // increment, 0
for step in range(1, steps + 1):
    batch = full if taken >= samples or not rises else start + increment * int(taken / (samples / rises))
    taken += batch
    print(step, batch, taken * 16)
END
batches() { awk -F'\t' 'NR > 1 { print $1, ($2 - last) / 16, $2; last = $2 }' "$1/log.tsv"; }
ramp="$tiny --batch=12 --steps=30 --schedule=constant --warmup=0 --save-every=1 --keep=2 --batch-ramp=2,2,100"
ll-train $ramp -@ 1 -o a
batches a > got; python3 want.py 2 2 100 12 30 > want
same want got "batches and tokens are those of the closed form"
is "$(awk -F'\t' 'NR > 1 { print $4 }' a/log.tsv | sort -u)" 0.001 "the rate does not follow them"
kills=0 at=1
while [ ! -e killed/done.json ] && [ $at -lt 200 ]; do
	timeout -s KILL 0.$(printf '%03d' $((25 + at * 37 % 41 + at))) ll-train $ramp --resume=auto -@ $((1 + at % 3)) -o killed 2>/dev/null
	[ $? = 137 ] && kills=$((kills + 1))
	at=$((at + 1))
done
same a/log.tsv killed/log.tsv "killed $kills times, at 1 to 3 threads: the same log"
same a/latest/model.safetensors killed/latest/model.safetensors "and weights"
for step in 1 11 20 30; do
	set -- $(ll-train batch --step=$step a | sed -n 's/^{"row":\([0-9]*\),"sample":\([0-9]*\),.*/\1 \2/p' | sort -n | awk 'NR == 1 { first = $2 } { row = $1 } END { print first, row + 1 }')
	is "$1 $2" "$(awk -v s=$step '$1 == s { print $3 / 16 - $2, $2 }' want)" "batch knows the samples of step $step"
done
for how in 2,10,1 1,1,30 1,1,5 12,1,50 4,8,64; do # also parts shorter than a step, and no part at all
	ll-train $ramp --steps=9 --batch-ramp=$how -o b; batches b > got
	python3 want.py $(echo $how | tr , ' ') 12 9 > short; same short got "batches of --batch-ramp=$how"; rm -rf b
done
ll-train $ramp --batch-ramp=2,2,1600tok -o b; same a/log.tsv b/log.tsv "100 samples as tokens"
ll-train $ramp --batch-ramp-lr=linear -o linear; ll-train $ramp --batch-ramp-lr=sqrt -o sqrt
ok "the rate as the batch" awk -F'\t' 'NR > 1 { b = ($2 - last) / 16; last = $2; if (($4 - 0.001 * b / 12)^2 > 1e-24) exit 1 }' linear/log.tsv
ok "the rate as its root" awk -F'\t' 'NR > 1 { b = ($2 - last) / 16; last = $2; if (($4 - 0.001 * sqrt(b / 12))^2 > 1e-24) exit 1 }' sqrt/log.tsv
steps() { ll-train $ramp --print-config "$@" | sed -n "s/^steps = //p"; }
is "$(steps --steps=800tok) $(steps --steps=801tok)" "$(awk '$3 >= 800 { print $1; exit }' want) $(awk '$3 >= 801 { print $1; exit }' want)" "steps as tokens count the ramp"
ll-train $ramp --dry-run > plan
is "$(awk '/^tokens of the run/ { print $5 }' plan)" "$(tail -n 1 a/log.tsv | cut -f 2)" "--dry-run adds up the tokens"
is "$(awk '/^sequences a step/ { printf "%s ", $4 }' plan)" "2 4 6 8 10 12 " "and shows the batches"

# Commands.
mkdir live; printf 'lr=0.002\n' > live/control
ll-train $ramp -@ 1 -o live; batches live > got; same want got "another command leaves the ramp alone"
mkdir set; printf 'batch*=2\n' > set/control
ll-train $ramp -@ 1 -o set
is "$(batches set | awk '{ print $2 }' | sort -u)" 4 "a factor is one of the batch in force, and ends the ramp"
rm set/done.json; rm -r set/step-00000030; ll-train --resume=must -q -o set
is "$(batches set | awk '{ print $2 }' | sort -u)" 4 "also when it is resumed"

status 2 "increments that do not come to the batch" ll-train $tiny --batch=12 --batch-ramp=3,2,100 --steps=1 -o x
says "from 2 they do" "the nearest that do are named"
for bad in 2,2 2,2,0 0,2,100 2,0,100 2,2,x 16,2,100 2,2,100,5; do status 2 "refused: $bad" ll-train $tiny --batch=12 --batch-ramp=$bad --steps=1 -o x; done
status 2 "refused: --batch-ramp-lr=cube" ll-train $ramp --batch-ramp-lr=cube -o x
finish
