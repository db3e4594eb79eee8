/* SPDX-License-Identifier: MIT */
#include "text/words_ascii.h"

#if defined(__AVX2__)
#include <immintrin.h>

/* Bytes below `count` when seen as unsigned. */
static inline __m256i below(__m256i v, char count)
{
	return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8((char)(count - 1))), v);
}

static inline uint64_t half(const char *text, char *lower, uint32_t *beyond)
{
	__m256i v = _mm256_loadu_si256((const __m256i *)text), low = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
	__m256i letter = below(_mm256_sub_epi8(low, _mm256_set1_epi8('a')), 26);
	__m256i digit = below(_mm256_sub_epi8(v, _mm256_set1_epi8('0')), 10);
	__m256i line = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('_'));

	_mm256_storeu_si256((__m256i *)lower, _mm256_blendv_epi8(v, low, letter));
	*beyond = (uint32_t)_mm256_movemask_epi8(v);
	return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(letter, digit), line));
}

static void classify(const char *text, size_t blocks, char *lower, uint64_t *in_word, uint64_t *beyond)
{
	for (size_t k = 0; k < blocks; k++, text += 64, lower += 64) {
		uint32_t low, high;
		uint64_t in = half(text, lower, &low);

		in_word[k] = in | half(text + 32, lower + 32, &high) << 32;
		beyond[k] = low | (uint64_t)high << 32;
	}
}

static size_t edges(const uint64_t *in_word, uint32_t from, uint32_t to, uint32_t *edge)
{
	uint64_t before = 0;
	size_t n = 0;

	for (uint32_t k = from / 64; k < (to + 63) / 64; k++) {
		uint64_t m = ll_words_block(in_word, k, from, to), change = m ^ (m << 1 | before);
		size_t found = (size_t)__builtin_popcountll(change);

		for (size_t i = 0; i < found; i += 4) /* up to three beyond the last, which the next block overwrites */
			for (size_t j = 0; j < 4; j++, change &= change - 1)
				edge[n + i + j] = 64 * k + (change ? (uint32_t)__builtin_ctzll(change) : 0);
		n += found;
		before = m >> 63;
	}
	if (n & 1)
		edge[n++] = to;
	return n;
}

const struct ll_words_ascii ll_words_ascii_avx2 = { classify, edges, ll_words_between };
#endif
