#!/bin/sh
# SPDX-License-Identifier: MIT
# Keys that are given and decide nothing: refused on the command line, told of in a --config file, silent at the value that they have
# anyway; what lies beyond the end of a run is told of.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
config="ll-train --preset=gpt2-tiny --print-config"

idle() { # idle WHY OPTION...: refused, naming the first option and why
	why=$1; shift
	status 2 "no effect: $*" $config "$@"
	says "$1 has no effect: $why" "it says why"
}
idle "only --schedule=wsd, wsd-sqrt and power" --decay-steps=50
idle "it is of --schedule=power alone" --power=-0.3 --schedule=wsd
idle "it is of --schedule=power alone" --power-from=5
idle "it is of --schedule=step alone" --step-factor=0.5
idle "--schedule=constant never falls" --min-lr=1e-5 --schedule=constant
idle "there is no --batch-ramp" --batch-ramp-lr=sqrt
idle "there is no --valid" --valid-every=10
idle "there is no --valid" --valid-batches=4
idle "there is no --moment-reset" --reset-warmup=20
idle "only --guard=rollback" --rollbacks=3
idle "--norms-every=N says" --norms-by=tensor
idle "--noise-every=N says" --noise-batch=2
idle "--sample-every=N says" --sample-prompt=the
idle "--sample-every=N says" --set=sample-tokens=9
idle "there is no --init-from" --allow-missing='wte'
idle "there is no band" --set=band_every=2
idle "the model has no experts" --set=expert_balance=0.01
idle "the model has no experts" --set=experts_per_token=1
idle "position is not rotary" --set=rotary_base=500
idle "it is of init = mup alone" --set=mup_base=64
idle "init has deviations of its own" --set=init_std=0.01 --set=init=small
idle "there are no norms" --set=norm_eps=1e-6 --set=norm=none
idle "--save-every=N says" --async-save=always
idle "init has a factor of its own" --set=init_scale_residual=true --set=init=wang
idle "init has a factor of its own" --set=init_scale_residual=false --set=init=t-fixup
idle "bias = false leaves none" --set=attention_bias=true --set=bias=false
idle "with --momentum=0 there is none" --nesterov=1 --optimizer=sgd --momentum=0
for counts in "--async-save=always --save-every=5" --async-save=never "--async-save=always --milestone-every=5" "--set=init_scale_residual=false" "--set=attention_bias=false --set=bias=false"; do
	status 0 "counts: $counts" $config $counts
done
status 2 "parts of a batch said twice" $config --batch=4 --micro-batch=2 --accumulate=4
says "--micro-batch=2 and --accumulate=4 both say" "are refused, too"
status 2 "drift of a run that begins" $config --allow-drift=data
says "--allow-drift goes with --resume" "is refused, too"
status 2 "a run is refused before it begins" ll-train $tiny --steps=2 --decay-steps=1 -o x
absent "and leaves nothing" x/config.conf x/log.tsv
status 2 "and a fork: its parent's keys are no one's mistake" sh -c "ll-train $tiny --steps=4 --schedule=wsd --decay-steps=2 -o wsd && ll-train --fork=wsd/latest --schedule=cosine --steps=6 -q -o fork && ll-train --fork=wsd/latest --schedule=cosine --decay-steps=3 --steps=6 -q -o x"
says "--decay-steps=3 has no effect" "but its own are"
ok "and the fork was made" test -s fork/done.json

# A file may be meant for several runs.
printf 'decay-steps = 50\nschedule = "wsd"\n' > wsd.conf
status 0 "a key in a file" $config --config=wsd.conf --schedule=cosine
says "warning: wsd.conf: decay-steps = 50 has no effect" "is warned of"
status 0 "where it counts" $config --config=wsd.conf
is "$(cat .err)" "" "nothing is said"
for preset in gpt2-tiny llama-tiny gpt-j-tiny neox-tiny bloom-tiny opt-tiny opt-350m; do
	ll-train --preset=$preset --print-config > all.conf
	status 0 "every key of $preset" ll-train --config=all.conf --print-config
	is "$(cat .err)" "" "at the value it has anyway: nothing is said"
done
# What another init, position or bias leaves without effect has been named by nobody.
for set in init=wang init=t-fixup bias=false position=alibi; do
	ll-train --preset=gpt-j-tiny --set=$set --print-config > all.conf
	status 0 "every key of gpt-j-tiny with $set" ll-train --config=all.conf --print-config
	is "$(cat .err)" "" "nothing is said"
done
printf 'init = wang\ninit_scale_residual = false\n' > wang.conf
status 0 "another value than the preset's" $config --config=wang.conf
says "warning: wang.conf: init_scale_residual = false has no effect" "is warned of"
mkfifo pipe; { echo 'steps = 37' > pipe & } # read once: it cannot be read twice
is "$(timeout 10 $config --config=pipe | grep '^steps')" "steps = 37" "a file that is a pipe counts"

# Beyond the end.
long() { # long TEXT OPTION...
	text=$1; shift
	status 0 "too long: $*" $config --steps=10 "$@"
	says "warning: $text" "is told"
}
long "the warm-up of 11 steps is longer than the run of 10: the learning rate comes to 0.0009" --warmup=11 --lr=0.00099
long "--decay-steps=9 is cut to the 5 steps behind the warm-up" --schedule=wsd --warmup=5 --decay-steps=9
long "--power-from=9: the last steps begin before that" --schedule=power --power-from=9 --decay-steps=3
long "--step-at=10: the run ends after step 10" --schedule=step --step-at=5,10,12
long "--batch-ramp: the run of 10 steps ends at a batch of 4, before it comes to 8" --batch-ramp=2,2,45
long "--seq-ramp: the run of 10 steps ends with sequences of 32, before they come to 64" --seq-ramp=16,100
long "--norms-every=11: the run ends after step 10, before anything is written" --norms-every=11
long "--noise-every=20: the run ends after step 10" --noise-every=20
long "--experts-every=11: the run ends after step 10" --experts-every=11 --set=experts=2
long "--moment-reset=10: the run ends after step 10" --moment-reset=10
long "--reset-warmup=150 is longer than the 4 updates to the next reset" --moment-reset=4
status 0 "a fork of the end" ll-train --fork=fork/latest -q -o ended
says "warning: the fork begins after step 6, its last: --steps=N makes it longer" "is told"
status 0 "as long as it may be" $config --steps=10 --warmup=10 --batch-ramp=2,2,18 --seq-ramp=16,20 --norms-every=10 --moment-reset=9 --reset-warmup=9
is "$(cat .err)" "" "nothing is said"
samples=$(ll-train $tiny --dry-run --roof=1 | sed -n 's/^samples of a dataset .* of \([0-9]*\):.*/\1/p')
status 0 "a batch that is more than the data" ll-train $tiny --batch=$((samples + 1)) --steps=1 --warmup=0 -o whole
says "warning: a batch of $((samples + 1)) is more than the $samples samples of the datasets" "is told"
ll-train $tiny --warmup=9 --steps=6 --save-every=3 -o w 2> /dev/null; rm -r w/done.json w/step-00000006
status 0 "a run that goes on" ll-train --resume=must -q -o w
is "$(cat .err)" "" "was told when it began"
finish
