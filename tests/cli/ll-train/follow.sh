#!/bin/sh
# SPDX-License-Identifier: MIT
# watch --follow beside runs: alarms once a trouble, through kills, resumes and rollbacks.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

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
status 2 "both at once" ll-train watch --follow=live --replay=live/log.tsv
status 2 "an alarm without a run" ll-train watch --replay=live/log.tsv --alarm=true
finish
