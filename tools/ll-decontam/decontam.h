/* SPDX-License-Identifier: MIT */
/* decontam.h - the options of ll-decontam and its commands. */
#ifndef LL_DECONTAM_H
#define LL_DECONTAM_H

#include "base/option.h"

#define DECONTAM_SHORTEST 8 /* words: a text shorter than this (and than --ngram) says nothing and is not indexed */

struct decontam_options {
	int64_t ngram;	  /* build */
	const char *keys; /* build: names separated by commas, or NULL: every string */
	struct ll_strings index;
	const char *action;
	int64_t window, min_piece, max_pieces; /* cut: characters, characters, pieces */
};
extern struct decontam_options decontam;

int decontam_build(const char *const *files, size_t n);
int decontam_run(const char *const *files, size_t n);

#endif
