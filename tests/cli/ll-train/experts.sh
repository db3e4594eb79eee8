#!/bin/sh
# SPDX-License-Identifier: MIT
# Mixture of experts: what is counted, bits, accumulation, a kill, what a checkpoint holds, what is refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

plan() { ll-train --preset=gpt2-124m "$@" --dry-run; }
operations() { plan "$@" | awk '/^operations a token/ { print $4 }'; }
parameters() { plan "$@" | awk '/^parameters  / { print $2 }'; }
ffn=$((8 * 768 * 768)) vector=$((5 * 768))
is "$(($(parameters --set=experts=8) - $(parameters)))" $((12 * (7 * (ffn + vector) + 8 * 768))) "parameters of 8 experts"
is "$(plan --set=experts=8 | awk '/^parameters a token meets/ { print $5 }')" $(($(parameters) + 12 * (ffn + vector + 8 * 768))) "of which a token meets two"
is "$(($(operations --set=experts=8) - $(operations)))" $((6 * 12 * (ffn + 8 * 768))) "operations of two of 8"

moe="$tiny --set=experts=4 --set=expert_balance=0.01 --set=expert_capacity=1.25"
ll-train $moe --steps=20 --save-every=6 -@ 1 -o a
ll-train $moe --steps=20 -@ 3 -o b
same a/log.tsv b/log.tsv "equal bits at 1 and 3 threads"
same a/latest/model.safetensors b/latest/model.safetensors "so are the weights"
ok "the loss falls" awk -F'\t' 'NR == 2 { first = $3 } END { exit !($3 < first - 0.2) }' a/log.tsv
ll-train $moe --steps=20 --accumulate=4 -o c
ok "routes and balance are of a sequence: four parts give the same" awk -F'\t' 'NR == FNR { l[$1] = $3; next } FNR > 1 && ($3 - l[$1])^2 > 1e-9 { exit 1 }' a/log.tsv c/log.tsv
rm -r b/*; cp -R a/config.conf a/log.tsv a/timing.tsv a/step-00000012 b; ln -s step-00000012 b/latest; cp a/journal.jsonl b 2> /dev/null
ll-train --resume=auto -q -o b
same a/latest/model.safetensors b/latest/model.safetensors "gone on from step 12: the same weights"
is "$(python3 -c 'import json; print(json.load(open("a/latest/config.json"))["model_type"])')" lltools "transformers has no class for it"
ok "ll-eval reads it" ll-eval generate -q --model=a/latest --prompt='the cat sat on a mat and' --max-tokens=4
ok "a run begins from it" ll-train --data=ds --batch=4 --seq-len=16 -q --init-from=a/latest --steps=1 --set=expert_capacity=0 -o d
status 2 "more than there are" ll-train $tiny --steps=1 --set=experts=2 --set=experts_per_token=3 -o x
says "experts_per_token 3 must be at most the 2 experts" "it says so"
finish
