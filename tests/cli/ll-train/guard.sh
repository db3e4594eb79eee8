#!/bin/sh
# SPDX-License-Identifier: MIT
# Trouble: updates left out, rollbacks, stops; the same decisions at any threads, after any kill, and when a journal is repeated.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
kinds() { sed 's/.*"kind":"\([a-z]*\)".*/\1/' "$1/journal.jsonl" | sort | uniq -c | awk '{ printf "%s:%s ", $2, $1 }'; }
mean() { awk -F'\t' -v from="$2" -v to="$3" '$1 > from && $1 <= to { s += $3; n++ } END { printf "%.4f\n", s / n }' "$1/log.tsv"; }
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

# A learning rate 30 times too high for this model, reached slowly: first it learns, then it comes apart.
high="${tiny} --batch=8 --steps=800 --lr=0.3 --warmup=600 --schedule=constant --save-every=50 --valid-every=0"
ll-train $high --guard=off -o off
best=$(mean off 200 400) end=$(mean off 700 800)
ok "unguarded, it ends above what it had reached ($best, then $end)" below "$(awk "BEGIN { print $best + 0.3 }")" "$end"
is "$(kinds off)" "" "off decides nothing"
ll-train $high --guard=rollback -@ 1 -o a 2>said
ok "goes back" grep -q '"kind":"rollback","text":"",' a/journal.jsonl
ok "then with half the rate" grep -q '"kind":"rollback","text":"lr\*=0.5"' a/journal.jsonl
ok "says so, and why" grep -q "loss [0-9.]* is above [0-9.]*, in trouble since step [0-9]*: goes back to after step [0-9]*, leaves out [0-9]* samples and sets lr\*=0.5" said
ok "as the journal does" sh -c '! grep "\"kind\":\"rollback\"" a/journal.jsonl | grep -v "\"cause\":\"[^\"]* is above \|\"cause\":\"mean loss [0-9.]* has left its best of [0-9.]*\","'
ok "and ends under the bound ($(mean a 700 800))" below "$(mean a 700 800)" "$(awk "BEGIN { print $best + 0.15 }")"
is "$(wc -l < a/log.tsv) $(cut -f 1 a/log.tsv | sort -nu | tail -n +2 | wc -l)" "801 800" "the log has every step once"
python3 - > want <<'P'
import json
skips = []
for line in open("a/journal.jsonl"):
    e = json.loads(line)
    if e["kind"] == "skip": skips.append(e["step"])
    if e["kind"] == "rollback": skips = [x for x in skips if x <= e["to"]]
print(*skips, sep="\n")
P
awk -F'\t' '$7 == 1 { print $1 }' a/log.tsv > got
same want got "a column of the log says which updates were left out"
# The samples of a step are those the journal says, in an order worked out here.
python3 - > want <<'P'
import json
back = []
for line in open("a/journal.jsonl"):
    e = json.loads(line)
    if e["kind"] == "rollback": back.append((e["from"], e["until"]))
at = 0
for step in range(800):
    moved = True
    while moved:
        moved = False
        for a, b in back:
            if a < at + 8 and at < b: at, moved = b, True
    if step in (99, 400, 600, 799): print(step + 1, at)
    at += 8
P
for step in 100 401 601 800; do
	printf '%s %s\n' $step "$(ll-train batch --step=$step a | sed -n 's/^{"row":0,"sample":\([0-9]*\),.*/\1/p' | head -n 1)"
done > got
same want got "ranges that a rollback leaves out are not trained on again"

ll-train $high --guard=rollback -@ 2 -o b 2>/dev/null
same a/log.tsv b/log.tsv "two threads: the same log"
same a/journal.jsonl b/journal.jsonl "the same journal"
ll-train $high --guard=rollback --replay-journal=a/journal.jsonl -o c 2>/dev/null
same a/log.tsv c/log.tsv "the journal repeated: the same log"
same a/journal.jsonl c/journal.jsonl "and journal"
ok "without the stretches that came to nothing" below "$(wc -l < c/timing.tsv)" "$(wc -l < a/timing.tsv)"
at=0 kills=0
while [ ! -e d/done.json ] && [ $at -lt 12 ]; do
	timeout -s KILL 0.$(printf '%03d' $((300 + at * 37 % 41 * 10))) ll-train $high --guard=rollback --resume=auto -@ $((1 + at % 2)) -o d 2>/dev/null
	[ $? = 137 ] && kills=$((kills + 1))
	at=$((at + 1))
done
[ -e d/done.json ] || ll-train $high --guard=rollback --resume=auto -o d 2>/dev/null
same a/log.tsv d/log.tsv "killed $kills times: the same log"
same a/journal.jsonl d/journal.jsonl "the same journal"
same a/latest/model.safetensors d/latest/model.safetensors "the same weights"
same a/latest/optimizer.bin d/latest/optimizer.bin "and moments"

# What was changed while the run ran stays in force when it goes back: a journal written by hand.
cat > hand <<'END'
{"step":25,"kind":"control","text":"batch=6"}
{"step":28,"kind":"control","text":"lr=0.002"}
{"step":30,"kind":"rollback","text":"lr*=0.5","onset":29,"to":20,"from":100,"until":130}
{"step":33,"kind":"control","text":"batch=2"}
END
ll-train $tiny --steps=40 --schedule=constant --warmup=0 --replay-journal=hand -o hand.run 2>/dev/null
is "$(awk -F'\t' '$1 >= 20 && $1 <= 22 || $1 >= 32 && $1 <= 34 { printf "%s:%s:%s ", $1, $2 - last, $4 } { last = $2 }' hand.run/log.tsv)" \
	"20:64:0.001 21:96:0.001 22:96:0.001 32:96:0.001 33:32:0.001 34:32:0.001 " "batch and rate after a rollback are those of the control file"
for step in 20 21 22 23 24 33; do ll-train batch --step=$step hand.run | sed -n 's/^{"row":0,"sample":\([0-9]*\),.*/\1/p' | head -n 1; done > got
printf '%s\n' 76 80 86 92 130 184 > want
same want got "and the samples"
sed 's/,"checksum":"[0-9a-f]*"}$/}/' hand.run/journal.jsonl > bare
same hand bare "and the journal"

# Without rollbacks it stops and asks.
status 7 "skip stops when skipping does not help" ll-train $high --guard=skip -o e
says " is saved" "and says what was saved"; says "'accept' in e/control" "and what to do"
ok "in the journal" grep -q '"kind":"stop"' e/journal.jsonl
status 7 "as it is, it stops again" ll-train --resume=must -q -o e
printf 'lr=0.01\naccept\n' > e/control
status 0 "accepted, with a smaller rate, it goes on" ll-train --resume=must -q -o e
status 7 "no more than --rollbacks" ll-train $high --guard=rollback --rollbacks=1 -o f
says "as often as --rollbacks allows" "and says so"
for mode in off skip; do
	status 7 "no number: $mode stops" ll-train $tiny --steps=80 --lr=1e6 --clip=0 --warmup=0 --guard=$mode -o nan-$mode
	says "not finite" "and says why"
done
status 2 "a mode that is none" ll-train $tiny --guard=maybe -o x

# Batches with a document of noise: left out, named.
{ head -c 9000 text; printf '\n\n'; LC_ALL=C awk 'BEGIN { srand(9); for (i = 0; i < 200; i++) printf "%c", 33 + int(rand() * 90) }'; printf '\n\n'; tail -c 9000 text; } > mixed
make_dataset noisy tok.json < mixed
noise=$(awk 'BEGIN { RS = "" } length($0) == 200 && !/ / { print "par#" NR - 1 }' mixed)
ll-train $tiny --data=noisy --batch=8 --steps=800 --lr=3e-3 --valid-every=0 -o g 2>/dev/null
grep '"kind":"skip","text":"loss' g/journal.jsonl > skips
ok "batches were left out for their loss" test -s skips
is "$(grep -vc "\"$noise\"" skips)" 0 "every one for the document of noise, by its id"
finish
