/* SPDX-License-Identifier: MIT */
/*
 * source_counts.h - documents, text bytes and tokens a source: what a budget is shared out by. Counts add up over shards; the
 * stream that carries them has the kind "source-counts", the header key "tokenizer" (32 hexadecimal digits) if tokens were
 * counted, and one record a source, in the order of the names:
 *
 *   u32 size, u32 core | u64 documents, u64 text bytes, u64 tokens (0 if not counted), name (end of core)
 */
#ifndef LL_SOURCE_COUNTS_H
#define LL_SOURCE_COUNTS_H

#include "base/buffer.h"

struct ll_bpe;

struct source_count {
	char *name;
	size_t len;
	uint64_t documents, bytes, tokens;
};

struct source_counts { /* zeroed: empty */
	struct source_count *item; /* by name */
	size_t len, cap;
	char tokenizer[33];        /* that the tokens are of; "" where they were not counted */
};

/* Adds to the count of the same name: more->name is copied, and need not end with NUL. */
void source_counts_add(struct source_counts *c, const struct source_count *more);
/* NULL when the source was never seen. */
const struct source_count *source_counts_find(const struct source_counts *c, struct ll_str source);
void source_counts_free(struct source_counts *c);

/* All documents of some files, in parallel, with their tokens unless the tokenizer is NULL; *lineage is the caller's to free. */
struct ll_lineage;
void source_counts_of_files(struct source_counts *c, const struct ll_bpe *bpe, const char *const *files, size_t n,
			    struct ll_lineage **lineage);
/* Adds what files of counts say. Ends with status 3 where two of them are of different tokenizers, or one has none. */
void source_counts_load(struct source_counts *c, const char *const *files, size_t n);
/* Writes the stream to --output. */
void source_counts_write(const struct source_counts *c, const struct ll_lineage *lineage);

#endif
