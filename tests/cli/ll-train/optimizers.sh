#!/bin/sh
# SPDX-License-Identifier: MIT
# Every optimizer: it learns, gives equal bits at any number of threads, whenever killed, from its own state and no other's.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

# Of gpt2-tiny with a vocabulary of 257, in two layers of width 32: parameters, of which in vectors and in hidden matrices.
hidden=$((2 * (96 * 32 + 32 * 32 + 128 * 32 + 32 * 128))) vectors=$((2 * (4 * 32 + 96 + 32 + 128 + 32) + 64))
all=$(((257 + 64) * 32 + hidden + vectors))
factors=$(((257 + 32) + (64 + 32) + 2 * ((96 + 3 * 32) + (32 + 32) + (128 + 32) + (32 + 128)) + vectors))
check() { # check NAME FLOATS OPTION...: a straight run, one killed now and then, the size of the state
	who=$1 floats=$2; shift 2
	run="$tiny --steps=24 --save-every=1 --keep=2 $*"
	ll-train $run -@ 1 -o "$who"
	ok "$who: the loss falls" awk -F'\t' 'NR == 2 { first = $3 } END { exit !($3 < first - 0.1) }' "$who/log.tsv"
	is "$(wc -c < "$who/latest/optimizer.bin")" $((4 * floats)) "$who: the state has the numbers it needs"
	kills=0 at=1
	while [ ! -e killed/done.json ] && [ $at -lt 200 ]; do
		timeout -s KILL 0.$(printf '%03d' $((25 + at * 37 % 41 + at))) ll-train $run --resume=auto -@ $((1 + at % 3)) -o killed 2>/dev/null
		[ $? = 137 ] && kills=$((kills + 1))
		at=$((at + 1))
	done
	for f in log.tsv latest/model.safetensors latest/optimizer.bin; do
		same "$who/$f" "killed/$f" "$who: killed $kills times, at 1 to 3 threads: the same $f"
	done
	rm -rf killed
}
check adamw $((2 * all)) --optimizer=adamw
check adam $((2 * all)) --optimizer=adam --weight-decay=1e-3 --l1=1e-6
check sgd "$all" --optimizer=sgd --lr=0.3 --nesterov=1
check descent 0 --optimizer=sgd --lr=1 --momentum=0 --l2=1e-4
check lion "$all" --optimizer=lion --lr=3e-4
check adafactor $factors --optimizer=adafactor --lr=3e-3
check relative $factors --optimizer=adafactor --lr=1e-2 --relative-step=1 --schedule=inverse-sqrt
check muon $((2 * all - hidden)) --optimizer=muon
ll-train $tiny --steps=24 --save-every=7 -o plain
same plain/log.tsv adamw/log.tsv "adamw is what runs by default"
ok "optimizers differ" sh -c 'for o in adamw adam sgd descent lion adafactor relative muon; do tail -n 1 $o/log.tsv; done | cut -f 3 | sort | uniq -d | { ! grep .; }'

# A state is no other optimizer's.
rm lion/done.json; rm -r lion/step-00000024
status 2 "a run keeps its optimizer" ll-train --resume=must --optimizer=sgd -q -o lion
says 'has optimizer = lion' "it says so"
sed -i 's/^optimizer = .*/optimizer = "sgd"/; s/^beta. = .*//; s/^momentum = .*//; s/^nesterov = .*//; s/^weight-decay = .*//' lion/config.conf
status 3 "nor does a checkpoint pass for another's" ll-train --resume=must -q -o lion
says "saved with optimizer lion, this run has sgd" "both are named"
rm sgd/done.json; rm -r sgd/step-00000024; sed -i 's/^momentum = .*/momentum = 0/' sgd/config.conf
status 3 "nor one with momentum for one without" ll-train --resume=must -q -o sgd

# Keys.
status 2 "an optimizer that there is not" ll-train $tiny --steps=1 --optimizer=adamW -o x
says "adamw|adam|sgd" "those there are"
status 2 "a key that it has no use for" ll-train $tiny --steps=1 --momentum=0.9 -o x
says "momentum is no key of --optimizer=adamw" "it is named"
status 2 "beta1 of adafactor" ll-train $tiny --steps=1 --optimizer=adafactor --beta1=0.9 -o x
value() { ll-train $tiny --print-config "$@" | sed -n "s/^$key = //p"; }
key=beta2; is "$(value) $(value --optimizer=lion) $(value --optimizer=sgd)" "0.95 0.99 -1" "defaults are the optimizer's"
key=weight-decay; is "$(value) $(value --optimizer=adam) $(value --optimizer=adam --weight-decay=0.01)" "0.1 0 0.01" "so is the decay"
key=momentum; is "$(value --optimizer=sgd) $(value --optimizer=muon)" "0.9 0.95" "and the momentum"
bytes() { ll-train $tiny --dry-run "$@" | awk '/^bytes of the optimizer/ { print $5 }'; }
is "$(bytes) $(bytes --optimizer=lion) $(bytes --optimizer=sgd --momentum=0)" "$((8 * all)) $((4 * all)) 0" "--dry-run counts the state"
ok "and of muon what it computes with too" [ "$(bytes --optimizer=muon)" -gt $((4 * (2 * all - hidden))) ]

# Control: momentum may change, but not rise from nothing; a key of another optimizer is refused.
mkdir live; printf 'momentum = 0.5\nnesterov=1\nweight-decay=-1\nbeta1=0.5\nmomentum=0\nmomentum=0.9\n' > live/control
status 0 "a run with commands" ll-train $tiny --steps=3 --optimizer=sgd -o live
is "$(sed 's/.*"kind":"\([a-z]*\)".*/\1/' live/journal.jsonl | tr '\n' ' ')" "control control refused refused control refused " "momentum and nesterov are taken"
ok "each refusal says why" sh -c 'grep -q "must not be below 0" live/journal.jsonl && grep -q "beta1 is no key of sgd" live/journal.jsonl && grep -q "rise from 0" live/journal.jsonl'
ll-train $tiny --steps=3 --optimizer=sgd --replay-journal=live/journal.jsonl -o again
same live/log.tsv again/log.tsv "and repeated to the bit"
finish
