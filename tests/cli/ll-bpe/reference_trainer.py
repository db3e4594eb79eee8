# SPDX-License-Identifier: MIT
"""Byte-pair encoding by the book, for tests: counts everything again after every merge. Only Python's standard library; the GPT-2
pre-tokenizer for ASCII text.

    python3 reference_trainer.py FILE VOCABULARY [OPTION...]    prints the merges, one "left right" a line, bytes in hexadecimal

    --lines  --ties=hf|ids|bytes|greatest  --max-token-length=N  --min-count=N  --forbid=REGEX  --require=TOKEN
    --extend=MERGES  a file of merges as printed here, to begin with
    --counts         FILE has lines "count TAB hexadecimal bytes" instead of text
"""
import collections
import re
import sys

PIECE = re.compile(rb"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")


def byte_order():
    printing = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return printing + [b for b in range(256) if b not in printing]


def count(text, lines=False):
    parts = text.splitlines(keepends=True) if lines else [text]
    return collections.Counter(piece for part in parts for piece in PIECE.findall(part))


def replaced(word, left, right):
    out, i = [], 0
    while i < len(word):
        if word[i:i + 2] == [left, right]:
            out.append(left + right)
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


def required(tokens, merges, forbids):
    """The merges that make these tokens, after those given."""
    merges = list(merges)
    for token in tokens:
        word = [token[i:i + 1] for i in range(len(token))]
        for left, right in merges:
            word = replaced(word, left, right)
        while len(word) > 1:
            pair = next((a, b) for a, b in zip(word, word[1:]) if not forbids(a + b))
            merges.append(pair)
            word = replaced(word, *pair)
    return merges


def train(words, vocabulary, ties="hf", longest=0, forbids=lambda name: False, start=()):
    """words: {bytes: count}. All merges, those of `start` (pairs of bytes) first."""
    names = [bytes([b]) for b in byte_order()]
    ids = {name: i for i, name in enumerate(names)}
    merges = []
    words = [([word[i:i + 1] for i in range(len(word))], n) for word, n in words.items()]
    value = lambda name: name[0] if len(name) == 1 else 256 + ids[name]
    order = {"hf": lambda p: (ids[p[0]], ids[p[1]]),
             "ids": lambda p: (value(p[0]), value(p[1])),
             "bytes": lambda p: p,
             "greatest": lambda p: tuple(tuple(255 - b for b in side) + (256,) for side in p)}[ties]

    def merge(left, right):
        nonlocal words
        if left + right not in ids:
            ids[left + right] = len(names)
            names.append(left + right)
        merges.append((left, right))
        words = [(replaced(word, left, right), n) for word, n in words]

    for pair in start:
        merge(*pair)
    passed_over = set()
    while len(names) < vocabulary:
        pairs = collections.Counter()
        for word, n in words:
            for a, b in zip(word, word[1:]):
                if not longest or len(a) + len(b) < longest or len(a) == len(b) == 1:
                    pairs[a, b] += n
        for pair in passed_over:
            pairs.pop(pair, None)
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], order(p)))
        if forbids(best[0] + best[1]):
            passed_over.add(best)
        else:
            merge(*best)
    return merges


def main(path, vocabulary, *options):
    option = dict((o.split("=", 1) + [""])[:2] for o in options)
    many = lambda name: [o.split("=", 1)[1].encode() for o in options if o.startswith(name + "=")]
    data = open(path, "rb").read()
    if "--counts" in option:
        words = {bytes.fromhex(line.split()[1].decode()): int(line.split()[0]) for line in data.splitlines()}
    else:
        words = count(data, "--lines" in option)
    words = {w: n for w, n in words.items() if n >= int(option.get("--min-count", 1))}
    forbids = lambda name: any(re.search(p, name) for p in many("--forbid"))
    start = []
    if "--extend" in option:
        start = [tuple(bytes.fromhex(side) for side in line.split()) for line in open(option["--extend"])]
    start = required(many("--require"), start, forbids)
    for left, right in train(words, int(vocabulary), option.get("--ties", "hf"), int(option.get("--max-token-length", 0)), forbids, start):
        print(left.hex(), right.hex())


if __name__ == "__main__":
    main(*sys.argv[1:])
