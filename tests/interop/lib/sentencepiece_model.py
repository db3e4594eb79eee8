# SPDX-License-Identifier: MIT
"""Fields of a SentencePiece .model, which is a protocol buffer."""


def fields(b):
    """(number, value) of every field of a message: an int, or bytes."""
    def varint(i):
        v = shift = 0
        while True:
            v |= (b[i] & 127) << shift
            shift, i = shift + 7, i + 1
            if b[i - 1] < 128:
                return v, i
    i = 0
    while i < len(b):
        key, i = varint(i)
        if key & 7 == 0:
            v, i = varint(i)
        else:
            n, i = varint(i) if key & 7 == 2 else (4 if key & 7 == 5 else 8, i)
            v, i = b[i:i + n], i + n
        yield key >> 3, v


def charsmap(model):
    """The precompiled normalisation of a .model, as bytes."""
    return next(v for n, m in fields(model) if n == 3 for k, v in fields(m) if k == 2)
