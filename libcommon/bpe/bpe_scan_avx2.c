/* SPDX-License-Identifier: MIT */
/* Up to 16 keys stay in registers: a vector read from memory would wait for the numbers written to it last. */
#include "bpe/bpe_merge.h"

#include <immintrin.h>

#define IN_REGISTERS 16u

struct keys {
	__m256i v[LL_SCAN_MOST / 8];
};

#include "bpe/bpe_scan.h"

ALWAYS void keys_load(struct keys *k, const uint32_t *key, unsigned n)
{
#pragma GCC unroll 16
	for (unsigned v = 0; v < n / 8; v++)
		k->v[v] = _mm256_load_si256((const void *)(key + 8 * v));
}

/* Ones where the lane of v is i. */
ALWAYS __m256i is_lane(unsigned i, unsigned v)
{
	static const uint32_t lane[2 * IN_REGISTERS] = { [IN_REGISTERS] = UINT32_MAX };
	return _mm256_loadu_si256((const void *)(lane + IN_REGISTERS - i + 8 * v));
}

ALWAYS void keys_set(struct keys *k, unsigned n, unsigned i, uint32_t key)
{
	if (n <= IN_REGISTERS) {
#pragma GCC unroll 2
		for (unsigned v = 0; v < n / 8; v++)
			k->v[v] = _mm256_blendv_epi8(k->v[v], _mm256_set1_epi32((int)key), is_lane(i, v));
	} else if (i < n) {
		memcpy((char *)k->v + i * sizeof key, &key, sizeof key);
	}
}

ALWAYS uint32_t keys_lowest(const struct keys *k, unsigned n)
{
	__m256i low = k->v[0];
	for (unsigned v = 1; v < n / 8; v++)
		low = _mm256_min_epu32(low, k->v[v]);
	__m128i four = _mm_min_epu32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
	four = _mm_min_epu32(four, _mm_shuffle_epi32(four, 0x4e));
	four = _mm_min_epu32(four, _mm_shuffle_epi32(four, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(four);
}

SCAN(8)
SCAN(16)
SCAN(32)
SCAN(64)
SCAN(128)

unsigned ll_scan_avx2(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n)
{
	return n <= 8	 ? scan_8(b, p, id, n)
	       : n <= 16 ? scan_16(b, p, id, n)
	       : n <= 32 ? scan_32(b, p, id, n)
	       : n <= 64 ? scan_64(b, p, id, n)
			 : scan_128(b, p, id, n);
}
