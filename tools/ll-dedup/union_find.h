/* SPDX-License-Identifier: MIT */
/*
 * union_find.h - connected components over the numbers 0 .. n-1 (R. Tarjan, "Efficiency of a good but not linear set union
 * algorithm", JACM 1975; path halving of Tarjan and van Leeuwen, JACM 1984). The root of a component is its smallest number,
 * so the result does not depend on the order of joins. 4 bytes and a bit a number, claimed from --memory.
 */
#ifndef LL_UNION_FIND_H
#define LL_UNION_FIND_H

#include "base/base.h"

#define UNION_FIND_MAX UINT32_MAX /* numbers are below it */

struct union_find {
	uint32_t *parent;
	uint64_t *joined; /* bits */
	uint64_t n;
};

void union_find_init(struct union_find *u, uint64_t n);
uint32_t union_find_root(struct union_find *u, uint32_t i);
void union_find_join(struct union_find *u, uint32_t a, uint32_t b);
/* True when i is in a component of two or more. */
bool union_find_is_joined(const struct union_find *u, uint32_t i);
void union_find_free(struct union_find *u);

#endif
