/* SPDX-License-Identifier: MIT */
/*
 * dedup.h - what the parts of ll-dedup share: its options in force.
 *
 *   exact.c             --exact: one streaming pass over a set; what does not fit waits for exact_duplicates
 *     units.c             a text as documents, lines, paragraphs, sentences; what is left of it
 *     url_key.c           or as a normalised URL
 *     digest_set.c        the set of digests, bloom.c and text_set.c (over text_store.c) in its place
 *     shared_units.c      which units many documents share (--keep=none)
 *   substring.c         --substring: repeated passages, found by repeats.c with the tables of repeats_index.c
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
	const char *keep;        /* "longest", "first" or "none" */
	const char *substring;	 /* "100:bytes", or NULL */
	const char *action;	 /* of --substring: "cut" or "tag" */
	int64_t min_count;	 /* of --keep=none: documents that share a unit */
	int64_t min_bytes;	 /* units shorter than that stay */
	double bloom;		 /* false-positive rate; 0: no filter */
	int64_t bloom_items;	 /* 0: as many as fit */
	bool verify_bytes;
	int64_t hash_bits;	 /* tests: of the hash that is looked at before bytes are compared; 0: all */
	const char *duplicates;  /* apply: the file */
};
extern struct dedup_options dedup;

/* Ends with status 2 when the options of --exact do not go together. */
void dedup_exact_check(void);
int dedup_exact(const char **files, size_t n);
int dedup_substring(const char **files, size_t n);
int dedup_minhash(const char **files, size_t n);
int dedup_sign(const char *const *files, size_t n);
int dedup_cluster(const char *const *files, size_t n);
int dedup_apply(const char **files, size_t n);

#endif
