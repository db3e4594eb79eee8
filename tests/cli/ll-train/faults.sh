#!/bin/sh
# SPDX-License-Identifier: MIT
# Two runs in one folder, locks left behind, and disks that fill up while a checkpoint is written.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

ll-train $tiny --steps=100000 -o busy 2>first & pid=$!
i=0; while [ $i -lt 100 ] && ! [ -s busy/log.tsv ]; do sleep 0.05; i=$((i + 1)); done
status 4 "a second process in the folder" ll-train $tiny --steps=5 --resume=auto -o busy
says "in use by process $pid" "it names the first"
kill -9 $pid; wait $pid 2>/dev/null
ok "the killed one left its lock" test -e busy/lock
status 0 "which is taken over" sh -c "rm busy/config.conf; ll-train ${tiny% -q} --steps=5 --resume=auto -o busy"
says "took over the lock of process $pid" "with a note"
mkdir far; printf 'host elsewhere\npid 1\nboot x\n' > far/lock
status 4 "a lock of another host is respected" ll-train $tiny --steps=5 -o far
says "on host elsewhere" "it says where"

# A limit on the size of files: the weights (150 KB) fit, the moments (290 KB) do not.
ll-train $tiny --steps=3 -o full; rm full/done.json
cp -r full before
sed -i 's/^steps = 3/steps = 6/; s/^schedule = .*/schedule = "constant"/' full/config.conf
status 4 "a full disk while saving" sh -c 'ulimit -f 400; exec ll-train --resume=must -q -o full'
says "optimizer.bin" "names what could not be written"
is "$(ls -A full | grep -c tmp)" 0 "nothing half-made is left"
ok "the checkpoint before is whole" diff -r full/step-00000003 before/step-00000003
is "$(readlink full/latest)" step-00000003 "latest still points at it"
status 0 "with room again the run goes on" ll-train --resume=must -q -o full
is "$(readlink full/latest)" step-00000006 "to its end"
if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=700k none disk 2>/dev/null; then
	cp ds/tokenizer.json disk/; rm disk/tokenizer.json
	status 4 "a full tmpfs at the second checkpoint" ll-train $tiny --steps=4 --save-every=2 -o disk/run
	is "$(readlink disk/run/latest)" step-00000002 "the first one stands"
	is "$(ls -A disk/run | grep -c tmp)" 0 "nothing half-made is left there"
	rm -r disk/run; mount -o remount,size=1200k disk
	status 4 "one full because every checkpoint is kept" ll-train $tiny --steps=8 --save-every=2 -o disk/run
	status 0 "a smaller --keep makes room when the run goes on" ll-train --resume=must --keep=1 -q -o disk/run
	is "$(ls -d disk/run/step-*)" disk/run/step-00000008 "and keeps so many"
	# 1.3 MB are asked for, the log can be written all the time.
	rm -r disk/run; mount -o remount,size=2200k disk; head -c 1500000 /dev/zero > disk/filler
	ll-train $tiny --steps=12 -o roomy
	ll-train ${tiny% -q} --steps=12 --on-full=wait -o disk/run 2>said & pid=$!
	i=0; while [ $i -lt 100 ] && ! grep -q waiting said; do sleep 0.05; i=$((i + 1)); done
	ok "--on-full=wait says what it waits for" grep -q "disk/run: no room for .*: waiting" said
	absent "no checkpoint is there yet" disk/run/latest disk/run/done.json
	rm disk/filler; rc=0; wait $pid || rc=$?
	is $rc 0 "with room again it goes on"
	same roomy/log.tsv disk/run/log.tsv "the log is that of a run with room"
	same roomy/latest/optimizer.bin disk/run/latest/optimizer.bin "and so is the checkpoint"
	head -c 1500000 /dev/zero > disk/filler
	ll-train $tiny --steps=12 --on-full=wait -o disk/two 2>said & pid=$!
	i=0; while [ $i -lt 100 ] && ! grep -q waiting said; do sleep 0.05; i=$((i + 1)); done
	kill -TERM $pid; rc=0; wait $pid || rc=$?
	is $rc 143 "SIGTERM ends the waiting"
	is "$(ls -A disk/two | grep -c tmp)" 0 "nothing half-made is left there"
	rm -r disk/filler disk/run disk/two # the logs below take their room
	ll-train $tiny --steps=1500 -o long; ll-train $tiny --steps=1500 --on-full=wait -o disk/three 2>said & pid=$!
	i=0; while [ $i -lt 100 ] && ! [ -s disk/three/log.tsv ]; do sleep 0.01; i=$((i + 1)); done
	head -c 9000000 /dev/zero > disk/more 2>/dev/null # no byte is left
	i=0; while [ $i -lt 100 ] && ! grep -q waiting said; do sleep 0.05; i=$((i + 1)); done
	rm disk/more; rc=0; wait $pid || rc=$?
	ok "a log or checkpoint without room waits too" grep -q 'no room for .*: waiting' said
	is $rc 0 "and the run goes to its end"
	same long/log.tsv disk/three/log.tsv "no row is lost"
	umount disk
else
	skip "a full tmpfs" "needs root and mount"
fi
if [ "$SANITIZE" = thread ]; then skip "a log that cannot be written" "the sanitizer's own start writes a file"; else
	status 4 "a log that cannot be written" sh -c 'ulimit -f 0; exec ll-train '"$tiny"' --steps=5 -o nolog'
fi
finish
