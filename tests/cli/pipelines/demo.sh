# SPDX-License-Identifier: MIT
# The demo on a small corpus of one's own: it ends in a page, a second run does nothing, a change redoes only what depends on it,
# and two runs give the same ids and the same loss log.
. "$ROOT/tests/lib.sh"

python3 - > corpus.jsonl <<'END'
import json, random
random.seed(5)
nouns = "river stone garden window letter forest candle harbour mountain kettle orchard bridge".split()
verbs = "crosses follows remembers carries watches opens leaves finds".split()
for i in range(240):
    lines = []
    for p in range(6):
        lines.append(" ".join(f"The {random.choice(nouns)} {random.choice(verbs)} the {random.choice(nouns)} of the old {random.choice(nouns)}, "
                              f"and that is to be the {random.choice(nouns)} with {random.choice(nouns)}." for _ in range(3)))
    print(json.dumps({"id": f"d{i}", "text": "\n\n".join(lines)}))
END
here=$PWD
demo() { # demo OUT [VARIABLE=VALUE]...
	_out=$1; shift
	(cd "$ROOT" && make --no-print-directory -f pipelines/demo/Makefile BIN="$BIN" OUT="$here/$_out" CORPUS="$here/corpus.jsonl" PROFILE=repair \
		HOLDOUT=0.2 VOCABULARY=400 PRESET=gpt2-tiny SEQ_LEN=32 BATCH=4 STEPS=30 WARMUP=5 CLOZE_ITEMS=20 "$@")
}
ok "the demo runs" demo one
grep -c '^==' .out > stages || true
ok "every stage ran" test "$(cat stages)" -ge 12
for word in "Bits per byte" "xz -9" "unigram" "Cloze" "ll-dedup" "near-duplicate\|ll-clean" "Some text of its own"; do
	ok "the page speaks of $word" grep -q "$word" one/page.txt
done
demo one > again 2>&1
is "$(grep -c '^==' again || true)" 0 "a second run does nothing"
demo one LR=1e-3 > changed 2>&1
is "$(grep '^==' changed | sed 's/:.*//' | sort -u | tr '\n' ' ')" "== eval == the page == train " "another learning rate redoes training and what follows"
ok "a second place" demo two
demo one > back 2>&1
same one/run/log.tsv two/run/log.tsv "equal loss logs"
for f in docs clean unique decontaminated train heldout train.tokens; do
	ok "equal data: $f" sh -c "ll-shard info --json one/$f.ll | grep -o '\"data_id\": \"[0-9a-f]*\"' > a; ll-shard info --json two/$f.ll | grep -o '\"data_id\": \"[0-9a-f]*\"' | cmp - a && test -s a"
done
same one/tok.json two/tok.json "equal tokenizers"
same one/data/tokens-00000.bin two/data/tokens-00000.bin "equal datasets"
finish
