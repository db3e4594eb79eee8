/* SPDX-License-Identifier: MIT */
/*
 * words_ascii.h - for words.c: the ASCII bytes of a text, 64 at a time. The plain C versions are the oracle of the others;
 * all give equal bits.
 */
#ifndef LL_WORDS_ASCII_H
#define LL_WORDS_ASCII_H

#include "base/base.h"

struct ll_words_ascii {
	/* Of blocks of 64 bytes: the bytes in lower case; bits of the bytes that are ASCII and in a word (letters, digits, "_");
	 * bits of the bytes that are not ASCII. */
	void (*classify)(const char *text, size_t blocks, char *lower, uint64_t *in_word, uint64_t *beyond);
	/* The places in [from, to) where runs of ones in in_word begin, and where they end (`to` ends the last), in turn; returns
	 * their number, which is even. `edge` has room for to - from + 66. */
	size_t (*edges)(const uint64_t *in_word, uint32_t from, uint32_t to, uint32_t *edge);
};

extern const struct ll_words_ascii ll_words_ascii_plain, ll_words_ascii_avx2, ll_words_ascii_avx512;

/* Characters that NFKC leaves alone whatever stands before or after them, as long as that is one of these too: starters
 * without a decomposition that join with nothing before them. tests/unit/text_words_test.c proves it for all of them. */
bool ll_words_is_settled(uint32_t c);

/* The bits of in_word at block k that lie in [from, to), both over all bytes. */
static inline uint64_t ll_words_block(const uint64_t *in_word, uint32_t k, uint32_t from, uint32_t to)
{
	uint64_t m = in_word[k];

	if (from > 64 * k)
		m &= ~(uint64_t)0 << (from - 64 * k);
	if (to < 64 * k + 64)
		m &= to > 64 * k ? ~(uint64_t)0 >> (64 * k + 64 - to) : 0;
	return m;
}

#endif
