/* SPDX-License-Identifier: MIT */
/* A table of 128 bytes gives the classes (VBMI), places are compressed out of 0..63 (VBMI2). */
#include "bpe/pretokenize_fast.h"

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
	__mmask64 control = (_mm512_cmplt_epu8_mask(x, _mm512_set1_epi8(0x20)) &
			     _mm512_cmpgt_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8('\t')), _mm512_set1_epi8('\r' - '\t'))) |
			    _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(0x7f));
#define MASK(bit) _mm512_test_epi8_mask(class, _mm512_set1_epi8((char)(bit)))
	return (struct ascii){ MASK(UPPER), MASK(LOWER), MASK(NUMBER), MASK(SPACE), MASK(NEWLINE),
			       MASK(BLANK), MASK(QUOTE), MASK(SLASH),  wide,	    control };
}

/* The classes of up to 16 characters, of the bytes that they begin with. */
static inline __m512i classes_of(__m128i first, __m128i second, __m128i third, __mmask16 two, const uint8_t *classes)
{
	__m512i a = _mm512_cvtepu8_epi32(first), low = _mm512_set1_epi32(0x3f);
	__m512i b = _mm512_and_si512(_mm512_cvtepu8_epi32(second), low);
	__m512i c = _mm512_and_si512(_mm512_cvtepu8_epi32(third), low);
	__m512i wide = _mm512_slli_epi32(_mm512_and_si512(a, _mm512_set1_epi32(0xf)), 12);
	wide = _mm512_or_si512(_mm512_or_si512(wide, _mm512_slli_epi32(b, 6)), c);
	__m512i narrow = _mm512_slli_epi32(_mm512_and_si512(a, _mm512_set1_epi32(0x1f)), 6);
	__m512i code = _mm512_mask_or_epi32(wide, two, narrow, b);
	return _mm512_i32gather_epi32(code, classes, 1);
}

/* Of every byte of the characters at `lead`, whose class has the bit. */
static inline uint64_t wide_mask(__m512i low, __m512i high, int bit, uint64_t lead, uint64_t three)
{
	__m512i v = _mm512_set1_epi32(bit);
	uint64_t has = _mm512_test_epi32_mask(low, v) | (uint64_t)_mm512_test_epi32_mask(high, v) << 16;
	has = _pdep_u64(has, lead);
	return has | has << 1 | (has & three) << 2;
}

/* Most characters of Chinese and Japanese are known without a look at the table, as in pretokenize_avx2.c: letters, and signs
 * that have no class. Where they begin. */
static inline void known_characters(__m512i first, __m512i second, __m512i third, uint64_t *letter, uint64_t *sign)
{
#define FIRST(c) _mm512_cmpeq_epi8_mask(first, _mm512_set1_epi8((char)(c)))
#define SECOND(c) _mm512_cmpeq_epi8_mask(second, _mm512_set1_epi8((char)(c)))
#define RANGE(v, from, upto)                                                                                           \
	_mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8((char)(from))), _mm512_set1_epi8((upto) - (from)))
	uint64_t e3 = FIRST(0xe3);
	*letter = RANGE(first, 0xe4, 0xe9) & ~(FIRST(0xe4) & SECOND(0xb7)); /* Han but U+4DC0.. */
	*sign = FIRST(0xef) & SECOND(0xbc) & (RANGE(third, 0x81, 0x8f) | RANGE(third, 0x9a, 0xa0)); /* full width */
	if (e3) {
		*letter |= e3 & SECOND(0x81) & RANGE(third, 0x81, 0xbf); /* hiragana */
		*letter |= e3 & SECOND(0x82) & (RANGE(third, 0x80, 0x96) | RANGE(third, 0xa1, 0xbf));
		*letter |= e3 & SECOND(0x83) & ~RANGE(third, 0xbb, 0xbb);			     /* katakana */
		*sign |= e3 & SECOND(0x80) & (RANGE(third, 0x81, 0x83) | RANGE(third, 0x88, 0x9f)); /* U+3001.., U+3008.. */
	}
#undef FIRST
#undef SECOND
#undef RANGE
}

/* Adds the characters at `lead` by the table. */
static inline void look_up(struct classes *k, uint64_t lead, uint64_t two, uint64_t three, const uint8_t *classes, __m512i first,
			   __m512i second, __m512i third)
{
	uint64_t twos = _pext_u64(two, lead);
	first = _mm512_maskz_compress_epi8(lead, first);
	second = _mm512_maskz_compress_epi8(lead, second);
	third = _mm512_maskz_compress_epi8(lead, third);
	__m512i low = classes_of(_mm512_castsi512_si128(first), _mm512_castsi512_si128(second),
				 _mm512_castsi512_si128(third), (__mmask16)twos, classes);
	__m512i more = _mm512_setzero_si512();
	if (__builtin_popcountll(lead) > 16)
		more = classes_of(_mm512_extracti32x4_epi32(first, 1), _mm512_extracti32x4_epi32(second, 1),
				  _mm512_extracti32x4_epi32(third, 1), (__mmask16)(twos >> 16), classes);
	k->letter |= wide_mask(low, more, LL_CHAR_LETTER, lead, three);
	const int rare = LL_CHAR_UPPER | LL_CHAR_LOWER | LL_CHAR_NUMBER | LL_CHAR_SPACE | LL_CHAR_MARK;
	if (_mm512_test_epi32_mask(_mm512_or_si512(low, more), _mm512_set1_epi32(rare))) {
		k->upper |= wide_mask(low, more, LL_CHAR_UPPER, lead, three);
		k->lower |= wide_mask(low, more, LL_CHAR_LOWER, lead, three);
		k->number |= wide_mask(low, more, LL_CHAR_NUMBER, lead, three);
		k->space |= wide_mask(low, more, LL_CHAR_SPACE, lead, three);
		k->mark |= wide_mask(low, more, LL_CHAR_MARK, lead, three);
	}
}

static inline uint64_t wide_masks(struct classes *k, uint64_t wide, bytes p, struct carry *c)
{
	__m512i first = _mm512_loadu_si512(p), second = _mm512_loadu_si512(p + 1), third = _mm512_loadu_si512(p + 2);
	__m512i inner = _mm512_set1_epi8(-64); /* signed bytes 0x80 to 0xbf are below */
	__mmask64 follows = _mm512_cmplt_epi8_mask(second, inner), follow = _mm512_cmplt_epi8_mask(third, inner) & follows;
	__mmask64 high = _mm512_cmplt_epi8_mask(second, _mm512_set1_epi8(-96)); /* second < 0xa0 */
	uint64_t two = wide & follows & _mm512_cmpge_epu8_mask(first, _mm512_set1_epi8((char)0xc2)) &
		       _mm512_cmple_epu8_mask(first, _mm512_set1_epi8((char)0xdf));
	uint64_t three = wide & follow & _mm512_cmpge_epu8_mask(first, _mm512_set1_epi8((char)0xe0)) &
			 _mm512_cmple_epu8_mask(first, _mm512_set1_epi8((char)0xef));
	three &= ~(_mm512_cmpeq_epi8_mask(first, _mm512_set1_epi8((char)0xe0)) & high);
	three &= ~(_mm512_cmpeq_epi8_mask(first, _mm512_set1_epi8((char)0xed)) & ~high);
	uint64_t lead = two | three, all = lead | lead << 1 | three << 2;
	if (all != wide)
		return wide;
	if (!lead)
		return 0;
	uint64_t letter, sign;
	known_characters(first, second, third, &letter, &sign);
	letter &= three;
	k->letter |= letter | letter << 1 | letter << 2;
	uint64_t others = lead & ~(letter | (sign & three));
	if (others)
		look_up(k, others, two, three, c->classes, first, second, third);
	k->inner |= all & ~lead;
	unsigned last = 63 - (unsigned)__builtin_clzll(lead), len = three >> last & 1 ? 3 : 2;
	if (last + len > 64) {
		c->over = last + len - 64;
		c->class = ll_wide_class(p + last, p + last + len, &len);
	}
	return 0;
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
