#!/bin/sh
# SPDX-License-Identifier: MIT
# Clipping by value, by running statistics (ZClip) and by second moments (SPAM), and moments that are forgotten.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
run="$tiny --steps=90 --valid-every=0 --schedule=constant"
column() { awk -F'\t' -v c="$2" 'NR > 1 { print $c }' "$1/log.tsv"; }
ll-train $run -o plain
# What binds nowhere changes nothing; what binds does.
ll-train $run --clip-value=1e9 --spam=1e30 --zclip=1e6 -o loose
is "$(cut -f 1-5 loose/log.tsv | cksum)" "$(cut -f 1-5 plain/log.tsv | cksum)" "bounds out of reach change nothing"
for option in --clip-value=0.001 --spam=0.5 "--zclip=0.5 --clip=0" --moment-reset=30; do
	name=${option#--}; name=${name%%=*}
	ll-train $run $option -@ 1 -o $name
	ok "$name: another run" test "$(column $name 3 | tail -n 1)" != "$(column plain 3 | tail -n 1)"
	ll-train $run $option --save-every=20 --exit-after=0.03s -@ 2 -o $name.again 2>/dev/null; i=0
	while [ ! -e $name.again/done.json ] && [ $i -lt 30 ]; do
		timeout -s KILL 0.1$((i % 10)) ll-train $run $option --save-every=20 --resume=auto -o $name.again 2>/dev/null; i=$((i + 1))
	done
	[ -e $name.again/done.json ] || ll-train $run $option --save-every=20 --resume=auto -o $name.again
	same $name/log.tsv $name.again/log.tsv "$name: stopped, killed and resumed: the same log"
	same $name/latest/model.safetensors $name.again/latest/model.safetensors "$name: the same weights"
done
# The rate after a reset: half a cosine, here over 10 updates.
ll-train $run --moment-reset=30 --reset-warmup=10 -o rise
is "$(column rise 4 | awk 'NR > 30 { k = (NR - 1) % 30; want = .001 * (k < 10 ? .5 * (1 - cos(atan2(0, -1) * (k + 1) / 10)) : 1); d = $1 / want - 1; if (d * d > 1e-12) print NR, $1, want }')" \
	"" "the rate rises anew after each reset"
is "$(column rise 4 | head -n 30 | cksum)" "$(column plain 4 | head -n 30 | cksum)" "and not before the first"
status 2 "SPAM without a second moment" ll-train $run --optimizer=sgd --spam=5000 -o x
says "keeps no second moment" "it says so"
finish
