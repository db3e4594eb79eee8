#!/bin/sh
# SPDX-License-Identifier: MIT
# Bands and dropout in attention: operations counted, bits, accumulation, what they are saved as.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

operations() { ll-train --preset=gpt2-124m "$@" --dry-run | awk '/^operations a token/ { print $4 }'; }
# 12 operations a key met and element of the 12 x 768 queries' heads: at 1024 tokens 512 keys on average, in a band of 256 224.
is "$(($(operations) - $(operations --set=band=256)))" $((12 * 12 * 768 * (512 - 224))) "operations of bands"
is "$(($(operations) - $(operations --set=band=256 --set=band_every=2)))" $((12 * 6 * 768 * (512 - 224))) "of every second layer"
is "$(operations --set=band=2000)" "$(operations)" "a band longer than the sequence is dense"

banded="$tiny --steps=10 --set=band=5 --set=band_every=2"
ll-train $tiny --steps=10 -o dense
ll-train $tiny --steps=10 --set=band=16 -o wide
same dense/log.tsv wide/log.tsv "a band as long as the sequence is dense, to the bit"
ll-train $banded -@ 1 -o a
ll-train $banded -@ 3 -o b
same a/log.tsv b/log.tsv "equal bits at 1 and 3 threads"
ok "a narrower band is another model" sh -c '! cmp -s dense/log.tsv a/log.tsv'
is "$(python3 -c 'import json; print(json.load(open("a/latest/config.json"))["model_type"])')" lltools "transformers has no class for it"
ok "ll-eval reads it" ll-eval generate -q --model=a/latest --prompt='the cat sat on a mat and' --max-tokens=4

drop="$tiny --steps=10 --set=attention_dropout=0.3"
ll-train $drop -@ 1 -o c
ll-train $drop -@ 3 -o d
same c/log.tsv d/log.tsv "dropout in attention: equal bits at 1 and 3 threads"
ll-train $drop --accumulate=4 -o e
ok "the same masks in four parts" awk -F'\t' 'NR == FNR { l[$1] = $3; next } FNR > 1 && ($3 - l[$1])^2 > 1e-10 { exit 1 }' c/log.tsv e/log.tsv
ok "but not those of no dropout" sh -c '! cmp -s c/log.tsv dense/log.tsv'
is "$(python3 -c 'import json; print(json.load(open("c/latest/config.json"))["attn_pdrop"])')" 0.3 "config.json says it"
status 2 "all is not dropped" ll-train $tiny --steps=1 --set=attention_dropout=1 -o x
finish
