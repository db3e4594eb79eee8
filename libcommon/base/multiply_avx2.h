/* SPDX-License-Identifier: MIT */
/* multiply_avx2.h - what AVX2 has no instruction for: products of 64 bits. For files compiled for AVX2. */
#ifndef LL_MULTIPLY_AVX2_H
#define LL_MULTIPLY_AVX2_H

#include <immintrin.h>
#include <stdint.h>

/* a * c mod 2^64 in each of four lanes: a constant c costs six instructions. The upper half is the sum of both mixed products. */
static inline __m256i ll_multiply64_avx2(__m256i a, uint64_t c)
{
	const __m256i swapped = _mm256_set1_epi64x((int64_t)(c << 32 | c >> 32));
	__m256i mixed = _mm256_mullo_epi32(a, swapped);
	__m256i upper = _mm256_slli_epi64(_mm256_add_epi32(mixed, _mm256_srli_epi64(mixed, 32)), 32);

	return _mm256_add_epi64(upper, _mm256_mul_epu32(a, _mm256_set1_epi64x((int64_t)c)));
}

/* z ^ z >> bits. */
static inline __m256i ll_shifted_xor_avx2(__m256i z, int bits)
{
	return _mm256_xor_si256(z, _mm256_srli_epi64(z, bits));
}

#endif
