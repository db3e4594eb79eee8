# SPDX-License-Identifier: MIT
# sign, cluster, apply of lines, paragraphs, sentences and URLs: over any shards the documents of one run and its rejects, the first
# copies and with --keep=none; parts of a list; shards that are missing, doubled, foreign; damage; a step again after a kill.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-dedup/setup"

python3 - <<'END'
import json, random
r = random.Random(3)
bits = ["", " ", "the cat", "sat. ", "on it", "€uro", "end!", "\"What?\"", "(so.)", "日本。", "語です！", "…", "3.5", "x\ty"]
with open("d.jsonl", "w") as f:
    for i in range(1400):
        lines = [" ".join(r.choices(bits, k=r.randint(0, 4))) for _ in range(r.randint(0, 9))]
        text = "".join(l + r.choice(["\n", "\n", "\n\n", "\n\n\n"]) for l in lines)
        if r.random() < 0.6: text = text.rstrip("\n")
        d = {"id": "d%d" % i, "text": text}
        if r.random() < 0.8: d["url"] = r.choice(["http://a.org/%d", "https://A.org:443/x/../%d#top"]) % r.randrange(500)
        f.write(json.dumps(d, ensure_ascii=False, separators=(",", ":")) + "\n")
END
ll-shard import -q -o d.ll d.jsonl
for k in 1 3 7; do ll-shard split -q --count=$((1400 / k + 1)) -o c$k d.ll; done
ll-shard split -q --by-key=5 -o k d.ll
set_of() { ll-shard info --json "$@" | grep -o '"set_id": "[0-9a-f]*"'; }

other="k-00003.ll k-00000.ll k-00004.ll k-00002.ll k-00001.ll"
for unit in line paragraph sentences:1 sentences:3 url document; do
	for how in first first:6 none:2 none:5:6; do
		policy $how
		ll-dedup -q --exact=$unit --keep=$keep $count $least --stats=one.json --rejects=one.rej -o one.ll d.ll
		tags one.rej > want
		for k in 1 3 7; do
			ok "--exact=$unit --keep=$keep $count $least: the steps run over $k shards" steps m "--exact=$unit $least" "--keep=$keep $count" c$k-*.ll
			ok "they give the documents of one run" ll-shard compare -q one.ll m.ll
			tags m.rej > got; same got want "and its rejects, with reason and value"
		done
		ll-dedup apply -q --duplicates=m.dup --stats=a.json -o a.ll c7-*.ll
		ok "one apply to all does too" ll-shard compare -q one.ll a.ll
		is "$(grep -v '"program"\|"seconds"' a.json | sed 's/ apply"/"/')" "$(grep -v '"program"\|"seconds"' one.json)" "with the same books"
		[ $how = first:6 ] && continue
		ll-dedup -q --exact=$unit --keep=$keep $count $least -o whole.ll $other
		steps m "--exact=$unit $least" "--keep=$keep $count" $other
		ok "so do other shards in their order" ll-shard compare -q whole.ll m.ll
		[ $keep = none ] && is "$(set_of m.ll)" "$(set_of one.ll)" "and --keep=none in any order"
	done
done

# Parts of one list, in any order; memory and threads change no byte.
printf '%s\n' $other c7-0000*.ll > list
ll-dedup -q --exact=line -o whole.ll --files-from=list
for i in 1 2 3 4 5; do ll-dedup sign -q --exact=line --part=$i/5 --files-from=list -o p$i.sig; done
cat p4.sig p2.sig > p42.sig
ok "parts in another order" ll-dedup cluster -q -o p.dup p3.sig p42.sig p5.sig p1.sig
ll-dedup apply -q --duplicates=p.dup -o a.ll --files-from=list
ok "give what one run over the list gives" ll-shard compare -q whole.ll a.ll
ll-dedup cluster -q --keep=none --min-count=3 -o n.dup p3.sig p42.sig p5.sig p1.sig
for m in "--memory=1M -@ 2" "--memory=1G -@ 3"; do
	rm -f t.sig t.dup t.ll
	ll-dedup sign -q --exact=line $m -o t.sig --part=1/5 --files-from=list; same t.sig p1.sig "signatures with $m"
	ll-dedup cluster -q $m -o t.dup p3.sig p42.sig p5.sig p1.sig; same t.dup p.dup "duplicates with $m"
	ll-dedup apply -q $m --duplicates=p.dup -o t.ll --files-from=list; same t.ll a.ll "documents with $m"
	rm t.dup; ll-dedup cluster -q --keep=none --min-count=3 $m -o t.dup p3.sig p42.sig p5.sig p1.sig; same t.dup n.dup "those of many documents with $m"
done
cat k-00003.ll | ll-dedup sign -q --exact=line --through -o through.sig > through.ll
ok "--through passes the documents on" ll-shard compare -q through.ll k-00003.ll
ll-dedup sign -q --exact=line -o k3.sig k-00003.ll
is "$(set_of through.sig)" "$(set_of k3.sig)" "and signs them"

# A document whose keys take much more than its text.
python3 -c "
import json
print(json.dumps({'id': 'n', 'text': '\n' * 400000 + 'end\nend'}))
print(json.dumps({'id': 'm', 'text': 'start\n' + '\n' * 300000}))" | ll-shard import -q -o n.ll
ll-dedup -q --exact=line -o one.ll n.ll
ok "empty lines without end" steps m --exact=line "" n.ll
ok "give the documents of one run" ll-shard compare -q one.ll m.ll
ll-dedup sign -q --exact=line -@ 3 -o t.sig n.ll; same t.sig n.ll.sig "equal signatures at -@ 3"

# Shards that are not there, are there twice, or are others.
status 3 "a part that is missing" ll-dedup cluster -q -o no.dup p1.sig p2.sig p3.sig p5.sig
says "part 4/5" "is named"
status 3 "a part that is there twice" ll-dedup cluster -q -o no.dup p1.sig p2.sig p3.sig p2.sig p4.sig p5.sig
for f in $other; do ll-dedup sign -q --exact=line -o $f.sig $f; done
ll-dedup cluster -q -o two.dup k-00000.ll.sig k-00002.ll.sig
status 3 "a shard that was not clustered" ll-dedup apply -q --duplicates=two.dup -o no.ll k-00001.ll
says "k-00001.ll" "is named"
status 3 "documents that were not signed" ll-dedup apply -q --duplicates=two.dup -o no.ll d.ll
ll-dedup cluster -q -o twice.dup k-00000.ll.sig k-00000.ll.sig
status 3 "a shard that was clustered twice" ll-dedup apply -q --duplicates=twice.dup -o no.ll k-00000.ll
says "which of them is it?" "is refused"
ll-dedup sign -q --exact=line --min-bytes=3 -o least.sig k-00000.ll; ll-dedup sign -q --exact=paragraph -o par.sig k-00000.ll; ll-dedup sign -q --exact -o doc.sig k-00000.ll
for s in least par doc; do status 3 "signatures of lines and of $s do not mix" ll-dedup cluster -q -o no.dup k-00001.ll.sig $s.sig; done
cat two.dup p.dup > both.dup
status 3 "duplicates of two runs in one file" ll-dedup apply -q --duplicates=both.dup -o no.ll k-00000.ll
status 3 "signatures of keys are no duplicates" ll-dedup apply -q --duplicates=least.sig -o no.ll k-00000.ll
status 3 "nor documents signatures" ll-dedup cluster -q --keep=none -o no.dup k-00000.ll
ll-dedup sign -q --minhash=14x8 -o min.sig k-00000.ll
status 2 "--keep=none of MinHash" ll-dedup cluster -q --keep=none -o no.dup min.sig
status 2 "--min-count alone" ll-dedup cluster -q --min-count=3 -o no.dup least.sig
status 2 "--keep=longest of lines" ll-dedup cluster -q --keep=longest -o no.dup least.sig
status 2 "keys have no bands" ll-dedup join -q -o no.join least.sig
status 2 "--min-bytes without --exact" ll-dedup sign -q --minhash=14x8 --min-bytes=3 -o no.sig k-00000.ll
absent "nothing is published" no.ll no.dup no.join no.sig

# Damage: cuts and flips of small files of each kind.
head -n 4 d.jsonl | ll-shard import -q --compress=none -o s.ll
ll-dedup sign -q --exact=sentences:1 --compress=none -o s.sig s.ll
ll-dedup cluster -q --keep=none --compress=none -o s.dup s.sig
cat > every.py <<'END'
import subprocess, sys
path, args = sys.argv[1], sys.argv[2:]
data, bad = open(path, "rb").read(), []
def run(name, content):
    open("damaged", "wb").write(content)
    p = subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if p.returncode != 3 or b"damaged: frame" not in p.stderr: bad.append(f"{name}: {p.returncode} {p.stderr[-80:]!r}")
for at in range(0, len(data), 5):
    run(f"cut@{at}", data[:at])
    run(f"flip@{at}", data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1:])
print(bad[:5])
END
is "$(python3 every.py s.sig ll-dedup cluster -q -o no.ll damaged)" "[]" "signatures: cuts and flips all along"
is "$(python3 every.py s.dup ll-dedup apply -q --duplicates=damaged -o no.ll s.ll)" "[]" "duplicates: cuts and flips all along"
{ cat k-00000.ll.sig; head -c 300 k-00001.ll.sig; } | ll-dedup cluster -q 2>/dev/null > failed.dup
status 6 "duplicates of a stage that failed" ll-dedup apply -q --duplicates=failed.dup -o no.ll k-00000.ll
absent "nothing stays" no.ll .no.ll.tmp*

# The footers of the man page.
sed -n '/^Footers by an array job/,/^\.Ed/p' "$ROOT/man/ll-dedup.1" | grep '^ll-dedup' > example
is "$(wc -l < example | tr -d ' ')" 3 "the array job of the man page"
mkdir job; cp k-*.ll c7-*.ll job; cp list job/list
ok "runs" sh -c 'set -e; cd job
	for I in 1 2 3 4 5 6 7 8; do export I; sed -n 1p ../example | sh -e; done 2>&1
	sed -n 2p ../example | sed "s/=100/=4/" | sh -e 2>&1
	for I in 1 2 3 4 5 6 7 8; do export I; sed -n 3p ../example | sh -e; done 2>&1
	ll-shard cat -q -o all.ll 1.ll 2.ll 3.ll 4.ll 5.ll 6.ll 7.ll 8.ll'
ll-dedup -q --exact=paragraph --keep=none --min-count=4 --files-from=list -o whole.ll
is "$(set_of job/all.ll)" "$(set_of whole.ll)" "and gives the documents of one run"
finish
