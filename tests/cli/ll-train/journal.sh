#!/bin/sh
# SPDX-License-Identifier: MIT
# The journal behind the last checkpoint: what a killed run decided there comes true again, and nothing that is damaged is believed.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
run="$tiny --steps=16 --save-every=8 --schedule=constant"
cat > hand <<'END'
{"step":5,"kind":"control","text":"lr=0.002"}
{"step":10,"kind":"control","text":"clip=0.5"}
{ "step": 11, "kind": "skip", "text": "why \" },\"checksum\":\"no\"", "pin": false, "sample": 3, "loss": null, "documents": ["a"] }
{"step":12,"kind":"control","text":"lr *= 0.5"}
END
ll-train $run --replay-journal=hand -o whole 2> /dev/null
bare() { sed 's/,"checksum":"[0-9a-f]\{32\}"}$/}/'; } # the lines without their seals
bare < whole/journal.jsonl | sed 's/ }$/}/' > got; sed 's/ }$/}/' hand > want
same got want "the lines of another file stand in the journal as they were, but sealed"
ok "by an independent XXH3-128 of the line with the digits as zeros" python3 - "$ROOT/tests/format" <<'END'
import re, sys
sys.path.insert(0, sys.argv[1])
from xxh3 import xxh3_128
lines = open("whole/journal.jsonl", "rb").read().splitlines()
assert len(lines) == 4
for line in lines:
    digits = re.fullmatch(rb'.*,"checksum":"([0-9a-f]{32})"}', line).group(1)
    assert xxh3_128(line[:-34] + b"0" * 32 + b'"}').to_bytes(16, "big").hex() == digits.decode(), line
END
# As a kill in step 14 leaves it.
cp -R whole killed; rm -r killed/done.json killed/step-00000016; ln -sfn step-00000008 killed/latest
from=$(wc -c < killed/step-00000008/journal.jsonl)
is "$(wc -l < killed/journal.jsonl) $(wc -l < killed/step-00000008/journal.jsonl)" "4 1" "three lines lie behind the checkpoint"
again() { rm -rf try; cp -R killed try; } # again: a copy of it, to be damaged
again; status 0 "undamaged" ll-train --resume=must -q -o try; same whole/log.tsv try/log.tsv "it comes to the same"

python3 - "$from" > got <<'END'
import os, shutil, subprocess, sys
data, start, wrong = open("killed/journal.jsonl", "rb").read(), int(sys.argv[1]), 0
def fresh():
    shutil.rmtree("bits", ignore_errors=True)
    shutil.copytree("killed", "bits", symlinks=True)
fresh()
for at in range(start, len(data)):
    hurt = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:]
    open("bits/journal.jsonl", "wb").write(hurt)
    p = subprocess.run(["ll-train", "--resume=must", "-q", "-o", "bits"], capture_output=True, text=True)
    if p.returncode != 3 or "journal.jsonl: byte " not in p.stderr or open("bits/journal.jsonl", "rb").read() != hurt:
        print("#", at - start, repr(chr(data[at])), "became", repr(chr(hurt[at])) + ": status", p.returncode, p.stderr)
        wrong += 1
        fresh()
print(wrong)
END
is "$(tail -n 1 got)" 0 "a bit changed in any byte of these lines is status 3, the file is named and stays as it is"
grep '^#' got | head -n 20
# The last line cut: it counts where it is whole, be it without its end.
len=$(wc -c < killed/journal.jsonl) last=$(tail -n 1 killed/journal.jsonl | wc -c)
head -n 3 killed/journal.jsonl > three
ll-train $run --replay-journal=three -o less 2> /dev/null
for n in 1 2 3 30 36 $((last - 1)) $last; do
	again; head -c $((len - n)) killed/journal.jsonl > try/journal.jsonl
	if [ $n = 1 ]; then want=whole; else want=less; fi
	status 0 "the last line without $n bytes" ll-train --resume=must -q -o try
	same $want/log.tsv try/log.tsv "is followed if its seal is there"
	same $want/journal.jsonl try/journal.jsonl "and stands in the journal then"
done
hurt() { # hurt NAME TEXT SCRIPT: the journal changed by a script of sed
	again; sed "$3" killed/journal.jsonl > try/journal.jsonl; rm -rf before; cp -R try before
	status 3 "$1" ll-train --resume=must -q -o try
	says "$2" "it says so"
	ok "nothing is written" diff -r --no-dereference before try
}
strip='s/,"checksum":"[0-9a-f]*"//'
hurt "lines in another order" "of step 11, where step 12 is the next" '3{h;d;};4{G;}'
hurt "a line of a step that was made" "of step 5, where step 9 is the next" "2{s/\"step\":10/\"step\":5/;$strip;}"
hurt "a line after a step that makes its own impossible" "of step 11, where step 12 is the next" "4{s/\"step\":12/\"step\":11/;$strip;}"
hurt "a member that is not known" 'unknown member "checksun"' '4s/checksum/checksun/'
hurt "a command that is none" 'step 12: lr *= half' "4{s/lr \*= 0.5/lr *= half/;$strip;}"
hurt "zeros in place of lines" "journal.jsonl: byte $from: " 's/.*/&/;2,4s/./\x00/g'
for c in batch report watch; do
	again; sed -i '3s/why/who/' try/journal.jsonl
	case $c in batch) set -- --step=2 try ;; report) set -- -o x.gp try ;; watch) set -- --follow=try; cp whole/done.json try ;; esac
	status 3 "$c, too, does not read a damaged line" ll-train $c "$@"
	says "checksum mismatch" "it says so"
done
status 3 "nor does --replay-journal" ll-train $run --replay-journal=try/journal.jsonl -o new
says 'hint: a line that was changed on purpose may stand without its member "checksum"' "it says what to do"
# Lines that have no seal, by hand or of an older version.
bare < killed/journal.jsonl > unsealed
ll-train $run --replay-journal=unsealed -o sealed 2> /dev/null
same whole/log.tsv sealed/log.tsv "are followed"
again; cp unsealed try/journal.jsonl; status 3 "but are not what the checkpoint holds" ll-train --resume=must -q -o try
again; { head -n 1 killed/journal.jsonl; tail -n 3 unsealed; } > try/journal.jsonl
status 0 "behind that they are followed" ll-train --resume=must -q -o try; same whole/log.tsv try/log.tsv "with the same log"
again; status 0 "the file that the run has followed" ll-train --resume=must -q --replay-journal=hand -o try; same whole/journal.jsonl try/journal.jsonl "says what its own lines say"
# The file was lost: every run has one from its start.
lost() { # lost CHECKPOINTS HINT: of the run in `try`
	rm try/journal.jsonl; rm -rf before; cp -R try before
	for c in "--resume=must -q -o try" "batch --step=9 try" "rerun try"; do
		status 3 "no journal beside $1: ll-train $c" ll-train $c
		says "try/journal.jsonl: is missing" "it says so"
		says "$2" "and what can be done"
		is "$(cat .out)" "" "nothing is printed"
	done
	ok "nothing is written" diff -r --no-dereference before try
}
again; lost "a checkpoint with lines" "try/step-00000008/journal.jsonl in its place, what was decided since then is forgotten"
cp try/step-00000008/journal.jsonl try; status 0 "the copy in its place" ll-train --resume=must -q -o try
head -n 1 killed/journal.jsonl > want; same try/journal.jsonl want "the run goes on without the later lines"
rm -r try; ll-train $run -o try 2> /dev/null; rm -r try/done.json try/step-00000016; ln -sfn step-00000008 try/latest
lost "a checkpoint without any" "hint: with an empty file in its place, what was decided since "
: > try/journal.jsonl; status 0 "an empty file in its place" ll-train --resume=must -q -o try
finish
