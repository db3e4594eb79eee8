/* SPDX-License-Identifier: MIT */
/*
 * dedup.h - what the parts of ll-dedup share: its options in force.
 *
 *   exact.c             --exact: one streaming pass over a set; what does not fit waits for exact_duplicates
 *     units.c             a text as documents, lines, paragraphs, sentences; what is left of it
 *     url_key.c           or as a normalised URL
 *     digest_set.c        the set of digests, bloom.c and text_set.c (over text_store.c) in its place
 *     unit_edit.c         the verdict on a document, and its text without what goes
 *     shared_units.c      which units many documents share (--keep=none)
 *   substring.c         --substring: repeated passages, found by repeats.c with the tables of repeats_index.c
 *     token_substring.c   the same of token documents
 *   minhash.c           --minhash: sign_pass into a gathering, a second one for shingles, then drop_pass
 *   dedup_steps.c       sign, join, cluster, apply: the same cut in four, with files between
 *     merging.c           the signatures of all shards as join and cluster read them
 *     unit_steps.c        cluster and apply of units: keys (unit_keys.c; text_numbers.c tells texts apart) to those removed (removed.c)
 *   dedup_report.c      report: what the rejects say
 *
 *   rule.c              which bands and shingles: options, profiles, headers
 *   shingles.c          a text to its shingles
 *   signature.c         a document to its signature, and the record of kind "signatures"
 *   sign_pass.c         signatures of all documents of some files, in parallel, in order
 *   gathering.c         signatures of either kind to duplicates, by
 *     cluster.c           band hashes (band_store.c) to components; their members, best first (policy.c),
 *     walk.c              to survivors and duplicates, by the likeness of their shingles (likeness.c; which ones to compare:
 *                         like_index.c, sketch.c), or
 *     chains.c            to one survivor of all that hang together by it (which ones to compare: chain_lists.c, like_index.c);
 *                         both over members.c
 *     exact_duplicates.c  digests of texts to all but the first of each
 *   crawl_index.c       the signatures of earlier crawls' survivors
 *   joins.c             the stream of kind "joins": what `join` hands to `cluster`
 *   shard_order.c       which document is first over shards that were signed apart
 *   duplicates.c        the stream of kind "duplicates": what `cluster` hands to `apply`
 *   shard_match.c       which shards of it `apply` was given
 *   drop_pass.c         the last pass: streams the documents, drops the duplicates
 */
#ifndef LL_DEDUP_H
#define LL_DEDUP_H

#include "base/base.h"
#include "base/option.h"

struct dedup_options {
	const char *exact;       /* unit, or NULL */
	const char *minhash;     /* "14x8", or NULL */
	const char *substring;	 /* "100", "100:words", or NULL */
	const char *action;	 /* of --substring: "cut" or "tag" */
	int64_t min_count;	 /* of --keep=none: documents that share a unit */
	int64_t min_bytes;	 /* units shorter than that stay */
	double bloom;		 /* false-positive rate; 0: no filter */
	int64_t bloom_items;	 /* 0: as many as fit */
	bool verify_bytes;
	int64_t hash_bits;	 /* tests: of the hash that is looked at before bytes are compared; 0: all */
	int64_t ngram;           /* 0: 5 words or tokens, 24 characters */
	const char *unit;        /* "word", "char" or "token"; NULL: not given */
	const char *normalize;   /* NULL: not given */
	const char *profile;     /* or NULL */
	const char *tokenizer;   /* file, or NULL */
	double jaccard, containment; /* 0: not given */
	const char *components;  /* --cluster: "survivor" or "component", or NULL */
	const char *keep;        /* policy.h, "none" (exact), or NULL */
	bool tag_survivors;
	const char *against, *index_out; /* files, or NULL */
	bool verify;             /* sign: keep shingles */
	struct ll_strings carry; /* sign: tags */
	const char *through;     /* sign: file, or NULL */
	const char *bands;       /* join: "I-J", or NULL */
	struct ll_strings joins; /* cluster: files */
	const char *duplicates;  /* apply: the file */
};
extern struct dedup_options dedup;

/* Ends with status 2 when the options of --exact do not go together. */
void dedup_exact_check(void);
int dedup_exact(const char **files, size_t n);
int dedup_substring(const char **files, size_t n);
int dedup_token_substring(const char **files, size_t n, uint64_t length);
struct cluster_rule;
struct gathering;
/* From the options; ends with status 2 when they do not fit. */
void dedup_cluster_rule(struct cluster_rule *r, uint32_t bands);
/* Reads the index that --against names, if any: the signatures, or on the second pass the shingles. */
void dedup_old_signatures(struct gathering *g, const char *kind, bool second);

int dedup_minhash(const char **files, size_t n);
int dedup_sign(const char *const *files, size_t n);
int dedup_join(const char *const *files, size_t n);
int dedup_cluster(const char **files, size_t n);
int dedup_apply(const char **files, size_t n);
int dedup_report(const char *const *files, size_t n, const char *plot);

#endif
