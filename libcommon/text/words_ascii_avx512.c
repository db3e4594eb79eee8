/* SPDX-License-Identifier: MIT */
#include "text/words_ascii.h"

#if defined(__AVX512VBMI2__)
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

const struct ll_words_ascii ll_words_ascii_avx512 = { classify, edges };
#endif
