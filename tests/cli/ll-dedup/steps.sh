# SPDX-License-Identifier: MIT
# sign, cluster, apply: one run over all files equals the three steps over shards, exact and with --keep=first; parts; equal shards.
. "$ROOT/tests/lib.sh"

python3 - <<'END'
import json, random
random.seed(8)
words = ["w%d" % i for i in range(500)]
with open("d.jsonl", "w") as f:
    texts = []
    for i in range(3000):
        t = random.choice(texts) if texts and random.random() < 0.4 else " ".join(random.choice(words) for _ in range(random.randint(1, 40)))
        texts.append(t)
        f.write(json.dumps({"id": "d%d" % i, "text": t}) + "\n")
END
ll-shard import -q -o d.ll d.jsonl
ll-dedup -q --exact --rejects=one.rej -o one.ll d.ll
tags() { ll-shard export -q --tags "$@" | sed 's/"origin[^,}]*,*//g; s/"reject.stage":"[^"]*",*//'; }

# steps NAME MODE FILE...: the documents of the files after the three steps, in their order, are NAME.ll and NAME.rej
steps() {
	_n=$1 _mode=$2; shift 2; _outs= _rejs= _sigs=
	for _f; do ll-dedup sign -q $_mode -o "$_f.sig" "$_f" || return; _sigs="$_sigs $_f.sig"; done
	ll-dedup cluster -q ${keep:-} -o "$_n.dup" $_sigs || return
	for _f; do
		ll-dedup apply -q --duplicates="$_n.dup" --rejects="$_f.rej" -o "$_f.out" "$_f" || return
		_outs="$_outs $_f.out" _rejs="$_rejs $_f.rej"
	done
	ll-shard cat -q -o "$_n.ll" $_outs && ll-shard cat -q -o "$_n.rej" $_rejs
}

# Shards that follow each other in the order of the input: the same documents in the same order.
for k in 1 3 7; do
	ll-shard split -q --count=$((3000 / k + 1)) -o c$k d.ll
	ok "the steps run over $k shards" steps m$k --exact c$k-*.ll
	is "$(ls c$k-*.ll | wc -l | tr -d ' ')" $k "there are $k"
	ok "one run equals map, merge, apply over $k shards, in order" ll-shard compare -q one.ll m$k.ll
	tags one.rej > want; tags m$k.rej > got
	same got want "and so do the rejects, with reason and value"
done
# Any other shards: one run over them in the order in which the signatures are given.
ll-shard split -q --by-key=5 -o k d.ll
files="k-00003.ll k-00000.ll k-00004.ll k-00002.ll k-00001.ll"
for mode in --exact "--minhash=14x8 --keep=first"; do
	keep=${mode#* }; [ "$keep" = "$mode" ] && keep=
	ll-dedup -q $mode -o whole.ll $files
	ok "the steps run: $mode" steps mk ${mode% --keep=first} $files
	ok "one run over the files in that order: $mode" ll-shard compare -q whole.ll mk.ll
done
keep=

# Parts of one list, in any order; files of a part may stand in one stream of signatures, streams one after the other in a file.
printf '%s\n' k-00003.ll k-00000.ll k-00004.ll k-00002.ll k-00001.ll c7-*.ll > list
for mode in --exact "--minhash=14x8 --keep=first"; do
	keep=${mode#* }; [ "$keep" = "$mode" ] && keep=
	ll-dedup -q $mode -o whole.ll --files-from=list
	for i in 1 2 3 4 5; do ll-dedup sign -q ${mode% --keep=first} --part=$i/5 --files-from=list -o p$i.sig; done
	cat p4.sig p2.sig > p42.sig
	ok "parts in another order: $mode" ll-dedup cluster -q $keep -o p.dup p3.sig p42.sig p5.sig p1.sig
	outs=
	while read -r f; do ll-dedup apply -q --duplicates=p.dup -o "$f.out" "$f"; outs="$outs $f.out"; done < list
	ll-shard cat -q -o p.ll $outs
	ok "equal one run over the list: $mode" ll-shard compare -q whole.ll p.ll
	ll-dedup apply -q --duplicates=p.dup -o a.ll --files-from=list
	ok "and one apply to all does: $mode" ll-shard compare -q whole.ll a.ll
done
keep=
status 3 "a part that is missing" ll-dedup cluster -q -o no.dup p1.sig p2.sig p3.sig p5.sig
says "part 4/5" "is named"
for i in 1 5; do
	set --; for j in 1 2 3 4 5; do [ $j = $i ] || set -- "$@" p$j.sig; done
	status 3 "part $i is missing" ll-dedup cluster -q -o no.dup "$@"
	says "part $i/5" "is named"
done
status 3 "one part alone" ll-dedup cluster -q -o no.dup k-00003.ll.sig p2.sig
says "part 1/5" "the first that is missing is named"
status 3 "a part that is there twice" ll-dedup cluster -q -o no.dup p1.sig p2.sig p3.sig p2.sig p5.sig
says "part 4/5" "the missing one is named"
ll-dedup sign -q --minhash=14x8 --part=4/5 -o other.sig c3-*.ll
status 3 "a part of another list" ll-dedup cluster -q -o no.dup p1.sig p2.sig p3.sig other.sig p5.sig
says "not taken from one list" "that is said"
ok "more parts than files" sh -c 'for i in 3 1 2; do ll-dedup sign -q --exact --part=$i/3 -o e$i.sig c1-00000.ll || exit; done
	ll-dedup cluster -q -o e.dup e3.sig e1.sig e2.sig && ll-dedup apply -q --duplicates=e.dup -o e.ll c1-00000.ll'
ok "the same documents" ll-shard compare -q one.ll e.ll
absent "nothing was published" no.dup

# A shard that is missing.
ll-dedup cluster -q -o two.dup c3-00000.ll.sig c3-00002.ll.sig
status 3 "a shard that was not clustered" ll-dedup apply -q --duplicates=two.dup -o no.ll c3-00001.ll
says "c3-00001.ll" "is named"
status 3 "documents that were not signed" ll-dedup apply -q --duplicates=m3.dup -o no.ll d.ll
absent "nothing is published" no.ll

# Shards of equal documents: the steps keep what one run keeps.
mkdir x y z
head -n 500 d.jsonl | ll-shard import -q -o a.ll
cp a.ll b.ll; cp a.ll x/s.ll; cp a.ll y/s.ll; cp a.ll z/other.ll
for mode in --exact --minhash=14x8; do
	ll-dedup -q $mode -o whole.ll c3-00001.ll a.ll b.ll
	ok "equal shards of different names: $mode" steps e $mode c3-00001.ll a.ll b.ll
	ok "equal one run: $mode" ll-shard compare -q whole.ll e.ll
	for f in x/s.ll y/s.ll; do ll-dedup sign -q $mode -o $f.sig $f; done
	ll-dedup cluster -q -o s.dup x/s.ll.sig y/s.ll.sig
	status 3 "equal shards of one name: $mode" ll-dedup apply -q --duplicates=s.dup -o no.ll y/s.ll
	says "which of them is it?" "refused"
	says "hint: give all 2 to one apply" "with a hint"
	status 3 "of another name" ll-dedup apply -q --duplicates=s.dup -o no.ll z/other.ll
	cat y/s.ll | status 3 "from a pipe" ll-dedup apply -q --duplicates=s.dup -o no.ll
	ll-dedup -q $mode -o whole.ll x/s.ll y/s.ll
	ok "all of them in one apply: $mode" ll-dedup apply -q --duplicates=s.dup -o s.ll x/s.ll y/s.ll
	ok "equal one run too: $mode" ll-shard compare -q whole.ll s.ll
	status 3 "more of them than were clustered" ll-dedup apply -q --duplicates=s.dup -o no.ll x/s.ll y/s.ll a.ll
	ll-dedup sign -q $mode -o a.sig a.ll; ll-dedup cluster -q -o a.dup a.sig
	ok "one alone may have any name: $mode" ll-dedup apply -q --duplicates=a.dup -o s.ll z/other.ll
	cat a.ll | ll-dedup apply -q --duplicates=a.dup > t.ll
	ok "or come from a pipe: $mode" ll-shard compare -q s.ll t.ll
	mkfifo pipe; timeout 20 cat a.dup > pipe & timeout 20 ll-dedup apply -q --duplicates=pipe -o t.ll a.ll; wait; rm pipe
	same t.ll s.ll "and so may the duplicates: $mode"
done
: | ll-shard import -q --from=jsonl -o x/none.ll; cp x/none.ll y/none.ll
ok "shards without documents are no matter" steps none --exact x/none.ll a.ll y/none.ll

# The examples of the man page, with a list of ten files.
printf 'k-0000%d.ll\n' 0 1 2 3 4 > list8; for i in 0 1 2 3 4; do printf 'c7-0000%d.ll\n' $i; done >> list8
sed -n '/^Exact duplicates by an array job/,/^\.Ed/p' "$ROOT/man/ll-dedup.1" | grep '^ll-dedup' | sed 's/=list /=list8 /' > example
is "$(wc -l < example | tr -d ' ')" 3 "the array job of the man page"
mkdir job; cp k-*.ll c7-*.ll list8 job
ok "runs" sh -c 'set -e; cd job
	for I in 1 2 3 4 5 6 7 8; do export I; sed -n 1p ../example | sh -e; done 2>&1
	sed -n 2p ../example | sh -e 2>&1
	for I in 1 2 3 4 5 6 7 8; do export I; sed -n 3p ../example | sh -e; done 2>&1
	ll-shard cat -q -o all.ll 1.ll 2.ll 3.ll 4.ll 5.ll 6.ll 7.ll 8.ll'
ll-dedup -q --exact --files-from=list8 -o whole.ll
ok "and gives the documents of one run" ll-shard compare -q whole.ll job/all.ll

# Memory and threads change no byte.
for t in 2 3; do ll-dedup sign -q --exact -@ $t -o t.sig a.ll; same t.sig a.ll.sig "signatures at -@ $t"; done
cat c7-*.sig > all.sig
ll-dedup cluster -q --memory=1M -o small.dup all.sig
ll-dedup cluster -q --memory=1G -o large.dup all.sig
same small.dup large.dup "duplicates at 1M and 1G"

status 2 "exact signatures and --keep=longest" ll-dedup cluster -q --keep=longest -o no.dup a.ll.sig m1.sig c1-00000.ll.sig
for o in --minhash=14x8 --ngram=5 --unit=word; do
	status 2 "--exact with $o" ll-dedup sign -q --exact $o -o no.sig a.ll
	status 2 "in one run too" ll-dedup -q --exact $o -o no.ll a.ll
done
ll-dedup sign -q --minhash=14x8 -o m.sig a.ll; ll-dedup sign -q --exact -o e.sig a.ll
status 3 "exact and MinHash signatures do not mix" ll-dedup cluster -q -o no.dup e.sig m.sig
status 3 "nor the other way round" ll-dedup cluster -q -o no.dup m.sig e.sig
status 3 "documents are no signatures" ll-dedup cluster -q -o no.dup a.ll
status 3 "signatures are no duplicates" ll-dedup apply -q --duplicates=e.sig -o no.ll a.ll
status 2 "no duplicates" ll-dedup apply -q -o no.ll a.ll
absent "nothing is published" no.ll no.dup no.sig
finish
