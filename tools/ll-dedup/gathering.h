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
	uint64_t documents, old; /* old: of an earlier crawl, not among the shards */
	const struct shard_order *order;
};

/* The rule is the caller's and lives as long. `cluster`: NULL for exact, which always keeps the first. */
void gathering_start(struct gathering *g, const struct signature_rule *rule, const struct cluster_rule *cluster);
/* The record callback of a struct sign_visitor. */
void gathering_record(void *gathering, uint64_t document, const unsigned char *record, size_t len);
/* The records of an earlier crawl, before any other; its shards say nothing. */
void gathering_old_record(struct gathering *g, const unsigned char *record, size_t len);
/* Ends with status 3 when documents and shards do not add up; joins by the bands. */
void gathering_join(struct gathering *g);
/* After that and the last pair from elsewhere. order: which document is first; NULL for the order of reading. */
void gathering_rank(struct gathering *g, const struct shard_order *order);
/* The callbacks of a second pass, with verification: documents' shingles, compared by record digest with the first pass. */
bool gathering_wants(const void *gathering, uint64_t document);
void gathering_second(void *gathering, uint64_t document, const unsigned char *record, size_t len);
void gathering_second_old(struct gathering *g, uint64_t document, const unsigned char *record, size_t len);
/* The make_room callback, and that of ll_reader_on_large. */
void gathering_make_room(void *gathering);
void gathering_resolve(struct gathering *g);
next_duplicate gathering_next;
void gathering_note(const struct gathering *g);
void gathering_free(struct gathering *g);

#endif
