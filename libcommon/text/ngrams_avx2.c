/* SPDX-License-Identifier: MIT */
#include "text/ngrams_wide.h"

#include "base/multiply_avx2.h"

/* The hashes of words 0, 2, 1, 3: lanes are put in order once, at the end. */
static inline __m256i hashes(const struct ll_word *word)
{
	return _mm256_unpackhi_epi64(_mm256_loadu_si256((const __m256i *)word), _mm256_loadu_si256((const __m256i *)(word + 2)));
}

static inline __m256i mix(__m256i z)
{
	z = ll_multiply64_avx2(ll_shifted_xor_avx2(z, 30), LL_NGRAM_MIX_1);
	z = ll_multiply64_avx2(ll_shifted_xor_avx2(z, 27), LL_NGRAM_MIX_2);
	return ll_shifted_xor_avx2(z, 31);
}

/* A sum of products by powers of the base, rather than Horner's rule as in ngrams_avx512.c: the mixed products of the halves,
 * which a product of 64 bits takes three instructions to put in their place, are added up first and put there once. */
size_t ll_ngrams_of_words_avx2(const struct ll_word *word, size_t len, size_t n, uint64_t *hash)
{
	const __m256i length = _mm256_set1_epi64x((int64_t)(n * LL_NGRAM_LENGTH));
	__m256i power[LL_NGRAMS_WIDE_MAX], swapped[LL_NGRAMS_WIDE_MAX]; /* of the words but the last */
	uint64_t p = 1;
	size_t i = 0;

	for (size_t k = n - 1; k-- > 0;) {
		p *= LL_NGRAM_BASE;
		power[k] = _mm256_set1_epi64x((int64_t)p);
		swapped[k] = _mm256_set1_epi64x((int64_t)(p << 32 | p >> 32));
	}
	for (; i + n + 3 <= len; i += 4) {
		__m256i low = _mm256_add_epi64(length, hashes(word + i + n - 1)), mixed = _mm256_setzero_si256();
		for (size_t k = 0; k + 1 < n; k++) {
			__m256i w = hashes(word + i + k);
			low = _mm256_add_epi64(low, _mm256_mul_epu32(w, power[k]));
			mixed = _mm256_add_epi32(mixed, _mm256_mullo_epi32(w, swapped[k]));
		}
		mixed = _mm256_slli_epi64(_mm256_add_epi32(mixed, _mm256_srli_epi64(mixed, 32)), 32);
		_mm256_storeu_si256((__m256i *)(hash + i), _mm256_permute4x64_epi64(mix(_mm256_add_epi64(low, mixed)), 0xd8));
	}
	return i;
}
