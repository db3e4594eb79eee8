/* SPDX-License-Identifier: MIT */
/* 16 lanes of 32 bits; 7 registers of minima at a time are the 112 entries of 14 bands of 8 rows in one pass over x. */
#include "kernels/minhash.h"

#include <immintrin.h>

#define WIDE 7
#define BLOCK 256u /* shingles whose upper halves are made ready at once */

/* The upper halves of x[0 .. n), zeros as ones. */
static inline void upper_halves(const uint64_t *x, size_t n, uint32_t *half)
{
	const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1), one = _mm512_set1_epi32(1);

	for (size_t k = 0; k < n; k += 16) {
		size_t left = n - k;
		__mmask8 low = left < 8 ? (__mmask8)((1u << left) - 1) : 0xff;
		__mmask8 high = left < 8 ? 0 : left < 16 ? (__mmask8)((1u << (left - 8)) - 1) : 0xff;
		__m512i v = _mm512_permutex2var_epi32(_mm512_maskz_loadu_epi64(low, x + k), odd, _mm512_maskz_loadu_epi64(high, x + k + 8));
		_mm512_storeu_si512(half + k, _mm512_max_epu32(v, one));
	}
}

static inline void wide(const __m512i *a, __m512i *s, const uint32_t *half, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		__m512i v = _mm512_set1_epi32((int)half[k]);
		for (int j = 0; j < WIDE; j++)
			s[j] = _mm512_min_epu32(s[j], _mm512_mullo_epi32(a[j], v));
	}
}

static void lower(const struct ll_minhash *m, const uint32_t *half, size_t n, uint32_t *signature)
{
	uint32_t i = 0;

	for (; i + WIDE * 16 <= m->padded; i += WIDE * 16) {
		__m512i a[WIDE], s[WIDE];

		for (int j = 0; j < WIDE; j++) {
			a[j] = _mm512_loadu_si512(m->a + i + 16 * j);
			s[j] = _mm512_loadu_si512(signature + i + 16 * j);
		}
		wide(a, s, half, n);
		for (int j = 0; j < WIDE; j++)
			_mm512_storeu_si512(signature + i + 16 * j, s[j]);
	}
	for (; i < m->padded; i += 16) {
		__m512i a = _mm512_loadu_si512(m->a + i), s = _mm512_loadu_si512(signature + i);

		for (size_t k = 0; k < n; k++)
			s = _mm512_min_epu32(s, _mm512_mullo_epi32(a, _mm512_set1_epi32((int)half[k])));
		_mm512_storeu_si512(signature + i, s);
	}
}

void ll_minhash_avx512(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature)
{
	uint32_t half[BLOCK];

	for (size_t k = 0; k < count; k += BLOCK) {
		size_t n = LL_MIN(count - k, (size_t)BLOCK);
		upper_halves(x + k, n, half);
		lower(m, half, n, signature);
	}
}
