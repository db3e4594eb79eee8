/* SPDX-License-Identifier: MIT */
/* ngrams_wide.h - for ngrams.c: n-grams of words by wide registers, equal to the rolling ones. */
#ifndef LL_NGRAMS_WIDE_H
#define LL_NGRAMS_WIDE_H

#include "text/ngrams.h"

#define LL_NGRAM_BASE 0x9e3779b97f4a7c15ull
#define LL_NGRAM_LENGTH 0xd1b54a32d192ed03ull
#define LL_NGRAM_MIX_1 0xbf58476d1ce4e5b9ull
#define LL_NGRAM_MIX_2 0x94d049bb133111ebull
#define LL_NGRAMS_WIDE_MAX 9u /* the longest n-gram that eight lanes find in two registers of words */

/* The n-grams of len words, n <= LL_NGRAMS_WIDE_MAX, in order, for as many of the first as come out in whole registers; returns
 * their number. */
size_t ll_ngrams_of_words_avx2(const struct ll_word *word, size_t len, size_t n, uint64_t *hash);
size_t ll_ngrams_of_words_avx512(const struct ll_word *word, size_t len, size_t n, uint64_t *hash);

#endif
