#!/bin/sh
# SPDX-License-Identifier: MIT
# A new run that is refused, wherever its cause is found, leaves nothing behind: neither its folder nor those made above it. One that
# was to go on stays as it was.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

refused() { # refused STATUS NAME OPTION...
	want=$1 name=$2; shift 2
	status "$want" "$name" ll-train $tiny --steps=4 "$@" -o new/deep/run
	absent "$name: no folder" new
	[ -e new ] && { find new; cat .err; rm -rf new; } >&2
}
cp -r ds gone; rm gone/manifest.json
cp -r ds cut; for f in cut/tokens-*; do head -c 100 "$f" > part; mv part "$f"; done
cp -r ds bare; rm bare/tokenizer.json
head -c 60 text | make_dataset short tok.json
make_dataset foreign tok.json --tokenizer-id=00112233445566778899aabbccddeeff < text
ll-train $tiny --steps=4 --save-every=2 -o parent; cp -r parent damaged; printf x >> damaged/step-00000004/model.safetensors
cp -r parent flipped; printf x >> flipped/step-00000002/optimizer.bin

refused 2 "a wrong value" --lr=-1
refused 2 "an option that there is none of" --learning-rate=1
refused 2 "a wrong key" --set=wdth=3
refused 2 "an impossible model" --set=heads=3
for o in dropout=1 z_loss=-1 context=20000000 layers=0 heads=65; do
	refused 2 "$o" --set=$o
	says "must be from" "from where to where"; says "ll-train: ${o%=*}" "it says of which"
done
# What cannot be is named as it was written: --key=value, --set=key=value, or as the line of a file has it.
printf 'steps = 10\nvalid-batches = 0\n' > range.conf; printf 'norm = foo\n' > norm.conf; printf 'schedule = foo\n' > schedule.conf
while read -r o why; do
	status 2 "$o" ll-train --dry-run --preset=gpt2-tiny ${o%:}
	says "ll-train: $o $why" "it is named as it was written"
done <<'END'
--valid-batches=0: must be from 1 to
--set=valid-batches=0: must be from 1 to
--lr=x: not a number
--steps=1e3: not a number of steps
--set=norm=foo: not one of layer, rms
--set=layers=x: not a whole number
--set=x: key=value is expected
--schedule=foo: not one of constant
--set=schedule=foo: not one of constant
--optimizer=foo: not one of adamw
--precision=foo: not one of f32
--guard=foo: not one of off
--norms-by=x: neither
--batch-ramp-lr=x: not one of none|sqrt|linear
--batch-ramp=3: not START,INCREMENT,SAMPLES
--batch-ramp=3,3,3: 3 and increments of 3 do not
--seq-ramp=3: not START,SAMPLES
--group=x: not PATTERN:lr=X
--group=x:lr=2: the model has no such tensor
--data-skip=1: not ranges
--data=x:0: a weight is above 0
END
status 2 "two words" ll-train --dry-run --preset=gpt2-tiny --valid-batches 0; says "ll-train: --valid-batches=0: must be from 1" "are named as one"
status 2 "one fall of several" ll-train --dry-run --preset=gpt2-tiny --schedule=step --step-at=3,x,9; says "ll-train: --step-at=3,x,9: x is not a number of steps" "is named in them"
for c in "range.conf: line 2: valid-batches = 0: must be from 1" "norm.conf: line 1: norm = foo: not one of layer" "schedule.conf: schedule = foo: not one of"; do
	status 2 "$c" ll-train --dry-run --preset=gpt2-tiny --config="${c%%:*}"
	says "ll-train: $c" "as the file has it"
done
refused 2 "a key that has no effect" --decay-steps=3
refused 2 "a preset that there is none of" --preset=gpt5
refused 2 "a batch that cannot be cut" --accumulate=3
refused 2 "parts said twice" --accumulate=2 --micro-batch=1
refused 3 "a sequence longer than the data" --seq-len=100000
refused 2 "one longer than the context" --seq-len=600
refused 2 "a prompt that is too long" --sample-every=2 --sample-prompt="$(head -c 2000 text | tr '\n' ' ')"
refused 2 "a group of no tensor" --group=nothing:lr=0
refused 2 "a time that is none" --exit-after=soon
refused 2 "a rate that is none" --roof=fast
refused 2 "no place for the folder's options" --allow-drift=cpu
refused 3 "a dataset that is gone" --data=nowhere
refused 3 "one without its manifest" --data=gone
refused 3 "one that is cut" --data=cut
refused 3 "one shorter than a sequence" --data=short --seq-len=512 --set=context=512
refused 3 "another tokenizer" --valid=foreign
refused 3 "no tokenizer to sample with" --data=bare --valid= --sample-every=2
refused 4 "a list that is gone" --exclude=nowhere
refused 4 "a journal that is gone" --replay-journal=nowhere
echo '{"step":1,"kind":"nothing","text":""}' > other
refused 3 "a journal that is none" --replay-journal=other
refused 4 "too little memory" --memory=1M
need=$(ll-train $tiny --steps=4 --save-every=2 --async-save=never --dry-run --roof=1 | awk '/^bytes together/ { print $3 }')
refused 4 "too little for the copy that checkpoints are written from" --memory="$need" --save-every=2 --async-save=always
tiny="--data=ds -q"
refused 3 "a folder that is gone" --init-from=nowhere
refused 3 "a damaged one" --init-from=damaged/step-4
refused 3 "a fork of nothing" --fork=parent/step-3
refused 3 "of a damaged checkpoint" --fork=flipped/step-2
tiny=-q
refused 2 "no data" --preset=gpt2-tiny
refused 4 "a configuration that is gone" --config=nowhere
printf 'lr = 1e-3\nlr =\n' > c.conf
refused 2 "one that is none" --config=c.conf --data=ds
status 3 "nothing to resume" ll-train --resume=must -q -o new/deep/run
absent "no folder" new
for p in ds parent/latest; do
	ls -A $p > before
	status 2 "$p is no place for a run" ll-train --preset=gpt2-tiny --data=ds --seq-len=16 --steps=1 -q -o $p
	says "a run wants a folder of its own" "it says so"
	ls -A $p > after; same before after "and nothing is written there"
done
mkdir mine
status 2 "a folder that was there" ll-train --preset=gpt2-tiny --data=ds --lr=-1 -q -o mine
is "$(ls -A mine | wc -l)" 0 "stays, and stays empty"
: > file
status 4 "where a file stands" ll-train --preset=gpt2-tiny --data=ds --steps=1 -q -o file/run
if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=16k none disk 2> /dev/null; then
	head -c 16k /dev/zero > disk/full 2> /dev/null
	status 4 "a disk without a byte" ll-train --preset=gpt2-tiny --data=ds --seq-len=16 --steps=1 -q -o disk/new/run
	is "$(find disk | tr '\n' ' ')" "disk disk/full " "nothing is left there"
	umount disk
else
	skip "a full tmpfs" "needs root and mount"
fi
# A run that goes on and is refused keeps every file as it was, whatever it would have written, made or cut.
tiny="--preset=gpt2-tiny --data=ds --valid=ds --valid-every=5 --valid-batches=2 --batch=4 --seq-len=16 --lr=1e-3 --warmup=5 --seed=3 -q"
make_text 2 | make_dataset another tok.json
echo par#3 > list
ll-train $tiny --set=experts=2 --steps=12 --save-every=4 --exclude=list --norms-every=2 --experts-every=2 --sample-every=4 --noise-every=4 -o whole
# As a kill after the checkpoint of step 8 left it: the link of step 4, rows behind it, half a row and half a line.
rm -r whole/done.json whole/step-00000012; ln -sfn step-00000004 whole/latest
printf '12\t0.1' >> whole/timing.tsv; printf '13\t1' >> whole/log.tsv; printf '{"step":9,"kind":"control","text":"lr=0.002"}\n{"step":10,"ki' > whole/journal.jsonl
cp -R whole sane
how=must
stays() { # stays STATUS NAME OPTION...: the run `sane`, with other keys to be written
	want=$1 name=$2; shift 2
	rm -rf run; cp -R sane run
	status "$want" "resumed: $name" ll-train --resume=$how --keep=7 --data=ds --async-save=never -q "$@" -o run
	ok "every file is as it was" diff -r --no-dereference sane run
}
stays 2 "a wrong value" --lr=-1
stays 2 "an option that there is none of" --learning-rate=1
stays 2 "a wrong key" --set=wdth=3
stays 2 "an impossible model" --set=heads=3
stays 2 "another model" --set=layers=1
stays 2 "another rate" --lr=0.5
stays 2 "another seed" --seed=4
stays 2 "another preset" --preset=llama-tiny
stays 2 "a key that has no effect" --decay-steps=3
stays 2 "a preset that there is none of" --preset=gpt5
stays 2 "a batch that cannot be cut" --accumulate=3
stays 2 "parts said twice" --accumulate=2 --micro-batch=1
stays 2 "other sequences" --seq-len=32
stays 2 "a prompt that is too long" --sample-prompt="$(head -c 2000 text | tr '\n' ' ')"
stays 2 "a group of no tensor" --group=nothing:lr=0
stays 2 "a time that is none" --exit-after=soon
stays 2 "a rate that is none" --roof=fast
stays 2 "a drift that is none" --allow-drift=weather
stays 3 "a dataset that is gone" --data=nowhere
stays 3 "one without its manifest" --data=gone
stays 3 "one that is cut" --data=cut
stays 3 "one shorter than a sequence" --data=short
stays 3 "another dataset" --data=another
stays 3 "another to measure on" --valid=another
stays 3 "another tokenizer" --valid=foreign
stays 3 "no tokenizer to sample with" --data=bare --valid=
stays 4 "a list that is gone" --exclude=nowhere
stays 3 "no list" --exclude=
stays 4 "a journal that is gone" --replay-journal=nowhere
stays 3 "a journal that is none" --replay-journal=other
echo '{"step":9,"kind":"control","text":"lr=0.003"}' > other
stays 3 "another journal than it has followed" --replay-journal=other
stays 4 "too little memory" --memory=1M
stays 4 "too little for the copy that checkpoints are written from" --memory="$need" --async-save=always
stays 4 "a configuration that is gone" --config=nowhere
stays 2 "one that is none" --config=c.conf
stays 2 "a model to begin from" --init-from=parent/latest
stays 2 "a parent" --fork=parent/step-2
hurt() { # hurt STATUS NAME COMMAND [OPTION...]: what the command has changed in the run `sane`
	want=$1 name=$2; rm -rf sane; cp -R whole sane; (cd sane; eval "$3"); shift 3
	stays "$want" "$name" "$@"
}
hurt 3 "no checkpoint" 'rm -r step-*'
hurt 3 "a damaged checkpoint" 'printf x >> step-00000008/model.safetensors'
hurt 3 "a checkpoint of another step" 'mv step-00000008 step-00000009'
hurt 3 "no log" 'rm log.tsv'
hurt 3 "a log that is cut" 'head -n 5 log.tsv > l; mv l log.tsv'
hurt 3 "a changed log" 'sed -i "3s/^2/7/" log.tsv'
hurt 3 "a changed log, in spite of a drift that is let be" 'sed -i "3s/^2/7/" log.tsv; sed -i "s/\"version\": \"/&0/" environment.json' --allow-drift=version
hurt 3 "norms of another heading" 'sed -i "1s/step/steps/" norms.tsv'
hurt 3 "experts of another heading" 'sed -i "1s/step/steps/" experts.tsv'
hurt 3 "another version" 'sed -i "s/\"version\": \"/&0/" environment.json'
hurt 3 "an environment that is damaged" 'printf x >> environment.json'
hurt 3 "a journal of no lines" 'echo x > journal.jsonl'
hurt 3 "a command that is none" 'sed -i "s/lr=0.002/lr=x/" journal.jsonl'
hurt 2 "a configuration that is none" 'echo "lr =" >> config.conf'
hurt 4 "another process there" 'printf "host elsewhere\npid 1\nboot x\n" > lock'
how=auto
for o in 2:--lr=-1 2:--lr=0.5 2:--exit-after=soon 3:--data=nowhere 3:--data=cut 3:--valid=foreign 4:--exclude=nowhere 4:--memory=1M 4:--replay-journal=nowhere; do
	hurt "${o%%:*}" "killed before its first checkpoint, ${o#*:}" 'rm -r step-* latest journal.jsonl' "${o#*:}"
done
rm -rf sane run; cp -R whole sane; cp -R whole run
status 0 "and without any of this" ll-train --resume=must --keep=7 -q -o run
ok "it goes on" test "$(tail -n 1 run/log.tsv | cut -f 1)" = 12 -a "$(readlink run/latest)" = step-00000012
finish
