/* SPDX-License-Identifier: MIT */
/*
 * piece.h - a pre-token of up to 15 bytes as one 16-byte key, for the caches and tables keyed by pre-tokens: its bytes,
 * zeros, and the length in the last byte. 98 of 100 pre-tokens are that short.
 */
#ifndef LL_PIECE_H
#define LL_PIECE_H

#include "base/base.h"

#define LL_PIECE_SHORT 15u
#define LL_PIECE_LONG ((uint64_t)0x80 << 56) /* in `high`: no short piece, whatever `low` is */

struct ll_piece {
	uint64_t low, high;
};

/* n is 1..15; `end` is the end of the readable memory around p. */
static inline struct ll_piece ll_piece_pack(const char *p, size_t n, const char *end)
{
	struct ll_piece k = { 0, 0 };
	if (LL_LIKELY((size_t)(end - p) >= 16)) {
		k.low = ll_get64(p);
		k.high = ll_get64(p + 8);
		if (n < 8) {
			k.low &= ((uint64_t)1 << 8 * n) - 1;
			k.high = 0;
		} else {
			k.high &= ((uint64_t)1 << 8 * (n - 8)) - 1;
		}
	} else {
		unsigned char byte[16] = { 0 };
		memcpy(byte, p, n);
		k.low = ll_get64(byte);
		k.high = ll_get64(byte + 8);
	}
	k.high |= (uint64_t)n << 56;
	return k;
}

/* The bytes of a packed pre-token, written to `room`. */
static inline struct ll_str ll_piece_bytes(struct ll_piece k, char room[16])
{
	ll_put64(room, k.low);
	ll_put64(room + 8, k.high);
	return ll_str(room, k.high >> 56);
}

static inline uint64_t ll_piece_hash(struct ll_piece k)
{
	uint64_t h = (k.low ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	h = (h ^ k.high) * 0xa0761d6478bd642fu;
	return h ^ h >> 32;
}

static inline bool ll_piece_eq(struct ll_piece a, struct ll_piece b)
{
	return ((a.low ^ b.low) | (a.high ^ b.high)) == 0;
}

#endif
