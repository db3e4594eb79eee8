# SPDX-License-Identifier: MIT
# Documents that are large for --memory: every program that holds them says what they take before it takes it, and stays within
# that when it gets it, with one thread and with several.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/common/fits"
python3 - <<'END'
import json, os, random
r = random.Random(3)
words = open(os.environ["ROOT"] + "/samples/trees.txt").read().split()
def lines(most, size):  # of 1 to `most` words
    out = []
    while size > 0:
        out.append(" ".join(r.choices(words, k=r.randint(1, most))))
        size -= len(out[-1]) + 1
    return "\n".join(out)
prose, short = lines(100, 5_000_000), lines(2, 5_000_000)
large = [prose, short, short[1000:] + prose[:1000], "".join(chr(0x4e00 + r.randrange(8000)) for _ in range(1_600_000))]
with open("docs.jsonl", "w") as f:
    for i, text in enumerate(large):
        for k in range(20):
            print(json.dumps({"id": f"small-{i}-{k}", "text": f"A small one, number {k}."}), file=f)
        print(json.dumps({"id": f"large-{i}", "text": text}, ensure_ascii=False), file=f)
with open("eval.jsonl", "w") as f:
    print(json.dumps({"text": prose[2_000_000:2_000_400]}), file=f)
END
ll-shard import -q -o docs.ll docs.jsonl
ll-decontam build -q -o eval.ll eval.jsonl
for t in 1 3; do
	fits "cat -@$t" ll-shard cat -@$t -o out.ll docs.ll
	ok "the same documents" ll-shard compare docs.ll out.ll
	fits "export -@$t" ll-shard export -@$t -o out.jsonl docs.ll
	same docs.jsonl out.jsonl "the same lines"
	fits "sample -@$t" ll-sample --rate=1 -@$t -o out.ll docs.ll
	fits "repair -@$t" ll-clean --profile=repair -@$t -o out.ll docs.ll
	fits "clean -@$t" ll-clean --profile=gopher -@$t -o out.ll docs.ll
	fits "decontam -@$t" ll-decontam --index=eval.ll --action=cut -@$t -o out.ll docs.ll
	fits "exact -@$t" ll-dedup --exact -@$t -o out.ll docs.ll
	fits "sentences -@$t" ll-dedup --exact=sentences:3 -@$t -o out.ll docs.ll
	fits "minhash -@$t" ll-dedup --minhash=14x8 --jaccard=0.8 -@$t -o out.ll docs.ll
	fits "substring -@$t" ll-dedup --substring=100 -@$t -o out.ll docs.ll
done
is "$(ll-dedup --minhash=14x8 --jaccard=0.8 --memory=16M -o out.ll docs.ll 2> .err; number)" "$(ll-dedup --minhash=14x8 --memory=16M -o out.ll docs.ll 2> .err; number)" "verification asks for no more"
ok "nor while it reads again" ll-dedup -q --minhash=14x8 --jaccard=0.8 --memory="$(number)M" -o out.ll docs.ll
fits "lines that many documents share" ll-dedup --exact=line --keep=none --min-count=2 -o out.ll docs.ll
fits "compared as bytes" ll-dedup --exact --verify-bytes -o out.ll docs.ll
fits "characters" ll-dedup --minhash=20x5 --unit=char -o out.ll docs.ll
fits "characters, signed" ll-dedup sign --minhash=20x5 --unit=char --verify -o out.sig docs.ll
fits "sign" ll-dedup sign --minhash=14x8 --verify -o out.sig docs.ll
fits "lines, signed" ll-dedup sign --exact=line -o out.sig docs.ll
fits "check" ll-shard check docs.ll
finish
