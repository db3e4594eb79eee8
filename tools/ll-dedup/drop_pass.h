/* SPDX-License-Identifier: MIT */
/*
 * drop_pass.h - the second pass: streams the documents, drops those that a list names, and proves that they are the documents
 * the list was made from.
 */
#ifndef LL_DROP_PASS_H
#define LL_DROP_PASS_H

#include "ll-dedup/cluster.h"

/* One input file as the first pass saw it. */
struct shard {
	uint64_t records;
	struct ll_id data_id; /* XXH3-128 over the record digests in order */
};

struct shards {
	struct shard *item;
	size_t len, cap;
};

struct drop_list {
	/* The duplicates in ascending order of document numbers over all files; false at the end. */
	bool (*next)(void *source, struct duplicate *out);
	void *source;
	struct shards shards; /* of the files in order; owned by the caller */
};

/* Runs the filter over the files by the common options. Returns the exit status. */
int drop_pass(const struct drop_list *list, const char *const *files, size_t n);

#endif
