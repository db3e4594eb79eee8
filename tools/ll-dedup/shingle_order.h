/* SPDX-License-Identifier: MIT */
/*
 * shingle_order.h - for walk.c and chains.c: one order of all shingles, rare ones first, and what of a set is looked up in it.
 *
 * That is, of many sets: their shingles. Or, once it was chosen which shingles are common, of which more than half of the sets
 * have each: in what a set differs from the set of the common ones, so shingles that it has and that are not common, and common
 * ones that it lacks. With C for the common ones and D(A) for what A differs in, A and B differ where D(A) and D(B) differ:
 *
 *	|A \ B| + |B \ A| = |D(A)| + |D(B)| - 2 |D(A) and D(B)|
 *
 * so that what documents made from one template share does not stand in the way of what tells them apart.
 */
#ifndef LL_SHINGLE_ORDER_H
#define LL_SHINGLE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHINGLE_RARE UINT32_MAX
#define SHINGLE_FAR  UINT32_MAX

struct ordered {
	uint64_t shingle;
	uint32_t count;	   /* about so many sets have it, or, of a common one, lack it */
	uint32_t frequent; /* its number among those that many sets have, or SHINGLE_RARE */
};

struct shingle_order {
	uint32_t *count; /* how often shingles are there, by some of their bits */
	uint64_t sets, shingles;
	struct frequent *frequent; /* a hash table; NULL while nothing was chosen */
	uint64_t frequent_mask, n_places;
	uint32_t n_frequent, n_common;
	uint32_t *common; /* places of the common ones in the table */
	size_t common_cap;
	uint32_t looked_up;
	struct ordered *item; /* of the set that was looked up last */
	size_t cap;
};

void shingle_order_init(struct shingle_order *o);
/* Of all sets, before anything else: what frequency the order goes by. */
void shingle_order_count(struct shingle_order *o, const unsigned char *shingles, uint32_t n);
/* Of all sets again, and then once: finds out which shingles are frequent or common. Without them none is. */
void shingle_order_choose(struct shingle_order *o, const unsigned char *shingles, uint32_t n);
void shingle_order_settle(struct shingle_order *o);
/* Puts what is looked up of a set into o->item, in no order, and returns its number; SHINGLE_FAR when it were more than four times
 * its shingles, which happens to sets that have little of what is common. */
uint32_t shingle_order_set(struct shingle_order *o, const unsigned char *shingles, uint32_t n);
/* Moves the `first` rarest of the n in o->item to the front: in no order among them, or in that of all shingles. */
void shingle_order_select(struct shingle_order *o, uint32_t n, uint32_t first);
void shingle_order_sort(struct shingle_order *o, uint32_t n, uint32_t first);
/* Bytes of what was chosen. */
uint64_t shingle_order_bytes(const struct shingle_order *o);
void shingle_order_free(struct shingle_order *o);

#endif
