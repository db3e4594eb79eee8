#!/bin/sh
# SPDX-License-Identifier: MIT
# Label smoothing and z-loss: they move the weights, while the log goes on to say the plain cross-entropy.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

row() { awk -F'\t' -v n="$2" -v c="$3" '$1 == n { print $c }' "$1/log.tsv"; } # row RUN STEP COLUMN
ll-train $tiny --steps=60 -o plain
ll-train $tiny --steps=60 --set label_smoothing=0.2 -@ 1 -o smooth
ll-train $tiny --steps=60 --set z_loss=0.01 -@ 1 -o z
for run in smooth z; do
	is "$(row $run 1 3)" "$(row plain 1 3)" "$run: the first loss logged is the plain one"
	ok "$run: the gradient is another" test "$(row $run 1 5)" != "$(row plain 1 5)"
	ok "$run: the plain loss falls" awk -v a="$(row $run 1 3)" -v b="$(row $run 60 3)" 'BEGIN { exit !(b < a - 0.3) }'
done
ll-train $tiny --steps=60 --set label_smoothing=0.2 -@ 3 --accumulate=1 -o smooth3
same smooth/log.tsv smooth3/log.tsv "equal bits at 1 and 3 threads"
status 2 "a share of 1 is refused" ll-train $tiny --set label_smoothing=1 --steps=1 -o x
says "label_smoothing must be from 0 to below 1" "it says why"
finish
