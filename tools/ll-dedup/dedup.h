/* SPDX-License-Identifier: MIT */
/*
 * dedup.h - what the parts of ll-dedup share: its options in force.
 *
 *   exact.c       --exact: one streaming pass over a digest_set
 *   signature.c   a document to its signature, and the record of kind "signatures"
 *   sign_pass.c   signatures of all documents of some files, in parallel, in order
 *   cluster.c     band hashes to clusters of near-duplicates to one survivor each
 *   duplicates.c  the stream of kind "duplicates": what `cluster` hands to `apply`
 *   apply.c       the second pass: streams the documents, drops the duplicates
 *   minhash.c     the commands made of these: --minhash, sign, cluster, apply
 */
#ifndef LL_DEDUP_H
#define LL_DEDUP_H

#include "base/base.h"

struct dedup_options {
	const char *exact;       /* unit, or NULL */
	const char *minhash;     /* "14x8", or NULL */
	int64_t ngram;           /* 0: 5 words or 24 characters */
	const char *unit;        /* "word" or "char" */
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
