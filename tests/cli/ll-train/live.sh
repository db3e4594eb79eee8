#!/bin/sh
# SPDX-License-Identifier: MIT
# Optimizer and activation changed while a run runs: as in a run that begins there with them, at any threads, after any kill, through
# rollbacks, and when the journal is repeated; the checkpoints say what the model is then.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

run="$tiny --steps=30 --save-every=5 --schedule=constant --guard=off --valid-every=0"
line() { printf '{"step":%s,"kind":"%s","text":"%s"%s}\n' "$@"; } # line STEP KIND TEXT MORE
rows() { awk -F'\t' -v n="$2" -v minus="$3" 'NR > 1 && $1 > n { print $1 - minus, $3, $4, $5 }' "$1/log.tsv" | cksum; } # rows RUN AFTER MINUS
replay() { ll-train $run --replay-journal=$1 -o "$2" $3 $4; }

ll-train $run -@ 1 -o plain
# Fork: another optimizer begins at step 10 (fork.sh proves it by a start from the weights).
for o in lion adam sgd muon adafactor; do
	line 11 control "optimizer=$o" "" > j; replay j a -@ 2
	ll-train --fork=plain/step-00000010 --optimizer=$o -q -o b
	is "$(rows a 10 0)" "$(rows b 10 0)" "$o from step 11 on"
	same a/latest/optimizer.bin b/latest/optimizer.bin "and its state"
	rm -r a b
done
# A start from the weights, in a folder that says relu, is the oracle of both.
mkdir relu; cp plain/step-00000010/model.safetensors plain/step-00000010/tokenizer.json relu/
sed 's/gelu_new/relu/' plain/step-00000010/config.json > relu/config.json
{ line 11 control "optimizer lion" ""; line 11 control "activation = relu" ""; line 11 control "lr*=0.5" ""; line 11 control "beta2=0.98" ""; } > both
replay both a -@ 1
ll-train --init-from=relu --optimizer=lion --beta2=0.98 --data=ds --set data-start=40 --steps=20 --batch=4 --seq-len=16 --lr=5e-4 \
	--schedule=constant --guard=off --seed=3 -q -o b
is "$(rows a 10 10)" "$(rows b 0 0)" "optimizer and activation, as from a new start"
same a/latest/model.safetensors b/latest/model.safetensors "to the same weights"
same a/step-00000010/model.safetensors plain/step-00000010/model.safetensors "which begin where they were"
is "$(sed -n 's/.*"activation_function": "\([^"]*\)".*/\1/p' a/step-00000010/config.json a/step-00000015/config.json | tr '\n' ' ')" "gelu_new relu " "config.json says what the model is"
ok "and so does the state" grep -q '"optimizer":"lion"' a/step-00000015/ll-state.json

# Through the control file, in a run that runs.
mkdir live; printf 'optimizer lion\nactivation relu\nlr=1e-4\noptimizer=lion\noptimizer=adamw\nactivation=swiglu\nactivation=tanh\noptimizer *= 2\noptimizer=lyon\n' > live/control
printf 'activation gelu\n' > more; (i=0; while [ -e live/control ] && [ $i -lt 1000 ]; do sleep 0.01; i=$((i + 1)); done; cp more live/.n; mv live/.n live/control) &
ll-train $run -@ 2 -o live 2>said; wait
is "$(grep -c '"kind":"control"' live/journal.jsonl)" "$(awk 'END { print NR - 5 }' live/journal.jsonl)" "five lines are refused"
for why in "optimizer lion is in force" "with a gate and without have other tensors; gelu, gelu-tanh or relu can be" "optimizer is no number" \
	"lyon: not one of adamw|adam|sgd|lion|adafactor|muon"; do
	ok "$why" grep -qF "$why" said
done
for t in 1 2 3; do
	replay live/journal.jsonl again -@ $t
	for f in log.tsv journal.jsonl latest/model.safetensors latest/optimizer.bin; do same live/$f again/$f "repeated at -@ $t: $f"; done
	rm -r again
done

# Kills, and a resume from every checkpoint.
{ line 4 control "optimizer=sgd" ""; line 6 control "momentum=0" ""; line 11 control "optimizer=muon" ""; line 11 control "activation=gelu" ""
  line 14 skip "x" ',"pin":false'; line 16 control "optimizer=adamw" ""; line 24 control "activation=relu" ""; } > many
replay many whole -@ 2
for k in 05 10 15 20 25; do
	cp -r whole part; rm part/done.json; for s in part/step-*; do [ "${s#part/step-000000}" -le $k ] || rm -r "$s"; done
	status 0 "resumed after step $k" ll-train --resume=must -q --replay-journal=many -o part
	same whole/log.tsv part/log.tsv "the same log"; ok "and checkpoint" diff -r whole/step-00000030 part/step-00000030
	rm -r part
done
at=0 kills=0
while [ ! -e killed/done.json ] && [ $at -lt 60 ]; do
	before=$(cat killed/log.tsv 2>/dev/null | wc -l)
	ll-train $run --save-every=1 --keep=3 --resume=auto --replay-journal=many -o killed -@ $((1 + at % 3)) 2>/dev/null & pid=$!
	while kill -0 $pid 2>/dev/null && [ "$(cat killed/log.tsv 2>/dev/null | wc -l)" -lt $((before + 2)) ]; do sleep 0.002; done
	kill -9 $pid 2>/dev/null; rc=0; wait $pid 2>/dev/null || rc=$?
	[ $rc = 137 ] && kills=$((kills + 1)); at=$((at + 1))
done
ok "killed on its way" [ $kills -gt 3 ]
same whole/log.tsv killed/log.tsv "killed $kills times: the same log"
same whole/latest/optimizer.bin killed/latest/optimizer.bin "and moments"

# A rollback to before the change: what was changed stays in force, and begins there.
{ line 12 control "optimizer=lion" ""; line 12 control "activation=relu" ""; line 14 rollback "" ',"onset":14,"to":10,"from":40,"until":40'; } > back
replay back a2 -@ 1; { line 11 control "optimizer=lion" ""; line 11 control "activation=relu" ""; } > ahead; replay ahead b2 -@ 2
same a2/log.tsv b2/log.tsv "a rollback to before the change"
same a2/latest/optimizer.bin b2/latest/optimizer.bin "and its moments"
{ line 3 control "optimizer=lion" ""; line 3 control "activation=relu" ""; line 4 control "optimizer=adamw" ""; line 4 rollback "" ',"onset":4,"to":0,"from":0,"until":0'; } > back
replay back a3 -@ 1; line 1 control "activation=relu" "" > ahead; replay ahead b3 -@ 2
is "$(rows a3 0 0)" "$(rows b3 0 0)" "a rollback to the beginning, with the first optimizer again"

# Updates that were skipped do not count in a fork.
line 7 skip "x" ',"pin":false' > j; for more in "" "--moment-reset=6 --reset-warmup=3"; do
	replay j s $more
	ll-train --fork=s/step-00000020 -q -o f; ll-train --fork=f/step-00000025 -q -o f2
	is "$(rows f 20 0)" "$(rows s 20 0)" "a fork of a run with a skipped update goes on as it did $more"
	is "$(rows f2 25 0)" "$(rows s 25 0)" "and a fork of that"
	is "$(sed -n 's/^optimizer-start = //p' f/config.conf)" 1 "one step was no update"
	rm -r s f f2
done
# Fork and rerun of a run that was changed.
ll-train --fork=a/step-00000020 -q -o f; is "$(rows f 20 0)" "$(rows a 20 0)" "a fork goes on with both"
ll-train rerun -o again a > commands; sh commands 2>/dev/null; same a/log.tsv again/log.tsv "rerun repeats it"

# Memory: what the run may not take it does not.
ll-train $run --optimizer=lion --dry-run --roof=1 --async-save=never > plan
limit=$(($(sed -n 's/^bytes together  *\([0-9]*\).*/\1/p' plan) + 1000))
copy=$(ll-train $run --optimizer=lion --dry-run --roof=1 | sed -n 's/^bytes of a copy to save  *\([0-9]*\).*/\1/p')
mkdir always; echo optimizer=adamw > always/control; ll-train $run --optimizer=lion --async-save=always --memory=$((limit + copy + 2000000)) -o always 2>said
ok "with the room that a copy asks for" test -e always/done.json
rm -r always; mkdir always; echo optimizer=adamw > always/control
ll-train $run --set width=256 --optimizer=lion --dry-run --roof=1 > wide; wide=$(sed -n 's/^bytes together  *\([0-9]*\).*/\1/p' wide)
ll-train $run --set width=256 --optimizer=lion --async-save=always --memory=$((wide + 1000)) -o always 2>said
ok "and without, refused" grep -q 'optimizer adamw needs [0-9]* bytes more' said
ok "and the run goes on" test -e always/done.json
mkdir tight; echo optimizer=adamw > tight/control; ll-train $run --optimizer=lion --async-save=never --memory=$limit -o tight 2>said
ok "an optimizer that memory lacks is refused" grep -q 'optimizer adamw needs [0-9]* bytes more' said
ll-train $run --optimizer=lion -o lion; same lion/log.tsv tight/log.tsv "and the run goes on as it was"

# A key that the optimizer in force has no use for.
mkdir spiked; printf 'optimizer lion\nspam=5000\nseed=4\noptimizer adamw\nspam=5000\n' > spiked/control
ll-train $run -o spiked 2>/dev/null
is "$(sed -n 's/.*"kind":"\([a-z]*\)","text":"\([a-z]*\).*/\1 \2/p' spiked/journal.jsonl | tr '\n' ' ')" \
	"control optimizer refused spam refused seed control optimizer control spam " "spam is of adamw alone, seed of none"
ok "the cause is said" grep -q '"cause":"spam is no key of lion"' spiked/journal.jsonl
ok "and no other key is meant" grep -q '"cause":"seed cannot change while a run runs"' spiked/journal.jsonl
finish
