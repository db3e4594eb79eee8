#!/bin/sh
# SPDX-License-Identifier: MIT
# Schedules of a run: steps given as tokens, those that fall at given steps, what is refused. (Values: tests/unit/schedule_test.)
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

value() { ll-train $tiny --print-config "$@" | sed -n "s/^$key = //p"; } # batches of 4 sequences of 16 tokens: 64 a step
key=steps; is "$(value --steps=6400tok) $(value --steps=6401tok) $(value --steps=6.4ktok) $(value --steps=0.64Mtok) $(value --steps=1Gtok)" \
	"100 101 100 10000 15625000" "steps as tokens: those that reach them"
key=warmup; is "$(value --warmup=65tok)" 2 "the warm-up too"
key=decay-steps; is "$(value --schedule=wsd --decay-steps=640tok)" 10 "and the decay"
key=power-from; is "$(value --schedule=power --power-from=640tok)" 10 "and where power begins"
key=step-at; is "$(value --schedule=step --step-at=3,640tok,20)" '"3,10,20"' "and each of the steps"
rates() { awk -F'\t' 'NR > 1 { printf "%s ", $4 }' "$1/log.tsv"; }
ll-train $tiny --warmup=0 --steps=512tok --schedule=step --step-at=3,320tok --step-factor=0.5 --save-every=2 -o a
is "$(rates a)" "0.001 0.001 0.001 0.0005 0.0005 0.00025 0.00025 0.00025 " "the rate falls after three updates, and after five"
rm -r a/done.json a/step-0000000[468]
ll-train --resume=must -q -o a
is "$(rates a)" "0.001 0.001 0.001 0.0005 0.0005 0.00025 0.00025 0.00025 " "and again when it is resumed"
status 2 "another number of steps is refused" ll-train --resume=auto --steps=640tok -q -o a
status 0 "the same one in tokens is the same" ll-train --resume=auto --steps=512tok -q -o a
ll-train $tiny --warmup=2 --steps=8 --schedule=power --power=-0.5 --power-from=2 --decay-steps=1 -o b
ok "power falls as one over the root" awk -F'\t' 'NR > 2 && $1 < 8 && ($4 - 0.001 * sqrt(2 / $1))^2 > 1e-24 { exit 1 }' b/log.tsv
for bad in "--steps=10tokens" "--steps=-5" "--steps=1.5tok" "--warmup=xtok" "--schedule=step" "--step-at=5" "--schedule=step --step-at=5,5" \
	"--schedule=step --step-at=5,x" "--schedule=power --power=0.5" "--schedule=steps"; do
	status 2 "refused: $bad" ll-train $tiny $bad -o x
done
finish
