/* SPDX-License-Identifier: MIT */
/*
 * bpe_chars.h - a run merged from its characters on instead of its bytes: most of the merges of Chinese, Japanese,
 * Cyrillic ... make characters.
 *
 * Where that is exact. Let every merge have a higher rank than those that made its parts (`steady`; merges that were
 * learned have). Then merging goes through the ranks once, upwards, and merges in different places do not disturb each
 * other: it makes no difference to merge what is inside of characters first, as long as no merge across the boundary
 * of two characters ever takes a part of a character that would have been merged inside of it, or leaves a token that
 * begins or ends inside of a character. The first such merge would be of two tokens L and R, side by side at the
 * boundary of two characters, L being whole characters or the end of one, R whole characters or the beginning of one,
 * and not both whole. Such merges are few. Where one is of L and R that the two characters at a boundary can have, at a
 * time when they have them, which is what `left` and `right` say, the run is merged from its bytes.
 *
 * Without such merges, no merge crosses the boundary of two characters which do not stand side by side where a merge of
 * whole characters joins its parts: there the run can be cut, and what is between two cuts merged, or remembered, by
 * itself. Of the boundaries in Chinese and Japanese text that is 80 (o200k) to 95 (cl100k) of 100.
 */
#ifndef LL_BPE_CHARS_H
#define LL_BPE_CHARS_H

#include "bpe/bpe_model.h"

struct ll_bpe_char {
	uint32_t id[4]; /* of the character alone, three at most; LL_BPE_NONE after the last */
	uint64_t left,
		right; /* a bit, of 64 in turn, for every such merge that it can be on the left, right of */
};

#define LL_JOINED_BITS 20 /* of the filter: 20,000 pairs of characters, in o200k, are 2 of 100 */

static inline uint32_t ll_bpe_joined_hash(uint32_t left, uint32_t right)
{
	return (left * 0x9e3779b1u + right * 0x85ebca6bu) >> (32 - LL_JOINED_BITS);
}

/* False: no merge of whole characters joins these two. */
static inline bool ll_bpe_may_join(const struct ll_bpe *b, uint32_t left, uint32_t right)
{
	uint32_t h = ll_bpe_joined_hash(left, right);
	return b->chars_joined[h >> 5] >> (h & 31) & 1;
}

/* Fills b->char_tokens and b->chars_joined, where merges are steady. */
void ll_bpe_index_chars(struct ll_bpe *b);

static inline unsigned ll_bpe_char_ids(const struct ll_bpe_char *k)
{
	return 1 + (k->id[1] != LL_BPE_NONE) + (k->id[2] != LL_BPE_NONE);
}

/* The character below U+10000 at p < end; *len is 0 when there is none. */
static inline uint32_t ll_bpe_char_at(const unsigned char *p, const unsigned char *end, unsigned *len)
{
	size_t rest = (size_t)(end - p);
	uint32_t c = *p;
	if (c >= 0xe0 && c < 0xf0 && rest >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
		c = (c & 0xf) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		*len = c < 0x800 || (c >= 0xd800 && c < 0xe000) ? 0 : 3;
	} else if (c < 0x80) {
		*len = 1;
	} else if (c >= 0xc2 && c < 0xe0 && rest >= 2 && (p[1] & 0xc0) == 0x80) {
		c = (c & 0x1f) << 6 | (p[1] & 0x3fu);
		*len = 2;
	} else {
		*len = 0;
	}
	return c;
}

/* The tokens of the characters of n bytes of text, at most `most`: how many, or 0 when the run has to be merged from
 * its bytes. */
unsigned ll_bpe_char_tokens(const struct ll_bpe *b, const unsigned char *p, size_t n, uint32_t *id, unsigned most);

#endif
