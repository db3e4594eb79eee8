# SPDX-License-Identifier: MIT
# What every document filter promises under damage: cuts, flipped bits, a failed upstream, full disks, kills, readers that leave;
# and equal bytes at any number of threads and on any processor path.
. "$ROOT/tests/lib.sh"

python3 - > d.jsonl <<'END'
import json, random
random.seed(11)
words = ["the", "of", "and", "to"] + ["".join(random.choice("abcdefghijklmno") for _ in range(random.randint(2, 9))) for _ in range(900)]
for i in range(4000):
    t = " ".join(random.choice(words) for _ in range(random.randint(5, 180))) + "."
    print(json.dumps({"id": f"d{i}", "text": t, "source": random.choice("ab")}))
END
ll-shard import -q --compress=none -o d.ll d.jsonl
ll-decontam build -q -o ix.ll "$ROOT/samples/eval.jsonl"
size=$(wc -c < d.ll)

filter() { # filter NAME [OPTION]... [FILE]
	_f=$1; shift
	case $_f in # E=exec in a subshell: the program takes its place, so that a signal meets the program
	clean) ${E:-} ll-clean -q --profile=repair "$@" ;;
	exact) ${E:-} ll-dedup -q --exact "$@" ;;
	lines) ${E:-} ll-dedup -q --exact=sentences:1 "$@" ;;
	substring) ${E:-} ll-dedup -q --substring=20 "$@" ;;
	minhash) ${E:-} ll-dedup -q --minhash=14x8 "$@" ;;
	sample) ${E:-} ll-sample -q --rate=0.7 --holdout=0.1:held.ll "$@" ;;
	decontam) ${E:-} ll-decontam -q --index=ix.ll --action=cut "$@" ;;
	esac
}
outcome() { _rc=0; "$@" > .out 2> .err || _rc=$?; echo $_rc; }

for f in clean exact lines substring minhash sample decontam; do
	filter $f -o whole.ll d.ll
	for t in 2 3 8; do filter $f -@ $t -o t.ll d.ll; same whole.ll t.ll "$f: equal bytes at -@ $t"; done
	for c in scalar avx2; do
		if LL_CPU=$c ll-clean -q --profile=none -o /dev/null d.ll 2>/dev/null; then
			LL_CPU=$c; export LL_CPU; filter $f -o t.ll d.ll; unset LL_CPU; same whole.ll t.ll "$f: equal bytes with LL_CPU=$c"
		else skip "$f: equal bytes with $c" "not on this processor"; fi
	done
	wrong=
	for k in 1 2 3 4 5 6 7 8; do
		at=$(( (size * k * 7919 / 65536) % size ))
		head -c $at d.ll > cut.ll
		[ "$(outcome filter $f -o no.ll cut.ll)" = 3 ] || wrong="$wrong cut@$at"
		[ "$(cat cut.ll | outcome filter $f -o no.ll)" = 3 ] || wrong="$wrong pipe@$at"
		python3 -c "
d = bytearray(open('d.ll', 'rb').read()); d[$at] ^= 1 << ($k % 8); open('flip.ll', 'wb').write(d)"
		[ "$(outcome filter $f -o no.ll flip.ll)" = 3 ] || wrong="$wrong flip@$at"
		grep -q 'frame\|cut\|empty' .err || wrong="$wrong unnamed@$at"
	done
	is "$wrong" "" "$f: cuts and flipped bits end with 3"
	head -c $((size / 2)) d.ll | ll-clean -q --profile=none 2>/dev/null > failed.ll || true
	is "$(outcome filter $f -o no.ll failed.ll)" 6 "$f: a failed upstream stage ends with 6"
	is "$(outcome filter $f --compress=none -o /dev/full d.ll)" 4 "$f: a full device"
	rc=$( (ulimit -f 64; outcome filter $f --compress=none -o no.ll d.ll) 2>/dev/null )
	is "$rc" 4 "$f: a file size limit"
	for k in 1 2 3; do
		(E=exec; filter $f --compress=zstd:9 -o no.ll d.ll 2>/dev/null) & pid=$!
		sleep 0.0$((k * 2)); kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
		if [ -e no.ll ]; then ll-shard check -q no.ll || echo "partial" > partial; rm -f no.ll; fi
	done
	rm -f .no.ll.tmp* .held.ll.tmp*
	absent "$f: nothing half-written under the final name" no.ll partial
	is "$( (rc=0; { filter $f d.ll || rc=$?; echo $rc > rc; } | head -c 100 > /dev/null; cat rc) 2>/dev/null )" 141 "$f: a reader that leaves"
	absent "$f: no temporary file stays" .no.ll.tmp* .whole.ll.tmp*
done
finish
