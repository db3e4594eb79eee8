# SPDX-License-Identifier: MIT
"""Byte-pair encoding by the book, for tests: counts everything again after every merge. Only Python's standard library; the GPT-2
pre-tokenizer for ASCII text.

    python3 reference_trainer.py FILE VOCABULARY [--lines]      prints the merges, one "left right" a line, bytes in hexadecimal
"""
import collections
import re
import sys

PIECE = re.compile(rb"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")


def byte_order():
    printing = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return printing + [b for b in range(256) if b not in printing]


def train(text, vocabulary, lines):
    parts = text.splitlines(keepends=True) if lines else [text]
    words = collections.Counter(piece for part in parts for piece in PIECE.findall(part))
    names = [bytes([b]) for b in byte_order()]
    ids = {name: i for i, name in enumerate(names)}
    words = [([ids[bytes([b])] for b in word], n) for word, n in words.items()]
    merges = []
    while len(names) < vocabulary:
        pairs = collections.Counter()
        for word, n in words:
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        name = names[best[0]] + names[best[1]]
        if name not in ids:
            ids[name] = len(names)
            names.append(name)
        merges.append(best)
        for word, _ in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i:i + 2] = [ids[name]]
                i += 1
    return [(names[a], names[b]) for a, b in merges]


if __name__ == "__main__":
    for left, right in train(open(sys.argv[1], "rb").read(), int(sys.argv[2]), "--lines" in sys.argv):
        print(left.hex(), right.hex())
