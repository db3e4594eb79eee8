/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_merge.h"

#include <immintrin.h>

struct keys {
	uint32_t key[LL_SCAN_MOST] __attribute__((aligned(32)));
};

#include "bpe/bpe_scan.h"

ALWAYS void keys_load(struct keys *k, const uint32_t *key, unsigned n)
{
	memcpy(k->key, key, n * sizeof *key);
}

ALWAYS void keys_set(struct keys *k, unsigned n, unsigned i, uint32_t key)
{
	(void)n;
	k->key[i] = key;
}

ALWAYS uint32_t keys_lowest(const struct keys *k, unsigned n)
{
	__m256i low = _mm256_load_si256((const void *)k->key);
	for (unsigned i = 8; i < n; i += 8)
		low = _mm256_min_epu32(low, _mm256_load_si256((const void *)(k->key + i)));
	__m128i four = _mm_min_epu32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
	four = _mm_min_epu32(four, _mm_shuffle_epi32(four, 0x4e));
	four = _mm_min_epu32(four, _mm_shuffle_epi32(four, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(four);
}

unsigned ll_scan_avx2(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n)
{
	return scan(b, p, id, n, (n + 15) & ~15u);
}
