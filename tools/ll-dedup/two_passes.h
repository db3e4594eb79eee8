/* SPDX-License-Identifier: MIT */
/*
 * two_passes.h - is what a stage reads twice the same both times? By a digest of what matters of every file, so that the one that
 * changed is named. (Where the first pass made shards, shard_check.h asks the same of them.)
 */
#ifndef LL_TWO_PASSES_H
#define LL_TWO_PASSES_H

#include "base/hash.h"

struct two_passes {
	const char *const *files;
	size_t n, file; /* the one being read */
	bool second;
	struct ll_id *first; /* of every file, of the first pass */
	struct ll_hash128_state *state;
};

/* The names are borrowed. */
void two_passes_start(struct two_passes *p, const char *const *files, size_t n);
/* Before the first of each file, by its place in memory; files without any may be left out. */
void two_passes_file(struct two_passes *p, const char *file);
void two_passes_update(struct two_passes *p, const void *data, size_t len);
/* After the last of a pass. The second one, like two_passes_file in it, ends with status 3 when a file changed. */
void two_passes_end(struct two_passes *p);
void two_passes_free(struct two_passes *p);

#endif
