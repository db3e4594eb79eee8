/* SPDX-License-Identifier: MIT */
/* 8 lanes of 32 bits, four registers of minima at a time: x streams from the first-level cache once for every 32 entries. */
#include "kernels/minhash.h"

#if defined(__AVX2__)
#include <immintrin.h>

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

static void lower(const struct ll_minhash *m, const uint32_t *half, size_t n, uint32_t *signature)
{
	uint32_t i = 0;

	for (; i + 32 <= m->padded; i += 32) {
		const uint32_t *a = m->a + i;
		uint32_t *s = signature + i;
		__m256i a0 = load(a), a1 = load(a + 8), a2 = load(a + 16), a3 = load(a + 24);
		__m256i s0 = load(s), s1 = load(s + 8), s2 = load(s + 16), s3 = load(s + 24);

		for (size_t k = 0; k < n; k++) {
			__m256i v = _mm256_set1_epi32((int)half[k]);
			s0 = step(a0, v, s0);
			s1 = step(a1, v, s1);
			s2 = step(a2, v, s2);
			s3 = step(a3, v, s3);
		}
		store(s, s0);
		store(s + 8, s1);
		store(s + 16, s2);
		store(s + 24, s3);
	}
	for (; i < m->padded; i += 8) {
		__m256i a = load(m->a + i), s = load(signature + i);

		for (size_t k = 0; k < n; k++)
			s = step(a, _mm256_set1_epi32((int)half[k]), s);
		store(signature + i, s);
	}
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
#endif
