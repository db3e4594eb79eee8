/* SPDX-License-Identifier: MIT */
#include "text/ngrams_wide.h"

#include <immintrin.h>

/* The hashes of eight words. */
static inline __m512i hashes(const struct ll_word *word)
{
	const __m512i second = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);

	return _mm512_permutex2var_epi64(_mm512_loadu_si512(word), second, _mm512_loadu_si512(word + 4));
}

static inline __m512i shifted_xor(__m512i z, unsigned bits)
{
	return _mm512_xor_si512(z, _mm512_srli_epi64(z, bits));
}

static inline __m512i mix(__m512i z)
{
	z = _mm512_mullo_epi64(shifted_xor(z, 30), _mm512_set1_epi64((int64_t)LL_NGRAM_MIX_1));
	z = _mm512_mullo_epi64(shifted_xor(z, 27), _mm512_set1_epi64((int64_t)LL_NGRAM_MIX_2));
	return shifted_xor(z, 31);
}

/* Horner's rule in each lane: n - 1 products, all lanes at once, are less than the one product a word of rolling, each of
 * which waits for the one before. */
size_t ll_ngrams_of_words_avx512(const struct ll_word *word, size_t len, size_t n, uint64_t *hash)
{
	const __m512i base = _mm512_set1_epi64((int64_t)LL_NGRAM_BASE), one = _mm512_set1_epi64(1);
	const __m512i length = _mm512_set1_epi64((int64_t)(n * LL_NGRAM_LENGTH));
	size_t i = 0;

	if (len < 16)
		return 0;
	__m512i here = hashes(word);
	for (; i + 16 <= len; i += 8) {
		__m512i next = hashes(word + i + 8), h = here, from = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
		for (size_t k = 1; k < n; k++) {
			from = _mm512_add_epi64(from, one);
			h = _mm512_add_epi64(_mm512_mullo_epi64(h, base), _mm512_permutex2var_epi64(here, from, next));
		}
		_mm512_storeu_si512(hash + i, mix(_mm512_add_epi64(h, length)));
		here = next;
	}
	return i;
}
