# SPDX-License-Identifier: MIT
# Every number of ll-dedup report against a count in Python: of the documents that went, and, for sizes, of the survivors' tags. Ids,
# sources and texts with tabs and newlines, survivors of one source and id; the rejects of several shards; what was dropped for other reasons.
. "$ROOT/tests/lib.sh"

cat > count.py <<'END'
"""count.py KEPT GONE: what report.txt has to say of the rejects GONE (exported with tags)."""
import collections, fractions, json, sys
from xxh3 import xxh3_128
read = lambda path: [json.loads(l) for l in open(path)]
line = lambda s: "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in s)
all_gone = read(sys.argv[2])
gone = [d for d in all_gone if d["ll"]["reject.reason"] == "near-duplicate"]
clusters, bins, sources = collections.defaultdict(list), collections.Counter(), collections.Counter()
for d in gone:
    clusters[d["ll"]["reject.key"], d["ll"]["reject.text"]].append(d)
    if "reject.similarity" in d["ll"]:
        bins[int(fractions.Fraction(d["ll"]["reject.similarity"]).limit_denominator(10000) * 20)] += 1
    sources[(d["ll"].get("reject.source", ""), d.get("source", ""))] += 1
want = {"sizes": sorted(collections.Counter(len(g) + 1 for g in clusters.values()).items()),
        "bins": [(f"{i / 20:.2f}", bins[i]) for i in range(21)],
        "sources": sorted(((line(a) or "-", line(b) or "-", n) for (a, b), n in sources.items())),
        "biggest": sorted((len(g) + 1 for g in clusters.values()), reverse=True)[:10],
        "counts": [len(gone) - sum(bins.values()), len(gone), len(all_gone) - len(gone)]}
got = {"sizes": [], "bins": [], "sources": [], "biggest": [], "counts": []}
block, bad, samples = "", [], []
def text(t):
    return line(t.encode()[:160].decode(errors="ignore")) + (" ..." if len(t.encode()) > 160 else "")
def end_cluster():
    if samples:
        of = [g for g in clusters.values() if line(g[0]["ll"]["reject.value"]) == samples[0] and len(g) + 1 == got["biggest"][-1]]
        if not any(len(samples) - 1 == min(3, len(g)) and set(samples[1:]) <= {text(d["text"]) for d in g} for g in of): bad.append(samples)
for l in open("report.txt", newline="\n").read().split("\n"):
    f = l.split("\t")
    if l.startswith("# clusters by size"): block = "sizes"
    elif l.startswith("# duplicates by similarity"): block = "bins"
    elif l.startswith("# duplicates by source"): block = "sources"
    elif l.startswith("# the biggest clusters"): block = "biggest"
    elif f[0] in ("# not verified", "# all duplicates", "# dropped for other reasons"): got["counts"].append(int(f[1]))
    elif f[0] == "#": samples.append(f[1])
    elif l and l[0] != "#":
        if block == "biggest":
            end_cluster()
            samples = [f[1]]
            got[block].append(int(f[0]))
        else: got[block].append((int(f[0]) if block == "sizes" else f[0], *f[1:-1], int(f[-1])))
end_cluster()
got["sources"].sort()
for k in want:
    if want[k] != got[k]: bad.append(f"{k}: {got[k]}, not {want[k]}")
kept = collections.Counter(d["ll"]["dedup.copies"] + 1 for d in read(sys.argv[1]) if "dedup.copies" in d.get("ll", {}))
if sorted(kept.items()) != got["sizes"]: bad.append("sizes are not those of the survivors' tags")
survivors = {(d.get("source", ""), d["id"], "%032x" % xxh3_128(d["text"].encode())) for d in read(sys.argv[1]) if "dedup.copies" in d.get("ll", {})}
if {(d["ll"].get("reject.source", ""), d["ll"]["reject.value"], d["ll"]["reject.text"]) for d in gone} != survivors: bad.append("a survivor is not named as it is")
if len({s[:2] for s in survivors}) == len(survivors): bad.append("no two survivors of one source and id")
print(len(gone) > 150, len(got["sizes"]) > 4, bad[:3])
END
python3 - > d.jsonl <<'END'
import json, random
r = random.Random(31)
words = ["w%d" % i for i in range(3000)] + ["\t", "\n\n", "\u00e9t\u00e9", "\U0001f44d"]
n = 0
for i in range(150):
    t = [r.choice(words) for _ in range(r.choice([9, 30, 30, 90, 200]))]
    for _ in range(r.choice([1, 2, 2, 3, 4, 7, 12])):
        n += 1
        name = r.choice(["d%d", "d\t%d", "%d\nx", "%d\x7f"]) % (n if r.random() < 0.7 else n % 7) # ids are not unique
        print(json.dumps({"id": name, "source": r.choice(["", "web", "b\tooks", "n\news\x1b[31m"]), "text": " ".join(t)}))
        if r.random() < 0.7: t[r.randrange(len(t))] = r.choice(words)
END
ll-shard import -q -o d.ll d.jsonl
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/format; export PYTHONDONTWRITEBYTECODE PYTHONPATH
jsonl() { ll-shard export -q --tags --to=jsonl "$@"; }
counted() { # counted NAME REJECTS...: the report of them, beside kept.ll
	_what=$1; shift
	ll-dedup report -q -o report.txt "$@"
	jsonl kept.ll > kept.jsonl; jsonl "$@" > gone.jsonl
	is "$(python3 count.py kept.jsonl gone.jsonl)" "True True []" "$_what"
}
for how in --jaccard=0.8 "--containment=0.7 --cluster=component" "--jaccard=0.3 --keep=first" ""; do
	ll-dedup -q --minhash=50x2 $how --tag-survivors --rejects=gone.ll -o kept.ll d.ll
	counted "all numbers are right, ${how:-not verified}" gone.ll
done
is "$(grep -c '^	' report.txt)" 0 "no line begins in the middle of another"
ll-dedup -q --minhash=50x2 --jaccard=0.8 --tag-survivors --rejects=gone.ll -o kept.ll d.ll
ll-dedup report -q -o want.txt gone.ll
ll-shard split -q --count=99 -o part gone.ll
counted "the rejects of several shards are counted together" part-*.ll
same report.txt want.txt "and give the same report"
ll-dedup report -q --memory=1M -o report.txt gone.ll; same report.txt want.txt "so does little memory"
ll-dedup -q --exact --rejects=exact.ll -o t.ll d.ll
counted "exact duplicates among them are counted apart" gone.ll exact.ll
ok "and there are some" grep -q '^# dropped for other reasons	[1-9]' report.txt

# The report is the main output: it is there when the picture is.
status 4 "a picture that cannot be written" ll-dedup report -q --plot=none/x.gp -o no.txt gone.ll
absent "leaves no report" no.txt
ll-dedup report -q --plot=x.gp -o t.txt gone.ll; same t.txt want.txt "with a picture the same report"
status 3 "documents that were kept" ll-dedup report -q -o no.txt kept.ll
says "kept.ll: record 1" "are named with the place"
says "a document that was not rejected" "as what they are"
ll-shard head -q -n 7 -o seven.ll gone.ll; status 3 "behind those of other files" ll-dedup report -q -o no.txt gone.ll seven.ll kept.ll
says "kept.ll: record 1:" "the place is counted in their own file"
head -c 3000 gone.ll > cut.ll; status 3 "rejects that were cut" ll-dedup report -q -o no.txt cut.ll
absent "leave no report" no.txt
finish
