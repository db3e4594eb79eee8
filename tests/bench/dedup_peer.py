# SPDX-License-Identifier: MIT
"""Speed of deduplication beside rensa and datasketch (PyPI), `cat` and `awk`, in one run, in pairs ABAB: medians, and of the
ratio of each pair the median and the range. Without a peer only our own figures.

usage: dedup_peer.py BUILD TEXT.jsonl [WHAT...]

BUILD is build/PROFILE, with bin/ll-shard and bin/ll-dedup. TEXT has lines with the member "text". WHAT is some of
  sign       MinHash signatures 14x8 from JSONL: ll-shard import | ll-dedup sign, MB of text a second of processor time of both,
             so a core; the peer is rensa's core, RMinHash.update on shingles that are ready: strings made anew for each run, as
             every document comes once; and on the same strings again, in which Python has kept the UTF-8 that update asked for
  survivors  JSONL to survivors verified by Jaccard, ll-dedup -@ 1 behind import, by the clock; the peer is rensa with shingles
             made in Python, Python and loading of JSONL not counted
  signer     datasketch beside the same signatures, on a tenth of the text
  exact      documents, file to file, --exact, uncompressed, to a file; the peer is `cat` of the same file to a file
  lines      --exact=line over the lines of the text and as many that are numbers, to /dev/null: million lines a second; the
             peer is awk '!s[$0]++', on a tenth of them
All of ours runs with -@ 1. PAIRS (7) pairs; the first run of each side does not count. Scratch goes to TMPDIR.
"""
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

build, text = sys.argv[1:3]
what = sys.argv[3:] or ["sign", "survivors", "signer", "exact", "lines"]
pairs = int(os.environ.get("PAIRS", 7))
os.environ["PATH"] = f"{os.path.abspath(build)}/bin:{os.environ['PATH']}"


def peer(name):
    if importlib.util.find_spec(name):
        return __import__(name)
    print(f"{name} is not installed: no figure of it", flush=True)
    return None


def timed(f, *args):
    start = time.perf_counter()
    f(*args)
    return time.perf_counter() - start


def shell(command):
    subprocess.run(["bash", "-c", "set -o pipefail; " + command], check=True)


def processor(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shell(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(name, unit, ours, theirs=None):
    """ours() and theirs() give a rate."""
    a, b = [], []
    for i in range(pairs + 1):
        x = ours()
        y = theirs() if theirs else None
        if i:
            a.append(x)
            b.append(y)
    line = f"{name:34} {statistics.median(a):8.1f} {unit} ({min(a):.1f} to {max(a):.1f})"
    if theirs:
        ratios = [x / y for x, y in zip(a, b)]
        line += f"  peer {statistics.median(b):8.2f}  ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    print(line, flush=True)


def shingles(text):
    words = text.split()
    return [" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))]


docs = [json.loads(line)["text"] for line in open(text, encoding="utf8")]
mega = sum(len(d.encode()) for d in docs) / 1e6
few = docs[:: 10]
mega_few = sum(len(d.encode()) for d in few) / 1e6
rensa = peer("rensa") if "sign" in what or "survivors" in what else None
datasketch = peer("datasketch") if "signer" in what else None


def sign():
    part = docs[:: 4]  # the whole takes gigabytes
    size = sum(len(d.encode()) for d in part) / 1e6
    ready = []

    def update():
        for s in ready:
            rensa.RMinHash(num_perm=112, seed=42).update(s)

    def again():
        return size / timed(update)

    def fresh():
        ready[:] = [shingles(d) for d in part]
        return again()

    ours = f"ll-shard import -q -@ 1 {text} | ll-dedup sign -q -@ 1 --minhash=14x8 > /dev/null"
    compare("signatures 14x8 from JSONL, a core", "MB/s", lambda: mega / processor(ours), fresh if rensa else None)
    if rensa:
        compare("  beside the same strings again", "MB/s", lambda: mega / processor(ours), again)


def survivors():
    def everything():
        seen = rensa.RMinHashDeduplicator(threshold=0.8, num_perm=112, use_lsh=True, num_bands=14)
        for i, d in enumerate(docs):
            m = rensa.RMinHash(num_perm=112, seed=42)
            m.update(shingles(d))
            seen.add(str(i), m)

    ours = f"ll-shard import -q -@ 1 --compress=none {text} | ll-dedup -q -@ 1 --minhash=14x8 --jaccard=0.8 > /dev/null"
    compare("JSONL to verified survivors", "MB/s", lambda: mega / timed(shell, ours), (lambda: mega / timed(everything)) if rensa else None)
    compare("the same, a core", "MB/s", lambda: mega / processor(ours))


def signer():
    def signatures():
        for d in few:
            datasketch.MinHash(num_perm=112).update_batch([s.encode() for s in shingles(d)])

    ours = f"ll-dedup sign -q -@ 1 --minhash=14x8 {scratch}/docs.ll > /dev/null"
    compare("signatures 14x8 from a stream", "MB/s", lambda: mega / processor(ours), (lambda: mega_few / timed(signatures)) if datasketch else None)


def exact():
    size = os.path.getsize(f"{scratch}/docs.ll") / 1e6
    ours = f"ll-dedup -q -@ 1 --exact --compress=none -o {scratch}/out {scratch}/docs.ll"
    # The peer's file is made anew and on the disk, as ours is.
    theirs = f"rm -f {scratch}/out; cat {scratch}/docs.ll > {scratch}/out && sync -d {scratch}/out"
    compare("exact documents, file to file", "MB/s", lambda: size / timed(shell, f"rm -f {scratch}/out; " + ours), lambda: size / timed(shell, theirs))
    theirs = f"rm -f {scratch}/out; cat {scratch}/docs.ll > {scratch}/out"
    compare("  beside cat without sync", "MB/s", lambda: size / timed(shell, f"rm -f {scratch}/out; " + ours), lambda: size / timed(shell, theirs))
    os.remove(f"{scratch}/out")


def lines():
    all_lines = [line for d in docs for line in d.split("\n")]
    all_lines += map(str, range(1000000, 1000000 + len(all_lines)))
    with open(f"{scratch}/lines.jsonl", "w", encoding="utf8") as f:
        for i in range(0, len(all_lines), 1000):
            f.write(json.dumps({"text": "\n".join(all_lines[i : i + 1000]) + "\n"}, ensure_ascii=False) + "\n")
    with open(f"{scratch}/lines.txt", "w", encoding="utf8") as f:
        f.write("\n".join(all_lines[::10]) + "\n")
    shell(f"ll-shard import -q --compress=none -o {scratch}/lines.ll {scratch}/lines.jsonl")
    n = len(all_lines) / 1e6
    awk = f"awk '!s[$0]++' {scratch}/lines.txt > /dev/null"
    ours = f"ll-dedup -q -@ 1 --exact=line {scratch}/lines.ll > /dev/null"
    compare(f"lines, {n:.1f} million", "M/s ", lambda: n / timed(shell, ours), lambda: n / 10 / timed(shell, awk))


print(f"{os.path.basename(text)}: {len(docs)} documents, {mega:.1f} MB of text, {pairs} pairs", flush=True)
with tempfile.TemporaryDirectory() as scratch:
    shell(f"ll-shard import -q --compress=none -o {scratch}/docs.ll {text}")
    for row in (sign, survivors, signer, exact, lines):
        if row.__name__ in what:
            row()
