/* SPDX-License-Identifier: MIT */
/*
 * train_words.h - counted pre-tokens as the words that merges are learned from (merge_loop.h): straight from the tables, or,
 * when counting had to spill, sorted and added up into a temporary file of their own.
 */
#ifndef LL_TRAIN_WORDS_H
#define LL_TRAIN_WORDS_H

#include "ll-bpe/counting.h"
#include "ll-bpe/merge_loop.h"

struct train_words {
	struct counted *counted;
	uint64_t min_count;	   /* words that occur less often are left out, */
	uint64_t words, left_out; /* which is counted here, at the first time through */
	int file;		   /* -1: the tables have them */
	uint64_t file_len;
};

/* Reads what was counted, and frees it while it hands out its words for the last time. */
void train_words_init(struct train_words *t, struct counted *counted, uint64_t min_count);
struct merge_words train_words_source(struct train_words *t);
void train_words_free(struct train_words *t);

#endif
