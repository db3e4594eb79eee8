# SPDX-License-Identifier: MIT
# ll-dedup --exact when the digests do not fit: the same bytes at any --memory, from files and pipes; peak memory; damage meanwhile.
. "$ROOT/tests/lib.sh"

python3 - <<'END'
import json, random
random.seed(5)
seen = set()
with open("d.jsonl", "w") as f, open("want.jsonl", "w") as w, open("gone.txt", "w") as gone:
    for i in range(300000):
        t = i if random.random() < 0.6 else random.randrange(i + 1)   # copies near and far, more of early ones
        line = '{"id":"d%d","text":"%s"}\n' % (i, "" if t % 100000 == 77 else "text %d" % t)
        f.write(line)
        text = json.loads(line)["text"]
        (gone.write("d%d\n" % i) if text in seen else w.write(line))
        seen.add(text)
END
ll-shard import -q -o d.ll d.jsonl
run() { ll-dedup -q --exact "$@"; }

ok "little memory" run --memory=1M --rejects=r.ll --stats=s.json -o small.ll d.ll
ll-shard export -q small.ll > got.jsonl
same got.jsonl want.jsonl "the first copy of every text, in order"
ll-shard export -q r.ll | sed 's/.*"id":"\([^"]*\)".*/\1/' > got.txt
same got.txt gone.txt "all others among the rejects, in order"
ok "much memory" run --memory=1G --rejects=r1.ll --stats=s1.json -o large.ll d.ll
same small.ll large.ll "equal bytes at 1M and 1G"
same r.ll r1.ll "equal rejects"
same s.json s1.json "equal stats"
for m in 3M 20M 40M; do for t in 1 3; do run --memory=$m -@ $t -o t.ll d.ll; same small.ll t.ll "equal bytes at $m, -@ $t"; done; done
status 4 "1M needs the temporary directory" run --memory=1M --tmpdir=/nonexistent -o no.ll d.ll
ok "1G does not" run --memory=1G --tmpdir=/nonexistent -o t.ll d.ll

# Pipes and files mixed; the same file twice.
cat d.ll | run --memory=1M > pipe.ll
ok "a pipe gives the same documents" ll-shard compare -q small.ll pipe.ll
run --memory=1M -@ 2 -o t.ll d.ll - d.ll < d.ll
ok "a document that comes three times is there once" ll-shard compare -q small.ll t.ll
is "$(ll-dedup --exact --memory=1M -o t.ll d.ll 2>&1 | grep -c ': 300000 documents, ')" 1 "counted once"

# Peak memory, from the summary line: at 1M the frames under way (about 8 MiB) are more than the digests.
if [ -z "$SANITIZE" ]; then
	for m in 1:14 16:20 64:68; do
		peak=$(ll-dedup --exact --memory=${m%:*}M -o t.ll d.ll 2>&1 | sed -n 's/.*peak memory \([0-9]*\) MiB.*/\1/p')
		ok "--memory=${m%:*}M: at most ${m#*:} MiB with the program ($peak)" [ "$peak" -le "${m#*:}" ]
	done
else skip "peak memory" "sanitizers need memory of their own"; fi
# From 16M on all of it is within --memory, at any number of threads.
for m in 16 32 64; do
	for t in 2 4 9; do
		ok "--memory=${m}M, -@ $t" python3 "$ROOT/tests/cli/ll-dedup/heap.py" ll-dedup -q --exact --memory=${m}M -@ $t -o t.ll d.ll
		heap=$(tail -n 1 .out)
		if [ -n "$SANITIZE" ]; then skip "its heap" "a sanitizer needs more"
		elif [ ! -r /proc/self/status ]; then skip "its heap" "this system does not say how much heap there is"
		else ok "within it ($heap MiB)" test "$heap" -gt 0 -a "$heap" -le $m; fi
	done
done

# Damage while documents are put off.
size=$(wc -c < d.ll)
wrong=
for k in 1 2 3 4 5 6; do
	at=$((size * k / 7 + k))
	head -c $at d.ll > cut.ll
	run --memory=1M -o no.ll cut.ll 2> err; [ $? = 3 ] || wrong="$wrong cut@$at"
	cat cut.ll | run --memory=1M -o no.ll 2> err; [ $? = 3 ] || wrong="$wrong pipe@$at"
	python3 -c "
d = bytearray(open('d.ll', 'rb').read()); d[$at] ^= 1 << $k; open('flip.ll', 'wb').write(d)"
	run --memory=1M -@ 2 -o no.ll flip.ll 2> err; [ $? = 3 ] || wrong="$wrong flip@$at"
	grep -q 'frame' err || wrong="$wrong unnamed@$at"
done
is "$wrong" "" "cuts and flipped bits end with 3"
absent "nothing is published" no.ll

mkfifo fifo # the program waits for the second input while the first, put off already, changes
cp d.ll changing.ll
run --memory=1M -o no.ll changing.ll fifo 2> .err & pid=$!
cat > change.py <<'END'
with open("fifo", "wb") as fifo: # opened when the program opens its second input
    with open("changing.ll", "r+b") as f:
        f.seek(0, 2); at = f.tell() // 2
        f.seek(at); b = f.read(1); f.seek(at); f.write(bytes([b[0] ^ 4]))
    fifo.write(open("d.ll", "rb").read())
END
timeout 20 python3 change.py
wait $pid; is $? 3 "a file that changes before its documents are decided"
says "changing.ll: frame" "is named"
absent "and nothing is published" no.ll

rc=$( (ulimit -f 2000; r=0; cat d.ll | run --memory=1M -o /dev/null 2> .err || r=$?; echo $r) 2>/dev/null )
is "$rc" 4 "temporary files that do not fit"
status 4 "nor does the copy of a pipe" sh -c 'ulimit -f 500; trap "" XFSZ; cat d.ll | ll-dedup -q --exact --keep=none -o no.ll'
says "copy of standard input: cannot write" "named as what it is"
wrong=
mkdir tmp
for k in 1 2 3 4; do
	for signal in KILL TERM; do
		(exec ll-dedup -q --exact --memory=1M --tmpdir=tmp -o no.ll d.ll 2>/dev/null) & pid=$!
		sleep 0.0$((k * 2)); kill -$signal $pid 2>/dev/null; wait $pid 2>/dev/null
		if [ -e no.ll ]; then ll-shard check -q no.ll || wrong="$wrong partial"; rm -f no.ll; fi
		[ $signal = KILL ] && rm -f .no.ll.tmp*
	done
done
is "$wrong" "" "killed at some moment: nothing half-written"
absent "nothing stays in the temporary directory, nor beside the output" tmp/* .no.ll.tmp*
finish
