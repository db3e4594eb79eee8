/* SPDX-License-Identifier: MIT */
/*
 * gram_table.h - the n-grams of the evaluation sets, to be looked up by hash. A record of an index (kind "ngrams",
 * schema 1):
 *
 *   u32 size, u32 core | u64 hash (text/ngrams.h) | u32 words in the n-gram | u32 line | base name of the evaluation
 * file
 *
 * sorted by hash and length, each pair once: the first place where it stands.
 */
#ifndef LL_GRAM_TABLE_H
#define LL_GRAM_TABLE_H

#include "base/base.h"

#define GRAM_FIXED 24u
#define GRAM_HEADER "hash=2\n" /* which hash of words (text/words.h); an index of another matches nothing */
#define GRAM_LENGTHS_MAX 64

struct gram {
	uint64_t hash;
	uint32_t words, line, file, zero;
};

struct gram_table {
	struct gram *gram;
	size_t len, cap;
	uint32_t *slot; /* number of a gram plus 1; open addressing, a power of two of them, at most half full */
	size_t slots;
	char **file;
	size_t files, files_cap;
	uint32_t length[GRAM_LENGTHS_MAX]; /* that occur, longest first */
	size_t lengths;
};

/* Reads index files; claims its memory from --memory. Ends the program on anything else than an index. */
void gram_table_load(struct gram_table *t, const char *const *files, size_t n);
/* NULL when it is none of theirs. Thread-safe. */
const struct gram *gram_table_find(const struct gram_table *t, uint64_t hash, uint32_t words);
void gram_table_free(struct gram_table *t);

#endif
