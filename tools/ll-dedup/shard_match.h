/* SPDX-License-Identifier: MIT */
/* shard_match.h - which of the shards that were clustered are those that `apply` was given (rules: duplicates.h). */
#ifndef LL_SHARD_MATCH_H
#define LL_SHARD_MATCH_H

#include "ll-dedup/shards.h"

/* For every clustered shard its position among the wanted, or SIZE_MAX; caller frees. path: for messages. */
size_t *shard_match(const struct shards *clustered, const struct shards *wanted, const char *path);

#endif
