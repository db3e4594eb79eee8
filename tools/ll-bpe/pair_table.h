/* SPDX-License-Identifier: MIT */
/* pair_table.h - a hash table from a pair of token ids to a number. A zeroed struct is empty. */
#ifndef LL_PAIR_TABLE_H
#define LL_PAIR_TABLE_H

#include "base/base.h"

struct pair_slot {
	uint32_t left, right, value; /* left UINT32_MAX: empty */
};

struct pair_table {
	struct pair_slot *slot;
	size_t slots, used;
};

/* The pair must not be there yet. */
void pair_table_put(struct pair_table *t, uint32_t left, uint32_t right, uint32_t value);
/* UINT32_MAX when the pair is not there. */
uint32_t pair_table_get(const struct pair_table *t, uint32_t left, uint32_t right);
void pair_table_free(struct pair_table *t);

#endif
