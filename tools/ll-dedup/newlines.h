/* SPDX-License-Identifier: MIT */
/* newlines.h - the newlines of a text, 64 bytes at a time: for lines that are shorter than a call of memchr is worth. */
#ifndef LL_DEDUP_NEWLINES_H
#define LL_DEDUP_NEWLINES_H

#include "base/base.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Bit i: whether p[i] is a newline; of 64 bytes, or 16. */
#if defined(__SSE2__)
static inline uint64_t newlines_of_16(const char *p)
{
	__m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('\n'));

	return (unsigned)_mm_movemask_epi8(equal);
}

static inline uint64_t newlines_of_block(const char *p)
{
	return newlines_of_16(p) | newlines_of_16(p + 16) << 16 | (newlines_of_16(p + 32) | newlines_of_16(p + 48) << 16) << 32;
}
#else
static inline uint64_t newlines_of_block(const char *p)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 64; i++)
		mask |= (uint64_t)(p[i] == '\n') << i;
	return mask;
}
#endif

struct newlines {
	const char *block, *end; /* 64 bytes at hand, or those that are left; the end of the text */
	uint64_t mask;		 /* newlines of the block not yet passed */
};

/* Not inlined: its buffer would be cleared for whole blocks too. */
static __attribute__((noinline, unused)) uint64_t newlines_of_rest(const char *p, size_t n)
{
	char rest[64] = { 0 };

	memcpy(rest, p, n);
	return newlines_of_block(rest);
}

static inline uint64_t newlines_at(const char *p, const char *end)
{
	return LL_LIKELY(end - p >= 64) ? newlines_of_block(p) : newlines_of_rest(p, (size_t)(end - p));
}

static inline struct newlines newlines_from(const char *p, const char *end)
{
	return (struct newlines){ p, end, p < end ? newlines_at(p, end) : 0 };
}

/* The next newline, which is passed then; NULL when there is none. */
static inline const char *newlines_next(struct newlines *s)
{
	while (!s->mask) {
		if (s->end - s->block <= 64)
			return NULL;
		s->block += 64;
		s->mask = newlines_at(s->block, s->end);
	}
	const char *at = s->block + __builtin_ctzll(s->mask);
	s->mask &= s->mask - 1;
	return at;
}

/* Where lines of a text of less than 4 GiB end, from byte `at` on, up to n of them: at a newline, the last one else with the
 * text. Returns how many. */
static inline size_t newlines_ends(struct ll_str text, size_t at, uint32_t *line_end, size_t n)
{
	const char *end = text.data + text.len, *stop;
	struct newlines newlines = newlines_from(text.data + at, end);
	size_t i = 0;

	for (; at < text.len && i < n; at = (size_t)(stop - text.data) + 1) {
		stop = newlines_next(&newlines);
		stop = stop ? stop : end;
		line_end[i++] = (uint32_t)(stop - text.data);
	}
	return i;
}

/* newlines_ends, for processors that have AVX-512 with VBMI2; in newlines_avx512.c. */
size_t newlines_ends_avx512(struct ll_str text, size_t at, uint32_t *line_end, size_t n);

static inline uint64_t newlines_total(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i += 64)
		n += (uint64_t)__builtin_popcountll(newlines_at(text + i, text + len));
	return n;
}

#endif
