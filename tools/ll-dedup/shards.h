/* SPDX-License-Identifier: MIT */
/* shards.h - the words that the parts of ll-dedup share: a shard (one input file) and a duplicate. */
#ifndef LL_DEDUP_SHARDS_H
#define LL_DEDUP_SHARDS_H

#include "base/buffer.h"
#include "base/hash.h"

/* One input file as the first pass saw it. */
struct shard {
	uint64_t records;
	struct ll_id data_id; /* XXH3-128 over the record digests in order */
	char *name;	      /* base name of the file, or NULL; owned by the list */
};

struct shards {
	struct shard *item;
	size_t len, cap;
};

void shards_add(struct shards *s, uint64_t records, struct ll_id data_id, struct ll_str name);
void shards_free(struct shards *s);

/* A document to be dropped, or (only when asked for) a survivor that others were dropped for. */
struct duplicate {
	uint64_t document; /* its number over all shards, in the order they were read, from 0 */
	bool survives;
	struct ll_id key;     /* of the survivor; exact: the digest of the text, without an id */
	struct ll_id text;    /* near-duplicates: the digest of the survivor's text, which tells apart survivors of one key */
	double similarity;    /* to the survivor, where it was verified; else -1 */
	struct ll_str id, source; /* of the survivor; as all strings here valid until the next one is asked for */
	uint64_t copies;      /* survives: how many were dropped for it */
	struct ll_str ids, similarities; /* of the first of them: items of tag lists */
};

/* Duplicates one after the other, in ascending order of documents; false at the end. */
typedef bool next_duplicate(void *source, struct duplicate *out);

/* As the parts of ll-dedup hand them on: all but the document's number. */
void duplicate_put(struct ll_buf *out, const struct duplicate *d);
int duplicate_get(struct ll_str data, struct duplicate *out);

#endif
