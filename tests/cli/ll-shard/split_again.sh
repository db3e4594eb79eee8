# SPDX-License-Identifier: MIT
# ll-shard split where something is there already: shards and the list of an older split, inputs that are its own shards; names that a
# list cannot hold.
. "$ROOT/tests/lib.sh"
seq 1 40 | sed 's/.*/{"id":"n&","text":"number &"}/' > d.jsonl
ll-shard import -q -o d.ll d.jsonl
split() { ll-shard split -q "$@"; }

# Fewer shards than before.
split --count=10 -o part d.ll
status 4 "fewer shards than there are" split --count=20 -o part d.ll
says "part-00002.ll: is there, and this split has only 2 shards" "the first that would be taken along is named"
absent "and there is no list, as shards of two splits stand side by side" part.list
rm part*; split --by-key=4 -o part d.ll; cp part.list list; cat part-*.ll > before
status 4 "fewer shards by key" split --by-key=3 -o part d.ll
cat part-*.ll > after; same before after "which is known before anything is changed"; same list part.list "the list too"
ok "as many again" split --by-key=4 -o part d.ll
same list part.list "give the same list"
ok "more of them" split --by-key=5 -o part d.ll
ok "are all there" ll-shard check -q --files-from=part.list --expect=40
status 4 "--no-clobber" split --no-clobber --by-key=5 -o part d.ll
rm part-*; cp part.list list; status 4 "a list alone, too" split --no-clobber --count=20 -o part d.ll
same list part.list "stays"; absent "and no shard appears" part-00000.ll

# Stopped after its first shard: the list of the split before would name shards of both.
split --count=10 -o part d.ll
mkfifo fifo; ll-shard split -q --count=10 --compress=none -o part fifo 2> .err & pid=$!
exec 3> fifo; seq 1 9000 | sed 's/.*/{"id":"m&","text":"another & of many with words to fill more than a frame of the stream, so that shards are written meanwhile"}/' |
	ll-shard import -q | head -c 1300000 >&3
i=0; while [ $i -lt 200 ] && [ ! -e part-00009.ll ]; do sleep 0.05; i=$((i + 1)); done
kill -9 $pid; wait $pid 2> /dev/null; exec 3>&-
ok "some shards were written anew" test -e part-00009.ll
absent "the list of the older split is gone" part.list

# --if-changed: the list stays as long as the shards that it names do.
rm -f part*; split --count=10 -o part d.ll; touch -d 2001-01-01 part*; ls -l --time-style=full-iso part* > before
for o in --count=10 "--count=10 -@ 2"; do
	ok "--if-changed $o" split --if-changed $o -o part d.ll
	ls -l --time-style=full-iso part* > after; same before after "touches nothing where nothing has changed"
done
head -n 20 d.jsonl | ll-shard import -q -o half.ll
status 4 "--if-changed with the first two of the shards" split --if-changed --count=10 -o part half.ll
ls -l --time-style=full-iso part* > after; same before after "touches nothing"
sed 's/number 15/another one/' d.jsonl | ll-shard import -q -o other.ll
ok "--if-changed with another second shard" split --if-changed --count=10 -o part other.ll
ok "gives a whole split" ll-shard check -q --files-from=part.list --expect=40
is "$(find part* -newermt 2002-01-01 | sort | tr '\n' ' ')" "part-00001.ll part.list " "that one and the list are new"
rm -f part*; split --by-key=2 -o part d.ll; cp part.list list
status 4 "--if-changed of fewer" split --if-changed --by-key=1 -o part other.ll; same list part.list "before anything is changed the list stays"
rm -f part* fifo; split --count=10 -o part d.ll; mkfifo fifo; ll-shard split -q --if-changed --count=10 --compress=none -o part fifo 2> .err & pid=$!
exec 3> fifo; { head -n 10 d.jsonl; seq 1 9000 | sed 's/.*/{"id":"m&","text":"another & of many with words to fill more than a frame of the stream, so that shards are written meanwhile"}/'; } |
	ll-shard import -q | head -c 1300000 >&3
i=0; while [ $i -lt 200 ] && [ ! -e part-00009.ll ]; do sleep 0.05; i=$((i + 1)); done
kill -9 $pid; wait $pid 2> /dev/null; exec 3>&-
ok "killed with --if-changed after some shards were written anew" test -e part-00009.ll
absent "the list of the older split is gone there too" part.list

# Its own shards as inputs.
rm -f part*; split --count=20 -o part d.ll; cat part-*.ll > before
status 2 "a shard that is an input" split --count=3 -o part part-00000.ll part-00001.ll
says "part-00000.ll: is a shard to be written and an input" "it is named"
ln -s part-00001.ll link.ll; status 2 "by another name" split --size=500 -o part d.ll link.ll
cat part-00001.ll > again; ok "the input is whole" ll-shard check -q --expect=20 again
rm -f part*; split --count=20 -o part d.ll
ok "shards by key are published when all is read" split --by-key=2 -o part part-00000.ll part-00001.ll
ll-shard cat -q -o all.ll --files-from=part.list; ok "and nothing is lost" ll-shard compare -q d.ll all.ll

# Names.
status 2 "a line break in the names of a list" split --count=10 -o "z
b" d.ll
absent "nothing is written" z* b-*
name="$(printf 'a\tb  "c"')"; ok "a tab, spaces and quotes" split --count=10 -o "$name" d.ll
ok "can be read back" ll-shard check -q --files-from="$name.list" --expect=40
finish
