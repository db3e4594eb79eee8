/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "base/places_avx2.h"

#define P(m, i) ((m) >> (i) & 1 ? (uint64_t)(i) << 8 * __builtin_popcount((m) & ((1 << (i)) - 1)) : 0)
#define B(m) (P(m, 1) | P(m, 2) | P(m, 3) | P(m, 4) | P(m, 5) | P(m, 6) | P(m, 7))
#define B4(m) B(m), B((m) + 1), B((m) + 2), B((m) + 3)
#define B16(m) B4(m), B4((m) + 4), B4((m) + 8), B4((m) + 12)
#define B64(m) B16(m), B16((m) + 16), B16((m) + 32), B16((m) + 48)
const uint64_t ll_places[256] = { B64(0), B64(64), B64(128), B64(192) };
