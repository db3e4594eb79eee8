/* SPDX-License-Identifier: MIT */
/* A table of 128 bytes gives the classes (VBMI), places are compressed out of 0..63 (VBMI2). */
#include "bpe/pretokenize_fast.h"

#if defined(__AVX512VBMI2__)
#include "bpe/pretokenize_masks.h"

enum { UPPER = 1, LOWER = 2, NUMBER = 4, SPACE = 8, NEWLINE = 16, BLANK = 32, QUOTE = 64, SLASH = 128 };

static const unsigned char table[128] __attribute__((aligned(64))) = {
	['\t'] = SPACE,		  ['\n'] = SPACE | NEWLINE, ['\v'] = SPACE,	   ['\f'] = SPACE,
	['\r'] = SPACE | NEWLINE, [' '] = SPACE | BLANK,    ['\''] = QUOTE,	   ['/'] = SLASH,
	['0' ... '9'] = NUMBER,	  ['A' ... 'Z'] = UPPER,    ['a' ... 'z'] = LOWER,
};

static inline struct ascii masks_of(bytes p)
{
	__m512i x = _mm512_loadu_si512(p);
	__mmask64 wide = _mm512_movepi8_mask(x);
	__m512i class =
		_mm512_maskz_permutex2var_epi8(~wide, _mm512_load_si512(table), x, _mm512_load_si512(table + 64));
#define MASK(bit) _mm512_test_epi8_mask(class, _mm512_set1_epi8((char)(bit)))
	return (struct ascii){ MASK(UPPER), MASK(LOWER), MASK(NUMBER), MASK(SPACE), MASK(NEWLINE),
			       MASK(BLANK), MASK(QUOTE), MASK(SLASH),  wide };
}

static inline void emit_8(__m512i places, size_t base, size_t *end)
{
	__m512i wide = _mm512_cvtepu8_epi64(_mm512_castsi512_si128(places));
	_mm512_storeu_si512(end, _mm512_add_epi64(wide, _mm512_set1_epi64((long long)base)));
}

static inline size_t emit(uint64_t m, size_t base, size_t *end)
{
	static const unsigned char iota[64] __attribute__((aligned(64))) = {
		0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
		44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	};
	size_t n = (size_t)__builtin_popcountll(m);
	__m512i places = _mm512_maskz_compress_epi8(m, _mm512_load_si512(iota));
	emit_8(places, base, end);
	for (size_t i = 8; i < n || i < 16; i += 8) { /* two at once: more than 16 starts are rare */
		places = _mm512_alignr_epi64(places, places, 1);
		emit_8(places, base, end + i);
	}
	return n;
}

LL_PRETOKENIZE_DEFINE(ll_pretokenize_avx512)
#endif
