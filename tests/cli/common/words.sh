# SPDX-License-Identifier: MIT
# The words of a command line, tried on one program of the suite: they are read the same way by all.
. "$ROOT/tests/lib.sh"

printf '{"id":"a","text":"one"}\n{"id":"b","text":"two"}\n' > in.jsonl
ok "import" ll-shard import in.jsonl -o in.ll
ok "long option with =" ll-shard head --records=1 in.ll --output=one.ll
ok "long option with the next word" ll-shard head --records 1 in.ll --output two.ll
same one.ll two.ll "mean the same"
ok "letter with its value attached" ll-shard head -n1 -oone.ll in.ll
same one.ll two.ll "means the same"
ok "grouped letters, the last takes a value" ll-shard head -qvn 1 in.ll -o one.ll
same one.ll two.ll "mean the same"
is "$(cat .err)" "" "-q: nothing on standard error"
ok "repeated options: the last wins" ll-shard head -n 2 -n 1 in.ll -o one.ll
same one.ll two.ll "it does"
ok "-@N" ll-shard cat -@2 in.ll -o /dev/null
ok "-@ N" ll-shard cat -@ 2 in.ll -o /dev/null
cp in.ll ./-n
ok "-- ends the options" ll-shard head -o one.ll -- -n
ok "- is standard input" sh -c 'll-shard head -n 1 - < in.ll > one.ll'
ok "no operand is standard input" sh -c 'll-shard head -n 1 < in.ll > three.ll'
same one.ll three.ll "the same"

status 2 "no abbreviations" ll-shard head --rec=1 in.ll
says "did you mean --records?" "but they are understood"
status 2 "a typo in an option" ll-shard head --recrods=1 in.ll
says "did you mean --records?" "the nearest is named"
status 2 "a typo in a command" ll-shard chekc in.ll
says "did you mean check?" "the nearest is named"
status 2 "a typo in a choice" ll-shard import --progress=newer in.jsonl
says "did you mean never?" "the nearest is named"
status 2 "no command" ll-shard
status 2 "an option before the command" ll-shard -q check in.ll
status 2 "a missing value" ll-shard head -n
says "needs a value" "said so"
status 2 "an empty number" ll-shard head -n ''
status 2 "a number with something after it" ll-shard head -n 1x in.ll
status 2 "a number out of range" ll-shard head -n -1 in.ll
says "must be from 0" "the range is named"
status 2 "a number beyond 64 bits" ll-shard head -n 99999999999999999999 in.ll
status 2 "a value for a flag" ll-shard check --unique-ids=yes in.ll
says "takes no value" "said so"
status 2 "a bad size" ll-shard cat --memory=12Q in.ll
status 2 "too little memory" ll-shard cat --memory=1K in.ll
status 2 "a bad codec" ll-shard cat --compress=zst in.ll
says "did you mean zstd?" "the nearest is named"
status 2 "a bad level" ll-shard cat --compress=zstd:99 in.ll
for part in 0/3 4/3 1 1/ /3 a/b 1/0 -1/3; do status 2 "--part=$part" ll-shard cat --part=$part in.ll; done
status 2 "two outputs of one name" ll-shard import --rejects=same.ll -o same.ll in.jsonl
says "--output and --rejects are both same.ll" "are named"
status 2 "two on standard output" ll-shard import --stats=- in.jsonl
absent "nothing is written" same.ll
ok "into nothing, both" ll-shard import -o /dev/null --rejects=/dev/null --stats=/dev/null in.jsonl
status 2 "--part of standard input" sh -c 'll-shard cat --part=1/2 < in.ll'
status 2 "operands that are not taken" ll-shard salvage in.ll in.ll

status 2 "LL_THREADS=x" env LL_THREADS=x ll-shard check in.ll
says "LL_THREADS" "named"
status 2 "LL_MEMORY=12" env LL_MEMORY=12 ll-shard check in.ll
ok "LL_THREADS=0 is all" env LL_THREADS=0 LL_MEMORY=64M ll-shard check in.ll

# Parts of a list are the whole, each input in one part.
i=0; : > list
while [ $i -lt 7 ]; do printf '{"id":"%s","text":"text %s"}\n' $i $i | ll-shard import -q -o $i.ll; printf '%s.ll\t1\n' $i >> list; i=$((i + 1)); done
ok "whole list" ll-shard cat --files-from=list -o whole.ll
for i in 1 2 3; do ok "part $i/3" ll-shard cat --files-from=list --part=$i/3 -o part-$i.ll; done
ok "the parts are the whole" sh -c 'll-shard cat part-*.ll | ll-shard compare whole.ll -'
is "$(for i in 1 2 3; do ll-shard info --json part-$i.ll | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["records"])'; done | tr '\n' ' ')" "3 2 2 " "cut by position"
sed -i 's/^3.ll.1/3.ll\t2/' list
status 3 "a wrong count in the list" ll-shard check --files-from=list
says "3.ll: 1 records where the list says 2" "named"
status 3 "cat sees it, too" ll-shard cat --files-from=list -o never.ll
absent "nothing is published" never.ll
status 3 "so does export, and with it every reader of streams" ll-shard export --to=text --files-from=list -o never.txt
says "3.ll: 1 records where the list says 2" "named"
printf 'in.ll\tmany\n' > list
status 3 "a count that is no number" ll-shard check --files-from=list
status 4 "a list that is not there" ll-shard check --files-from=nowhere
status 4 "an input that is not there" ll-shard check nowhere.ll
finish
