/* SPDX-License-Identifier: MIT */
#include "text/words_ascii.h"

#include <immintrin.h>

static void classify(const char *text, size_t blocks, char *lower, uint64_t *in_word, uint64_t *beyond)
{
	const __m512i bit5 = _mm512_set1_epi8(0x20);

	for (size_t k = 0; k < blocks; k++) {
		__m512i v = _mm512_loadu_si512(text + 64 * k), low = _mm512_or_si512(v, bit5);
		__mmask64 letter = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(low, _mm512_set1_epi8('a')), _mm512_set1_epi8(26));
		__mmask64 digit = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
		__mmask64 line = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('_'));
		_mm512_storeu_si512(lower + 64 * k, _mm512_mask_mov_epi8(v, letter, low));
		in_word[k] = letter | digit | line;
		beyond[k] = _mm512_movepi8_mask(v);
	}
}

/* 0, 1, ... 63 as bytes. */
static __m512i numbers(void)
{
	return _mm512_set_epi64(0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120, 0x1f1e1d1c1b1a1918,
				0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
}

static size_t edges(const uint64_t *in_word, uint32_t from, uint32_t to, uint32_t *edge)
{
	const __m512i number = numbers();
	uint64_t before = 0;
	size_t n = 0;

	for (uint32_t k = from / 64; k < (to + 63) / 64; k++) {
		uint64_t m = ll_words_block(in_word, k, from, to), change = m ^ (m << 1 | before);
		__m512i place = _mm512_maskz_compress_epi8(change, number), base = _mm512_set1_epi32((int)(64 * k));
		size_t found = (size_t)__builtin_popcountll(change);

		_mm512_storeu_si512(edge + n, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(place))));
		if (found > 16)
			_mm512_storeu_si512(edge + n + 16,
					    _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(place, 1))));
		if (found > 32) {
			_mm512_storeu_si512(edge + n + 32,
					    _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(place, 2))));
			_mm512_storeu_si512(edge + n + 48,
					    _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(place, 3))));
		}
		n += found;
		before = m >> 63;
	}
	if (n & 1)
		edge[n++] = to;
	return n;
}

static inline __m256i two(const char *lower, uint32_t a, uint32_t b)
{
	__m256i low = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(lower + a)));

	return _mm256_inserti128_si256(low, _mm_loadu_si128((const __m128i *)(lower + b)), 1);
}

/* The 16 bytes from the starts of words 0, 2, 4, 6 on. */
static inline __m512i four(const char *lower, const uint32_t *edge)
{
	return _mm512_inserti64x4(_mm512_castsi256_si512(two(lower, edge[0], edge[4])), two(lower, edge[8], edge[12]), 1);
}

static inline __m512i shifted_xor(__m512i h)
{
	return _mm512_xor_si512(h, _mm512_srli_epi64(h, 32));
}

/* ll_word_hash_short of eight words at a time. */
static void words(const char *lower, const uint32_t *edge, size_t n, struct ll_word *word)
{
	const __m512i ones = _mm512_set1_epi64(-1), half = _mm512_set1_epi64(64), low32 = _mm512_set1_epi64(0xffffffff);
	const __m512i first = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), second = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
	size_t i = 0;

	for (; i + 8 <= n; i += 8, edge += 16) {
		__m512i place = _mm512_loadu_si512(edge), even = four(lower, edge), odd = four(lower, edge + 2);
		__m512i len = _mm512_and_si512(_mm512_sub_epi32(_mm512_srli_epi64(place, 32), place), low32);
		__m512i bits = _mm512_slli_epi64(len, 3), over = _mm512_sub_epi64(_mm512_max_epu64(bits, half), half);
		/* a shift by 64 and more leaves nothing */
		__m512i a = _mm512_andnot_si512(_mm512_sllv_epi64(ones, bits), _mm512_unpacklo_epi64(even, odd));
		__m512i b = _mm512_andnot_si512(_mm512_sllv_epi64(ones, over), _mm512_unpackhi_epi64(even, odd));
		__m512i h = shifted_xor(_mm512_mullo_epi64(a, _mm512_set1_epi64((int64_t)LL_WORD_HASH_FIRST)));
		h = _mm512_xor_si512(h, _mm512_mullo_epi64(b, _mm512_set1_epi64((int64_t)LL_WORD_HASH_SECOND)));
		h = shifted_xor(_mm512_mullo_epi64(h, _mm512_set1_epi64((int64_t)LL_WORD_HASH_BOTH)));
		_mm512_storeu_si512(word + i, _mm512_permutex2var_epi64(place, first, h));
		_mm512_storeu_si512(word + i + 4, _mm512_permutex2var_epi64(place, second, h));
		for (uint32_t longer = _mm512_cmpgt_epu64_mask(len, _mm512_set1_epi64(16)); longer; longer &= longer - 1) {
			struct ll_word *w = word + i + __builtin_ctz(longer);
			w->hash = ll_hash64(lower + w->start, w->end - w->start);
		}
	}
	ll_words_between(lower, edge, n - i, word + i);
}

const struct ll_words_ascii ll_words_ascii_avx512 = { classify, edges, words };
