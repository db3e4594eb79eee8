#!/bin/sh
# SPDX-License-Identifier: MIT
# A run of some millions of parameters, killed with -9 at 20 random moments, some of them while a checkpoint is being written beside the
# training: the same log, journal, weights and moments as a run that was not, although optimizer, activation, batch and
# rate change on its way, an update is skipped and it goes back once.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

run="$tiny --preset=gpt2-tiny --set width=256 --set layers=6 --set heads=4 --steps=200 --save-every=4 --keep=3 --seq-len=32 --guard=off --schedule=constant"
cat > journal <<'J'
{"step":9,"kind":"control","text":"lr*=0.5"}
{"step":17,"kind":"control","text":"optimizer lion"}
{"step":17,"kind":"control","text":"lr=1e-4"}
{"step":30,"kind":"skip","text":"x","pin":true}
{"step":41,"kind":"control","text":"activation relu"}
{"step":55,"kind":"rollback","text":"lr*=0.5","onset":55,"to":52,"from":230,"until":240}
{"step":70,"kind":"control","text":"optimizer=adamw"}
{"step":90,"kind":"control","text":"batch=6"}
J
ll-train $run --replay-journal=journal --async-save=never -@ 1 -o straight
random() { awk -v s="$1" -v n="$2" 'BEGIN { srand(s); for (i = 0; i < 3; i++) x = rand(); print int(x * n) }'; }
rows() { cat killed/log.tsv 2>/dev/null | wc -l; }
kills=0 saving=0 at=0
while [ ! -e killed/done.json ] && [ $at -lt 100 ]; do
	at=$((at + 1)) before=$(rows); [ $kills -ge 20 ] && before=100000
	ll-train $run --replay-journal=journal --resume=auto --async-save=always -@ $((1 + at % 3)) -o killed 2>/dev/null & pid=$!
	more=$((1 + $(random $at 6)))
	while kill -0 $pid 2>/dev/null && [ "$(rows)" -lt $((before + more)) ]; do sleep 0.002; done
	if [ $((at % 2)) = 0 ]; then
		while kill -0 $pid 2>/dev/null && ! ls -d killed/.step-*.tmp-* >/dev/null 2>&1; do :; done
	fi
	sleep 0.$(printf '%03d' "$(random $((at + 1000)) 40)"); kill -9 $pid 2>/dev/null; rc=0; wait $pid 2>/dev/null || rc=$?
	if [ $rc != 137 ] && [ $rc != 0 ]; then break; fi
	[ $rc = 137 ] && kills=$((kills + 1)) && ls -d killed/.step-*.tmp-* >/dev/null 2>&1 && saving=$((saving + 1))
	if [ -e killed/latest ] && ! [ -e killed/latest/ll-state.json ]; then break; fi
done
ok "killed $kills times, $saving of them while saving, it came to its end" test -e killed/done.json
ok "often enough" [ $kills -ge 20 ]
ok "also while saving" [ $saving -ge 3 ]
for f in log.tsv journal.jsonl latest/model.safetensors latest/optimizer.bin latest/config.json latest/ll-state.json done.json; do same straight/$f killed/$f "$f"; done
for t in 2 3; do
	rm -rf again; ll-train $run --replay-journal=journal -@ $t -o again
	for f in log.tsv latest/model.safetensors latest/optimizer.bin; do same straight/$f again/$f "-@ $t: $f"; done
done
finish
