/* SPDX-License-Identifier: MIT */
/*
 * merge_queue.h - the pairs that wait to be merged: largest count first, ties by rule. Counts of new pairs are rarely above
 * that of the pair just merged, so only those near it stand in a heap; all others wait unsorted in buckets by the size of
 * their counts (eight to an octave), and the next bucket becomes the heap when the heap is empty. The heap stays in the
 * cache, and pairs too rare to be ever merged cost one write.
 */
#ifndef LL_MERGE_QUEUE_H
#define LL_MERGE_QUEUE_H

#include "ll-bpe/token_names.h"

enum merge_ties {
	TIES_HF,       /* the smallest left id, then the smallest right id */
	TIES_IDS,      /* the same with the 256 bytes numbered by their values */
	TIES_BYTES,    /* the smallest bytes on the left, then on the right */
	TIES_GREATEST, /* the greatest */
};

struct candidate {
	int64_t count; /* when it was put here */
	uint64_t key;  /* left id << 32 | right id */
	uint32_t pair;
	uint32_t len; /* places */
	uint32_t *at; /* they are the loop's */
};

#define MERGE_QUEUE_BUCKETS 488u

struct candidates {
	struct candidate *item;
	size_t len, cap;
};

struct merge_queue {
	enum merge_ties ties;
	const struct token_names *names;
	struct candidates heap, bucket[MERGE_QUEUE_BUCKETS];
	size_t capacity; /* of all these */
	unsigned low; /* counts of this bucket or a higher one are in the heap */
};

void merge_queue_init(struct merge_queue *q, enum merge_ties ties, const struct token_names *names);
/* The count must be above 0. */
void merge_queue_push(struct merge_queue *q, struct candidate c);
/* The first one, to be looked at and taken with merge_queue_drop; NULL when there is none. */
const struct candidate *merge_queue_top(struct merge_queue *q);
void merge_queue_drop(struct merge_queue *q);
/* Gives the first one another count, above 0. */
void merge_queue_recount(struct merge_queue *q, int64_t count);
uint64_t merge_queue_bytes(const struct merge_queue *q);
void merge_queue_free(struct merge_queue *q);

#endif
