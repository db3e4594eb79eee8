/* SPDX-License-Identifier: MIT */
/* shard_check.h - are the documents of some files those that the shards were signed from? By their record digests, in order. */
#ifndef LL_SHARD_CHECK_H
#define LL_SHARD_CHECK_H

#include "ll-dedup/shards.h"

struct shard_check {
	const struct shards *shards;
	const char *const *files; /* one a shard */
	size_t shard;		  /* of the last document */
	uint64_t in_shard;	  /* documents of it so far */
	struct ll_hash128_state *digests;
};

void shard_check_start(struct shard_check *c, const struct shards *shards, const char *const *files);
/* All end with status 3 when they are not. */
void shard_check_document(struct shard_check *c, const void *digest);
void shard_check_end(struct shard_check *c);
void shard_check_free(struct shard_check *c);

#endif
