# SPDX-License-Identifier: MIT
"""Speed of encoding beside gigatoken (PyPI), in one run, in pairs ABAB: medians, and of the ratio of each pair the median and
the range. Without gigatoken only our own figures.

usage: encode_peer.py BUILD RANKS.tiktoken PRETOKENIZER TEXT [WHAT...]

BUILD is build/PROFILE, with bin/ll-bpe and bench/encode (make bench builds them). WHAT is some of
  second    the first pass of a new tokenizer in a warm process, over all but the last tenth of TEXT (10 MB at least)
  warm      then the rest, which is new text; also as a share of the skeleton, which is encoding without any merging
  fresh     a process, from exec to exit, with loading: ll-bpe encode from a stream to /dev/null; Python, for the peer
  unseen    the second half of TEXT after the first, 20 runs: for languages with little text
  threads   two threads beside one: ours, second, warm, and the skeleton, which says what the machine gives; and the peer's own
Documents are cut at the first line end after 8000 bytes. PAIRS (7) pairs; the first run of each side does not count.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import gigatoken
except ImportError:
    gigatoken = None

FRESH = """
import sys, gigatoken
data = open(sys.argv[2], "rb").read()
docs, i = [], 0
while i < len(data):
    end = data.find(b"\\n", i + 8000) + 1 or len(data)
    docs.append(data[i:end])
    i = end
gigatoken.Tokenizer.from_tiktoken(sys.argv[1]).backend.encode_batch(docs, parallel=False)
"""


def documents(data):
    docs, i = [], 0
    while i < len(data):
        end = data.find(b"\n", i + 8000) + 1 or len(data)
        docs.append(data[i:end])
        i = end
    return docs


def timed(f, *args, **named):
    start = time.perf_counter()
    f(*args, **named)
    return time.perf_counter() - start


def mega(docs):
    return sum(map(len, docs)) / 1e6


build, ranks, scheme, text = sys.argv[1:5]
what = sys.argv[5:] or ["second", "warm", "fresh"]
pairs = int(os.environ.get("PAIRS", 7))
ll_bpe, encode = f"{build}/bin/ll-bpe", f"{build}/bench/encode"
docs = documents(open(text, "rb").read())


def peer_encode(backend, part):
    backend.encode_batch(part, parallel=False)


def show(name, ours, theirs, unit="MB/s", other="peer"):
    digits = 1 if unit else 3
    line = f"{name:24} {statistics.median(ours):8.{digits}f} {unit} ({min(ours):.{digits}f} to {max(ours):.{digits}f})"
    if theirs:
        ratios = [a / b for a, b in zip(ours, theirs)]
        line += f"  {other} {statistics.median(theirs):8.1f}  ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    print(line, flush=True)


def bench(*options):
    out = subprocess.run([ll_bpe, "bench", "-m", ranks, f"--pretokenizer={scheme}", "--runs=1", *options, text], check=True, capture_output=True, text=True).stdout
    return {k: float(v) for k, v in (f.split("=") for f in out.splitlines()[-1].split())}


def first_and_last():
    size = sum(map(len, docs))
    rest, n = 0, len(docs)
    while rest < min(size / 2, max(10e6, size / 10)):
        n -= 1
        rest += len(docs[n])
    return docs[:n], docs[n:]


def second_and_warm():
    first, last = first_and_last()
    ours, theirs = [], {"second": [], "warm": []}
    for i in range(pairs + 1):
        figures = bench()
        if i:
            ours.append(figures)
        if gigatoken:
            backend = gigatoken.Tokenizer.from_tiktoken(ranks).backend
            for name, part in (("second", first), ("warm", last)):
                rate = mega(part) / timed(peer_encode, backend, part)
                if i:
                    theirs[name].append(rate)
    for name in ("second", "warm"):
        if name in what:
            show(name, [f[name] for f in ours], theirs[name])
    if "warm" in what:
        show("warm / skeleton", [f["warm"] / f["skeleton"] for f in ours], None, "")


def fresh():
    with tempfile.TemporaryDirectory() as scratch:
        rows = f"{scratch}/text.jsonl"
        import json
        with open(rows, "w") as f:
            for d in docs:
                f.write(json.dumps({"text": d.decode("utf8", "replace")}, ensure_ascii=False) + "\n")
        subprocess.run([f"{build}/bin/ll-shard", "import", "-q", "--compress=none", "-o", f"{scratch}/docs.ll", rows], check=True)
        os.remove(rows)
        command = [ll_bpe, "encode", "-q", "--compress=none", "-m", ranks, f"--pretokenizer={scheme}", f"{scratch}/docs.ll"]
        ours, theirs = [], []
        for i in range(pairs + 1):
            rate = mega(docs) / timed(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
            if i:
                ours.append(rate)
            if gigatoken:
                rate = mega(docs) / timed(subprocess.run, [sys.executable, "-c", FRESH, ranks, text], check=True)
                if i:
                    theirs.append(rate)
    show("fresh process", ours, theirs)


def unseen():
    seen, n, total = 0, 0, sum(map(len, docs))
    while seen < total / 2:
        seen += len(docs[n])
        n += 1
    ours, theirs = [], []
    for i in range(21):
        # A new encoder in a process that has encoded before, as the peer's is.
        out = subprocess.run([encode, ranks, scheme, "unseen", text, "2"], check=True, capture_output=True, text=True).stdout
        if i:
            ours.append(float(out.split()[1]))
        if gigatoken:
            backend = gigatoken.Tokenizer.from_tiktoken(ranks).backend
            peer_encode(backend, docs[:n])
            rate = mega(docs[n:]) / timed(peer_encode, backend, docs[n:])
            if i:
                theirs.append(rate)
    show("unseen half", ours, theirs)


def threads():
    first, last = first_and_last()
    one, two, peer = [], [], {False: ([], []), True: ([], [])}
    for i in range(pairs + 1):
        a, b = bench("-@", "1"), bench("-@", "2")
        if i:
            one.append(a)
            two.append(b)
        for parallel in (False, True) if gigatoken else ():
            backend = gigatoken.Tokenizer.from_tiktoken(ranks).backend
            for part, rates in zip((first, last), peer[parallel]):
                rate = mega(part) / timed(backend.encode_batch, part, parallel=parallel)
                if i:
                    rates.append(rate)
    for name in ("second", "warm", "skeleton"):
        show(f"two threads, {name}", [f[name] for f in two], [f[name] for f in one], other="one")
    if gigatoken:
        for name, rates, alone in zip(("second", "warm"), peer[True], peer[False]):
            show(f"peer on threads, {name}", rates, alone, other="one")


print(f"{os.path.basename(text)}, {scheme}, {mega(docs):.1f} MB, {pairs} pairs" + ("" if gigatoken else "; gigatoken is not installed, so there is no peer"), flush=True)
if "second" in what or "warm" in what:
    second_and_warm()
if "fresh" in what:
    fresh()
if "unseen" in what:
    unseen()
if "threads" in what:
    threads()
