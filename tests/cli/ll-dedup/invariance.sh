# SPDX-License-Identifier: MIT
# What every way to drop documents promises, line by line: the same documents at any number of threads, any memory, from files or a pipe,
# in steps over any shards; in any order of input unless the first copy is kept; once more changes nothing (by data id); what is kept
# and what is rejected are the input (by set id), in one run and in steps.
. "$ROOT/tests/lib.sh"

python3 - > d.jsonl <<'END'
import json, random
r = random.Random(21)
words = ["w%d" % i for i in range(2500)]
texts, out = [], []
for i in range(420):
    t = [r.choice(words) for _ in range(r.choice([3, 12, 40, 90, 160]))]
    for _ in range(r.choice([1, 1, 1, 2, 3, 7])):
        u = list(t)
        for _ in range(r.choice([0, 0, 1, 1, 2]) * len(t) // 60): u[r.randrange(len(u))] = r.choice(words)
        if r.random() < 0.2: u = u[:len(u) * 3 // 4]
        if r.random() < 0.3: t = u # chains, whose ends are not alike
        out.append("\n\n".join(" ".join(u[k:k + 9]) + r.choice(["", "\nAll rights reserved."]) for k in range(0, len(u), 9)))
r.shuffle(out)
for i, t in enumerate(out):
    d = {"id": "d%d" % i, "source": r.choice("ab"), "text": t, "q": r.choice([0.5, 1, 2, 7])}
    if r.random() < 0.7: d["url"] = "http://a.org/%d" % r.randrange(300)
    if r.random() < 0.7: d["date"] = "20%02d-0%d-01" % (r.randrange(24), r.randint(1, 9))
    print(json.dumps(d))
END
ll-shard import -q -o d.ll d.jsonl
python3 -c "
import random
l = open('d.jsonl').readlines(); random.Random(4).shuffle(l); print(''.join(l), end='')" | ll-shard import -q -o other.ll
ll-shard split -q --by-key=3 -o k d.ll
ll-shard split -q --count=150 -o c d.ll
id_of() { ll-shard info --json "$2" | grep -o "\"$1_id\": \"[0-9a-f]*\""; }
union() { ll-shard cat -q -o sum.ll "$@"; id_of set sum.ll; }

# steps SHARDS SIGN-OPTIONS CLUSTER-OPTIONS, signatures in descending order with k, ascending with c: steps.ll and steps.rej
steps() {
	_sigs= _outs= _rejs=
	for _f in $1-0*.ll; do
		ll-dedup sign -q $2 -o $_f.sig $_f || return
		if [ $1 = k ]; then _sigs="$_f.sig $_sigs"; else _sigs="$_sigs $_f.sig"; fi
	done
	ll-dedup cluster -q $3 -o steps.dup $_sigs || return
	for _f in $1-0*.ll; do
		ll-dedup apply -q --duplicates=steps.dup --rejects=$_f.rej -o $_f.out $_f || return
		_outs="$_outs $_f.out" _rejs="$_rejs $_f.rej"
	done
	ll-shard cat -q -o steps.ll $_outs && ll-shard cat -q -o steps.rej $_rejs
}

# What is signed | what signatures carry for it | what is decided | what it names: any = any order of input; edits = texts change; once = another run may drop more
while IFS='|' read -r what carried how promises; do
	name=$(echo $what $how)
	ok "$name: runs" ll-dedup -q $what $how --rejects=one.rej -o one.ll d.ll < /dev/null
	ok "$name: something goes" [ "$(id_of data one.ll)" != "$(id_of data d.ll)" ]
	ll-dedup -q $what $how --memory=1M -@ 3 --rejects=t.rej -o t.ll d.ll
	same t.ll one.ll "$name: equal bytes with 1M and 3 threads"; same t.rej one.rej "$name: equal rejects"
	cat d.ll | ll-dedup -q $what $how > t.ll
	is "$(id_of data t.ll)" "$(id_of data one.ll)" "$name: from a pipe"
	case $promises in *once*) ;; *)
		rm t.ll; ll-dedup -q $what $how -o t.ll one.ll < /dev/null
		is "$(id_of data t.ll)" "$(id_of data one.ll)" "$name: once more changes nothing" ;;
	esac
	case $promises in *any*)
		rm t.ll; ll-dedup -q $what $how -o t.ll other.ll < /dev/null
		is "$(id_of set t.ll)" "$(id_of set one.ll)" "$name: any order of input"
		ok "$name: the steps run over shards in another order" steps k "$what $carried" "$how"
		is "$(id_of set steps.ll)" "$(id_of set one.ll)" "$name: and give the same documents" ;;
	esac
	ok "$name: the steps run over shards in order" steps c "$what $carried" "$how"
	is "$(id_of data steps.ll)" "$(id_of data one.ll)" "$name: and give the documents of one run in its order"
	case $promises in *edits*) continue ;; esac
	is "$(union one.ll one.rej)" "$(id_of set d.ll)" "$name: kept and rejected are the input"
	is "$(union steps.ll steps.rej)" "$(id_of set d.ll)" "$name: in steps too"
done <<'END'
--exact|||
--exact=url|||
--exact --min-bytes=60|||
--exact||--keep=none|any
--exact=url||--keep=none --min-count=3|any
--exact=line|||edits
--exact=paragraph|||edits
--exact=sentences:2|||edits once
--exact=line||--keep=none --min-count=4|any edits
--exact=paragraph||--keep=none|any edits
--minhash=14x8|||any
--minhash=14x8||--keep=first|
--minhash=14x8|--carry=.q|--keep=max:.q|any
--profile=text-dedup|--verify --carry=.date|--keep=newest:.date --jaccard=0.7|any
--minhash=20x5|--verify|--jaccard=0.8|any
--minhash=20x5|--verify|--jaccard=0.8 --keep=first|
--minhash=20x5|--verify|--containment=0.9|any
--minhash=20x5|--verify|--jaccard=0.8 --cluster=component|any
--minhash=20x5|--verify|--containment=0.9 --cluster=component|any
--minhash=12x6 --unit=char --ngram=12|--verify|--jaccard=0.7|any
END
finish
