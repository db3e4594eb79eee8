# SPDX-License-Identifier: MIT
"""What the comparisons of ll-train with PyTorch share: a dataset of real or made-up text, runs, TAP."""
import os
import subprocess
import sys

ROOT, BIN = os.environ["ROOT"], os.environ["BIN"]
count = failed = 0


def ok(condition, name):
    global count, failed
    count += 1
    failed += not condition
    print(f"{'ok' if condition else 'not ok'} {count} - {name}", flush=True)


def finish():
    print(f"1..{count}")
    sys.exit(failed > 0)


def skip_all(why):
    print(f"ok 1 - {os.path.basename(sys.argv[0])} # SKIP {why}\n1..1")
    sys.exit(0)


def run(*args, **kw):
    return subprocess.run([f"{BIN}/{args[0]}", *args[1:]], check=True, stdout=subprocess.PIPE, **kw).stdout.decode()


def shakespeare(limit):
    path = os.path.join(os.environ.get("LLTOOLS_TEST_DATA", "/nonexistent"), "data/lmtext/tinyshakespeare.txt")
    return open(path, "rb").read(limit) if os.path.exists(path) else None


def dataset(name, text):
    """One token a byte; returns the ids as a list."""
    open("text", "wb").write(text)
    run("ll-bpe", "train", "-q", "--pretokenizer=gpt2", "--vocab-size=257", "--special=<|endoftext|>", "-o", "tok.json", "text")
    subprocess.run([sys.executable, f"{ROOT}/tests/format/make_dataset.py", name, "tok.json"], input=text, check=True)
    data = open(f"{name}/tokens-00000.bin", "rb").read()
    return [data[i] | data[i + 1] << 8 for i in range(0, len(data), 2)]


def batch_starts(run_dir, step):
    """First token of every sample of a step, as ll-train batch prints it."""
    import json
    rows = {}
    for line in run("ll-train", "batch", f"--step={step}", run_dir).splitlines():
        d = json.loads(line)
        rows.setdefault(d["row"], d["tokens"][0])
    return [rows[r] for r in sorted(rows)]


def log(run_dir):
    lines = open(f"{run_dir}/log.tsv").read().splitlines()
    return [[float(x) for x in line.split("\t")] for line in lines[1:]]
