/* SPDX-License-Identifier: MIT */
/*
 * words_ascii.h - for words.c: the ASCII bytes of a text, 64 at a time, and characters as simple as those. The plain C
 * versions are the oracle of the others; all give equal bits.
 */
#ifndef LL_WORDS_ASCII_H
#define LL_WORDS_ASCII_H

#include "base/hash.h"
#include "text/words.h"

struct ll_words_ascii {
	/* Of blocks of 64 bytes: the bytes in lower case; bits of the bytes that are ASCII and in a word (letters, digits, "_");
	 * bits of the bytes that are not ASCII. */
	void (*classify)(const char *text, size_t blocks, char *lower, uint64_t *in_word, uint64_t *beyond);
	/* The places in [from, to) where runs of ones in in_word begin, and where they end (`to` ends the last), in turn; returns
	 * their number, which is even. `edge` has room for to - from + 66. */
	size_t (*edges)(const uint64_t *in_word, uint32_t from, uint32_t to, uint32_t *edge);
	/* The words between n pairs of edges, with their hashes; 16 bytes are readable from any place in `lower` on. */
	void (*words)(const char *lower, const uint32_t *edge, size_t n, struct ll_word *word);
};

extern const struct ll_words_ascii ll_words_ascii_plain, ll_words_ascii_avx2, ll_words_ascii_avx512;

/* Characters that NFKC leaves alone whatever stands before or after them, as long as that is one of these too: starters
 * without a decomposition that join with nothing before them. tests/unit/text_words_test.c proves it for all of them. */
bool ll_words_is_settled(uint32_t c);

/* Does for settled characters of a valid text what classify does for ASCII: clears them in `beyond`, sets those that belong
 * into words in `in_word` and writes them to `lower` in lower case. White space, characters that are words of their own and
 * those of another length in lower case stay beyond. */
void ll_words_settle(const char *text, size_t blocks, char *lower, uint64_t *in_word, uint64_t *beyond);

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

/* Of ll_word_hash (words.h), for the first eight bytes, the second, and both. */
#define LL_WORD_HASH_FIRST 0x9e3779b97f4a7c15ull
#define LL_WORD_HASH_SECOND 0xc2b2ae3d27d4eb4full
#define LL_WORD_HASH_BOTH 0xd6e8feb86659fd93ull

static inline uint64_t ll_word_hash_short(uint64_t a, uint64_t b)
{
	uint64_t h = a * LL_WORD_HASH_FIRST;

	h ^= h >> 32;
	h ^= b * LL_WORD_HASH_SECOND;
	h *= LL_WORD_HASH_BOTH;
	return h ^ h >> 32;
}

/* ll_word_hash where 16 bytes may be read whatever the length. */
static inline uint64_t ll_word_hash_in_room(const char *p, uint32_t len)
{
	/* what is inside of the first and of the second eight bytes: a table, because a branch by length is never foreseen */
#define ONES(n) (~(uint64_t)0 >> (64 - 8 * (n)))
	static const uint64_t second[17] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, ONES(1), ONES(2), ONES(3), ONES(4), ONES(5), ONES(6), ONES(7), ONES(8),
	};
	static const uint64_t first[17] = {
		0,	 ONES(1), ONES(2), ONES(3), ONES(4), ONES(5), ONES(6), ONES(7), ONES(8),
		ONES(8), ONES(8), ONES(8), ONES(8), ONES(8), ONES(8), ONES(8), ONES(8),
	};
#undef ONES

	if (LL_UNLIKELY(len > 16))
		return ll_hash64(p, len);
	return ll_word_hash_short(ll_get64(p) & first[len], ll_get64(p + 8) & second[len]);
}

static inline void ll_words_between(const char *lower, const uint32_t *edge, size_t n, struct ll_word *word)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t start = edge[2 * i], end = edge[2 * i + 1];
		word[i] = (struct ll_word){ start, end, ll_word_hash_in_room(lower + start, end - start) };
	}
}

#endif
