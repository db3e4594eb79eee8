/* SPDX-License-Identifier: MIT */
/*
 * shard_order.h - which document is first when shards were signed apart: the order of one run over all files.
 *
 * Shards stand in the order in which their signatures are read. What was signed with --part=I/N is put back into the
 * order of the list it was taken from, wherever the N parts follow each other in any order: first files of parts 1 ..
 * N, second files, and so on.
 */
#ifndef LL_SHARD_ORDER_H
#define LL_SHARD_ORDER_H

#include "ll-dedup/shards.h"
#include "stream/header.h"

struct signed_part {
	uint64_t part, parts; /* 1/1 when signed as a whole */
	size_t first, n;      /* shards */
};

struct shard_order {
	struct signed_part *part; /* the segments of signatures as they were read */
	size_t len, cap;
	/* by shard, once finished */
	uint64_t *place; /* in the order of one run */
	uint64_t *end;	 /* number of the document after its last */
	size_t shards;
};

/* The line of a header that shard_order_add looks for, or "" for a whole; caller frees. */
char *shard_order_line(uint64_t part, uint64_t parts);
/* A segment of signatures ended, with it shards first .. first + n - 1. */
void shard_order_add(struct shard_order *o, const struct ll_header *h, size_t first, size_t n);
/* Ends with status 3 when a part of N is missing, is there twice, or was taken from another list. */
void shard_order_finish(struct shard_order *o, const struct shards *shards);
/* The place of a document's shard. */
uint64_t shard_order_place(const struct shard_order *o, uint64_t document);
void shard_order_free(struct shard_order *o);

#endif
