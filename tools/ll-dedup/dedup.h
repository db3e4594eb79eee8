/* SPDX-License-Identifier: MIT */
/*
 * dedup.h - what the parts of ll-dedup share: its options in force.
 *
 *   exact.c             --exact: one streaming pass over a digest_set; what does not fit waits for exact_duplicates
 *   minhash.c           --minhash: sign_pass into a gathering, then drop_pass
 *   dedup_steps.c       sign, cluster, apply: the same cut in three, with files between
 *
 *   signature.c         a document to its signature, and the record of kind "signatures"
 *   sign_pass.c         signatures of all documents of some files, in parallel, in order
 *   gathering.c         signatures of either kind to duplicates, by
 *     cluster.c           band hashes to clusters of near-duplicates to one survivor each
 *     exact_duplicates.c  digests of texts to all but the first of each
 *   shard_order.c       which document is first over shards that were signed apart
 *   duplicates.c        the stream of kind "duplicates": what `cluster` hands to `apply`
 *   shard_match.c       which shards of it `apply` was given
 *   drop_pass.c         the second pass: streams the documents, drops the duplicates
 */
#ifndef LL_DEDUP_H
#define LL_DEDUP_H

#include "base/base.h"

struct dedup_options {
	const char *exact;       /* unit, or NULL */
	const char *minhash;     /* "14x8", or NULL */
	int64_t ngram;           /* 0: 5 words or 24 characters */
	const char *unit;        /* "word" or "char"; NULL: not given */
	const char *keep;        /* "longest" or "first" */
	const char *duplicates;  /* apply: the file */
};
extern struct dedup_options dedup;

int dedup_exact(const char *const *files, size_t n);
int dedup_minhash(const char **files, size_t n);
int dedup_sign(const char *const *files, size_t n);
int dedup_cluster(const char *const *files, size_t n);
int dedup_apply(const char **files, size_t n);

#endif
