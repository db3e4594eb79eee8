# SPDX-License-Identifier: MIT
"""Prints the merges of a tokenizer.json, one "left right" a line, bytes in hexadecimal: python3 merges.py FILE [BEGINNING]"""
import gzip
import json
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from reference_trainer import byte_order  # noqa: E402

printing = [b for b in byte_order() if b in range(33, 127) or b in range(161, 173) or b in range(174, 256)]
BYTE = {chr(b): b for b in printing}
BYTE.update({chr(0x100 + i): b for i, b in enumerate(b for b in range(256) if b not in printing)})


def merges(path):
    opened = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
    for pair in json.loads(opened.read())["model"]["merges"]:
        yield [bytes(BYTE[c] for c in side) for side in (pair.split(" ") if isinstance(pair, str) else pair)]


if __name__ == "__main__":
    for i, (left, right) in enumerate(merges(sys.argv[1])):
        if len(sys.argv) > 2 and i >= int(sys.argv[2]):
            break
        print(left.hex(), right.hex())
