/* SPDX-License-Identifier: MIT */
/*
 * members.h - a document of a component on its way to a verdict: as it comes (struct member, a view), as it is kept in memory
 * with what was dropped for it (struct survivor), and as it waits in a temporary file (member_spool).
 */
#ifndef LL_MEMBERS_H
#define LL_MEMBERS_H

#include "base/buffer.h"
#include "base/hash.h"
#include "base/memory.h"

struct member {
	uint32_t document;
	bool old; /* of an earlier crawl: survives */
	struct ll_id key, text; /* text: its digest */
	struct ll_str id, source;
	const unsigned char *shingles; /* ascending, little-endian u64, unaligned; of large sets (set_is_large) in a mapped file, until the end */
	uint32_t n_shingles;
	uint32_t place; /* in its component, for chains.c */
};

/* Sets of 4 MiB and more of shingles are copied nowhere and are in no index, so that what they take does not add up; nor are
 * those of a 64th of --memory, of which the share of the survivors in walk.h would hold fewer than an index is made for. */
static inline bool set_is_large(uint32_t n_shingles)
{
	return 8 * (uint64_t)n_shingles >= LL_MIN(ll_memory_budget() / 64, 4 * LL_MIB);
}

/* The number of ids and similarities kept for a survivor. */
#define WALK_COPIES_MAX 1000u

/* What becomes of members. */
struct walk_events {
	void *context;
	/* similarity: -1 without verification */
	void (*duplicate)(void *context, const struct member *m, const struct member *survivor, double similarity);
	/* A survivor with duplicates, once the component is through (NULL: not wanted): how many, and of the first
	 * WALK_COPIES_MAX the ids and similarities as items of tag lists. */
	void (*survivor)(void *context, const struct member *survivor, uint64_t copies, struct ll_str ids, struct ll_str similarities);
};

struct survivor {
	struct member member; /* its strings and shingles, unless it is large, point into `own` */
	char *own;
	bool shares; /* the shingles of an equal one */
	uint64_t copies;
	struct ll_buf ids, similarities;
};

/* A copy of m; shares the shingles of `equal`, which lives as long, unless NULL. Returns the bytes it takes. */
size_t survivor_init(struct survivor *s, const struct member *m, const struct survivor *equal);
/* Says that m goes because of s; returns the bytes that s grew by. */
size_t survivor_duplicate(struct survivor *s, const struct walk_events *events, const struct member *m, double similarity);
/* Says what went because of s, if anything, and frees it. */
void survivor_end(struct survivor *s, const struct walk_events *events);

/* Members in the order in which they were put: written, then read once. */
struct ll_sorter;
struct ll_sorter *member_spool_new(uint64_t memory);
void member_spool_put(struct ll_sorter *spool, const struct member *m);
/* After ll_sorter_finish; false at the end. Valid until the next call. */
bool member_spool_next(struct ll_sorter *spool, struct member *m);

#endif
