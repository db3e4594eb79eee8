# SPDX-License-Identifier: MIT
# --memory against the peak of the resident set, 12 MiB for code and libraries added; the same bytes at any of it.
. "$ROOT/tests/lib.sh"
python3 - <<'END'
import json, random
random.seed(3)
words = ["".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(random.randint(2, 9))) for _ in range(5000)]
with open("d.jsonl", "w") as f:
    for i in range(1600):   # a few long ones among many
        n = 90000 if i % 200 == 7 else random.randint(10, 4000)
        f.write(json.dumps({"id": f"d{i}", "text": " ".join(random.choices(words, k=n)) + ".\n"}) + "\n")
END
python3 - <<'END'
import random
random.seed(4)
with open("wide.txt", "w") as f:
    for i in range(300000):
        f.write(" " + "".join(chr(97 + int(d)) for d in str(random.randrange(250000) * 7919)))
END
cat > peak.py <<'END'
import resource, subprocess, sys
limit = float(sys.argv[1])
rc = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
if rc or peak > limit + 12:
    sys.exit(f"status {rc}, peak {peak:.1f} MiB of {limit:.0f}")
END
ll-shard import -q --memory=1G -o d.ll d.jsonl
head -n 200 d.jsonl | ll-shard import -q -o few.ll
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 -o tok.json few.ll
ll-bpe encode -q -m tok.json -o d.tok d.ll
ll-shard export -q -o want.jsonl d.ll
check() { # check NAME OUTPUT COMMAND...: at several budgets and threads
	_what=$1 _file=$2; shift 2
	for m in 32 64; do for t in 2 8; do
		if [ -z "$SANITIZE" ]; then ok "$_what, ${m}M, -@ $t" python3 peak.py $m "$@" -q --memory=${m}M -@ $t -o "out.$_what"
		else ok "$_what, ${m}M, -@ $t" "$@" -q --memory=${m}M -@ $t -o "out.$_what"; fi
		[ -e "first.$_what" ] || cp -R "out.$_what" "first.$_what"
		[ -z "$_file" ] || same "out.$_what" "first.$_what" "equal bytes"
		[ "$_what" = pack ] && rm -rf out.pack
	done; done
}
[ -z "$SANITIZE" ] || skip "peak memory" "sanitizers need memory of their own"
check import yes ll-shard import d.jsonl
check export yes ll-shard export d.ll
check cat yes ll-shard cat d.ll
check split "" ll-shard split --by-key=4 d.ll
check clean yes ll-clean --profile=repair d.ll
check exact yes ll-dedup --exact d.ll
check sample yes ll-sample --rate=0.5 d.ll
check "count pre-tokens" yes ll-bpe count --pretokenizer=gpt2 wide.txt
check "merge counts" yes ll-bpe merge "first.count pre-tokens" "first.count pre-tokens"
check "train tokenizer" yes ll-bpe train --pretokenizer=gpt2 --min-count=3 --vocab-size=3000 wide.txt
check encode yes ll-bpe encode -m tok.json d.ll
check decode yes ll-bpe decode -m tok.json d.tok
check pack "" ll-shard pack -m tok.json d.tok
same out.import d.ll "import gives what 1G gives"
same out.export want.jsonl "and export"
finish
