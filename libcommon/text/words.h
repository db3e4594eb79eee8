/* SPDX-License-Identifier: MIT */
/*
 * words.h - the normalised words that deduplication and decontamination compare (ll-dedup.1, "Normalisation"): NFKC, lower
 * case, everything but letters, digits, marks, "_" and white space to a space, split at white space. In scripts written
 * without spaces every character of such a script is a word of its own.
 *
 * The hash of a word: with a and b its bytes 0..7 and 8..15 as little-endian numbers, zeros after its end,
 *
 *   h = a * 0x9e3779b97f4a7c15;  h ^= h >> 32;  h ^= b * 0xc2b2ae3d27d4eb4f;  h *= 0xd6e8feb86659fd93;  h ^ h >> 32
 *
 * (one to one for words up to 8 bytes); a word of more than 16 bytes: XXH3-64.
 */
#ifndef LL_WORDS_H
#define LL_WORDS_H

#include "base/buffer.h"

struct ll_word {
	uint32_t start, end; /* bytes of the original text that the word came from */
	uint64_t hash;
};

struct ll_words {
	struct ll_word *word;
	size_t len, cap;
	bool joined;	      /* asks for: */
	struct ll_buf normalized; /* the words joined by single spaces */
	/* scratch: the text in lower case, and where its ASCII words begin and end */
	char *lower;
	uint64_t *in_word, *beyond; /* a bit a byte: of an ASCII word; not ASCII */
	uint32_t *edge;
	size_t lower_cap, in_word_cap, beyond_cap, edge_cap;
	struct ll_buf normal; /* NFKC of a chunk */
};

/* Fills w (zeroed before first use; reuse keeps its memory). text is valid UTF-8 under 4 GiB. */
void ll_words_split(struct ll_words *w, struct ll_str text);
uint64_t ll_word_hash(const char *normalized, size_t len);
void ll_words_free(struct ll_words *w);

#endif
