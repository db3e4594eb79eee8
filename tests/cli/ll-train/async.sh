#!/bin/sh
# SPDX-License-Identifier: MIT
# Checkpoints written beside the training: the same bits as those that the training waits for, whole at any kill, waited for by
# the end of a run; memory for the copy planned, or done without.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
value() { awk -v name="$1" 'index($0, name " ") == 1 { sub("^" name " *", ""); print $1 }' "$2"; }

run="$tiny --set width=64 --set layers=2 --steps=24 --save-every=1" # every save overlaps the one before
ll-train $run --async-save=never -@ 1 -o never1
for t in 1 2 3; do ll-train $run --async-save=always -@ $t -o always$t; done
for t in 1 2 3; do
	ok "-@ $t: all checkpoints are equal" sh -c "for s in never1/step-*; do diff -r \$s always$t/\${s#*/} || exit 1; done"
	same never1/log.tsv always$t/log.tsv "and the log"
done
is "$(readlink always1/latest)" step-00000024 "latest is the last"
absent "nothing half-made is left" always1/.*.tmp* always1/lock

# The step at which a run is told to stop is on disk when the process ends.
ll-train $run --keep=3 -o kept
is "$(ls -d kept/step-* | tr '\n' ' ')" "kept/step-00000022 kept/step-00000023 kept/step-00000024 " "--keep prunes behind the writer"
for signal in TERM USR1; do
	ll-train $run --steps=100000 --keep=2 -o $signal 2>/dev/null & pid=$!
	i=0; while [ $i -lt 200 ] && [ "$(cat $signal/log.tsv 2>/dev/null | wc -l)" -lt 5 ]; do sleep 0.02; i=$((i + 1)); done
	kill -$signal $pid; rc=0; wait $pid || rc=$?
	is "$rc $(tail -n 1 $signal/log.tsv | cut -f 1)" "$([ $signal = TERM ] && echo 143 || echo 7) $(readlink $signal/latest | sed 's/step-0*//')" "$signal: the last row's step is saved"
	absent "nothing half-made is left" $signal/.*.tmp* $signal/lock
done
mkdir control; printf 'save\n' > control/control; ll-train $tiny --steps=6 --save-every=4 -o control
is "$(ls -d control/step-* | tr '\n' ' ')" "control/step-00000000 control/step-00000004 control/step-00000006 " "save in the control file"

# Killed while it writes, many times: whenever two more rows are there, after another while each time. The run is long enough that it is
# not over before, however late a kill comes.
ll-train $run --steps=96 --keep=2 --async-save=never -o unharmed
rows() { cat killed/log.tsv 2>/dev/null | wc -l; }
kills=0 at=0
while [ ! -e killed/done.json ] && [ $at -lt 240 ]; do
	at=$((at + 1)) before=$(rows)
	ll-train $run --steps=96 --keep=2 --resume=auto --async-save=always -@ $((1 + at % 3)) -o killed 2>/dev/null & pid=$!
	while kill -0 $pid 2>/dev/null && [ "$(rows)" -lt $((before + 2)) ]; do sleep 0.001; done
	sleep 0.0$(printf '%02d' $((at * 7 % 23))); kill -9 $pid 2>/dev/null; rc=0; wait $pid 2>/dev/null || rc=$?
	[ $rc = 137 ] && kills=$((kills + 1))
	if [ $rc != 137 ] && [ $rc != 0 ]; then break; fi
	[ -e killed/latest ] && [ ! -e killed/latest/ll-state.json ] && break
done
ok "killed on its way" [ $kills -gt 3 ]
ok "killed $kills times, it came to its end" test -e killed/done.json
same unharmed/log.tsv killed/log.tsv "with the log of a run that was not"
for f in model.safetensors optimizer.bin; do same unharmed/latest/$f killed/latest/$f "and its $f"; done

# Memory.
ll-train $tiny --steps=8 --save-every=2 --dry-run --roof=1 > plan
ll-train $tiny --steps=8 --save-every=2 --async-save=never --dry-run --roof=1 > plain
ll-train $tiny --steps=8 --dry-run --roof=1 > once
copy=$(value 'bytes of a copy to save' plan)
is "$copy" "$(value 'bytes of a checkpoint' plan)" "the copy is as large as a checkpoint"
is "$(($(value 'bytes together' plan) - copy))" "$(value 'bytes together' plain)" "and counted"
is "$(value 'bytes of a copy to save' once)" 0 "a run that saves at its end alone needs none"
limit=$(($(value 'bytes together' plain) + 100))
ll-train $tiny --steps=8 --save-every=2 --dry-run --roof=1 --memory=$limit > tight
ok "without room for it --dry-run says so" grep -q '^checkpoints are written  *between steps  memory lacks' tight
is "$(value 'bytes together' tight)" "$(value 'bytes together' plain)" "and counts none"
status 0 "the run does without" ll-train ${tiny% -q} --steps=8 --save-every=2 --memory=$limit -o tight.run
says "training stands still while a checkpoint is written" "and says so"
status 4 "--async-save=always is refused" ll-train $tiny --steps=8 --save-every=2 --memory=$limit --async-save=always -o x
says "the copy that checkpoints are written from (--async-save) needs" "with the number"
status 2 "another word" ll-train $tiny --async-save=yes -o y

# A full disk.
status 4 "no room for the moments while steps are made" sh -c "ulimit -f 400; exec ll-train $tiny --steps=40 --save-every=1 -o full"
says "optimizer.bin" "names what could not be written"
is "$(ls full | grep -c step-)" 0 "no checkpoint is there"
if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=2200k none disk 2>/dev/null; then
	head -c 1500000 /dev/zero > disk/filler
	ll-train $tiny --steps=12 --save-every=6 --keep=1 -o roomy
	ll-train $tiny --steps=12 --save-every=6 --keep=1 --on-full=wait -o disk/run 2>said & pid=$!
	i=0; while [ $i -lt 100 ] && ! grep -q waiting said; do sleep 0.05; i=$((i + 1)); done
	i=0; while [ $i -lt 200 ] && [ "$(tail -n 1 disk/run/log.tsv | cut -f 1)" != 12 ]; do sleep 0.05; i=$((i + 1)); done
	is "$(tail -n 1 disk/run/log.tsv | cut -f 1)" 12 "--on-full=wait: steps go on until the next save"
	absent "no checkpoint is there yet" disk/run/latest
	rm disk/filler; rc=0; wait $pid || rc=$?
	is $rc 0 "with room again it goes to its end"
	same roomy/log.tsv disk/run/log.tsv "the log is that of a run with room"
	ok "and so is the checkpoint" diff -r roomy/step-00000012 disk/run/step-00000012
	head -c 1500000 /dev/zero > disk/filler # SIGTERM while the thread that writes waits (while the run does: faults.sh)
	ll-train $tiny --steps=100000 --save-every=6 --on-full=wait -o disk/two 2>said & pid=$!
	i=0; while [ $i -lt 100 ] && ! grep -q waiting said; do sleep 0.05; i=$((i + 1)); done
	kill -TERM $pid; rc=0; wait $pid || rc=$?
	is $rc 143 "SIGTERM ends the waiting"
	is "$(ls -A disk/two | grep -c tmp)" 0 "nothing half-made is left there"
	umount disk
else
	skip "a full tmpfs" "needs root and mount"
fi
finish
