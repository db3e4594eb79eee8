/* SPDX-License-Identifier: MIT */
#include "ll-bpe/pair_table.h"

#include "base/memory.h"

static size_t place_of(uint32_t left, uint32_t right)
{
	uint64_t h = ((uint64_t)left << 32 | right) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static void insert(struct pair_slot *slot, size_t slots, struct pair_slot s)
{
	size_t i = place_of(s.left, s.right) & (slots - 1);
	while (slot[i].left != UINT32_MAX)
		i = (i + 1) & (slots - 1);
	slot[i] = s;
}

void pair_table_put(struct pair_table *t, uint32_t left, uint32_t right, uint32_t value)
{
	if (2 * t->used >= t->slots) {
		size_t slots = t->slots ? 2 * t->slots : 1024;
		struct pair_slot *slot = ll_malloc(slots * sizeof *slot);
		memset(slot, 0xff, slots * sizeof *slot);
		for (size_t i = 0; i < t->slots; i++)
			if (t->slot[i].left != UINT32_MAX)
				insert(slot, slots, t->slot[i]);
		ll_free(t->slot);
		t->slot = slot;
		t->slots = slots;
	}
	insert(t->slot, t->slots, (struct pair_slot){ left, right, value });
	t->used++;
}

uint32_t pair_table_get(const struct pair_table *t, uint32_t left, uint32_t right)
{
	for (size_t i = t->slots ? place_of(left, right) & (t->slots - 1) : 0; t->slots; i = (i + 1) & (t->slots - 1)) {
		if (t->slot[i].left == left && t->slot[i].right == right)
			return t->slot[i].value;
		if (t->slot[i].left == UINT32_MAX)
			break;
	}
	return UINT32_MAX;
}

void pair_table_free(struct pair_table *t)
{
	ll_free(t->slot);
	*t = (struct pair_table){ 0 };
}
