/* SPDX-License-Identifier: MIT */
/*
 * words.h - the normalised words that deduplication and decontamination compare (ll-dedup.1, "Normalisation"): NFKC, lower
 * case, everything but letters, digits, marks, "_" and white space to a space, split at white space. In scripts written
 * without spaces every character of such a script is a word of its own.
 */
#ifndef LL_WORDS_H
#define LL_WORDS_H

#include "base/buffer.h"

struct ll_word {
	uint32_t start, end; /* bytes of the original text that the word came from */
	uint64_t hash;       /* XXH3-64 of the normalised word */
};

struct ll_words {
	struct ll_word *word;
	size_t len, cap;
	struct ll_buf normalized; /* the words joined by single spaces */
};

/* Fills w (zeroed before first use; reuse keeps its memory). text is valid UTF-8 under 4 GiB. */
void ll_words_split(struct ll_words *w, struct ll_str text);
void ll_words_free(struct ll_words *w);

#endif
