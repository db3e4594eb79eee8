#!/bin/sh
# SPDX-License-Identifier: MIT
# A new run that is refused, wherever its cause is found, leaves nothing behind: neither its folder nor those made above it.
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
finish
