#!/bin/sh
# SPDX-License-Identifier: MIT
# The control file: commands at a step boundary, journalled, in force after kill and resume, and repeated to the bit.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

run="$tiny --steps=40 --save-every=4 --schedule=constant"
column() { awk -F'\t' -v c="$2" -v row="$3" '$1 == row { print $c }' "$1/log.tsv"; }
bare() { sed 's/,"checksum":"[0-9a-f]*"}$/}/' "$1"; } # a journal as people write it
kinds() { sed 's/.*"kind":"\([a-z]*\)".*/\1/' "$1/journal.jsonl" | tr '\n' ' '; }

ll-train $run -@ 1 -o plain
is "$(wc -c < plain/journal.jsonl)" 0 "nothing was decided: an empty journal"

# Commands before the first step, which stops at once; then more in the middle, by exit.
mkdir a; printf 'lr=0.002\nexit\n' > a/control
status 7 "exit: saved, status 7" ll-train $run -@ 1 -o a
is "$(readlink a/latest)" step-00000000 "before the first step"
absent "the file was taken" a/control a/.control.taken-*
cat > more <<'END'
  lr *= 0.5  

weight-decay=0.3
clip=0.5
batch=6
lr=much
batch=16000000
lyr=1
seed=1
END
mv a start
until [ -e a/log.tsv ] && [ ! -e a/control ]; do # a run that was over before the file came has not taken it: once more
	rm -rf a; cp -r start a
	ll-train --resume=must -q -@ 1 -o a & pid=$!
	until [ "$(wc -l < a/log.tsv)" -ge 5 ]; do sleep 0.01; done
	cp more a/.new; mv a/.new a/control; wait $pid
done
ok "the run went to its end" test -e a/done.json
is "$(column a 4 1)" 0.0004 "lr is in force from the first step after it, and after a resume"
is "$(kinds a)" "control control control control control control refused refused refused refused " "every line is in the journal"
k=$(sed -n 's/^{"step":\([0-9]*\),"kind":"control","text":"batch=6",.*$/\1/p' a/journal.jsonl)
is "$(column a 4 "$k")" 0.001 "a factor multiplies what was in force"
is "$(($(column a 2 "$k") - $(column a 2 $((k - 1)))))" 96 "the batch is another from the step on that the journal says"
ok "a batch that is more than there is to train on is refused" grep -q '"text":"batch=16000000","cause":"a batch of 16000000 is more than the [0-9]* samples of the datasets"' a/journal.jsonl
is "$(grep -c '"kind":"refused".*"cause":".' a/journal.jsonl)" 4 "refused lines hold their cause"
ll-train batch --step="$k" a > batch
is "$(sed -n 's/^{"row":0,"sample":\([0-9]*\),.*/\1/p' batch | head -n 1)" $(((k - 1) * 4)) "batch knows where the step begins"
is "$(sed -n 's/^{"row":\([0-9]*\),.*/\1/p' batch | sort -un | tail -n 1)" 5 "and its six rows"
ll-train batch --step=40 a > batch
is "$(sed -n 's/^{"row":0,"sample":\([0-9]*\),.*/\1/p' batch | head -n 1)" $(((k - 1) * 4 + (40 - k) * 6)) "and those after it"

# The journal repeats the run: at other threads, saving at other steps, killed or not.
ll-train $run --save-every=7 -@ 2 --replay-journal=a/journal.jsonl -o b
same a/log.tsv b/log.tsv "a replayed journal gives the same log"
same a/journal.jsonl b/journal.jsonl "and the same journal"
same a/latest/model.safetensors b/latest/model.safetensors "and the same weights"
at=0 kills=0
again="ll-train $run --resume=auto --replay-journal=a/journal.jsonl -o c"
while [ ! -e c/done.json ] && [ $at -lt 40 ]; do
	timeout -s KILL 0.$(printf '%03d' $((60 + at * 37 % 41))) $again -@ $((1 + at % 2)) 2>/dev/null
	[ $? = 137 ] && kills=$((kills + 1))
	at=$((at + 1)); [ -e c/latest ] || rm -rf c
done
[ -e c/done.json ] || $again
same a/log.tsv c/log.tsv "killed $kills times and resumed: the same log"

# Resumed from an earlier checkpoint, the lines behind it are taken from the journal again.
cp -r a d; rm -r d/done.json d/step-0000000[89] d/step-000000[1-4]*
status 0 "from a checkpoint before the commands" ll-train --resume=must -q -o d
same a/log.tsv d/log.tsv "the same log"
same a/journal.jsonl d/journal.jsonl "and journal"
# A kill while a line was written, and one between journal and removal of the file.
cp -r a e; rm -r e/done.json e/step-0000000[89] e/step-000000[1-4]*; printf '{"step":41,"ki' >> e/journal.jsonl
status 0 "a line cut short was not acted upon" ll-train --resume=must -q -o e
same a/journal.jsonl e/journal.jsonl "it is gone"
mkdir f; printf 'lr=0.002\n' > f/control
printf 'exit\n' >> f/control; ll-train $run -@ 1 -o f 2>/dev/null
printf 'lr=0.002\nexit\n' > f/.control.taken-0
status 0 "lines already journalled are not taken twice" ll-train --resume=must -q -o f
is "$(kinds f)" "control control " "the journal has them once"
printf 'lr=0.004\n' > g.taken; mkdir g; mv g.taken g/.control.taken-0
status 0 "lines taken and not journalled are not lost" ll-train $run -o g
is "$(kinds g)" "control " "the journal has them"

# A kill between two lines of one file; the same command once more, taken when the kill came.
{ printf 'lr *= 0.5\nlr *= 0.5\nclip=0.5\n'; } > l.taken; mkdir l; printf 'lr *= 0.5\n' > l/control; ll-train $run --exit-after=0.05s -o l 2>/dev/null
cp -r l l2; cp l.taken l/.control.taken-0; rm -f l/done.json; ll-train --resume=must -q -o l
is "$(tail -n 1 l/log.tsv | cut -f 4) $(kinds l)" "0.00025 control control control " "the lines that the journal does not have come true, and no other"
cp l.taken l2/.control.taken-1; rm -f l2/done.json; ll-train --resume=must -q -o l2
is "$(tail -n 1 l2/log.tsv | cut -f 4) $(kinds l2)" "0.000125 control control control control " "a command that was given before is another one"
absent "the files are gone" l/.control.taken-0 l2/.control.taken-1
# Files that somebody is writing, and what are no files of commands.
slow="$tiny --schedule=constant --steps=1000000 --guard=off --valid-every=0"
ll-train $slow -o w 2>said & pid=$!
until [ -s w/log.tsv ]; do sleep 0.01; done
cat > halves.py <<'END'
# halves.py FILE TEXT...: appends the texts, each 0.3 s later; fails when that came near the second for which a half line is left alone.
import sys, time
with open(sys.argv[1], "a") as f:
    time.sleep(0.3) # while it is empty
    start = time.time()
    for text in sys.argv[2:]:
        f.write(text)
        f.flush()
        time.sleep(0.3)
sys.exit(time.time() - start > 0.9)
END
has() { i=0; while [ $i -lt 600 ] && ! grep -q "$2" "$1"; do sleep 0.01; i=$((i + 1)); done; } # has FILE TEXT: waits for it
python3 halves.py w/control lr=0.0 "02
"; rc=$?; has w/journal.jsonl lr=
if [ $rc != 0 ]; then skip "a line that comes by halves" "this machine is too slow just now"
else is "$(sed 's/.*"text":"\([^"]*\)".*/\1/' w/journal.jsonl)" "lr=0.002" "a line that comes late, by halves, is read whole"; fi
python3 halves.py w/control clip=0.25; rc=$?; there=$(ls w/control 2> /dev/null)
if [ $rc != 0 ]; then skip "one without an end waits" "this machine is too slow just now"; else is "$there" w/control "one without an end waits"; fi
has w/journal.jsonl clip=0.25
is "$(tail -n 1 w/journal.jsonl | sed 's/.*"text":"\([^"]*\)".*/\1/')" "clip=0.25" "for a second"
printf 'clip=0.125\0\nclip=0.0625\n' > w/control.new; mv w/control.new w/control
has w/journal.jsonl clip=0.0625
is "$(tail -n 2 w/journal.jsonl | sed 's/.*"kind":"\([a-z]*\)","text":"\([^"]*\)".*/\1 \2/' | tr '\n' ' ')" "refused clip=0.125? control clip=0.0625 " "a zero ends nothing"
mkfifo w/control; has said 'w/control: not a file'; rm w/control; mkdir w/control; sleep 0.3
ok "a pipe or a folder of that name stops nothing" kill -0 $pid
is "$(grep -c 'w/control: not a file' said)" 1 "it is told of once"
rmdir w/control; echo exit > w/control; rc=0; wait $pid || rc=$?
is $rc 7 "and files are taken again"

# What does not fit.
bare a/journal.jsonl | sed 's/"text":"clip=0.5"/"text":"clip=x"/' > bad
status 3 "a journal with a command that is none" ll-train $run --replay-journal=bad -o x
says "clip=x" "is told by it"
printf '{"step":1,"kind":"roll","text":"x"}\n' > bad
status 3 "a journal with a kind of line that is not known" ll-train $run --replay-journal=bad -o y
cp -r a h; rm h/done.json; sed -i '1s/0.002/0.003/' h/journal.jsonl
status 3 "a journal that is not the checkpoint's" ll-train --resume=must -q -o h
says "does not begin with" "it says so"

# A replay that was stopped early goes on with the lines that it had not reached.
ll-train $run --replay-journal=a/journal.jsonl --exit-after=0s -o j 2>/dev/null
is "$(kinds j)" "" "stopped before the first line"
status 0 "goes on" ll-train --resume=must -q --replay-journal=a/journal.jsonl -o j
same a/log.tsv j/log.tsv "the same log"; same a/journal.jsonl j/journal.jsonl "and journal"
cp -r j k; rm k/done.json; bare a/journal.jsonl | sed 's/0.002/0.003/' > bad
status 3 "another journal than it has followed" ll-train --resume=must -q --replay-journal=bad -o k
says "says otherwise than" "it says so"
finish
