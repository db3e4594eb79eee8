/* SPDX-License-Identifier: MIT */
/*
 * duplicates.h - the stream of kind "duplicates" (schema 1) that `cluster` hands to `apply`:
 *
 *   u32 size, u32 core | u8 type, 7 zero bytes | by type:
 *   1 shard      u64 records | data id 16 (end of core) | base name of the file (volatile)
 *   0 duplicate  u64 number of the document in its shard | what duplicate_put (shards.h) makes of it
 *
 * The duplicates of a shard follow it in ascending order, and with --tag-survivors the survivors that others were dropped for
 * stand among them. With the header key "exact" they are equal texts: in the place of the survivor's key stands the digest of
 * the text, and no id.
 */
#ifndef LL_DUPLICATES_H
#define LL_DUPLICATES_H

#include "ll-dedup/shards.h"
#include "stream/writer.h"

void duplicates_put_shard(struct ll_writer *w, const struct shard *s);
/* False when a record is not of a shard. *name is a view of the record. */
bool duplicates_get_shard(const unsigned char *record, size_t len, struct shard *out, struct ll_str *name);
/* document: its number in the shard. */
void duplicates_put(struct ll_writer *w, uint64_t document, const struct duplicate *d);

/* What a file of duplicates says of some shards. */
struct duplicates;
/*
 * Takes those of the shards given, in their order, and numbers documents over all of them; sorted within --memory.
 * `path` is read twice. A shard is recognised by its documents (records and data id). Where several have the same
 * documents, by name when those that were clustered have different ones, else by order when all of them are given. Ends
 * with status 3 when a shard is not in the file (a missing shard is an error, not a smaller answer), and when it cannot
 * be told which of several it is.
 */
struct duplicates *duplicates_load(const char *path, const struct shards *wanted);
/* "duplicate" or "near-duplicate". */
const char *duplicates_reason(const struct duplicates *d);
next_duplicate duplicates_next;
void duplicates_free(struct duplicates *d);

#endif
