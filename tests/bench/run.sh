#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench: throughput of every stage, one core, median of several whole-process runs with warm files, peak memory, beside the
# machine's own limits in the same run. No test depends on these figures.
# Encoding beside another program: encode_peer.py; deduplication beside others: dedup_peer.py; training steps: train_peer.py.
# BENCH_TEXT: a JSONL file with "text" to measure on (default: books-en of LLTOOLS_TEST_DATA, else generated text).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$BIN:$PATH
RUNS=${RUNS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/lltools-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

if [ -n "${BENCH_TEXT:-}" ]; then cat "$BENCH_TEXT" > text.jsonl
elif [ -e "${LLTOOLS_TEST_DATA:-/none}/data/corpus/books-en.jsonl.gz" ]; then gzip -dc "$LLTOOLS_TEST_DATA/data/corpus/books-en.jsonl.gz" > text.jsonl
else
	python3 - > text.jsonl <<'END'
import json, random
random.seed(1)
words = ["".join(random.choice("etaoinshrdlucmfwyp") for _ in range(random.randint(1, 9))) for _ in range(20000)]
for i in range(8000):
    print(json.dumps({"id": f"d{i}", "text": " ".join(words[int(random.paretovariate(.7)) % 20000] for _ in range(900)) + "."}))
END
fi
mb=$(wc -c < text.jsonl | awk '{ print $1 / 1e6 }')

# measure NAME MB UNIT COMMAND: median seconds and peak resident memory of $RUNS runs after one that is not counted.
measure() {
	name=$1 work_done=$2 unit=$3; shift 3
	python3 - "$name" "$work_done" "$unit" "$RUNS" "$@" <<'END'
import os, resource, subprocess, sys, time
name, work, unit, runs, command = sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]
seconds, peak = [], 0
for run in range(runs + 1):
    start = time.monotonic()
    p = subprocess.Popen(["sh", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    err = p.stderr.read(); _, status, usage = os.wait4(p.pid, 0)
    if status:
        print(f"{name:34} failed: {err.decode().strip()[:120]}"); sys.exit(0)
    if run:
        seconds.append(time.monotonic() - start)
    peak = max(peak, usage.ru_maxrss)
seconds.sort()
median = seconds[len(seconds) // 2]
print(f"{name:34} {work / median:10.1f} {unit:9} {median:8.3f} s {peak / 1024:8.0f} MiB   ({work / seconds[-1]:.1f} to {work / seconds[0]:.1f})", flush=True)
END
}

printf '%-34s %10s %-9s %10s %12s\n' "limits of this machine, one core" rate unit "" ""
"$UNIT/../bench/roofs" text.jsonl | awk -F'\t' '{ printf "%-34s %10.1f %s\n", $1, $2, $3 }'
measure "cat to /dev/null" "$mb" MB/s "cat text.jsonl"
measure "pipe: cat | cat" "$mb" MB/s "cat text.jsonl | cat"
echo
printf '%-34s %10s %-9s %10s %12s\n' "stages, -@ 1" rate unit median "peak memory"
ll-shard import -q --compress=none -o docs.ll text.jsonl
docs=$(wc -c < docs.ll | awk '{ print $1 / 1e6 }')
measure "import, plain JSONL" "$mb" MB/s "ll-shard import -q text.jsonl > /dev/null"
measure "import, to a zstd file" "$mb" MB/s "ll-shard import -q -o x.ll text.jsonl"
measure "raw stream between stages" "$docs" MB/s "cat docs.ll | ll-clean -q --profile=none > /dev/null"
measure "export" "$mb" MB/s "ll-shard export -q docs.ll > /dev/null"
measure "check" "$docs" MB/s "ll-shard check -q docs.ll"
measure "clean, gopher" "$docs" MB/s "ll-clean -q docs.ll > /dev/null"
measure "clean, fineweb" "$docs" MB/s "ll-clean -q --profile=fineweb docs.ll > /dev/null"
measure "dedup, exact" "$docs" MB/s "ll-dedup -q --exact docs.ll > /dev/null"
measure "dedup, minhash 14x8" "$docs" MB/s "ll-dedup -q --minhash=14x8 docs.ll > /dev/null"
if command -v ll-decontam > /dev/null; then
	ll-decontam build -q -o evals.ll "$root/samples/eval.jsonl"
	measure "decontam" "$docs" MB/s "ll-decontam -q --index=evals.ll docs.ll > /dev/null"
fi
command -v ll-sample > /dev/null && measure "sample, rate 0.5" "$docs" MB/s "ll-sample -q --rate=0.5 docs.ll > /dev/null"
ll-bpe train -q --pretokenizer=cl100k --vocab-size=8192 --special='<|endoftext|>' -o tok.json docs.ll
ll-bpe encode -q --compress=none -m tok.json -o tokens.ll docs.ll
measure "bpe train, 8192" "$docs" MB/s "ll-bpe train -q --pretokenizer=cl100k --vocab-size=8192 docs.ll > /dev/null"
measure "bpe encode" "$docs" MB/s "ll-bpe encode -q -m tok.json docs.ll > /dev/null"
measure "bpe decode" "$docs" MB/s "ll-bpe decode -q -m tok.json tokens.ll > /dev/null"
measure "pack" "$docs" MB/s "ll-shard pack -q -m tok.json -o data tokens.ll"
echo
echo "encoding what is hard to merge with this tokenizer, 10 MB, one thread; then the time of 20 MB to that of 10 MB"
"$UNIT/../bench/encode" tok.json - worst 10000000
echo
echo "training, -@ 1 (ll-train bench)"
ll-train bench --preset=gpt2-mini --batch=8 --seq-len=128 -@ 1 2>/dev/null | tail -n 1
ll-train bench --preset=gpt2-124m --batch=4 --seq-len=64 -@ 1 --steps=3 2>/dev/null | tail -n 1
