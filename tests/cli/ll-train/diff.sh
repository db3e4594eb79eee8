#!/bin/sh
# SPDX-License-Identifier: MIT
# diff: configuration, data, the step at which two runs part, their curves.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
ll-train $tiny --steps=40 --schedule=constant -o a
ll-train $tiny --steps=40 --schedule=constant -@ 2 -o b
status 0 "equal runs, at other threads" ll-train diff a b
is "$(grep -cv '^environment	threads' .out)" 0 "differ in nothing but those"
# One changes its rate before step 21: the log parts there in the rate, a row later in the loss.
printf '{"step":21,"kind":"control","text":"lr=0.002"}\n' > journal
ll-train $tiny --steps=40 --schedule=constant --replay-journal=journal -o c
status 1 "runs that part" ll-train diff --points=4 a c
cp .out found
is "$(awk -F'\t' '$1 == "parts" { print $2, $3, $4 }' found)" "step 21 21
lr 0.001 0.002" "at the step, in the column"
is "$(awk -F'\t' '$1 == "curve" { print $2 }' found | tr '\n' ' ')" "10 20 30 40 " "curves of so many points"
is "$(awk -F'\t' '$1 == "curve" && $2 == 20 { print $3 - $4 }' found)" 0 "equal before"
is "$(awk -F'\t' '$1 == "curve" && $2 == 40 { print $3, $4 }' found)" "$(awk -F'\t' '$1 == 40 { print $3 }' a/log.tsv) $(awk -F'\t' '$1 == 40 { print $3 }' c/log.tsv)" "and those of the logs after"
is "$(awk -F'\t' '$1 == "loss" { print $3 }' found)" "$(paste a/log.tsv c/log.tsv | awk -F'\t' 'NR > 1 { d = $3 - $14; d = d < 0 ? -d : d; if (d > m) m = d } END { printf "%.6g", m }')" "the largest difference"
# Other data and keys, fewer steps.
make_text 2 > text2; make_dataset ds2 tok.json < text2
ll-train $(echo "$tiny" | sed 's/--data=ds/--data=ds2/') --steps=30 --schedule=constant --beta2=0.9 -o d
status 1 "other data" ll-train diff a d
is "$(awk -F'\t' '$1 == "config" { print $2 }' .out | sort | tr '\n' ' ')" "beta2 data steps " "keys that differ"
is "$(awk -F'\t' '$1 == "environment" && $2 == "data" { print ($3 != $4) }' .out)" 1 "and the datasets behind them"
is "$(awk -F'\t' '$1 == "rows" { print $3, $4 }' .out)" "40 30" "and how far they went"
# A fork, whose log begins behind: by step, not by row.
ll-train $tiny --steps=40 --schedule=constant --save-every=20 -o whole; ll-train --fork=whole/step-20 -q -o fork
for pair in "whole fork" "fork whole"; do
	status 1 "diff $pair" ll-train diff --points=2 $pair
	is "$(grep -c '^parts\|^curve' .out)" 0 "no step of both differs"
done
ll-train --fork=whole/step-20 --lr=2e-3 -q -o faster
status 1 "a fork with another rate" ll-train diff --points=2 whole faster
is "$(awk -F'\t' '$1 == "parts" { print $2, $3, $4 } $1 == "rows" { print $3, $4 } $1 == "curve" { print $2 }' .out | tr '\n' ' ')" \
	"step 21 21 lr 0.001 0.002 40 20 30 40 " "parts from its parent at its first step"
cp -r whole early; head -n 11 whole/log.tsv > early/log.tsv
status 1 "logs without a step in common" ll-train diff early fork
is "$(awk -F'\t' '$1 == "parts" || $1 == "curve"' .out)$(awk -F'\t' '$1 == "rows" { print $3, $4 }' .out)" "10 20" "part nowhere"
status 3 "a folder that holds no run" ll-train diff a .
finish
