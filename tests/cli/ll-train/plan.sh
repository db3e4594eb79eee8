#!/bin/sh
# SPDX-License-Identifier: MIT
# Before a run: what it takes, whether it fits, how long it lasts; and parts of a batch chosen by memory.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
value() { awk -v name="$1" 'index($0, name " ") == 1 { sub("^" name " *", ""); print $1 }' "$2"; }
run="$tiny --batch=12 --steps=20 --valid-every=0"
ll-train $run --save-every=5 --dry-run --roof=100 > plan
is "$(value roof plan)" 100 "a roof that is given"
is "$(awk -v ops="$(value 'operations a token' plan)" -v got="$(value 'tokens a second' plan)" 'BEGIN { d = got * ops / 85e9 - 1; print (d * d < 1e-6) }')" 1 "tokens a second at 0.85 of it"
is "$(awk -v n="$(value 'tokens of the run' plan)" -v rate="$(value 'tokens a second' plan)" -v s="$(value 'seconds to the end' plan)" 'BEGIN { d = n / rate / s - 1; print (d * d < 1e-4) }')" 1 "and the time to the end"
ll-train $run --save-every=5 -o a
stored=$(cat a/step-*/model.safetensors a/step-*/optimizer.bin | wc -c)
is "$(awk -v want="$stored" -v got="$(value 'bytes of checkpoints' plan)" 'BEGIN { print (got <= want && got > .95 * want) }')" 1 "the disk that checkpoints take ($stored)"
ll-train $run --save-every=5 --keep=2 --dry-run --roof=100 > plan2
is "$(value 'bytes of checkpoints' plan2)" "$((2 * $(value 'bytes of a checkpoint' plan2)))" "--keep bounds it"
ok "without a roof, one is measured" sh -c "ll-train $run --dry-run | grep -q '^roof .*measured now'"
# Memory for less than the whole batch.
whole=$(value 'bytes together' plan); activations=$(value 'bytes of activations' plan)
limit=$((whole - activations / 2))
status 4 "not enough: a plan ends with status 4" ll-train $run --memory=$limit --dry-run --roof=1
mv .out small
says "not enough; --accumulate=" "and names on standard error what would do"
ok "not enough: the smallest --accumulate that is" grep -q '^bytes of memory .*not enough; --accumulate=[0-9]* needs' small
needed=$(sed -n 's/.*--accumulate=\([0-9]*\) needs.*/\1/p' small)
status 4 "the run itself refuses" ll-train $run --memory=$limit -o b
says "not enough; --accumulate=$needed needs" "with the same words"
status 4 "a copy to save that must be and cannot" ll-train $run --save-every=5 --async-save=always --memory=$((whole - 1)) -o b
absent "nothing of the run was begun" b/config.conf
status 0 "--micro-batch=auto fits" ll-train $run --memory=$limit --micro-batch=auto -o c
is "$(sed -n 's/^accumulate = //p' c/config.conf)" "$needed" "with what the plan said"
rm c/done.json; status 0 "and goes on as it began" ll-train $run --resume=must --micro-batch=auto -o c
is "$(cut -f 1,2,4 c/log.tsv | cksum)" "$(cut -f 1,2,4 a/log.tsv | cksum)" "steps, tokens and rates are those of the whole batch"
is "$(paste a/log.tsv c/log.tsv | awk -F'\t' 'NR > 1 { d = $3 / $14 - 1; if (d * d > 1e-10) print }')" "" "and losses within rounding"
status 0 "a number of sequences" ll-train $run --micro-batch=3 -o d
is "$(sed -n 's/^accumulate = //p' d/config.conf)" 4 "is so many parts"
status 2 "one that does not divide the batch" ll-train $run --micro-batch=5 -o x
says "--micro-batch=4, or --batch=10" "names the nearest possible"

# Of a run that is there: what --resume would do.
mkdir part; echo 'batch = 6' > part/control
ll-train $run --save-every=4 -o part
rm -r part/done.json part/step-00000012 part/step-00000016 part/step-00000020
ll-train --resume=must --dry-run --roof=100 -o part > rest
is "$(value 'goes on after step' rest) $(value 'tokens of the run' rest) $(value 'samples of a dataset' rest)" "8 $((12 * 6 * 16)) $((12 * 6))" "what is left of a run, after a command"
ok "and what it has taken" grep -q '^samples of a dataset .* after 48 before;' rest
status 2 "which is not changed" ll-train --resume=must --lr=1 --dry-run -o part
status 2 "a plan of a new run in its folder" ll-train $run --dry-run -o part
says "holds a run already" "is refused as the run would be"
status 3 "a plan of a run that is not there" ll-train --resume=must --dry-run -o nothing
status 2 "a plan of a run that is not named" ll-train --resume=must --dry-run
absent "a plan makes no folder" nothing
ll-train --resume=must --print-config -o part > printed
same part/config.conf printed "--print-config goes by the run, too"
finish
