/* SPDX-License-Identifier: MIT */
/*
 * counting.h - the pre-tokens of a corpus into a tally: what `train` and `count` begin with. Streams of counts are added as
 * they are.
 */
#ifndef LL_COUNTING_H
#define LL_COUNTING_H

#include "bpe/bpe.h"
#include "ll-bpe/counts_stream.h"
#include "ll-bpe/piece_tally.h"
#include "stream/lineage.h"

struct counting_options {
	const char *from;	  /* corpus.h */
	const struct ll_bpe *base; /* its pre-tokenizer and normaliser count; NULL: only counts are read, which know theirs */
	bool lines;		  /* for text and documents; counts must say the same, or be alone */
	const char *by;		  /* count by the documents' "source" or a tag; or */
	const char *name;	  /* everything under one name */
	bool keep_groups;	  /* those of counts; else they are forgotten */
	bool refuse_counts;
	struct ll_lineage *lineage;
};

struct counted {
	struct tally *tally;
	struct group_names *names; /* NULL without groups */
	struct counts_kind kind;
};

/* What is counted with this pre-tokenizer and normaliser; lines are not said yet. */
struct counts_kind counts_kind_of(const struct ll_bpe *base);
struct counted counting_run(const struct counting_options *o, const char *const *files, size_t n);
void counted_free(struct counted *c);

#endif
