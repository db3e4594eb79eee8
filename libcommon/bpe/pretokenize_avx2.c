/* SPDX-License-Identifier: MIT */
/* Two halves of 32 bytes, classes by comparison. */
#include "bpe/pretokenize_fast.h"

#include "bpe/pretokenize_masks.h"

static inline uint64_t both(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t is(__m256i low, __m256i high, char c)
{
	__m256i v = _mm256_set1_epi8(c);
	return both(_mm256_cmpeq_epi8(low, v), _mm256_cmpeq_epi8(high, v));
}

/* first <= c <= last, unsigned. */
static inline __m256i in_range(__m256i x, char first, char last)
{
	__m256i least = _mm256_subs_epu8(_mm256_set1_epi8(first), x),
		most = _mm256_subs_epu8(x, _mm256_set1_epi8(last));
	return _mm256_cmpeq_epi8(_mm256_or_si256(least, most), _mm256_setzero_si256());
}

static inline uint64_t between(__m256i low, __m256i high, char first, char last)
{
	return both(in_range(low, first, last), in_range(high, first, last));
}

static inline struct ascii masks_of(bytes p)
{
	__m256i low = _mm256_loadu_si256((const void *)p), high = _mm256_loadu_si256((const void *)(p + 32));
	uint64_t blank = is(low, high, ' ');
	return (struct ascii){
		.upper = between(low, high, 'A', 'Z'),
		.lower = between(low, high, 'a', 'z'),
		.number = between(low, high, '0', '9'),
		.space = between(low, high, '\t', '\r') | blank,
		.newline = is(low, high, '\n') | is(low, high, '\r'),
		.blank = blank,
		.quote = is(low, high, '\''),
		.slash = is(low, high, '/'),
		.wide = both(low, high),
		.control = (between(low, high, 0, 0x1f) & ~between(low, high, '\t', '\r')) | is(low, high, 0x7f),
	};
}

/* Those of Chinese and Japanese, by stretches of characters that are of one class: where they begin, if all of their bytes are here.
 */
static inline uint64_t wide_masks(struct classes *k, uint64_t wide, bytes p, struct carry *c)
{
	__m256i low = _mm256_loadu_si256((const void *)p), high = _mm256_loadu_si256((const void *)(p + 32));
#define FIRST(x) is(low, high, (char)(x))
#define SECOND(x) (is(low, high, (char)(x)) >> 1)
#define THIRD(x, y) (between(low, high, (char)(x), (char)(y)) >> 2)
	uint64_t inner = wide & between(low, high, (char)0x80, (char)0xbf), whole = wide & inner >> 1 & inner >> 2;
	uint64_t letter = between(low, high, (char)0xe4, (char)0xe9) & ~(FIRST(0xe4) & SECOND(0xb7)); /* Han but U+4DC0.. */
	uint64_t sign = FIRST(0xef) & SECOND(0xbc) & (THIRD(0x81, 0x8f) | THIRD(0x9a, 0xa0)), e3 = FIRST(0xe3); /* full width */
	if (e3) {
		letter |= e3 & SECOND(0x81) & THIRD(0x81, 0xbf); /* hiragana */
		letter |= e3 & SECOND(0x82) & (THIRD(0x80, 0x96) | THIRD(0xa1, 0xbf));
		letter |= e3 & SECOND(0x83) & (THIRD(0x80, 0xba) | THIRD(0xbc, 0xbf)); /* katakana */
		sign |= e3 & SECOND(0x80) & (THIRD(0x81, 0x83) | THIRD(0x88, 0x9f)); /* U+3001.., U+3008.. */
	}
#undef FIRST
#undef SECOND
#undef THIRD
	(void)c;
	letter &= whole;
	uint64_t more = ((letter | sign) & whole) << 1;
	more |= more << 1;
	k->letter |= letter | letter << 1 | letter << 2;
	k->inner |= more;
	return wide & ~(more | more >> 1);
}

static inline size_t emit(uint64_t m, size_t base, size_t *end)
{
	size_t n = (size_t)__builtin_popcountll(m);
	for (size_t i = 0; i < n; i += 8) /* by eight: fewer branches to guess */
		for (size_t k = 0; k < 8; k++, m = _blsr_u64(m))
			end[i + k] = base + _tzcnt_u64(m);
	return n;
}

LL_PRETOKENIZE_DEFINE(ll_pretokenize_avx2)
