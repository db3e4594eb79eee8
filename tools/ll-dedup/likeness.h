/* SPDX-License-Identifier: MIT */
/*
 * likeness.h - for walk.c and chains.c: are two sets of shingles alike, and in which order shingles are looked up (walk.h).
 */
#ifndef LL_LIKENESS_H
#define LL_LIKENESS_H

#include "ll-dedup/walk.h"

/* When the share, rounded to a double, is at least the threshold; *similarity is set then. */
bool like(enum likeness how, double threshold, const struct member *a, const struct member *b, double *similarity);

/* The share, rounded to a double, whatever the threshold. */
double likeness_of(enum likeness how, const struct member *a, const struct member *b);

/* So many shared shingles, at least, it takes to make n and m of them alike. */
static inline uint32_t likeness_needs(enum likeness how, double threshold, uint32_t n, uint32_t m)
{
	double share = how == LIKE_JACCARD ? threshold / (1 + threshold) * ((double)n + m) : threshold * LL_MIN(n, m);
	double whole = share * (1 - 1e-12); /* rounding: what is not quite enough is looked at again */
	uint32_t least = (uint32_t)whole;

	least += least < whole;
	return LL_MAX(least, 1);
}

/* One order of all shingles, rare ones first, and of a set those that walk.h calls its prefix. */
struct like_order {
	enum likeness how;
	double threshold;
	uint32_t *count; /* how often shingles are there, by some of their bits */
	struct ordered {
		uint32_t count;
		uint64_t shingle;
	} *item; /* of the set that was ordered last: first those of its prefix */
	size_t cap;
};
void like_order_init(struct like_order *o, enum likeness how, double threshold);
/* Before the first like_order_set: what frequency the order goes by. */
void like_order_count(struct like_order *o, const unsigned char *shingles, uint32_t n);
/* Puts a set into o->item; returns the length of its prefix. */
uint32_t like_order_set(struct like_order *o, const unsigned char *shingles, uint32_t n);
void like_order_free(struct like_order *o);

#endif
