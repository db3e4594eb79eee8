# SPDX-License-Identifier: MIT
# The heap stays within --memory at any number of threads: two large documents beside very many small candidates, whose shingles are
# much of what there is, in one run and in steps; and documents that are neither large nor small.
. "$ROOT/tests/lib.sh"

cat > make.py <<'END'
import json, random, string, sys
r = random.Random(3)
short = [a + b for a in string.ascii_lowercase for b in string.ascii_lowercase]
if sys.argv[1] == "many":
    text = " ".join(r.choices(short, k=130))
    for i in range(60_000):
        print(json.dumps({"id": f"d{i}", "text": text}))
        if i in (25_000, 59_990):
            print(json.dumps({"id": f"large{i}", "text": text + " " + " ".join(r.choices(short, k=1_500_000))}))
else:
    base = r.choices(short, k=150_000)
    for i in range(30):
        words = list(base)
        for k in range(50):
            words[r.randrange(len(words))] = r.choice(short)
        print(json.dumps({"id": f"d{i}", "text": " ".join(words)}))
END
within() { # within NAME MIB COMMAND...: its heap
	name=$1 most=$2; shift 2
	ok "$name" python3 "$ROOT/tests/cli/ll-dedup/heap.py" "$@" --memory="${most}M"
	heap=$(tail -n 1 .out)
	if [ -n "${SANITIZE:-}" ]; then skip "$name: within --memory" "a sanitizer needs more"
	elif [ ! -r /proc/self/status ]; then skip "$name: within --memory" "this system does not say how much heap there is"
	else ok "$name: within --memory=${most}M ($heap MiB)" test "$heap" -gt 0 -a "$heap" -le "$most"; fi
}
for what in middling:48 many:140; do
	share=${what#*:} what=${what%:*}
	python3 make.py $what > docs.jsonl
	ll-shard import -q -o docs.ll docs.jsonl
	ok "$what, 2G" ll-dedup -q --minhash=20x5 --unit=char --jaccard=0.8 --memory=2G --rejects=want.rej -o want.ll docs.ll
	for threads in 1 4 9; do
		within "$what, $threads threads" "$share" ll-dedup -q --minhash=20x5 --unit=char --jaccard=0.8 -@ $threads --rejects=got.rej -o got.ll docs.ll
		same got.ll want.ll "$what, $threads threads: equal bytes"; same got.rej want.rej "$what, $threads threads: equal rejects"
	done
done

# Signatures of survivors, with their shingles: the large ones are signed once more where they are passed on.
for threads in 1 4 9; do
	within "--index-out, $threads threads" 190 ll-dedup -q --minhash=20x5 --unit=char --jaccard=0.8 --index-out=got.ix -@ $threads --rejects=got.rej -o got.ll docs.ll
	[ -e want.ix ] || cp got.ix want.ix
	same got.ix want.ix "--index-out, $threads threads: an equal index"; same got.ll want.ll "and equal documents"
done
rm got.ix got.ll; status 4 "--index-out with too little memory" ll-dedup -q --minhash=20x5 --unit=char --jaccard=0.8 --index-out=got.ix --memory=150M -o got.ll docs.ll
says "frame 13 at byte" "what it takes is known as soon as the document is"
absent "and nothing is written" got.ix got.ll

within "sign, 4 threads" 172 ll-dedup sign -q --verify --minhash=20x5 --unit=char -@ 4 -o sig.ll docs.ll
within "join" 110 ll-dedup join -q -o joins.ll sig.ll
within "cluster" 110 ll-dedup cluster -q --jaccard=0.8 -o dups.ll sig.ll
within "cluster --join" 110 ll-dedup cluster -q --jaccard=0.8 --join=joins.ll -o joined.ll sig.ll
same joined.ll dups.ll "both ways"
ok "apply" ll-dedup apply -q --duplicates=dups.ll -o got.ll docs.ll
ll-shard export -q want.ll > want; ll-shard export -q got.ll > got
same got want "the documents of one run"
finish
