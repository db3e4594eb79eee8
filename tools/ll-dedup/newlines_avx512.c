/* SPDX-License-Identifier: MIT */
/* newlines_avx512.c - the places of a block's newlines are made at once, however many there are: how many is hard to foresee. */
#include "ll-dedup/newlines.h"

#include <immintrin.h>

/* Appends `from` + the place of every one in mask, which are `ones`. */
static inline void put_places(uint32_t *out, uint32_t from, __mmask64 mask, unsigned ones)
{
	static const unsigned char place[64] = { 0,  1,  2,  3,	 4,  5,	 6,  7,	 8,  9,	 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
						 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
						 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63 };
	__m512i places = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(place)), base = _mm512_set1_epi32((int)from);

	for (;;) {
		__m512i sixteen = _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places)));
		if (LL_LIKELY(ones <= 16)) {
			_mm512_mask_storeu_epi32(out, (__mmask16)((1u << ones) - 1), sixteen);
			return;
		}
		_mm512_storeu_si512(out, sixteen);
		places = _mm512_alignr_epi64(places, places, 2);
		ones -= 16;
		out += 16;
	}
}

size_t newlines_ends_avx512(struct ll_str text, size_t at, uint32_t *line_end, size_t n)
{
	const __m512i newline = _mm512_set1_epi8('\n');
	bool ends = at < text.len && text.data[text.len - 1] != '\n'; /* the last line, with the text */
	size_t i = 0;

	for (; at < text.len; at += 64) {
		size_t left = text.len - at;
		__mmask64 there = LL_LIKELY(left >= 64) ? UINT64_MAX : UINT64_MAX >> (64 - left);
		__mmask64 mask = _mm512_mask_cmpeq_epi8_mask(there, _mm512_maskz_loadu_epi8(there, text.data + at), newline);
		unsigned ones = (unsigned)__builtin_popcountll(mask);

		while (LL_UNLIKELY(ones > n - i)) { /* the ones that there is no room for */
			mask ^= (uint64_t)1 << (63 - __builtin_clzll(mask));
			ones--;
		}
		put_places(line_end + i, (uint32_t)at, mask, ones);
		i += ones;
		if (i == n)
			return n;
	}
	if (ends)
		line_end[i++] = (uint32_t)text.len;
	return i;
}
