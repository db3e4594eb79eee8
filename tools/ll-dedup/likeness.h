/* SPDX-License-Identifier: MIT */
/*
 * likeness.h - for walk.c: are two sets of shingles alike, and which of many sets can be (the method is in walk.h).
 */
#ifndef LL_LIKENESS_H
#define LL_LIKENESS_H

#include "ll-dedup/walk.h"

/* When the share, rounded to a double, is at least the threshold; *similarity is set then. */
bool like(enum likeness how, double threshold, const struct member *a, const struct member *b, double *similarity);

/* The share, rounded to a double, whatever the threshold. */
double likeness_of(enum likeness how, const struct member *a, const struct member *b);

/* One order of all shingles, rare ones first, and of a set those that walk.h calls its prefix. */
struct like_order {
	enum likeness how;
	double threshold;
	uint32_t *count; /* how often shingles are there, by some of their bits */
	struct ordered {
		uint32_t count;
		uint64_t shingle;
	} *item; /* of the set that was ordered last */
	size_t cap;
};
void like_order_init(struct like_order *o, enum likeness how, double threshold);
/* Before the first like_order_set: what frequency the order goes by. */
void like_order_count(struct like_order *o, const unsigned char *shingles, uint32_t n);
/* Orders a set into o->item; returns the length of its prefix. */
uint32_t like_order_set(struct like_order *o, const unsigned char *shingles, uint32_t n);
void like_order_free(struct like_order *o);

struct like_index;
struct like_index *like_index_new(enum likeness how, double threshold);
/* Before the first add: what frequency of shingles the order goes by. */
void like_index_count(struct like_index *x, const unsigned char *shingles, uint32_t n);
/* Not of a large set (members.h). Returns the bytes it took. */
uint64_t like_index_add(struct like_index *x, uint32_t number, const unsigned char *shingles, uint32_t n);
/* The numbers of all sets that can be like this one, which may be large, ascending; valid until the next call. */
const uint32_t *like_index_candidates(struct like_index *x, const unsigned char *shingles, uint32_t n, size_t *found);
void like_index_free(struct like_index *x);

#endif
