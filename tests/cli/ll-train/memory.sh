#!/bin/sh
# SPDX-License-Identifier: MIT
# The plan of --dry-run against the peak of the resident set, code and libraries with it: within 5 %, over families, optimizers,
# precisions, parts of a batch, recomputation, and with the copy that checkpoints are written from. Two configurations; --long: twelve.
. "$ROOT/tests/lib.sh"
if [ -n "$SANITIZE" ]; then skip "peak memory" "sanitizers need memory of their own"; finish; fi
. "$ROOT/tests/cli/ll-train/setup"
cat > peak.py <<'PY'
import resource, subprocess, sys
rc = subprocess.call(sys.argv[1:], stderr=subprocess.DEVNULL)
print(rc, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
PY
within() { # within OPTION...: of a run of two steps
	rm -rf run; ll-train --data=ds --steps=2 -q "$@" --dry-run --roof=1 > plan
	plan=$(sed -n 's/^bytes together  *\([0-9]*\).*/\1/p' plan)
	peak=$(python3 peak.py ll-train --data=ds --steps=2 -q -o run "$@")
	is "${peak% *} $(awk -v p="$plan" -v g="${peak#* }" 'BEGIN { print (p > 3e8), (g < 1.05 * p && g > 0.95 * p) }')" "0 1 1" "plan $plan, peak ${peak#* }: $*"
}
llama="--preset=llama-tiny --set width=512 --set heads=8 --set kv_heads=4 --set ffn_width=1536 --set context=256 --batch=8 --seq-len=256"
within --preset=opt-125m --set layers=3 --optimizer=adafactor --batch=4 --seq-len=128 --save-every=1 -@ 2
within $llama --set layers=5 --optimizer=muon --precision=bf16 --recompute=full -@ 1
if [ "$LL_TEST_LONG" = 1 ]; then
	within $llama --set layers=3 --optimizer=muon --precision=bf16 -@ 1
	within --preset=gpt2-124m --set layers=4 --batch=4 --seq-len=256 --recompute=selective -@ 2
	within --preset=gpt2-124m --set layers=2 --set experts=8 --batch=4 --seq-len=256 --recompute=full -@ 2
	within --preset=gpt2-124m --set layers=4 --batch=4 --seq-len=128 -@ 2
	within --preset=opt-350m --set layers=2 --batch=4 --seq-len=256 --recompute=selective -@ 2
	within --preset=gpt2-124m --set layers=4 --batch=4 --seq-len=128 --precision=bf16 -@ 3
	within --preset=gpt2-124m --set layers=4 --batch=8 --accumulate=4 --seq-len=128 --save-every=1 -@ 2
	within --preset=neox-20b --set layers=4 --set width=768 --set heads=12 --set context=256 --optimizer=lion --batch=4 --seq-len=256 -@ 2
	within --preset=bloom-560m --set layers=4 --set width=512 --set heads=8 --optimizer=sgd --precision=bf16 --batch=16 --accumulate=2 --seq-len=128 -@ 2
	within --preset=gpt2-124m --set layers=2 --set experts=8 --batch=4 --seq-len=128 --precision=bf16 -@ 2
fi
finish
