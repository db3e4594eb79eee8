# SPDX-License-Identifier: MIT
"""XXH3-64 and XXH3-128 (seed 0) in plain Python, from the xxHash specification: slow, independent, for checking streams."""

M = (1 << 64) - 1
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
MX1, MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)


def u32(b, i):
    return int.from_bytes(b[i:i + 4], "little")


def u64(b, i):
    return int.from_bytes(b[i:i + 8], "little")


def fold(a, b):
    p = a * b
    return (p & M) ^ (p >> 64)


def avalanche(h):
    h ^= h >> 37
    h = h * MX1 & M
    return h ^ h >> 32


def xxh64_avalanche(h):
    h ^= h >> 33
    h = h * P2 & M
    h ^= h >> 29
    h = h * P3 & M
    return h ^ h >> 32


def swap32(x):
    return int.from_bytes(x.to_bytes(4, "little"), "big")


def swap64(x):
    return int.from_bytes(x.to_bytes(8, "little"), "big")


def rotl(x, r, bits):
    return (x << r | x >> (bits - r)) & ((1 << bits) - 1)


def mix16(data, i, s):
    return fold(u64(data, i) ^ u64(SECRET, s), u64(data, i + 8) ^ u64(SECRET, s + 8))


def accumulate(acc, data, at, s):
    for i in range(8):
        v = u64(data, at + 8 * i)
        k = v ^ u64(SECRET, s + 8 * i)
        acc[i ^ 1] = (acc[i ^ 1] + v) & M
        acc[i] = (acc[i] + (k & 0xFFFFFFFF) * (k >> 32)) & M


def long_accumulators(data):
    acc = [P32_3, P1, P2, P3, P4, P32_2, P5, P32_1]
    stripes = (len(SECRET) - 64) // 8
    block = 64 * stripes
    blocks = (len(data) - 1) // block
    for b in range(blocks):
        for n in range(stripes):
            accumulate(acc, data, b * block + 64 * n, 8 * n)
        for i in range(8):
            a = acc[i]
            acc[i] = ((a ^ a >> 47) ^ u64(SECRET, len(SECRET) - 64 + 8 * i)) * P32_1 & M
    for n in range(((len(data) - 1) - block * blocks) // 64):
        accumulate(acc, data, blocks * block + 64 * n, 8 * n)
    accumulate(acc, data, len(data) - 64, len(SECRET) - 64 - 7)
    return acc


def merge(acc, s, start):
    h = start
    for i in range(4):
        h += fold(acc[2 * i] ^ u64(SECRET, s + 16 * i), acc[2 * i + 1] ^ u64(SECRET, s + 16 * i + 8))
    return avalanche(h & M)


def xxh3_64(d):
    n = len(d)
    if n == 0:
        return xxh64_avalanche(u64(SECRET, 56) ^ u64(SECRET, 64))
    if n <= 3:
        c = d[0] << 16 | d[n >> 1] << 24 | d[n - 1] | n << 8
        return xxh64_avalanche(c ^ (u32(SECRET, 0) ^ u32(SECRET, 4)))
    if n <= 8:
        v = u32(d, n - 4) + (u32(d, 0) << 32)
        h = v ^ (u64(SECRET, 8) ^ u64(SECRET, 16))
        h ^= rotl(h, 49, 64) ^ rotl(h, 24, 64)
        h = h * MX2 & M
        h ^= (h >> 35) + n
        h = h * MX2 & M
        return h ^ h >> 28
    if n <= 16:
        lo = u64(d, 0) ^ (u64(SECRET, 24) ^ u64(SECRET, 32))
        hi = u64(d, n - 8) ^ (u64(SECRET, 40) ^ u64(SECRET, 48))
        return avalanche((n + swap64(lo) + hi + fold(lo, hi)) & M)
    if n <= 128:
        h = n * P1
        for i in reversed(range((n - 1) // 32 + 1)):
            h += mix16(d, 16 * i, 32 * i) + mix16(d, n - 16 * (i + 1), 32 * i + 16)
        return avalanche(h & M)
    if n <= 240:
        h = n * P1
        for i in range(8):
            h += mix16(d, 16 * i, 16 * i)
        h = avalanche(h & M)
        for i in range(8, n // 16):
            h += mix16(d, 16 * i, 16 * (i - 8) + 3)
        h += mix16(d, n - 16, 136 - 17)
        return avalanche(h & M)
    return merge(long_accumulators(d), 11, n * P1 & M)


def mix32(acc, d, i, j, s):
    lo, hi = acc
    lo = (lo + mix16(d, i, s) & M) ^ (u64(d, j) + u64(d, j + 8) & M)
    hi = (hi + mix16(d, j, s + 16) & M) ^ (u64(d, i) + u64(d, i + 8) & M)
    return lo, hi


def finish128(acc, n):
    lo, hi = acc
    low = avalanche(lo + hi & M)
    high = -avalanche((lo * P1 + hi * P4 + n * P2) & M) & M
    return high << 64 | low


def xxh3_128(d):
    n = len(d)
    if n == 0:
        low = xxh64_avalanche(u64(SECRET, 64) ^ u64(SECRET, 72))
        high = xxh64_avalanche(u64(SECRET, 80) ^ u64(SECRET, 88))
        return high << 64 | low
    if n <= 3:
        c = d[0] << 16 | d[n >> 1] << 24 | d[n - 1] | n << 8
        ch = rotl(swap32(c), 13, 32)
        low = xxh64_avalanche(c ^ (u32(SECRET, 0) ^ u32(SECRET, 4)))
        high = xxh64_avalanche(ch ^ (u32(SECRET, 8) ^ u32(SECRET, 12)))
        return high << 64 | low
    if n <= 8:
        v = u32(d, 0) + (u32(d, n - 4) << 32)
        k = v ^ (u64(SECRET, 16) ^ u64(SECRET, 24))
        m = k * (P1 + (n << 2) & M)
        lo, hi = m & M, m >> 64
        hi = hi + (lo << 1) & M
        lo ^= hi >> 3
        lo ^= lo >> 35
        lo = lo * MX2 & M
        lo ^= lo >> 28
        return avalanche(hi) << 64 | lo
    if n <= 16:
        fl, fh = u64(SECRET, 32) ^ u64(SECRET, 40), u64(SECRET, 48) ^ u64(SECRET, 56)
        lo, hi = u64(d, 0), u64(d, n - 8)
        m = (lo ^ hi ^ fl) * P1
        ml, mh = m & M, m >> 64
        ml = ml + ((n - 1) << 54) & M
        hi ^= fh
        mh = (mh + hi + (hi & 0xFFFFFFFF) * (P32_2 - 1)) & M
        ml ^= swap64(mh)
        h = ml * P2
        hl, hh = h & M, (h >> 64) + mh * P2 & M
        return avalanche(hh) << 64 | avalanche(hl)
    if n <= 128:
        acc = (n * P1 & M, 0)
        for i in reversed(range((n - 1) // 32 + 1)):
            acc = mix32(acc, d, 16 * i, n - 16 * (i + 1), 32 * i)
        return finish128(acc, n)
    if n <= 240:
        acc = (n * P1 & M, 0)
        for i in range(32, 160, 32):
            acc = mix32(acc, d, i - 32, i - 16, i - 32)
        acc = (avalanche(acc[0]), avalanche(acc[1]))
        i = 160
        while i <= n:
            acc = mix32(acc, d, i - 32, i - 16, 3 + i - 160)
            i += 32
        acc = mix32(acc, d, n - 16, n - 32, 136 - 17 - 16)
        return finish128(acc, n)
    a = long_accumulators(d)
    low = merge(a, 11, n * P1 & M)
    high = merge(a, len(SECRET) - 64 - 11, ~(n * P2) & M)
    return high << 64 | low
