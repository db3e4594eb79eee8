#!/bin/sh
# SPDX-License-Identifier: MIT
# --seq-ramp: shorter sequences of the same samples, from and to the samples it says.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

# Eight samples of 32 tokens are the whole dataset, so that a batch of eight is the same tokens as one of 32 sequences of 8.
head -c 257 text > few; make_dataset whole tok.json < few
common="--preset=gpt2-tiny --set context=32 --data=whole --steps=12 --lr=1e-3 --seed=3 -q"
tokens=$(ll-train $common --seq-len=32 --batch=1 --steps=1 -o one; cut -f 2 one/log.tsv | tail -n 1)
is "$tokens" 32 "a sample"
ll-train $common --seq-len=32 --batch=8 --accumulate=2 --seq-ramp=8,1000000 -o short
ll-train $common --seq-len=8 --batch=32 -o cut
ll-train $common --seq-len=32 --batch=8 -o long
near() { awk -F'\t' -v e="$3" 'NR == FNR { l[$1] = $3; next } FNR > 1 && ($3 - l[$1])^2 > e * e { exit 1 }' "$1/log.tsv" "$2/log.tsv"; }
ok "a batch in sequences of 8 has the loss of those sequences" near short cut 1e-5
ok "which is not that of the long ones" sh -c '! cmp -s short/log.tsv long/log.tsv'
is "$(cut -f 2 short/log.tsv | tail -n 1)" "$(cut -f 2 long/log.tsv | tail -n 1)" "the tokens are as many"
experts="--set experts=3 --set expert_balance=0.5 --set expert_capacity=1.1"
ll-train $common $experts --seq-len=32 --batch=8 --accumulate=4 --seq-ramp=8,1000000 -o short.experts
ll-train $common $experts --seq-len=8 --batch=32 --accumulate=4 -o cut.experts
ok "of experts too, whose capacity and balance are those of the short sequences" near short.experts cut.experts 1e-5

run="$tiny --steps=24 --save-every=1 --keep=2 --set dropout=0.1"
ll-train $run --seq-ramp=4,40 -@ 1 -o a # 4 tokens for 20 samples, 8 for 20, then 16; four samples a step
ll-train $run --seq-ramp=4,1000000 -o four
ll-train $run --seq-ramp=8,1000000 -o eight
equal() { awk -F'\t' 'NR == FNR { l[$1] = $3; next } FNR > 1 && $3 != l[$1] { print $1; exit }' "$1/log.tsv" "$2/log.tsv"; }
is "$(equal four a)" 6 "the first five steps have sequences of 4, the sixth others"
cp -r a b; rm -r b/done.json b/step-00000024; ll-train --resume=must -q -o b; same a/latest/model.safetensors b/latest/model.safetensors "resumed"
kills=0 at=1
while [ ! -e killed/done.json ] && [ $at -lt 200 ]; do
	timeout -s KILL 0.$(printf '%03d' $((25 + at * 37 % 41 + at))) ll-train $run --seq-ramp=4,40 --resume=auto -@ $((1 + at % 3)) -o killed 2>/dev/null
	[ $? = 137 ] && kills=$((kills + 1))
	at=$((at + 1))
done
same a/log.tsv killed/log.tsv "killed $kills times, at 1 to 3 threads: the same log"
ll-train $run --seq-ramp=4,640tok -o c; same a/log.tsv c/log.tsv "40 samples as tokens"
is "$(ll-train $run --seq-ramp=4,40 --dry-run | awk '/^tokens a sequence/ { printf "%s %s ", $4, $7 }')" "4 20 8 40 " "--dry-run shows the lengths"
status 2 "a length that does not double to the whole" ll-train $run --seq-ramp=3,40 -o x
says "2 does" "the nearest that does is named"
for bad in 4 4, 4,0 0,40 4,x 32,40; do status 2 "refused: --seq-ramp=$bad" ll-train $run --seq-ramp=$bad -o x; done
finish
