/* SPDX-License-Identifier: MIT */
#include "text/words_ascii.h"

#include "base/multiply_avx2.h"
#include "base/places_avx2.h"

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

/* Eight places at a time, whatever their number: those beyond it are overwritten by the next eight. */
static size_t edges(const uint64_t *in_word, uint32_t from, uint32_t to, uint32_t *edge)
{
	uint64_t before = 0;
	uint32_t *next = edge;

	for (uint32_t k = from / 64; k < (to + 63) / 64; k++) {
		uint64_t m = ll_words_block(in_word, k, from, to), change = m ^ (m << 1 | before);

		for (uint32_t j = 0; j < 8; j++, change >>= 8) {
			__m256i place = _mm256_cvtepu8_epi32(ll_places_of_byte(change & 0xff));
			_mm256_storeu_si256((__m256i *)next, _mm256_add_epi32(place, _mm256_set1_epi32((int)(64 * k + 8 * j))));
			next += __builtin_popcountll(change & 0xff);
		}
		before = m >> 63;
	}
	size_t n = (size_t)(next - edge);
	if (n & 1)
		edge[n++] = to;
	return n;
}

static inline __m256i two(const char *lower, uint32_t a, uint32_t b)
{
	__m256i low = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(lower + a)));

	return _mm256_inserti128_si256(low, _mm_loadu_si128((const __m128i *)(lower + b)), 1);
}

/* ll_word_hash_short of four words at a time. */
static void words(const char *lower, const uint32_t *edge, size_t n, struct ll_word *word)
{
	const __m256i all = _mm256_set1_epi64x(-1), half = _mm256_set1_epi64x(64), low32 = _mm256_set1_epi64x(0xffffffff);
	size_t i = 0;

	for (; i + 4 <= n; i += 4, edge += 8) {
		__m256i place = _mm256_loadu_si256((const __m256i *)edge);
		__m256i even = two(lower, edge[0], edge[4]), odd = two(lower, edge[2], edge[6]);
		__m256i len = _mm256_and_si256(_mm256_sub_epi32(_mm256_srli_epi64(place, 32), place), low32);
		__m256i bits = _mm256_slli_epi64(len, 3), over = _mm256_sub_epi64(_mm256_max_epu32(bits, half), half);
		/* a shift by 64 and more leaves nothing */
		__m256i a = _mm256_andnot_si256(_mm256_sllv_epi64(all, bits), _mm256_unpacklo_epi64(even, odd));
		__m256i b = _mm256_andnot_si256(_mm256_sllv_epi64(all, over), _mm256_unpackhi_epi64(even, odd));
		__m256i h = ll_shifted_xor_avx2(ll_multiply64_avx2(a, LL_WORD_HASH_FIRST), 32);
		h = _mm256_xor_si256(h, ll_multiply64_avx2(b, LL_WORD_HASH_SECOND));
		h = ll_shifted_xor_avx2(ll_multiply64_avx2(h, LL_WORD_HASH_BOTH), 32);
		__m256i first = _mm256_unpacklo_epi64(place, h), second = _mm256_unpackhi_epi64(place, h);
		_mm256_storeu_si256((__m256i *)(word + i), _mm256_permute2x128_si256(first, second, 0x20));
		_mm256_storeu_si256((__m256i *)(word + i + 2), _mm256_permute2x128_si256(first, second, 0x31));
		int longer = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(len, _mm256_set1_epi64x(16))));
		for (; longer; longer &= longer - 1) {
			struct ll_word *w = word + i + __builtin_ctz((unsigned)longer);
			w->hash = ll_hash64(lower + w->start, w->end - w->start);
		}
	}
	ll_words_between(lower, edge, n - i, word + i);
}

const struct ll_words_ascii ll_words_ascii_avx2 = { classify, edges, words };
