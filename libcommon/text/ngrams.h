/* SPDX-License-Identifier: MIT */
/*
 * ngrams.h - 64-bit hashes of runs of n words (or characters): the shingles of ll-dedup and the n-grams of ll-decontam.
 *
 * The hash of a run of m items with hashes w[0 .. m) is mix(P^(m-1) w[0] + ... + P w[m-2] + w[m-1] + m * L) mod 2^64, with
 * P = 0x9e3779b97f4a7c15, L = 0xd1b54a32d192ed03 and mix the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014). The polynomial rolls: a document costs one step a word whatever n is.
 */
#ifndef LL_NGRAMS_H
#define LL_NGRAMS_H

#include "text/words.h"

struct ll_ngrams {
	uint64_t *hash;
	size_t len, cap;
};

/* The n-grams of all words, in order: len = max(0, words - n + 1). Reuse keeps the memory. n >= 1. */
void ll_ngrams_of_words(struct ll_ngrams *g, const struct ll_words *w, size_t n);
/* The n-grams of the code points of valid UTF-8 (ll_words.normalized, say). */
void ll_ngrams_of_characters(struct ll_ngrams *g, struct ll_str text, size_t n);
/* As above but never empty where there is an item: under n items the whole list is the one n-gram. */
void ll_shingles_of_words(struct ll_ngrams *g, const struct ll_words *w, size_t n);
void ll_shingles_of_characters(struct ll_ngrams *g, struct ll_str text, size_t n);
void ll_ngrams_free(struct ll_ngrams *g);

#endif
