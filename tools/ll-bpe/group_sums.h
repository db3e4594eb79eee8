/* SPDX-License-Identifier: MIT */
/* group_sums.h - counters by name: of documents, bytes, tokens a source, a language. Sums, so that the order of adding is nothing. */
#ifndef LL_BPE_GROUP_SUMS_H
#define LL_BPE_GROUP_SUMS_H

#include "base/base.h"

struct sums_row {
	struct ll_str name; /* owned by the sums */
	uint64_t *count;    /* `counters` of them */
};

struct sums {
	size_t counters;
	struct sums_row *row;
	size_t len, cap;
	uint32_t *slot; /* hash table: place of a row + 1 */
	size_t slots;
};

/* A zeroed struct with `counters` set is empty. The counters of a name, made when new; valid until the next call. */
uint64_t *sums_at(struct sums *t, struct ll_str name);
void sums_merge(struct sums *into, const struct sums *from);
/* Orders the rows by name, bytewise. Only reading after that. */
void sums_sort(struct sums *t);
void sums_free(struct sums *t);

#endif
