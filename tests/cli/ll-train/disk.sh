#!/bin/sh
# SPDX-License-Identifier: MIT
# The disk that checkpoints take, told before a run, beside the room there is; a lack is warned of.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
value() { awk -v name="$1" 'index($0, name " ") == 1 { sub("^" name " *", ""); print $1 }' "$2"; }
checks python3 "$ROOT/tests/cli/ll-train/disk.py"

# What one takes, whatever the optimizer keeps.
for o in adamw sgd lion adafactor muon; do
	ll-train $tiny --optimizer=$o --steps=2 --dry-run --roof=1 > plan 2> /dev/null
	ll-train $tiny --optimizer=$o --steps=2 -o $o 2> /dev/null
	stored=$(cat $o/latest/model.safetensors $o/latest/optimizer.bin | wc -c)
	is "$(awk -v a="$(value 'bytes of a checkpoint' plan)" -v b="$stored" 'BEGIN { print (a <= b && a > .96 * b) }')" 1 "a checkpoint of $o ($stored)"
done

# Room.
ll-train $tiny --steps=10 --dry-run --roof=1 > plan; is "$(grep -c '^bytes of disk' plan)" 0 "without -o no disk is meant"
ll-train $tiny --steps=10 --dry-run --roof=1 -o new/run/here > plan 2> said
ok "of a folder that is not there: that above it" grep -q '^bytes of disk .*: enough$' plan
is "$(cat said)" "" "enough: no warning"
absent "no folder was made" new
long="$tiny --steps=1000000000 --save-every=1"
status 0 "more than any disk: a plan" ll-train $long --dry-run --roof=1 -o x
mv .out plan
says "warning: x: checkpoints need" "warns"
says "are there: not enough; --keep=" "and says what would do"
ok "its line says it, too" grep -q '^bytes of disk .*: not enough: .* are needed at once$' plan
status 7 "a run" ll-train $long --exit-after=0s -o x
says "are there: not enough; --keep=" "warns, and begins"
status 7 "with --keep" ll-train $long --keep=2 --exit-after=0s -o y
is "$(cat .err)" "" "it is enough"
status 7 "one that waits" ll-train $long --on-full=wait --exit-after=0s -o z
says "; the run will wait for room" "says so"
if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=1600k none disk 2> /dev/null; then
	run="$tiny --steps=8 --save-every=2"
	status 4 "a disk that is too small" ll-train $run -o disk/run
	cp .err said
	ok "was warned of" grep -q 'warning: disk/run: checkpoints need .* not enough; --keep=' said
	keep=$(sed -n 's/.*--keep=\([0-9]*\) needs.*/\1/p' said); rm -r disk/run
	ll-train $run --keep=$keep -o disk/run 2> said; rc=$?
	is "$rc $(cat said)" "0 " "with the --keep=$keep that was named it is enough"
	rm -r disk/run; ll-train $run --keep=$((keep + 1)) -o disk/run 2> said; rc=$?
	ok "with one more it is not" sh -c "[ $rc = 4 ] && grep -q 'not enough' said"
	ll-train --resume=must --dry-run --roof=1 -o disk/run > plan 2> said
	ok "nor for what is left of that run" grep -q 'warning: disk/run: checkpoints need' said
	ll-train --resume=must --keep=1 --dry-run --roof=1 -o disk/run > plan 2> said
	is "$(cat said)" "" "but with fewer kept"
	umount disk
else
	skip "a small tmpfs" "needs root and mount"
fi
finish
