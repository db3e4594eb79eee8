/* SPDX-License-Identifier: MIT */
/*
 * likeness.h - for walk.c and chains.c: are two sets of shingles alike, and how much of them it takes to find out.
 */
#ifndef LL_LIKENESS_H
#define LL_LIKENESS_H

#include <math.h>

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

/* Of a set of n in one order of all shingles: that many of the first it takes to share one with every set that is alike (walk.h);
 * by containment, with every such set that is not smaller. */
static inline uint32_t likeness_prefix(double threshold, uint32_t n)
{
	uint32_t kept = (uint32_t)ceil(threshold * n - 1e-6 * n); /* rounding: a longer prefix is right too */

	return LL_MIN(n, n - kept + 1);
}

#endif
