# SPDX-License-Identifier: MIT
# sign --verify-bytes, cluster, apply: over any shards the documents and rejects of one run, with so few bits of hash that most texts
# collide, too; memory and threads; what does not mix; damage; what the steps cannot do, and which command does it.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-dedup/setup"

python3 - <<'END'
import json, random
r = random.Random(6)
bits = ["", " ", "the cat", "sat. ", "on it", "€uro", "end!", "(so.)", "日本。", "語です！", "3.5", "x\ty"]
texts = []
with open("d.jsonl", "w") as f:
    for i in range(1200):
        lines = [" ".join(r.choices(bits, k=r.randint(0, 4))) for _ in range(r.randint(0, 9))]
        text = "".join(l + r.choice(["\n", "\n", "\n\n"]) for l in lines)
        if texts and r.random() < 0.3: text = r.choice(texts)
        texts.append(text)
        d = {"id": "d%d" % i, "text": text}
        if r.random() < 0.8: d["url"] = r.choice(["http://a.org/%d", "https://A.org:443/x/../%d#top"]) % r.randrange(400)
        f.write(json.dumps(d, ensure_ascii=False) + "\n")
END
ll-shard import -q -o d.ll d.jsonl
for k in 1 3 7; do ll-shard split -q --count=$((1200 / k + 1)) -o c$k d.ll; done
ll-shard split -q --by-key=5 -o k d.ll

other="k-00003.ll k-00000.ll k-00004.ll k-00002.ll k-00001.ll"
for unit in document line paragraph sentences:2 url; do
	for how in first first:6 none:2 none:4:6; do
		policy $how
		what="--exact=$unit $least"
		ll-dedup -q $what --verify-bytes --keep=$keep $count --rejects=one.rej -o one.ll d.ll
		tags one.rej > want
		for k in 1 3 7; do
			ok "$what --keep=$keep $count: the steps run over $k shards" steps m "$what --verify-bytes" "--verify-bytes --keep=$keep $count" c$k-*.ll
			ok "they give the documents of one run" ll-shard compare -q one.ll m.ll
			tags m.rej > got; same got want "and its rejects, with reason and value"
		done
		for b in 1 8; do
			ok "with a hash of $b bits too" steps m "$what --hash-bits=$b" "--verify-bytes --keep=$keep $count" c3-*.ll
			ok "the documents of one run" ll-shard compare -q one.ll m.ll
			tags m.rej > got; same got want "and its rejects"
		done
		[ $how = first:6 ] && continue
		ll-dedup -q $what --hash-bits=8 --keep=$keep $count -o whole.ll $other
		steps m "$what --hash-bits=8" "--verify-bytes --keep=$keep $count" $other
		ok "so do other shards in their order" ll-shard compare -q whole.ll m.ll
	done
done

# Parts of one list in any order, with little memory and threads: texts are sorted in a temporary file.
printf '%s\n' $other c7-0000*.ll > list
ll-dedup -q --exact=line --verify-bytes -o whole.ll --files-from=list
for i in 1 2 3; do ll-dedup sign -q --exact=line --verify-bytes --part=$i/3 --files-from=list -o p$i.sig; done
ll-dedup cluster -q -o p.dup p3.sig p1.sig p2.sig
ll-dedup apply -q --duplicates=p.dup -o a.ll --files-from=list
ok "parts of a list give what one run over it gives" ll-shard compare -q whole.ll a.ll
rm -f t.sig; ll-dedup sign -q --exact=line --verify-bytes -@ 3 -o t.sig --part=1/3 --files-from=list; same t.sig p1.sig "equal signatures at -@ 3"
python3 -c "
import json, random
r = random.Random(2)
for i in range(4000): print(json.dumps({'text': '\n'.join('%d of many lines' % int(r.paretovariate(.3) % 60000) for _ in range(20))}))" | ll-shard import -q -o l.ll
ll-dedup -q --exact=line -o one.ll l.ll
ll-dedup sign -q --exact=line --verify-bytes -o l.sig l.ll
for m in 1M 1G; do
	ll-dedup cluster -q --memory=$m -o $m.dup l.sig
	ll-dedup cluster -q --memory=$m --keep=none --min-count=3 -o $m.none l.sig
done
same 1M.dup 1G.dup "duplicates at 1M and 1G"; same 1M.none 1G.none "those of many documents too"
ll-dedup apply -q --duplicates=1M.dup -o t.ll l.ll; ok "and they are those of one run" ll-shard compare -q one.ll t.ll
status 4 "1M needs the temporary directory" ll-dedup cluster -q --memory=1M --tmpdir=/nonexistent -o no.dup l.sig

# A text much longer than memory; keys that take much more than the text.
python3 -c "
import json
big = 'word ' * 700000
for t in (big, big + 'x', big, '\n' * 400000 + 'end', 'end\n' + '\n' * 300000, ''): print(json.dumps({'text': t}))" | ll-shard import -q -o n.ll
for unit in document line sentences:1; do
	ll-dedup -q --exact=$unit -o one.ll n.ll
	ok "--exact=$unit of long texts" steps m "--exact=$unit --verify-bytes" "--verify-bytes --memory=1M" n.ll
	ok "gives the documents of one run" ll-shard compare -q one.ll m.ll
done

# What does not mix.
ll-dedup sign -q --exact=line -o digests.sig k-00000.ll; ll-dedup sign -q --exact=line --verify-bytes -o texts.sig k-00001.ll
ll-dedup sign -q --exact=line --hash-bits=8 -o few.sig k-00002.ll; ll-dedup sign -q --minhash=14x8 -o min.sig k-00000.ll
status 3 "texts and digests" ll-dedup cluster -q -o no.dup digests.sig texts.sig
status 3 "texts with hashes of 64 and of 8 bits" ll-dedup cluster -q -o no.dup texts.sig few.sig
status 3 "digests and cluster --verify-bytes" ll-dedup cluster -q --verify-bytes -o no.dup digests.sig
says "ll-dedup sign --verify-bytes keeps them" "it says what makes them"
status 2 "MinHash and cluster --verify-bytes" ll-dedup cluster -q --verify-bytes -o no.dup min.sig
status 2 "sign --minhash --verify-bytes" ll-dedup sign -q --minhash=14x8 --verify-bytes -o no.sig k-00000.ll
status 2 "keys have no bands" ll-dedup join -q -o no.join texts.sig

# What needs one process names the command.
status 2 "sign --bloom" ll-dedup sign -q --exact --bloom=0.01 -o no.sig k-00000.ll
says "ll-dedup --exact --bloom=0.01 FILE..." "names the command"
status 2 "sign --substring" ll-dedup sign -q --substring=50:words -o no.sig k-00000.ll
says "ll-dedup --substring=50:words FILE..." "names the command"
status 2 "sign --keep" ll-dedup sign -q --exact --keep=none -o no.sig k-00000.ll
says "unknown option --keep; ll-dedup cluster has it" "names the command that has it"
status 2 "two ways at once" ll-dedup -q --exact --minhash=14x8 -o no.sig k-00000.ll
says "exactly one of --exact" "says what is wrong"
absent "nothing is published" no.dup no.sig no.join

# Damage: cuts and flips of a small file.
head -n 4 d.jsonl | ll-shard import -q --compress=none -o s.ll
ll-dedup sign -q --exact=line --verify-bytes --compress=none -o s.sig s.ll
cat > every.py <<'END'
import subprocess
data, bad = open("s.sig", "rb").read(), []
def run(name, content):
    open("damaged", "wb").write(content)
    p = subprocess.run(["ll-dedup", "cluster", "-q", "-o", "no.dup", "damaged"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if p.returncode != 3 or b"damaged: frame" not in p.stderr: bad.append(f"{name}: {p.returncode} {p.stderr[-80:]!r}")
for at in range(0, len(data), 5):
    run(f"cut@{at}", data[:at])
    run(f"flip@{at}", data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1:])
print(bad[:5])
END
is "$(python3 every.py)" "[]" "cuts and flips all along"
absent "nothing stays" no.dup .no.dup.tmp*
finish
