/* SPDX-License-Identifier: MIT */
/*
 * cluster.h - signatures in, duplicates out: documents that agree in a whole band are joined (union-find over document
 * numbers), and every connected component keeps one survivor. Band hashes, document facts and results go through external
 * sorts; in memory stand four bytes and a bit for each document, claimed from --memory.
 *
 * The survivor of a component: longest text, ties by smallest key, then smallest text digest, then smallest record digest
 * (what is left after that is the same record twice); or the first in the order of one run.
 */
#ifndef LL_CLUSTER_H
#define LL_CLUSTER_H

#include "ll-dedup/shard_order.h"
#include "ll-dedup/signature.h"

struct cluster;

struct cluster *cluster_new(uint32_t bands, bool keep_first);
/* A signature of a document. */
void cluster_add(struct cluster *c, const struct signature *s);
/* order: for keep_first, which document is first; NULL: the order of cluster_add. */
void cluster_resolve(struct cluster *c, const struct shard_order *order);
/* In ascending order of documents; false at the end. */
bool cluster_next(struct cluster *c, struct duplicate *out);
uint64_t cluster_clusters(const struct cluster *c);
uint64_t cluster_duplicates(const struct cluster *c);
void cluster_free(struct cluster *c);

#endif
