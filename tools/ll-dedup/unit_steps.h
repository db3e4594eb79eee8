/* SPDX-License-Identifier: MIT */
/*
 * unit_steps.h - --exact of keys (units.h) in steps: signatures are the digests of all keys (unit_keys.h), `cluster` says which
 * keys go (removed.h), `apply` counts the keys of the documents and takes those out. Also of whole documents with --keep=none.
 */
#ifndef LL_DEDUP_UNIT_STEPS_H
#define LL_DEDUP_UNIT_STEPS_H

#include "ll-dedup/merging.h"
#include "ll-dedup/removed.h"

/* The merge, of signatures that were opened; count: --min-count with --keep=none, else 0. Closes nothing. */
int unit_cluster(struct merging *m, uint64_t count);
/* One shard or several. */
int unit_apply(const struct removed_rule *rule, const char *duplicates, const struct shards *shards, const char *const *files, size_t n);

#endif
