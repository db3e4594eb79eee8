/* SPDX-License-Identifier: MIT */
/* The keys stay in registers: a vector read from memory would wait for the number written to it last. */
#include "bpe/bpe_merge.h"

#include <immintrin.h>

struct keys {
	__m512i v[LL_SCAN_MOST / 16];
};

#include "bpe/bpe_scan.h"

ALWAYS void keys_load(struct keys *k, const uint32_t *key, unsigned n)
{
#pragma GCC unroll 8
	for (unsigned i = 0; i < n / 16; i++)
		k->v[i] = _mm512_load_si512(key + 16 * i);
}

ALWAYS void keys_set(struct keys *k, unsigned n, unsigned i, uint32_t key)
{
#pragma GCC unroll 8
	for (unsigned v = 0; v < n / 16; v++) {
		__mmask16 at = n == 16 ? (__mmask16)(1u << i) : (__mmask16)(i / 16 == v ? 1u << (i & 15) : 0);
		k->v[v] = _mm512_mask_set1_epi32(k->v[v], at, (int)key);
	}
}

ALWAYS uint32_t keys_lowest(const struct keys *k, unsigned n)
{
	__m512i low = k->v[0];
#pragma GCC unroll 8
	for (unsigned v = 1; v < n / 16; v++)
		low = _mm512_min_epu32(low, k->v[v]);
	return _mm512_reduce_min_epu32(low);
}

SCAN(16)
SCAN(32)
SCAN(64)
SCAN(128)

unsigned ll_scan_avx512(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n)
{
	return n <= 16	 ? scan_16(b, p, id, n)
	       : n <= 32 ? scan_32(b, p, id, n)
	       : n <= 64 ? scan_64(b, p, id, n)
			 : scan_128(b, p, id, n);
}
