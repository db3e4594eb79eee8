/* SPDX-License-Identifier: MIT */
/*
 * gathering.h - where the records of signature.h go, from sign_pass or from files of them: documents among the digests
 * (exact) or the band hashes (MinHash), shards into a list. Resolved, it hands out the duplicates of all.
 */
#ifndef LL_GATHERING_H
#define LL_GATHERING_H

#include "ll-dedup/cluster.h"
#include "ll-dedup/exact_duplicates.h"

struct gathering {
	const struct signature_rule *rule;
	struct cluster *cluster;	/* or */
	struct exact_duplicates *exact; /* by the rule */
	struct shards shards;
	uint64_t documents;
};

/* The rule is the caller's and lives as long. keep_first is for MinHash: exact always keeps the first. */
void gathering_start(struct gathering *g, const struct signature_rule *rule, bool keep_first);
/* The record callback of a struct sign_visitor. */
void gathering_record(void *gathering, const unsigned char *record, size_t len);
/* order: NULL for the order of reading. Ends with status 3 when documents and shards do not add up. */
void gathering_resolve(struct gathering *g, const struct shard_order *order);
next_duplicate gathering_next;
void gathering_note(const struct gathering *g);
void gathering_free(struct gathering *g);

#endif
