# SPDX-License-Identifier: MIT
"""A token dataset written from ll-dataset(5) and ll-frame(5) alone: one token a byte, every paragraph a document.

    python3 make_dataset.py OUT TOKENIZER.json [--split-tokens=N] [--limit=BYTES] [--tokenizer-id=HEX] < TEXT

The tokenizer must be one of `ll-bpe train --vocab-size=257 --special='<|endoftext|>'`: id 0 ends a text, ids 1 to 256 are the
bytes in the order of the ByteLevel alphabet. --split-tokens cuts the token files. Python's standard library only: small texts.
"""
import json
import os
import sys

from xxh3 import xxh3_64, xxh3_128

BLOCK = 2 << 20


def le(v, n):
    return v.to_bytes(n, "little")


def hexid(data):
    return xxh3_128(data).to_bytes(16, "big").hex()


def frame(kind, raw, seq, records=0):
    h = b"\x8fLLF" + kind.encode() + b"\0\0\0" + le(len(raw), 4) * 2 + le(seq, 4) + le(records, 4)
    h += le(xxh3_64(raw), 8) * 2 + le(0, 4)
    return h + le(xxh3_64(h) & 0xFFFFFFFF, 4) + raw


def stream(header, records):
    node = "make_dataset\t1\t-\n"
    node_id = hexid(node.encode())
    lineage = f"node\t{node_id}\t{node}inputs\t0\t{'0' * 32}\nhead\t{node_id}\n"
    out, digests, set_id = frame("H", header, 0), b"", 0
    raw = b"".join(records)
    if records:
        out += frame("D", raw, 1, len(records))
    for r in records:
        d = xxh3_128(r[8:])
        digests += d.to_bytes(16, "big")
        set_id = (set_id + d) % (1 << 128)
    n = 1 + bool(records)
    out += frame("P", lineage.encode(), n)
    data_id = xxh3_128(digests).to_bytes(16, "big")
    end = le(len(records), 8) + le(len(raw), 8) + le(len(out) + 48 + 80, 8) + le(0, 8) + le(0, 8) + data_id
    end += set_id.to_bytes(16, "big") + le(0, 8)
    return out + frame("E", end, n + 1), data_id.hex()


def main():
    args = dict(a[2:].split("=", 1) for a in sys.argv[3:])
    out, tokenizer = sys.argv[1], open(sys.argv[2], "rb").read()
    text = sys.stdin.buffer.read(int(args.get("limit", 1 << 20)))
    order = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    order += [b for b in range(256) if b not in order]
    place = {b: 1 + i for i, b in enumerate(order)}
    ids, documents, text_bytes = [], [], 0
    for k, paragraph in enumerate(p for p in text.split(b"\n\n") if p):
        start, name = len(ids), b"par#%d" % k
        ids += [place[b] for b in paragraph] + [0]
        text_bytes += len(paragraph)
        core = xxh3_128(name).to_bytes(16, "big") + le(start, 8) + le(len(ids) - start, 8) + le(len(paragraph), 8)
        core += le(len(name), 4) + le(4, 4) + name + b"test"
        documents.append(le(len(core) + 8, 4) + le(len(core), 4) + core)
    os.makedirs(out)
    cut = int(args.get("split-tokens", len(ids)))
    files, hashes = [], b""
    for k, at in enumerate(range(0, len(ids), cut)):
        data = b"".join(le(i, 2) for i in ids[at:at + cut])
        blocks = [xxh3_128(data[b:b + BLOCK]).to_bytes(16, "big") for b in range(0, len(data), BLOCK)]
        files.append({"name": f"tokens-{k:05d}.bin", "bytes": len(data), "blocks": [b.hex() for b in blocks]})
        hashes += b"".join(blocks)
        open(f"{out}/{files[-1]['name']}", "wb").write(data)
    docs, data_id = stream(b"format=1\nkind=documents\nprogram=make_dataset\nschema=1\nversion=1\n", documents)
    open(f"{out}/documents.ll", "wb").write(docs)
    open(f"{out}/tokenizer.json", "wb").write(tokenizer)
    manifest = {"format": "lltools-dataset", "version": 1, "width": 2, "vocabulary": 257, "eot": 0, "tokens": len(ids),
                "documents": len(documents), "text_bytes": text_bytes,
                "tokenizer": args.get("tokenizer-id", hexid(tokenizer)), "id": hexid(hashes), "split": None, "block_bytes": BLOCK,
                "files": files, "documents_file": {"name": "documents.ll", "bytes": len(docs), "data_id": data_id},
                "tokenizer_file": {"name": "tokenizer.json", "bytes": len(tokenizer), "hash": hexid(tokenizer)},
                "checksum": "0" * 32}
    blank = json.dumps(manifest)
    manifest["checksum"] = hexid(blank.encode())
    open(f"{out}/manifest.json", "w").write(json.dumps(manifest))


main()
