/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 by 32 bytes: Keiser and Lemire, "Validating UTF-8 in less than one instruction per byte", Software: Practice and
 * Experience 51 (2021), section 6: three table look-ups by nibbles say which errors a pair of bytes may be part of.
 */
#include "text/utf8_avx2.h"

#include <immintrin.h>

enum {
	TOO_SHORT = 1 << 0, /* a lead byte, then no continuation */
	TOO_LONG = 1 << 1,  /* ASCII, then a continuation */
	OVERLONG_3 = 1 << 2,
	TOO_LARGE = 1 << 3,
	SURROGATE = 1 << 4,
	OVERLONG_2 = 1 << 5,
	TOO_LARGE_1000 = 1 << 6, /* F5 and above */
	OVERLONG_4 = 1 << 6,
	TWO_CONTINUATIONS = 1 << 7,
	CARRY = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS, /* that the low nibble does not decide */
	LARGE = CARRY | TOO_LARGE | TOO_LARGE_1000,
};

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

static __m256i high_nibbles(__m256i v)
{
	return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0f));
}

static __m256i pair_errors(__m256i input, __m256i before)
{
	const __m256i first_high = TWICE(
		TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, (char)TWO_CONTINUATIONS,
		(char)TWO_CONTINUATIONS, (char)TWO_CONTINUATIONS, (char)TWO_CONTINUATIONS, TOO_SHORT | OVERLONG_2,
		TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4);
	const __m256i first_low = TWICE((char)(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4),
					(char)(CARRY | OVERLONG_2), (char)CARRY, (char)CARRY, (char)(CARRY | TOO_LARGE),
					(char)LARGE, (char)LARGE, (char)LARGE, (char)LARGE, (char)LARGE, (char)LARGE,
					(char)LARGE, (char)LARGE, (char)(LARGE | SURROGATE), (char)LARGE, (char)LARGE);
	const __m256i second_high =
		TWICE(TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
		      (char)(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4),
		      (char)(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | OVERLONG_3 | TOO_LARGE),
		      (char)(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE),
		      (char)(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT,
		      TOO_SHORT, TOO_SHORT);
	__m256i a = _mm256_shuffle_epi8(first_high, high_nibbles(before));
	__m256i b = _mm256_shuffle_epi8(first_low, _mm256_and_si256(before, _mm256_set1_epi8(0x0f)));
	__m256i c = _mm256_shuffle_epi8(second_high, high_nibbles(input));

	return _mm256_and_si256(_mm256_and_si256(a, b), c);
}

size_t ll_utf8_blocks_avx2(const unsigned char *s, size_t n)
{
	__m256i previous = _mm256_setzero_si256();
	size_t i = 0;

	for (; i + 32 <= n; i += 32) {
		__m256i input = _mm256_loadu_si256((const __m256i *)(const void *)(s + i));
		/* Nothing but ASCII here and at the end of the last block: nothing can be wrong. */
		if (_mm256_movemask_epi8(_mm256_or_si256(
			    input, _mm256_and_si256(previous, _mm256_setr_epi32(0, 0, 0, 0, 0, 0, 0, -256)))) == 0) {
			previous = input;
			continue;
		}
		__m256i shifted = _mm256_permute2x128_si256(previous, input, 0x21);
		__m256i pairs = pair_errors(input, _mm256_alignr_epi8(input, shifted, 15));
		__m256i third = _mm256_subs_epu8(_mm256_alignr_epi8(input, shifted, 14), _mm256_set1_epi8(0xe0 - 0x80));
		__m256i fourth =
			_mm256_subs_epu8(_mm256_alignr_epi8(input, shifted, 13), _mm256_set1_epi8(0xf0 - 0x80));
		__m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
		__m256i wrong = _mm256_xor_si256(must, pairs);
		if (!_mm256_testz_si256(wrong, wrong))
			return i;
		previous = input;
	}
	return i;
}
