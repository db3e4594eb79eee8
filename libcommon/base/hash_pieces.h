/* SPDX-License-Identifier: MIT */
/* hash_pieces.h - digests as bytes and the loop of ll_hash128_pieces, inlined with XXH3 into each hash*.c, which includes xxhash.h before. */
#ifndef LL_HASH_PIECES_H
#define LL_HASH_PIECES_H

#include "base/hash.h"

/* XXH128_canonicalFromHash, with the halves kept in registers: gcc would put them in memory and take them out together as a
 * vector to turn their bytes, which waits until both stores are through. */
static inline struct ll_id canonical(XXH128_hash_t h)
{
	uint64_t high = h.high64, low = h.low64;
	struct ll_id id;

	__asm__("" : "+r"(high), "+r"(low));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	high = __builtin_bswap64(high);
	low = __builtin_bswap64(low);
#endif
	__asm__("" : "+r"(high), "+r"(low));
	memcpy(id.byte, &high, sizeof(high));
	memcpy(id.byte + 8, &low, sizeof(low));
	return id;
}

static inline void hash128_pieces(const char *text, size_t start, const uint32_t *end, size_t n, struct ll_id *out)
{
	for (size_t i = 0; i < n; start = (size_t)end[i++] + 1)
		out[i] = canonical(XXH3_128bits(text + start, end[i] - start));
}

#endif
