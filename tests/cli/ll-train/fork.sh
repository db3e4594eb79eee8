#!/bin/sh
# SPDX-License-Identifier: MIT
# --fork: a run that begins where another stood, with all its keys or others, other data, and its parent on record.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

make_text 2 | make_dataset other tok.json
run="$tiny --steps=40 --save-every=10 --schedule=constant"
ll-train $run -@ 1 -o a
same_rows() { # same_rows RUN RUN AFTER NAME: the rows behind a step
	is "$(awk -F'\t' -v n="$3" '$1 > n' "$2/log.tsv" | cksum)" "$(awk -F'\t' -v n="$3" 'NR == 1 || $1 > n' "$1/log.tsv" | cksum)" "$4"
}
order() { # order RUN FROM TO: dataset and place of every sample
	for k in $(seq "$2" "$3"); do ll-train batch --step="$k" "$1"; done |
		sed 's/.*"sample":\([0-9]*\),"dataset":"\([^"]*\)","tokens":\[\([0-9]*\),.*/\1 \2 \3/' | awk '!($1 in seen) { seen[$1]; print $2, int($3 / 16) }'
}

ok "a fork with nothing changed" ll-train --fork=a/step-00000020 -q -@ 2 -o b
same_rows a b 20 "goes on as the parent did"
same a/latest/model.safetensors b/latest/model.safetensors "to the same weights"
same a/latest/optimizer.bin b/latest/optimizer.bin "and moments"
is "$(ls -d b/step-* | head -n 1)" b/step-00000020 "its first checkpoint is where it began"
ok "the parent is on record" env PYTHONPATH="$ROOT/tests/format" python3 - <<'END'
import json
from xxh3 import xxh3_128
h = xxh3_128(open("a/step-00000020/ll-state.json", "rb").read()).to_bytes(16, "big").hex()
assert json.load(open("b/environment.json"))["parent"] == {"path": "a/step-00000020", "step": 20, "state": h}
for k in (20, 30, 40):
    s = json.load(open(f"b/step-{k:08}/ll-state.json"))
    assert s["parent"] == "a/step-00000020" and s["parent_state"] == h and s["step"] == k
END
ll-train --config=b/config.conf -q -o b2
same b/log.tsv b2/log.tsv "its config.conf repeats it"
is "$(order b 21 40 | cksum)" "$(order a 21 40 | cksum)" "batch knows its samples"
status 2 "and that steps before are the parent's" ll-train batch --step=20 b
says "begins after step 20" "it says so"

cp -r a parent; ll-train --fork=parent/step-00000020 --lr=2e-3 --steps=60 -q -o c
rm -r parent c/step-0000003* c/step-0000004* c/step-00000050 c/step-00000060 c/done.json
status 0 "resumed without the parent" ll-train --resume=must -q -o c
is "$(tail -n 1 c/log.tsv | cut -f 1,4)" "60	0.002" "other keys, more steps"
is "$(sed -n '2s/	.*//p' c/log.tsv)" 21 "steps count on"
is "$(sed -n 's/.*"parent": {"path":"\([^"]*\)".*/\1/p' c/environment.json)" parent/step-00000020 "the parent is still on record"
cp -r c cut; rm -r cut/step-* cut/latest cut/done.json; cp -r a parent
status 0 "killed before its first checkpoint, it begins again" ll-train --resume=auto -q -o cut
same c/log.tsv cut/log.tsv "to the same end"
ll-train --fork=a/latest --steps=45 -q -o d
is "$(grep '^fork' d/config.conf)" 'fork = "a/step-00000040"' "RUN/latest is followed"
ll-train --fork=d/step-00000040 -q -o e
same d/log.tsv e/log.tsv "a fork of a fork at its beginning"
ll-train --fork=d/step-00000045 --steps=50 -q -o e2
is "$(order e2 46 50)" "$(ll-train --fork=a/step-00000040 --steps=50 -q -o e3; order e3 46 50)" "and at its end"

# What was changed by control is in force in a fork.
mkdir k; printf 'lr=0.004\nbatch=6\n' > k/control; ll-train $run -o k
ll-train --fork=k/step-00000020 -q -o k2
ok "keys that were changed in the parent hold, and the samples go on" awk -F'\t' 'NR == FNR { l[$1] = $3; next }
	FNR > 1 && (($3 - l[$1])^2 > 1e-8 || $4 != 0.004) { exit 1 }' k/log.tsv k2/log.tsv # the six rows are parted otherwise

mkdir odd; echo batch=7 > odd/control; ll-train $run --batch=6 --accumulate=2 -o odd
status 0 "a batch that cannot be cut into the parent's number of parts" ll-train --fork=odd/step-20 -q -o odd2
is "$(grep '^batch =\|^accumulate' odd2/config.conf | tr '\n' ' ')" "batch = 7 accumulate = 7 " "is cut into parts no larger"
is "$(cut -f 1,2,8 odd2/log.tsv | tail -n 20)" "$(cut -f 1,2,8 odd/log.tsv | tail -n 20)" "and the samples go on"

# Another optimizer: zeros for a state, keys of its own. The oracle begins afresh from the weights, at the same samples.
for o in lion "adam --beta1=0.8" muon; do
	ll-train --fork=a/step-00000020 --optimizer=$o -q -@ 2 -o o1
	ll-train --init-from=a/step-00000020 --optimizer=$o --data=ds --set data-start=80 --steps=20 --batch=4 --seq-len=16 --lr=1e-3 --schedule=constant \
		--seed=3 -q -o o2
	is "$(awk -F'\t' 'NR > 1 { print $1 - 20, $3, $4, $5 }' o1/log.tsv | cksum)" "$(awk -F'\t' 'NR > 1 { print $1, $3, $4, $5 }' o2/log.tsv | cksum)" "$o from step 20 on, as from a new start there"
	cp -r o1 o3; rm -r o3/done.json o3/step-0000004*; ll-train --resume=must -q -o o3
	same o1/latest/optimizer.bin o3/latest/optimizer.bin "and resumed"
	ll-train --fork=o1/step-00000030 -q -o o4; same_rows o1 o4 30 "and forked again"
	ll-train --config=o1/config.conf -q -o o5; same o1/log.tsv o5/log.tsv "and repeated by its config.conf"
	rm -r o[1-5]
done

# Data.
ll-train --fork=a/step-00000020 --data=other:0.5 --data=ds:0.5 -q -o m
prefix() { # prefix A B: as many lines of both
	n=$( (wc -l < "$1"; wc -l < "$2") | sort -n | head -n 1); for f in "$1" "$2"; do head -n "$n" "$f" > p; mv p "$f"; done
}
{ order a 1 20; order m 21 40 | grep '^ds '; } > got; order a 1 40 > want; prefix got want
same got want "of a dataset that the parent had, those that it took are left out"
is "$(grep data-start m/config.conf)" 'data-start = "0,80"' "as config.conf says"
ll-train --fork=m/step-00000030 -q -o n
for d in ds other; do
	{ order m 21 30; order n 31 40; } | grep "^$d " > got; order m 21 40 | grep "^$d " > want
	prefix got want; same got want "$d goes on in a fork of the mixture without a gap"
done
same_rows m n 30 "a fork of a mixture with nothing changed goes on as the parent did"
is "$(order n 31 40 | cksum)" "$(order m 31 40 | cksum)" "batch knows its samples"
is "$(grep -h 'data-start\|mix-start' n/config.conf | tr '\n' ' ')" 'data-start = "0,80" mix-start = 40 ' "as config.conf says"
ll-train --config=n/config.conf -q -o n2; same n/log.tsv n2/log.tsv "its config.conf repeats it"
ll-train --fork=n/step-30 --data=other:3 --data=ds:3 -q -o n3; same n/log.tsv n3/log.tsv "a fork of that, weights of the same ratio"
ll-train --fork=n/step-00000030 --batch=2 -q -o n4
is "$(order n4 31 40)" "$(order m 31 40 | head -n 20)" "with another batch it takes the same samples"
ll-train --fork=n/step-40 --steps=50 --data=other:3 --data=ds -q -o n5
for d in ds other; do
	{ order m 21 40; order n5 41 50; } | grep "^$d " > got; { ll-train --fork=m/step-40 --steps=60 -q -o n6; order m 21 40; order n6 41 60; rm -r n6; } | grep "^$d " > want
	prefix got want; same got want "$d goes on in another mixture after a fork of a fork"
done
ll-train --fork=n/step-30 --dry-run --roof=1 > plan
is "$(awk '/^samples of a dataset/ { print $5, $11, $NF }' plan | tr '\n' ' ')" "$(ll-train --fork=m/step-30 --dry-run --roof=1 | awk '/^samples of a dataset/ { print $5, $11, $NF }' | tr '\n' ' ')" "and the plans agree"
ll-train --fork=a/step-00000020 --seed=9 -q -o s
is "$(grep data-start s/config.conf)" 'data-start = "0"' "another seed is another order"
ll-train --fork=a/step-00000020 --data=other --dry-run > plan
is "$(awk '/^begins after step/ { print $4, $5 } /^samples of a dataset/ { print $5, $NF }' plan | tr '\n' ' ')" \
	"20 a/step-00000020 80 other " "--dry-run shows it"
echo par#3 > list; ll-train --fork=a/step-00000020 --exclude=list -q -o w 2>/dev/null
is "$(order w 21 40 | cksum)" "$(order a 21 40 | cksum)" "documents withdrawn: the other samples stay"

# What roll-backs of the parent left out ahead, known to the checkpoint or decided since: 40 samples from the 121st on, and 8 more.
cat > hand <<'END'
{"step":38,"kind":"rollback","text":"","onset":36,"to":20,"from":120,"until":160}
{"step":39,"kind":"rollback","text":"","onset":37,"to":28,"from":172,"until":180}
END
both="--data=ds --data=other:0.5"
for r in "one " "two $both"; do
	p=${r%% *}; ll-train $run --save-every=4 ${r#* } --replay-journal=hand -o $p 2> /dev/null
	is "$(ll-train batch --step=31 $p | sed -n 's/.*"sample":\([0-9]*\),.*/\1/p' | head -n 1)" 160 "$p: a run that left out samples"
	for at in 4 20 28; do
		ll-train --fork=$p/step-$at -q -@ 2 -o $p-$at
		is "$(order $p-$at $((at + 1)) 40 | cksum)" "$(order $p $((at + 1)) 40 | cksum)" "a fork from step $at leaves them out, too"
		same_rows $p $p-$at $at "and gives the parent's rows"
		same $p/latest/optimizer.bin $p-$at/latest/optimizer.bin "and moments"
		is "$(grep '^data-skip' $p-$at/config.conf)" "data-skip = \"$((120 - 4 * at))-$((160 - 4 * at)),$((172 - 4 * at))-$((180 - 4 * at))\"" "as config.conf says"
	done
	ll-train --config=$p-20/config.conf -q -o again; same $p-20/log.tsv again/log.tsv "its config.conf repeats it"; rm -r again
	rm -r $p-20/done.json $p-20/step-0000004*; ll-train --resume=must -q -o $p-20
	same $p/latest/optimizer.bin $p-20/latest/optimizer.bin "and it is resumed"
	ll-train --fork=$p-4/step-32 -q -o far; is "$(order far 33 40 | cksum)" "$(order $p 33 40 | cksum)" "a fork of the fork, between both"; rm -r far
	ll-train --fork=$p-4/step-24 --batch=3 -q -o odd3; for k in 25 26 27 28 29 30 31 32 33; do ll-train batch --step=$k odd3; done |
		sed 's/.*"dataset":"\([^"]*\)","tokens":\[\([0-9]*\),.*/\1 \2/' | awk '{ print $1, int($2 / 16) }' | sort -u > got
	order $p 21 40 | sort -u > want; is "$(comm -23 got want | wc -l)" 0 "a batch of another size: none of them either"; rm -r odd3
done
for o in --seed=9 --data=other --seq-len=8 --data-start=0 "$both"; do
	ll-train --fork=one/step-20 $o -q -o none 2> /dev/null; is "$(grep '^data-skip' none/config.conf)" 'data-skip = ""' "$o: an order of its own has none of them"; rm -r none
done
cp -r one lost; rm lost/journal.jsonl; ll-train --fork=lost/step-20 -q -o lost2; is "$(grep '^data-skip' lost2/config.conf)" 'data-skip = ""' "without the parent's journal none is known of that came later"
for o in 5 5-5 7-3 a-b 1-2,; do status 2 "ranges that are none" ll-train $run --data-skip=$o -o ranges; done
says "--data-skip=1-2,: not ranges" "it says so"
absent "no run" ranges

status 2 "a folder that is no checkpoint" ll-train --fork=a -q -o x
status 2 "fewer steps than there were" ll-train --fork=a/step-00000020 --steps=10 -q -o x
status 2 "another preset" ll-train --fork=a/step-00000020 --preset=llama-tiny -q -o x
status 3 "another model" ll-train --fork=a/step-00000020 --set=layers=3 -q -o x
status 3 "a checkpoint that is gone" ll-train --fork=a/step-00000021 -q -o y
says "there are checkpoints of steps 10, 20, 30, 40" "it says which there are"
status 0 "a step without its zeros" ll-train --fork=a/step-20 --steps=21 -q -o short
is "$(sed -n 's/^fork = //p' short/config.conf)" '"a/step-00000020"' "is the same checkpoint"
ll-train $run --steps=8 --save-every=4 --schedule=step --step-at=3,5 --spam=5000 --optimizer=adam -q -o falls
status 0 "another schedule and optimizer: keys of the parent's alone are left behind" \
	ll-train --fork=falls/step-4 --schedule=cosine --optimizer=sgd -q -o rises
is "$(grep -c '^step-at = ""$\|^spam = 0$' rises/config.conf)" 2 "step-at and spam"
status 2 "unless they are given" ll-train --fork=falls/step-4 --schedule=cosine --step-at=6 -q -o no
make_dataset foreign tok.json --tokenizer-id=00112233445566778899aabbccddeeff < text
status 3 "another tokenizer" ll-train --fork=a/step-00000020 --data=foreign --valid= -q -o z
says "the parent's data with" "it says so"
status 2 "data-start for another number of datasets" ll-train $run --data-start=1,2 -o v
cp -r a flip; printf x >> flip/step-00000020/optimizer.bin
status 3 "a damaged checkpoint" ll-train --fork=flip/step-00000020 -q -o u
finish
