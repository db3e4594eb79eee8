# SPDX-License-Identifier: MIT
"""An independent reader of lltools streams, written from ll-frame(5), ll-docs(5), ll-tokens(5) and, for counts, ll-bpe(1) alone.

    python3 read_stream.py FILE [--records]

Needs nothing but Python's standard library (and the zstd program for compressed frames). Checks everything the pages promise,
recomputes the data id and the set id, and prints kind, records and ids; --records prints a JSON line a document, token or count record.
"""
import json
import subprocess
import sys

from xxh3 import xxh3_64, xxh3_128


class Damaged(Exception):
    pass


def u16(b, i):
    return int.from_bytes(b[i:i + 2], "little")


def u32(b, i):
    return int.from_bytes(b[i:i + 4], "little")


def u64(b, i):
    return int.from_bytes(b[i:i + 8], "little")


def need(condition, why):
    if not condition:
        raise Damaged(why)


def frames(data):
    at = 0
    while at < len(data):
        need(len(data) - at >= 48, f"byte {at}: cut header")
        h = data[at:at + 48]
        need(h[:4] == b"\x8fLLF", f"byte {at}: no magic")
        need(u32(h, 44) == xxh3_64(h[:44]) & 0xFFFFFFFF, f"byte {at}: header checksum")
        need(u16(h, 6) == 0 and u32(h, 40) == 0, f"byte {at}: reserved fields")
        kind, codec = chr(h[4]), h[5]
        stored_len, raw_len, seq, records = (u32(h, i) for i in (8, 12, 16, 20))
        stored = data[at + 48:at + 48 + stored_len]
        need(len(stored) == stored_len, f"byte {at}: cut payload")
        need(xxh3_64(stored) == u64(h, 32), f"byte {at}: stored checksum")
        raw = stored
        if codec == 1:
            raw = subprocess.run(["zstd", "-dc"], input=stored, stdout=subprocess.PIPE, check=True).stdout
        need(len(raw) == raw_len and xxh3_64(raw) == u64(h, 24), f"byte {at}: raw checksum")
        yield at, kind, seq, records, raw
        at += 48 + stored_len


def split_records(raw, count):
    at, out = 0, []
    for _ in range(count):
        size, core = u32(raw, at), u32(raw, at + 4)
        need(8 <= size <= len(raw) - at and core <= size - 8, "record sizes")
        out.append((raw[at:at + size], core))
        at += size
    need(at == len(raw), "bytes after the last record")
    return out


def header_keys(raw):
    need(raw.endswith(b"\n"), "header does not end with a newline")
    lines = raw.decode().split("\n")[:-1]
    need(lines == sorted(lines), "header lines are not sorted")
    return dict(line.split("=", 1) for line in lines)


def document(rec, core):
    names = ("id", "source", "text", "skeleton", "verbatim", "tags")
    doc, at = {"key": rec[8:24].hex()}, 56
    for i, name in enumerate(names):
        n = u32(rec, 24 + 4 * i)
        doc[name] = rec[at:at + n]
        at += n
    need(at == core + 8, "document parts do not add up to the core")
    text = doc["text"].decode()
    need(rec[52] <= 2 and u32(rec, 48) <= len(doc["skeleton"]), "escape form or hole")
    return {"key": doc["key"], "id": doc["id"].decode(), "source": doc["source"].decode(), "text": text}


def tokens(rec, core, width):
    nid, nsource, n = u32(rec, 32), u32(rec, 36), u32(rec, 40)
    at = 44 + nid + nsource
    end = at + n * width
    need(core + 8 in (end, end + 4 * n), "token parts do not add up to the core")
    ids = [int.from_bytes(rec[at + width * i:at + width * (i + 1)], "little") for i in range(n)]
    out = {"key": rec[8:24].hex(), "id": rec[44:44 + nid].decode(), "source": rec[44 + nid:at].decode(),
           "text_bytes": u64(rec, 24), "tokens": ids}
    if core + 8 > end:
        out["offsets"] = [u32(rec, end + 4 * i) for i in range(n)]
    return out


def counted(rec, core):
    """ll-bpe(1), "Counts"."""
    name = u32(rec, 16)
    need(core == len(rec) - 8 and 20 + name < len(rec), "a record of counts")
    return {"piece": rec[20 + name:].hex(), "group": rec[20:20 + name].decode(), "count": u64(rec, 8)}


def read(data, show=False):
    place, out, totals = None, [], []
    for at, kind, seq, count, raw in frames(data):
        if place is None:
            need(kind == "H" and seq == 0, f"byte {at}: a segment starts with H")
            keys = header_keys(raw)
            start, expect, records, raw_bytes, digests, set_id, index = at, 0, 0, 0, b"", 0, []
            place = "H"
        need(seq == expect, f"byte {at}: sequence")
        expect += 1
        if kind == "H":
            need(seq == 0, f"byte {at}: H inside a segment")
        elif kind == "D":
            need(place in "HD", f"byte {at}: D after P")
            index.append((at - start, count, len(raw)))
            for rec, core in split_records(raw, count):
                digest = xxh3_128(rec[8:8 + core])
                digests += digest.to_bytes(16, "big")
                set_id = (set_id + digest) % (1 << 128)
                if show and keys["kind"] == "docs":
                    out.append(document(rec, core))
                elif show and keys["kind"] == "tokens":
                    out.append(tokens(rec, core, int(keys["width"])))
                elif show and keys["kind"] == "counts":
                    out.append(counted(rec, core))
            records += count
            raw_bytes += len(raw)
            place = "D"
        elif kind == "P":
            need(place in "HD" and raw.decode().split("\n")[-2].startswith("head\t"), f"byte {at}: lineage")
            place = "P"
        elif kind == "i":
            need(place == "P" and raw == b"".join(o.to_bytes(8, "little") + n.to_bytes(4, "little") + r.to_bytes(4, "little")
                                                  for o, n, r in index), f"byte {at}: index")
            place, index_at = "i", at - start
        elif kind == "E":
            need(place in "Pi" and len(raw) == 80, f"byte {at}: end frame")
            need(u32(raw, 32) == 0, f"byte {at}: the writer failed")
            need(u64(raw, 0) == records and u64(raw, 8) == raw_bytes, "counts")
            need(u64(raw, 16) == at + 48 + 80 - start, "segment length")
            need(u64(raw, 24) == (index_at if place == "i" else 0), "index offset")
            need(raw[40:56] == xxh3_128(digests).to_bytes(16, "big"), "data id")
            need(raw[56:72] == set_id.to_bytes(16, "big"), "set id")
            totals.append((keys["kind"], records, raw[40:56].hex(), raw[56:72].hex()))
            place = None
        else:
            need(kind.islower(), f"byte {at}: unknown critical frame {kind}")
    need(place is None and totals, "no end frame")
    return totals, out


if __name__ == "__main__":
    try:
        segments, docs = read(open(sys.argv[1], "rb").read(), "--records" in sys.argv)
    except (Damaged, subprocess.CalledProcessError, UnicodeDecodeError) as e:
        sys.exit(f"{sys.argv[1]}: {e}")
    if "--records" in sys.argv:
        for d in docs:
            print(json.dumps(d, ensure_ascii=False))
    else:
        for s in segments:
            print(*s)
