/* SPDX-License-Identifier: MIT */
/*
 * removed.h - the stream of kind "duplicates" (schema 1) that `cluster` hands to `apply` where keys (units.h) are removed. The
 * header has the lines exact=UNIT, keep=first or keep=none, and min-bytes=N if there is one; keep= tells it from duplicates.h.
 *
 *   1 shard    as in duplicates.h
 *   2 removed  u32 size, u32 core | u8 type, 7 zero | u64 number of runs | runs of u64 first, u64 keys
 *
 * Keys are numbered over the documents of a shard, whose runs follow it in ascending order.
 */
#ifndef LL_DEDUP_REMOVED_H
#define LL_DEDUP_REMOVED_H

#include "ll-dedup/shards.h"
#include "ll-dedup/units.h"
#include "stream/header.h"
#include "stream/writer.h"

struct removed_rule {
	struct unit_rule unit;
	bool none; /* --keep=none */
};

/* The lines of such a header; caller frees. */
char *removed_rule_lines(const struct removed_rule *r);
/* Whether the file is such a one. */
bool removed_rule_read(struct removed_rule *r, const char *path);

struct removed_out {
	struct ll_writer *out;
	struct ll_buf runs;
	uint64_t first, keys; /* the run in hand */
};
/* The keys of a shard, ascending. */
void removed_put(struct removed_out *w, uint64_t key);
/* After the last of a shard. */
void removed_end_shard(struct removed_out *w);

/* What a file says of some shards, which are recognised as in duplicates.h; `path` is read twice. */
struct removed;
struct removed_run {
	size_t shard; /* among the wanted */
	uint64_t first, keys;
};
struct removed *removed_load(const char *path, const struct shards *wanted);
/* Ascending by shard and key; false at the end. */
bool removed_next(struct removed *r, struct removed_run *out);
void removed_free(struct removed *r);

#endif
