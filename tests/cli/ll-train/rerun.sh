#!/bin/sh
# SPDX-License-Identifier: MIT
# rerun: the commands it prints give the log of the run; and runs that would go on otherwise than they began.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

make_text 2 | make_dataset other tok.json
printf 'par#3\npar#5\n' > list
mkdir place a "place/it's"
printf 'lr=0.002\n' > a/control; (sleep 0.05; echo 'lr*=0.5' > a/.n; mv a/.n a/control) &
ll-train $tiny --data=other:0.5 --exclude=list --steps=300 --save-every=100 -@ 2 -o a; wait
rm -f a/control
ok "commands are printed" ll-train rerun a
cp .out commands
is "$(grep -c '^cd ' commands)" 0 "no cd from where the run was started"
sh commands 2>/dev/null
same a/log.tsv a-again/log.tsv "they give the same log"
same a/latest/model.safetensors a-again/latest/model.safetensors "and the same weights"
same a/journal.jsonl a-again/journal.jsonl "and the same journal"
(cd place && ll-train rerun -o "it's/again" ../a > ../commands)
is "$(sed -n 's/^cd //p' commands)" "$PWD" "from elsewhere, they go to where it was started"
(cd / && sh "$OLDPWD/commands" 2>/dev/null)
same a/log.tsv "place/it's/again/log.tsv" "and give the same log, whatever the folder is called"
is "$(cd a && ll-train rerun . | tail -n 1)" "  --output=$PWD/a-again" "a folder called . has a name"
cp -R a resumed; rm -r resumed/done.json resumed/step-00000300
for c in "batch --step=3 ../a" "--resume=must -q -o ../resumed" "--resume=must --dry-run -o ../resumed"; do
	status 3 "ll-train $c from another folder" sh -c "cd place && ll-train $c"
	says "hint: the run was started in $PWD, from where it names its datasets" "it says from where the paths go"
done

ll-train --fork=a/step-00000100 --data=other --lr=1e-4 --steps=140 -q -o b
ll-train rerun b > commands; sh commands 2>/dev/null
same b/log.tsv b-again/log.tsv "a fork"
ll-train --init-from=a/latest --data=ds --seq-len=16 --batch=4 --steps=5 -q -o c
ll-train rerun c > commands; sh commands 2>/dev/null
same c/log.tsv c-again/log.tsv "a warm start"
mkdir d; echo exit > d/control; ll-train $tiny --steps=20 -o d 2>/dev/null; ll-train --resume=must -q -o d
ll-train rerun d > commands; sh commands 2>/dev/null
same d/log.tsv d-again/log.tsv "a run that was stopped and went on"
cp -r c e; mv ds kept; make_text 4 | make_dataset ds tok.json
status 1 "a dataset that was changed" ll-train rerun e
cp .out said; ok "is named" grep -q '^# here data is .*: the log will differ$' said
rm -r ds; status 3 "one that is gone" ll-train rerun e
mv kept ds
status 3 "no run" ll-train rerun place
status 2 "no operand" ll-train rerun

# Drift.
ll-train $tiny --steps=20 --save-every=10 -o r; rm -r r/done.json r/step-00000020
was() { # was MEMBER VALUE: RUN/environment.json of a copy says something else
	rm -rf x; cp -r r x; python3 - "$@" <<'END'
import json, sys
e = json.load(open("x/environment.json"))
e[sys.argv[1]] = sys.argv[2]
json.dump(e, open("x/environment.json", "w"))
END
}
for what in version compiler flags libc kernels cpu blas valid; do
	was $what 1234567890abcdef1234567890abcdef
	status 3 "another $what is refused" ll-train --resume=must -q -o x
	says "$what was 1234567890abcdef1234567890abcdef, is " "it says what was and is"
	absent "nothing was done" x/step-00000020
	status 0 "--allow-drift=$what goes on" ll-train --resume=must -q --allow-drift=version --allow-drift=$what -o x
	says "its bits are others from step 11 on" "with a warning"
done
for what in host system machine threads directory; do
	was $what elsewhere
	status 0 "another $what is no drift" ll-train --resume=must -q -o x
	same r/config.conf x/config.conf "and changes nothing"
done
was libc other; sed -i 's/"blas": "/&other /' x/environment.json
status 3 "two that are others" ll-train --resume=must -q -o x
says "hint: --allow-drift=libc --allow-drift=blas (or all) goes on" "the hint lets both be"
was blas other; status 0 "all" ll-train --resume=must -q --allow-drift=all -o x
ok "the drift is on record" python3 - <<'END'
import json
e = json.load(open("x/environment.json"))
assert e["drift"] == [{"step": 11, "what": "blas", "from": "other", "to": e["blas"]}], e
END
status 1 "and rerun says that the log cannot be repeated" ll-train rerun x
cp .out said; ok "from which step on" grep -q '^# .*changed on its way: step 11: blas: other, then ' said
rm x/done.json; rm -r x/step-00000020; status 0 "once allowed it goes on" ll-train --resume=must -q -o x
ok "the record stays" grep -q '"drift": \[' x/environment.json
status 2 "a word that is none" ll-train --resume=must -q --allow-drift=cpus -o x
says "did you mean cpu?" "the nearest is named"
was data 1234567890abcdef1234567890abcdef
status 3 "other data" ll-train --resume=must -q --data=other -o x
status 0 "--allow-drift=data goes on with them" ll-train --resume=must -q --data=other --allow-drift=data -o x
if [ "$(sed -n 's/.*"cpu": "\([^"]*\)".*/\1/p' r/environment.json)" != scalar ]; then
	rm -rf x; cp -r r x
	status 3 "a lower instruction set" env LL_CPU=scalar ll-train --resume=must -q -o x
	LL_CPU=scalar ll-train $tiny --steps=20 -o s; ll-train rerun s > commands; sh commands 2>/dev/null
	same s/log.tsv s-again/log.tsv "rerun asks for it"
else
	skip "a lower instruction set" "this is the lowest"
fi
finish
