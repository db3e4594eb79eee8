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
 */
#ifndef LL_BPE_CHARS_H
#define LL_BPE_CHARS_H

#include "bpe/bpe_model.h"

struct ll_bpe_char {
	uint32_t id[3]; /* of the character alone; LL_BPE_NONE after the last */
	uint16_t left,
		right; /* a bit for every such merge (by its rank, modulo 16) that it can be on the left, right of */
};

/* Fills b->char_tokens, where merges are steady. */
void ll_bpe_index_chars(struct ll_bpe *b);

/* The tokens of the characters of n bytes of text, at most `most`: how many, or 0 when the run has to be merged from
 * its bytes. */
unsigned ll_bpe_char_tokens(const struct ll_bpe *b, const unsigned char *p, size_t n, uint32_t *id, unsigned most);

#endif
