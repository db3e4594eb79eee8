/* SPDX-License-Identifier: MIT */
#include "ll-bpe/group_sums.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

static uint32_t *find_slot(const struct sums *t, struct ll_str name)
{
	for (size_t i = (size_t)ll_hash64(name.data, name.len);; i++) {
		uint32_t *slot = &t->slot[i & (t->slots - 1)];
		if (*slot == 0 || ll_str_eq(t->row[*slot - 1].name, name))
			return slot;
	}
}

static void grow(struct sums *t)
{
	ll_free(t->slot);
	t->slots = t->slots ? 2 * t->slots : 64;
	t->slot = ll_calloc(t->slots, sizeof *t->slot);
	for (size_t i = 0; i < t->len; i++)
		*find_slot(t, t->row[i].name) = (uint32_t)i + 1;
}

uint64_t *sums_at(struct sums *t, struct ll_str name)
{
	if (2 * (t->len + 1) > t->slots)
		grow(t);
	uint32_t *slot = find_slot(t, name);
	if (*slot == 0) {
		LL_GROW(t->row, t->cap, t->len + 1);
		t->row[t->len] = (struct sums_row){ ll_str(ll_strndup(name.data, name.len), name.len),
						    ll_calloc(t->counters, sizeof(uint64_t)) };
		*slot = (uint32_t)++t->len;
	}
	return t->row[*slot - 1].count;
}

void sums_merge(struct sums *into, const struct sums *from)
{
	for (size_t i = 0; i < from->len; i++) {
		uint64_t *count = sums_at(into, from->row[i].name);
		for (size_t k = 0; k < into->counters; k++)
			count[k] += from->row[i].count[k];
	}
}

static int by_name(const void *a, const void *b)
{
	struct ll_str x = ((const struct sums_row *)a)->name, y = ((const struct sums_row *)b)->name;
	int order = memcmp(x.data, y.data, LL_MIN(x.len, y.len));
	return order ? order : (x.len > y.len) - (x.len < y.len);
}

void sums_sort(struct sums *t)
{
	if (t->len)
		qsort(t->row, t->len, sizeof *t->row, by_name);
}

void sums_free(struct sums *t)
{
	for (size_t i = 0; i < t->len; i++) {
		ll_free((char *)t->row[i].name.data);
		ll_free(t->row[i].count);
	}
	ll_free(t->row);
	ll_free(t->slot);
}
