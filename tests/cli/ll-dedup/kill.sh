# SPDX-License-Identifier: MIT
# Every step killed at several moments, with a file of an earlier run in the place of its output or none: what stands under
# the final name is that file, nothing, or the whole result; run again from the files of the steps before, it gives equal bytes.
. "$ROOT/tests/lib.sh"

python3 - <<'END'
import json, random
random.seed(5)
words = ["w%d" % i for i in range(20000)]
for shard in "ab":
    with open(shard + ".jsonl", "w") as f:
        for i in range(12000):
            if i % 10 < 7: base = [random.choice(words) for _ in range(60)]
            else: base[random.randrange(60)] = random.choice(words)
            f.write(json.dumps({"id": "%s%d" % (shard, i), "text": " ".join(base)}) + "\n")
END
for s in a b; do ll-shard import -q -o $s.ll $s.jsonl; done

# A file that changes between the passes: the last one begins when somebody reads the rejects.
mkfifo rejects
head -n 1000 a.jsonl | ll-shard import -q | ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 -o tok.json -
ll-bpe encode -q -m tok.json -o a.tok a.ll; ll-bpe encode -q -m tok.json -o b.tok b.ll
for kind in ll tok; do ll-shard head -q -n 100 -o few.$kind b.$kind; done
for how in --minhash=14x8 "--minhash=14x8 --jaccard=0.8" "--exact=line --keep=none" --substring=50 "--substring=50:tokens -m tok.json"; do
	case $how in *:tokens*) kind=tok ;; *) kind=ll ;; esac
	cp a.$kind changing.ll
	ll-dedup -q $how --rejects=rejects -o no.ll few.$kind changing.ll few.$kind 2> .err & pid=$!
	sleep 1; cp b.$kind changing.ll; timeout 20 cat rejects > /dev/null
	rc=0; wait $pid || rc=$?
	is $rc 3 "$how: a file that changed is an error"
	says "changing.ll: " "that is named"; says "changed while it was read" "as what it is"
	absent "and leaves nothing" no.ll
done

# killed OUTPUT COMMAND...: the command writes OUTPUT (a name in the command), to be compared with whole/OUTPUT
mkdir -p whole tmp
killed() {
	out=$1; shift
	rm -f "$out"; "$@"; cp "$out" whole/ || return 1
	printf 'of an earlier run' > earlier
	cut=0 wrong=
	for before in none earlier; do
		for delay in 0.002 0.01 0.02 0.04 0.07 0.11; do
			rm -f "$out"; [ $before = none ] || cp earlier "$out"
			"$@" & pid=$!
			sleep $delay; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
			if cmp -s "$out" whole/"$out"; then :
			elif [ $before = none ] && [ ! -e "$out" ]; then cut=$((cut + 1))
			elif [ $before = earlier ] && cmp -s "$out" earlier; then cut=$((cut + 1))
			else wrong="$wrong $before:$delay"; fi
		done
	done
	is "$wrong" "" "$out: whole or not there after a kill ($cut of 12 came in time)"
	ok "$out: a kill came in time" [ "$cut" -gt 0 ]
	"$@"; same "$out" whole/"$out" "$out: equal bytes when run again"
	rm -f ".$out".tmp-* tmp/*
}

killed e.ll ll-dedup -q --exact=line -o e.ll a.ll b.ll
killed one.ll ll-dedup -q --minhash=20x5 --jaccard=0.8 --memory=2M --tmpdir=tmp -o one.ll a.ll b.ll
killed a.sig ll-dedup sign -q --minhash=20x5 --verify -o a.sig a.ll
killed b.sig ll-dedup sign -q --minhash=20x5 --verify -o b.sig b.ll
killed 1.join ll-dedup join -q --bands=1-10 -o 1.join a.sig b.sig
killed 2.join ll-dedup join -q --bands=11-20 --memory=2M --tmpdir=tmp -o 2.join a.sig b.sig
killed all.dup ll-dedup cluster -q --jaccard=0.8 --join=1.join --join=2.join -o all.dup a.sig b.sig
killed a.out ll-dedup apply -q --duplicates=all.dup -o a.out a.ll
killed b.out ll-dedup apply -q --duplicates=all.dup -o b.out b.ll
killed parts.dup ll-dedup cluster -q --jaccard=0.8 --cluster=component --memory=2M --tmpdir=tmp -o parts.dup a.sig b.sig
killed x.ll ll-dedup -q --exact --memory=1M --tmpdir=tmp -o x.ll a.ll b.ll
killed s.ll ll-dedup -q --substring=50 --tmpdir=tmp -o s.ll a.ll
killed t.tok ll-dedup -q --substring=40:tokens -m tok.json --tmpdir=tmp -o t.tok a.tok
ll-shard cat -q -o both.ll a.out b.out
for s in a b; do killed $s.lines ll-dedup sign -q --exact=sentences:1 -o $s.lines $s.ll; done
killed lines.dup ll-dedup cluster -q --memory=1M --tmpdir=tmp -o lines.dup a.lines b.lines
killed shared.dup ll-dedup cluster -q --keep=none --memory=1M --tmpdir=tmp -o shared.dup a.lines b.lines
for s in a b; do killed $s.cut ll-dedup apply -q --duplicates=lines.dup -o $s.cut $s.ll; done
ll-dedup -q --exact=sentences:1 -o lines.ll a.ll b.ll; ll-shard cat -q -o cut.ll a.cut b.cut
ok "and so do those of sentences" ll-shard compare -q lines.ll cut.ll
id_of() { ll-shard info --json "$1" | grep -o '"set_id": "[0-9a-f]*"'; }
is "$(id_of both.ll)" "$(id_of one.ll)" "the steps, all of them killed on their way, give the documents of one run"
finish
