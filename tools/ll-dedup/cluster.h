/* SPDX-License-Identifier: MIT */
/*
 * cluster.h - signatures in, duplicates out. Documents that agree in a whole band are joined (union-find over document
 * numbers); the members of every connected component go, best first (policy.h), through walk.h, which says who survives.
 * Band hashes, document facts, members and results stand in memory or in temporary files, within --memory; in memory for
 * certain stand four bytes and a bit for each document, claimed from it.
 *
 *   cluster_new, cluster_add for every document, cluster_join, cluster_rank, then with verification cluster_member for every
 *   wanted document once more, with its shingles, cluster_resolve, cluster_next until it says false.
 */
#ifndef LL_CLUSTER_H
#define LL_CLUSTER_H

#include "ll-dedup/policy.h"
#include "ll-dedup/shard_order.h"
#include "ll-dedup/signature.h"
#include "ll-dedup/walk.h"

struct cluster_rule {
	uint32_t bands;
	bool joined; /* the pairs come through cluster_pair: no bands are kept */
	struct policy policy;
	struct walk_rule walk;
	bool copies; /* survivors are told of their duplicates */
	uint64_t beside; /* of --memory, what others take until cluster_resolve */
};

struct cluster;

struct cluster *cluster_new(const struct cluster_rule *rule);
/* A signature of a document. Those of earlier crawls come first; they are never dropped, and not among the results, whose
 * numbers begin after them. */
void cluster_add(struct cluster *c, const struct signature *s, bool old);
/* After the last: joins by the bands that were kept. */
void cluster_join(struct cluster *c);
/* Then: a pair that was found elsewhere; numbers count old documents too. */
void cluster_pair(struct cluster *c, uint64_t a, uint64_t b);
/* Whether a document is in a component of two or more. Any thread. */
bool cluster_wants(const struct cluster *c, uint64_t document);
/* After the last pair. order: for KEEP_FIRST, which document is first; NULL: the order of cluster_add. It must live until
 * cluster_resolve. */
void cluster_rank(struct cluster *c, const struct shard_order *order);
/* The shingles of a wanted document, in ascending order of documents; false when it is not the one that was added. */
bool cluster_member(struct cluster *c, uint64_t document, const struct signature *s);
/* Before a large document is worked on, in either pass: what can be in temporary files is. */
void cluster_make_room(struct cluster *c);
void cluster_resolve(struct cluster *c);
/* In ascending order of documents; false at the end. */
bool cluster_next(struct cluster *c, struct duplicate *out);
uint64_t cluster_clusters(const struct cluster *c);
uint64_t cluster_duplicates(const struct cluster *c);
void cluster_free(struct cluster *c);

#endif
