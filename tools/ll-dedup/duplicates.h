/* SPDX-License-Identifier: MIT */
/*
 * duplicates.h - the stream of kind "duplicates" (schema 1) that `cluster` hands to `apply`:
 *
 *   u32 size, u32 core | u8 type, 7 zero bytes | by type:
 *   1 shard      u64 records | data id 16 (end of core) | base name of the file (volatile)
 *   0 duplicate  u64 number of the document in its shard | survivor's key 16 | survivor's id
 *
 * The duplicates of a shard follow it in ascending order.
 */
#ifndef LL_DUPLICATES_H
#define LL_DUPLICATES_H

#include "ll-dedup/drop_pass.h"
#include "stream/writer.h"

void duplicates_put_shard(struct ll_writer *w, const struct shard *s, struct ll_str name);
void duplicates_put(struct ll_writer *w, uint64_t document, struct ll_id key, struct ll_str id);

/* What a file of duplicates says of some shards. */
struct duplicates;
/* Keeps those of the shards given, in their order, and numbers documents over all of them. Ends with status 3 when a shard is
 * not in the file: a missing shard is an error, not a smaller answer. */
struct duplicates *duplicates_load(const char *path, const struct shards *wanted);
bool duplicates_next(void *d, struct duplicate *out);
void duplicates_free(struct duplicates *d);

#endif
