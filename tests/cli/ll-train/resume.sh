#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever ends a run, its continuation gives the same bits: kill -9 at many moments (most of them during a save, since every
# step saves), SIGTERM, SIGUSR1, --exit-after.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

run="$tiny --steps=60 --save-every=1 --keep=3"
ll-train $run -@ 1 -o straight

kills=0 at=1
while [ ! -e killed/done.json ] && [ $kills -lt 400 ]; do
	timeout -s KILL 0.$(printf '%03d' $((18 + at * 37 % 41 + at))) ll-train $run --resume=auto -@ $((1 + at % 2)) -o killed 2>/dev/null
	rc=$?; at=$((at + 1)); [ $rc = 137 ] && kills=$((kills + 1))
	if [ $rc != 137 ] && [ $rc != 0 ]; then break; fi
	[ -e killed/latest ] && [ ! -e killed/latest/ll-state.json ] && break
done
ok "killed $kills times, it came to its end" test -e killed/done.json
same straight/log.tsv killed/log.tsv "the log of a run killed $kills times"
same straight/latest/model.safetensors killed/latest/model.safetensors "its weights"
same straight/latest/optimizer.bin killed/latest/optimizer.bin "its moments"
# The last kill may have struck between done.json and the unlocking: whoever comes next clears up.
status 0 "a run that is done says so" ll-train $run --resume=auto -q -o killed
absent "nothing half-made is left" killed/.*.tmp* killed/lock

# Killed between the last checkpoint and done.json.
cp -r straight late; rm late/done.json
status 0 "the last checkpoint is there, only done.json is missing" ll-train --resume=auto -q -o late
same straight/done.json late/done.json "it is written as it would have been"

slow="$tiny --steps=4000"
ended() { # ended SIGNAL: runs, signals once steps are being made, prints the status
	ll-train $slow -o "$1" 2>.err & pid=$!
	i=0; while [ $i -lt 100 ] && [ "$(wc -l < "$1/log.tsv" 2>/dev/null || echo 0)" -lt 5 ]; do sleep 0.05; i=$((i + 1)); done
	kill -"$1" $pid; rc=0; wait $pid || rc=$?; echo $rc
}
is "$(ended TERM)" 143 "SIGTERM: saved, then died of it"
ok "a checkpoint is there" test -s TERM/latest/ll-state.json
is "$(ended USR1)" 7 "SIGUSR1: saved, status 7"
ok "a checkpoint is there" test -s USR1/latest/ll-state.json
is "$(status_of ll-train $slow --exit-after=0.2s -o after)" 7 "--exit-after: status 7"
is "$(status_of ll-train --resume=must -q --exit-after=0.2s -o after)" 7 "and again, from where it was"
# A batch in many parts is left between two of them.
parts="${tiny% -q} --valid-every=0 --batch=8192 --accumulate=8192 --steps=2 -q"
ll-train $parts -o long
for s in TERM USR1; do
	ll-train $parts -o long.$s 2>.err & pid=$!
	i=0; while [ $i -lt 200 ] && [ ! -s long.$s/log.tsv ]; do sleep 0.02; i=$((i + 1)); done
	kill -$s $pid; wait $pid 2>/dev/null
	is "$(readlink long.$s/latest) $(wc -l < long.$s/log.tsv)" "step-00000000 1" "SIG$s within a step of many parts: the step is left"
	ll-train --resume=must -q -o long.$s; same long/log.tsv long.$s/log.tsv "and made again"
done
ok "the log has a row a step" awk 'NR > 1 && $1 != NR - 1 { exit 1 }' after/log.tsv
is "$(tail -n 1 after/log.tsv | cut -f 1)" "$(readlink after/latest | sed 's/step-0*//')" "the last row is the checkpoint's step"
is "$(status_of env SLURM_JOB_END_TIME=$(($(date +%s) + 123)) ll-train $tiny --steps=2000000 --exit-after=slurm -o slurm)" 7 "two minutes before a Slurm job ends"
ok "a checkpoint is there" test -s slurm/latest/ll-state.json
status 2 "outside of a job" env -u SLURM_JOB_END_TIME ll-train $slow --exit-after=slurm -o x1
says "SLURM_JOB_END_TIME is not set" "it says so"
ll-train $tiny --steps=20 --save-every=2 --keep=2 --milestone-every=7 -o miles
is "$(ls -d miles/step-* | tr '\n' ' ')" "miles/step-00000007 miles/step-00000014 miles/step-00000018 miles/step-00000020 " "milestones stay"
status 7 "stopped before the first step" ll-train $tiny --steps=10 --keep=1 --milestone-every=5 --exit-after=0s -o zero
ll-train --fork=zero/step-0 -q -o zero-fork
ok "of step 0 there is a checkpoint" test -e zero/step-00000000/ll-state.json
ll-train --resume=must --dry-run --roof=1 -o zero > plan; ll-train --resume=must -q -o zero
for f in zero zero-fork; do is "$(ls -d $f/step-* | tr '\n' ' ')" "$f/step-00000005 $f/step-00000010 " "$f: it is no milestone"; done
is "$(awk '/^bytes of checkpoints/ { a = $4 } /^bytes of a checkpoint/ { b = $5 } END { print a / b }' plan)" 2 "nor is it in the plan"
status 2 "--exit-after wants a time" ll-train $slow --exit-after=soon -o x
absent "and says so before anything is begun" x/config.conf x1/config.conf
status 2 "a resumed run keeps what decides its numbers" ll-train --resume=auto --lr=0.5 -o after
says "cannot be resumed with 0.5" "it names the key"
says "echo 'lr = 0.5' >> after/control" "and the way that there is"
status 2 "and what it began from" ll-train --resume=auto --init-from=straight/latest -o after
is "$(grep -c hint .err)" 0 "no hint says that a fork would change that"

# A log that is not the checkpoint's.
cp -r straight other; rm other/done.json; sed -i '3s/^2/7/' other/log.tsv
status 3 "a changed log is refused" ll-train --resume=auto -o other
# A kill between the last checkpoint and the link to it.
ll-train $tiny --steps=12 --save-every=6 -o linked
rm linked/done.json; ln -sfn step-00000006 linked/latest
status 0 "a run whose link was left behind ends" ll-train --resume=must -q -o linked
is "$(readlink linked/latest)" step-00000012 "and the link is right"
# Names that are no UTF-8, in datasets, runs and the working directory, are no reason that a run cannot go on.
odd=$(printf 'd\377s'); mkdir "$odd"; cp -r ds "$odd/$odd"
ok "JSON of odd names" sh -c "cd '$odd' && ll-train --preset=gpt2-tiny --data='$odd' --batch=4 --seq-len=16 --steps=4 --save-every=2 -q --sample-every=2 --sample-prompt='$odd' -o 'r$odd' &&
	ll-train --fork='r$odd/step-2' --steps=4 -q -o fork && rm -r fork/done.json fork/latest fork/step-00000004 && ll-train --resume=must -q -o fork && ll-train diff fork fork &&
	ll-train batch --step=3 fork > batch.jsonl"
ok "is UTF-8" python3 - "$odd" <<'END'
import json, os, sys
os.chdir(os.fsencode(sys.argv[1]))
run = b"r" + os.fsencode(sys.argv[1])
for name in (run + b"/environment.json", b"fork/environment.json", b"fork/step-00000004/ll-state.json"):
    json.load(open(name, encoding="utf-8"))
for name in (b"batch.jsonl", run + b"/samples.jsonl"):
    assert [json.loads(line) for line in open(name, encoding="utf-8")]
assert json.load(open(b"fork/environment.json", encoding="utf-8"))["datasets"][0]["path"] == "d\ufffds"
END
# A name of two lines is not the names of two.
status 2 "a dataset with an end of line in its name" ll-train $bare --data="ds
ds" --steps=2 -o x
says "goes on after the end of the line" "it says so"
printf 'data = "ds\\nds"\n' > two.conf; status 2 "in a file, too" ll-train $bare --config=two.conf --steps=2 -o x
finish
