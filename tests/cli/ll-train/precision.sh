#!/bin/sh
# SPDX-License-Identifier: MIT
# --precision=bf16: the curve of float32 within noise, equal bits at any number of threads and after a resume, what is refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

ll-train $tiny --steps=60 -o f32
ll-train $tiny --steps=60 --seed=4 -o other
for t in 1 2 3; do ok "a run in bf16 on $t threads" ll-train $tiny --steps=60 --precision=bf16 -@ $t -o bf16-$t; done
same bf16-1/log.tsv bf16-2/log.tsv "the log is the same at two threads"
same bf16-1/log.tsv bf16-3/log.tsv "and at three"
same bf16-1/latest/model.safetensors bf16-3/latest/model.safetensors "so are the weights"
ok "the key is in config.conf" grep -qx 'precision = "bf16"' bf16-1/config.conf
ok "what computed the products is in environment.json" grep -q '"products": "' bf16-1/environment.json
differ() { awk -F'\t' 'NR == FNR { l[$1] = $3; next } FNR > 1 { d = $3 - l[$1]; s += d * d; n++ } END { printf "%.9f", sqrt(s / n) }' "$1" "$2"; }
near=$(differ f32/log.tsv bf16-1/log.tsv) far=$(differ f32/log.tsv other/log.tsv)
ok "it is another curve than float32's, 20 times as near as that of another seed ($near, $far)" awk -v a="$near" -v b="$far" 'BEGIN { exit !(a > 0 && 20 * a < b) }'
valid() { sed 's/.*"valid_loss":\([0-9.e-]*\).*/\1/' "$1/done.json"; }
ok "validation ends within 0.002 of float32's ($(valid f32), $(valid bf16-1))" awk -v a="$(valid f32)" -v b="$(valid bf16-1)" 'BEGIN { exit !((a - b)^2 < 4e-6) }'

ll-train $tiny --steps=60 --save-every=25 --precision=bf16 -o killed & pid=$!
for i in $(seq 400); do [ -d killed/step-00000025 ] && break; sleep 0.02; done
kill -9 $pid 2>/dev/null || :; wait $pid 2>/dev/null || :
ok "a killed run goes on" ll-train --resume=auto -q -o killed
same bf16-1/log.tsv killed/log.tsv "to the same log"
same bf16-1/latest/model.safetensors killed/latest/model.safetensors "and the same weights"
cp -r f32 again; rm again/done.json
status 2 "a run is not resumed in another precision" ll-train --resume=auto --precision=bf16 -q -o again
says 'the run has precision = "f32"' "it says so"
status 2 "a precision that is not known" ll-train $tiny --precision=fp8 --steps=1 -o x
says "not one of f32|bf16" "they are named"
ll-train bench --preset=gpt2-tiny --precision=bf16 --batch=2 --seq-len=8 --steps=2 > bench
ok "a benchmark in bf16 ends with its line" grep -qE '^ms=[0-9.]+ tokens_per_s=[0-9.]+ gflops=[0-9.]+ roof=[0-9.]+ share=[0-9.]+$' bench
finish
