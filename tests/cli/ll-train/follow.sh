#!/bin/sh
# SPDX-License-Identifier: MIT
# watch --follow beside runs: alarms once a trouble, through kills, resumes and rollbacks.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

# An alarm that hangs is killed after 30 seconds; what follows is told all the same.
mkdir hung; { printf 'step\tloss\n'; i=0; while [ $i -lt 70 ]; do printf '%d\t2.%d\n' $i $((i % 7)); i=$((i + 1)); done; printf '70\tnan\n71\t9.5\n'; } > hung/log.tsv
: > hung/done.json
{ ll-train watch --follow=hung --alarm='[ $KIND = loss ] && cat > hung.input || exec sleep 1000' > hung.rows 2> hung.said; echo $? > hung.status; } & hung=$!

high="${tiny} --batch=8 --steps=800 --lr=0.3 --warmup=600 --schedule=constant --save-every=50 --valid-every=0"
ll-train watch --follow=live --alarm='echo "$RUN $STEP $KIND $VALUE" >> alarms' > found & watcher=$!
ll-train $high --guard=rollback --exit-after=0.4s -o live 2>/dev/null
ll-train --resume=must -q -o live 2>/dev/null
rc=0; wait $watcher || rc=$?
is $rc 1 "the watcher ends with the run, and found something"
ok "alarms came" test -s alarms
is "$(grep -c rollback alarms)" "$(grep -c '"kind":"rollback"' live/journal.jsonl)" "each rollback is one"
is "$(cut -d ' ' -f 1 alarms | sort -u)" live "with the run's name"
ok "fewer alarms than rows found" test "$(wc -l < alarms)" -lt "$(wc -l < found)"
ll-train watch --replay=live/log.tsv | cut -f 1,2 | sort > replayed
cut -f 1,2 found | sort -u > followed
is "$(comm -23 replayed followed | wc -l)" 0 "what a replay of the log finds, the watcher found"
# A log that grows by halves of lines; an alarm that fails.
mkdir slow; printf 'step\tloss\n' > slow/log.tsv
status_of ll-train watch --follow=slow --alarm='exit 3' > rows & watcher=$!
i=0; while [ $i -lt 70 ]; do printf '%d\t2.%d' $i $((i % 7)) >> slow/log.tsv; [ $i = 30 ] && sleep 0.3; printf '\n' >> slow/log.tsv; i=$((i + 1)); done
printf '70\t9.' >> slow/log.tsv; sleep 0.3; printf '5\n71\t9.5\n' >> slow/log.tsv; : > slow/done.json
wait $watcher
is "$(cut -f 1-3 rows | tr "\t\n" "  ")" "70 loss 9.5 71 loss 9.5 1 " "rows cut by a pause are read whole"
is "$(grep -c 'alarm command ended with status 3' .err)" 1 "an alarm that fails is told of, once"
# A log that was cut and is longer again before it is looked at, in the same file: its new rows are read from where they part.
mkdir again; rows() { printf 'step\tloss\n'; awk -v n=$1 -v at=$2 'BEGIN { for (i = 1; i <= n; i++) printf "%d\t%s\n", i, i == at ? "9.75" : 2 + i % (at ? 5 : 7) / 10 }'; }
rows 200 0 > again/log.tsv; ll-train watch --follow=again > rows & watcher=$!
sleep 0.5; rows 400 150 > new; cat new > again/log.tsv; sleep 0.5; : > again/done.json
rc=0; wait $watcher || rc=$?
is "$rc $(cut -f 1-3 rows | tr '\t\n' '  ')" "1 150 loss 9.75 " "a log that was rewritten"
mkdir zeros; printf 'step\tloss\n1\t2\n\0\0\n' > zeros/log.tsv
status 3 "zeros in a log" ll-train watch --follow=zeros
says "byte 14 is 0" "it says where"
status 2 "both at once" ll-train watch --follow=live --replay=live/log.tsv
status 2 "an alarm without a run" ll-train watch --replay=live/log.tsv --alarm=true
wait $hung
is "$(cut -f 1,2 hung.rows | tr '\t\n' '  ')$(cat hung.status)" "70 not_finite 71 loss 1" "behind an alarm that hangs rows are found"
is "$(grep -c 'step 70: the alarm command took more than 30 seconds and was killed' hung.said)" 1 "it was killed, and told of"
ok "the next one ran, with nothing to read" test -e hung.input
finish
