/* SPDX-License-Identifier: MIT */
/*
 * source_counts.h - documents and text bytes a source: what a budget is shared out by. Counts add up over shards; the stream that
 * carries them has the kind "counts" and one record a source, in the order of the names:
 *
 *   u32 size, u32 core | u64 documents, u64 text bytes, name (end of core)
 */
#ifndef LL_SOURCE_COUNTS_H
#define LL_SOURCE_COUNTS_H

#include "base/buffer.h"

struct source_count {
	char *name;
	size_t len;
	uint64_t documents, bytes;
};

struct source_counts { /* zeroed: empty */
	struct source_count *item; /* by name */
	size_t len, cap;
};

void source_counts_add(struct source_counts *c, struct ll_str source, uint64_t documents, uint64_t bytes);
/* NULL when the source was never seen. */
const struct source_count *source_counts_find(const struct source_counts *c, struct ll_str source);
void source_counts_free(struct source_counts *c);

/* All documents of some files, in parallel; *lineage is the caller's to free. */
struct ll_lineage;
void source_counts_of_files(struct source_counts *c, const char *const *files, size_t n, struct ll_lineage **lineage);
/* Adds what files of counts say. */
void source_counts_load(struct source_counts *c, const char *const *files, size_t n);
/* Writes the stream to --output. */
void source_counts_write(const struct source_counts *c, const struct ll_lineage *lineage);

#endif
