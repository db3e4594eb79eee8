#!/bin/sh
# SPDX-License-Identifier: MIT
# --recompute: the same bits in less memory, for any model, threads and precision; it may change when a run goes on.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

activations() { ll-train "$@" --dry-run --roof=1 | awk '/^bytes of activations/ { print $4 }'; }
stored=$(activations $tiny)
selective=$(activations $tiny --recompute=selective)
full=$(activations $tiny --recompute=full)
ok "less memory for activations: $stored, $selective, $full" [ "$full" -lt "$selective" -a "$selective" -lt "$stored" ]

alike() { # alike NAME OPTION...: stored, and computed again at other threads
	_name=$1; shift
	rm -rf a b c
	ll-train $tiny "$@" --steps=8 -q -@ 1 -o a
	ll-train $tiny "$@" --steps=8 --recompute=selective -q -@ 2 -o b
	ll-train $tiny "$@" --steps=8 --recompute=full -q -@ 3 -o c
	same a/log.tsv b/log.tsv "$_name: the log of selective"
	same a/log.tsv c/log.tsv "$_name: the log of full"
	same a/latest/model.safetensors b/latest/model.safetensors "$_name: its weights"
	same a/latest/model.safetensors c/latest/model.safetensors "$_name: those of full"
}
alike "dropout" --set=dropout=0.1 --set=attention_dropout=0.1 --accumulate=2
alike "bf16, documents apart" --precision=bf16 --document-mask=1
alike "experts with a capacity" --set=experts=4 --set=expert_balance=0.01 --set=expert_capacity=1 --experts-every=2
same a/experts.tsv c/experts.tsv "choices are counted once"
alike "norm = batch" --set=norm=batch --norms-every=2
same a/norms.tsv c/norms.tsv "the norms of tensors"

ll-train $tiny --steps=20 --save-every=5 -q -o straight
ll-train $tiny --steps=20 --save-every=5 -q -o run --recompute=full 2> /dev/null & pid=$!
until [ -e run/step-00000005 ] || ! kill -0 $pid 2> /dev/null; do sleep 0.01; done
kill -9 $pid 2> /dev/null; wait $pid 2> /dev/null
ll-train --resume=auto --recompute=selective -q -o run
same straight/log.tsv run/log.tsv "killed, and gone on with another: the same log"
same straight/latest/model.safetensors run/latest/model.safetensors "and the same weights"
ok "config.conf holds the last" grep -q '^recompute = "selective"$' run/config.conf

ll-train $tiny --steps=8 -q -o straight8
status 2 "no such word" ll-train $tiny --steps=1 --recompute=all -o x
says "--recompute=all: not one of none|selective|full|auto" "it says which there are"
ll-train --preset=gpt2-124m --batch=2 --memory=2200M --dry-run --roof=1 > plan
ok "a plan that does not fit says what would" grep -q 'not enough, whatever --accumulate; --recompute=full with --accumulate=2 needs [0-9]' plan

# auto: what fits, decided anew whenever a run begins or goes on.
together() { ll-train "$@" --dry-run --roof=1 | awk '/^bytes together/ { print $3 }'; }
stored=$(together $tiny --async-save=never) selective=$(together $tiny --async-save=never --recompute=selective)
full=$(together $tiny --async-save=never --recompute=full) quarter=$(together $tiny --async-save=never --accumulate=4)
chosen() { ll-train $tiny --async-save=never --recompute=auto "$@" --dry-run --roof=1 | awk '/^computed again/ { print $(NF - 1), $NF }'; }
is "$(chosen --memory=$stored)" "" "auto: nothing, where it fits"
is "$(chosen --memory=$selective)" "recompute selective" "auto: as little as fits"
is "$(chosen --memory=$((selective - 1)))" "recompute full" "auto: or all"
ll-train $tiny --async-save=never --memory=$selective --dry-run --roof=1 > plan
ok "a plan names the first that fits" grep -q 'not enough; --accumulate=2 needs [^;]*; --recompute=selective needs' plan
is "$(chosen --memory=$quarter --micro-batch=auto)" "" "smaller parts come before recomputation"
ll-train $tiny --async-save=never --memory=$((quarter - 1)) --micro-batch=auto --recompute=auto --steps=8 -q -o parts
ll-train $tiny --accumulate=2 --steps=8 -q -o stored2; ll-train $tiny --accumulate=4 --steps=8 -q -o stored4
parts=$(sed -n 's/^accumulate = //p' parts/config.conf)
ok "which comes where they do not suffice ($parts)" cmp -s parts/log.tsv "stored$parts/log.tsv"
ll-train $tiny --async-save=never --steps=8 --save-every=4 --memory=$full --recompute=auto --exit-after=0s -q -o auto
ll-train --resume=must --memory=$((2 * stored)) -q -o auto
same straight8/log.tsv auto/log.tsv "with little memory, then with much: the same log"
ok "config.conf says auto" grep -q '^recompute = "auto"$' auto/config.conf
is "$(ll-train $tiny --recompute=full --dry-run --roof=1 | awk '/^tokens a second/ { print $4 }')" \
   "$(ll-train $tiny --recompute=full --dry-run --roof=1 | awk '/^operations a token/ { a = $4 } /^computed again/ { b = $5 } END { printf "%.4g", .85e9 / (a + b) }')" "the time to come counts it"
ll-train bench --preset=gpt2-tiny --batch=2 --seq-len=16 --steps=1 --recompute=full > bench
ok "bench measures it" grep -q '^ms=.*share=' bench
status 4 "bench with too little memory" ll-train bench --preset=gpt2-124m --steps=1 --memory=10M
says "no room for the model, its gradients, moments and activations: " "says for what"
finish
