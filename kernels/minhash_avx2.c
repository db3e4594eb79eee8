/* SPDX-License-Identifier: MIT */
/* 8 lanes of 32 bits; 7 registers of minima and 7 of multipliers leave one for x: the 112 entries of 14 bands of 8 rows are two
 * passes over x, which is in the first-level cache. */
#include "kernels/minhash.h"

#include <immintrin.h>

#define WIDE 7
#define BLOCK 256u /* shingles whose upper halves are made ready at once */

static inline __m256i step(__m256i a, __m256i x, __m256i least)
{
	return _mm256_min_epu32(least, _mm256_mullo_epi32(a, x));
}

static inline __m256i load(const uint32_t *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

static inline void store(uint32_t *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)p, v);
}

/* Entries [0, 8 * w) of a and s. The size is a constant wherever this is inlined, and the registers are then named ones. */
static inline __attribute__((always_inline)) void block(const uint32_t *a, uint32_t *s, const uint32_t *half, size_t n, int w)
{
	__m256i m[WIDE], least[WIDE];

	for (int j = 0; j < w; j++) {
		m[j] = load(a + 8 * j);
		least[j] = load(s + 8 * j);
	}
	for (size_t k = 0; k < n; k++) {
		__m256i v = _mm256_set1_epi32((int)half[k]);
		for (int j = 0; j < w; j++)
			least[j] = step(m[j], v, least[j]);
	}
	for (int j = 0; j < w; j++)
		store(s + 8 * j, least[j]);
}

static void lower(const struct ll_minhash *m, const uint32_t *half, size_t n, uint32_t *signature)
{
	uint32_t i = 0;

	for (; i + 8 * WIDE <= m->padded; i += 8 * WIDE)
		block(m->a + i, signature + i, half, n, WIDE);
	for (; i + 16 <= m->padded; i += 16)
		block(m->a + i, signature + i, half, n, 2);
	for (; i < m->padded; i += 8)
		block(m->a + i, signature + i, half, n, 1);
}

void ll_minhash_avx2(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature)
{
	uint32_t half[BLOCK];

	for (size_t k = 0; k < count; k += BLOCK) {
		size_t n = LL_MIN(count - k, (size_t)BLOCK);
		for (size_t i = 0; i < n; i++) {
			uint32_t upper = (uint32_t)(x[k + i] >> 32);
			half[i] = upper ? upper : 1;
		}
		lower(m, half, n, signature);
	}
}
