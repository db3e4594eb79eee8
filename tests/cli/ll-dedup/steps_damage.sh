# SPDX-License-Identifier: MIT
# sign, cluster and apply under damage: cuts, flipped bits, a failed upstream, full disks, kills, readers that leave; equal bytes at
# any number of threads. Exact and MinHash.
. "$ROOT/tests/lib.sh"

python3 - > d.jsonl <<'END'
import json, random
random.seed(12)
words = ["".join(random.choice("abcdefghijklmno") for _ in range(random.randint(2, 9))) for _ in range(900)]
texts = []
for i in range(6000):
    texts.append(random.choice(texts) if i % 3 == 2 else " ".join(random.choice(words) for _ in range(random.randint(5, 90))))
    print(json.dumps({"id": f"d{i}", "text": texts[-1]}))
END
ll-shard import -q --compress=none -o d.ll d.jsonl
for m in exact minhash; do
	[ $m = exact ] && how=--exact || how=--minhash=14x8
	ll-dedup sign -q $how --compress=none -o $m.sig d.ll
	ll-dedup cluster -q --compress=none -o $m.dup $m.sig
done

step() { # step NAME [OPTION]... [FILE]...
	_s=$1; shift
	case $_s in # E=exec in a subshell: the program takes its place, so that a signal meets the program
	sign-exact) ${E:-} ll-dedup sign -q --exact "$@" ;;
	sign-minhash) ${E:-} ll-dedup sign -q --minhash=14x8 "$@" ;;
	join-*) ${E:-} ll-dedup join -q --bands=2-9 "$@" ;;
	verify-*) ${E:-} ll-dedup cluster -q --jaccard=0.6 --index-out=x.ix "$@" ;;
	cluster-*) ${E:-} ll-dedup cluster -q "$@" ;;
	apply-*) ${E:-} ll-dedup apply -q --duplicates=${_s#apply-}.dup "$@" ;;
	esac
}
outcome() { _rc=0; "$@" > .out 2> .err || _rc=$?; echo $_rc; }
damage() { # damage FILE AT BIT: cut.ll and flip.ll
	head -c $2 $1 > cut.ll
	python3 -c "
d = bytearray(open('$1', 'rb').read()); d[$2] ^= 1 << $3; open('flip.ll', 'wb').write(d)"
}

ll-dedup sign -q --minhash=14x8 --verify --compress=none -o shingles.sig d.ll
for s in sign-exact sign-minhash join-minhash verify-shingles cluster-exact cluster-minhash apply-exact apply-minhash; do
	case $s in cluster-* | join-* | verify-*) in=${s#*-}.sig ;; *) in=d.ll ;; esac
	size=$(wc -c < $in)
	step $s -o whole.ll $in
	for t in 2 3 8; do step $s -@ $t -o t.ll $in; same whole.ll t.ll "$s: equal bytes at -@ $t"; done
	cat $in | step $s > pipe.ll
	ok "$s: a pipe gives the same records" ll-shard compare -q whole.ll pipe.ll
	wrong=
	for k in 1 2 3 4 5 6; do
		at=$(( (size * k * 9973 / 65536) % size ))
		damage $in $at $((k % 8))
		[ "$(outcome step $s -o no.ll cut.ll)" = 3 ] || wrong="$wrong cut@$at"
		[ "$(cat cut.ll | outcome step $s -o no.ll)" = 3 ] || wrong="$wrong pipe@$at"
		[ "$(outcome step $s -o no.ll flip.ll)" = 3 ] || wrong="$wrong flip@$at"
		grep -q 'frame\|cut\|empty' .err || wrong="$wrong unnamed@$at"
	done
	is "$wrong" "" "$s: cuts and flipped bits end with 3"
	case $s in
	cluster-* | join-*) head -c 400000 d.ll | step sign-${s#*-} 2>/dev/null > failed.ll ;;
	verify-*) head -c 400000 d.ll | ll-dedup sign -q --minhash=14x8 --verify 2>/dev/null > failed.ll ;;
	*) head -c 400000 d.ll | ll-clean -q --profile=none 2>/dev/null > failed.ll ;;
	esac
	is "$(outcome step $s -o no.ll failed.ll)" 6 "$s: a failed upstream stage ends with 6"
	is "$(outcome step $s --compress=none -o /dev/full $in)" 4 "$s: a full device"
	rc=$( (ulimit -f 16; outcome step $s --compress=none -o no.ll $in) 2>/dev/null )
	is "$rc" 4 "$s: a file size limit"
	for k in 1 2 3; do
		(E=exec; step $s --compress=zstd:9 -o no.ll $in 2>/dev/null) & pid=$!
		sleep 0.0$((k * 2)); kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
		if [ -e no.ll ]; then ll-shard check -q no.ll || echo "partial" > partial; rm -f no.ll; fi
	done
	rm -f .no.ll.tmp*
	if [ -e x.ix ]; then ll-shard check -q x.ix || echo "partial" > partial; rm -f x.ix; fi; rm -f .x.ix.tmp*
	absent "$s: nothing half-written under the final name" no.ll partial
	mkfifo fifo; (E=exec; step $s -o no.ll fifo 2>/dev/null) & pid=$!
	exec 3<> fifo; head -c 1000 $in >&3; sleep 0.1; kill -TERM $pid; wait $pid 2>/dev/null; rc=$?; exec 3>&-; rm fifo
	is $rc 143 "$s: SIGTERM in the middle"
	absent "$s: nothing stays" no.ll .no.ll.tmp* .whole.ll.tmp*
done

# Every cut and a flip of every byte of a small file of each kind.
head -n 3 d.jsonl | ll-shard import -q --compress=none -o s.ll
for m in exact minhash; do
	[ $m = exact ] && how=--exact || how=--minhash=2x2
	ll-dedup sign -q $how --compress=none -o s.sig s.ll
	ll-dedup cluster -q --compress=none -o s.dup s.sig
	cat > every.py <<'END'
import subprocess, sys
path, args = sys.argv[1], sys.argv[2:]
data, bad = open(path, "rb").read(), []
step = 1 if "EVERY" in __import__("os").environ else 7   # every byte by hand, every seventh here
def run(name, content):
    open("damaged", "wb").write(content)
    p = subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if p.returncode != 3 or b"damaged: frame" not in p.stderr:
        bad.append(f"{name}: {p.returncode} {p.stderr[-80:]!r}")
for at in range(0, len(data), step):
    run(f"cut@{at}", data[:at])
    run(f"flip@{at}", data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1:])
print(bad[:5])
END
	is "$(python3 every.py s.sig ll-dedup cluster -q -o no.ll damaged)" "[]" "$m signatures: cuts and flips all along"
	[ $m = minhash ] && { ll-dedup join -q --compress=none -o s.join s.sig
		is "$(python3 every.py s.join ll-dedup cluster -q --join=damaged -o no.ll s.sig)" "[]" "joins: cuts and flips all along"; }
	is "$(python3 every.py s.dup ll-dedup apply -q --duplicates=damaged -o no.ll s.ll)" "[]" "$m duplicates: cuts and flips all along"
	absent "nothing is published" no.ll
done
# The duplicates of apply under a failed end.
{ cat exact.sig; head -c 700 exact.sig; } | ll-dedup cluster -q 2>/dev/null > failed.dup
status 6 "duplicates of a stage that failed" ll-dedup apply -q --duplicates=failed.dup -o no.ll d.ll
absent "nothing stays" no.ll .no.ll.tmp*
finish
