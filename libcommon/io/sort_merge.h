/* SPDX-License-Identifier: MIT */
/*
 * sort_merge.h - for sort.c: sorted runs in unlinked temporary files, and their k-way merge. Runs are numbered as they were
 * written; equal keys come out in the order of the runs, so the merge is stable. More than 64 runs (fewer when memory is
 * short, or as few records fit into it) are merged level by level, neighbours with neighbours, which keeps that order.
 */
#ifndef LL_SORT_MERGE_H
#define LL_SORT_MERGE_H

#include "base/base.h"

struct ll_run_format {
	size_t record_bytes; /* 0: variable, [u32 payload length] key payload */
	size_t key_bytes;
	bool strings; /* variable without key_bytes; the payload is [u32 key length] key, and the payload of the user */
};

static inline size_t ll_run_record_size(const struct ll_run_format *f, const char *record)
{
	return f->record_bytes ? f->record_bytes : 4 + f->key_bytes + ll_get32(record);
}

/* How two records compare: below, equal or above 0. */
static inline int ll_run_compare(const struct ll_run_format *f, const char *a, const char *b)
{
	if (!f->strings) {
		size_t skip = f->record_bytes ? 0 : 4;
		return memcmp(a + skip, b + skip, f->key_bytes);
	}
	uint32_t m = ll_get32(a + 4), n = ll_get32(b + 4);
	int c = memcmp(a + 8, b + 8, LL_MIN(m, n));
	return c ? c : (m > n) - (m < n);
}

struct ll_runs;
struct ll_runs *ll_runs_new(struct ll_run_format format, uint64_t memory, const char *purpose);
void ll_runs_begin(struct ll_runs *r);
void ll_runs_put(struct ll_runs *r, const char *record, size_t size);
void ll_runs_end(struct ll_runs *r);
void ll_runs_free(struct ll_runs *r);

/* Merges down to few runs, then hands out the last merge; r must live as long. */
struct ll_run_merge;
struct ll_run_merge *ll_runs_merge(struct ll_runs *r);
/* The next record, valid until the next call; NULL at the end. */
const char *ll_run_merge_next(struct ll_run_merge *m);
void ll_run_merge_free(struct ll_run_merge *m);

#endif
