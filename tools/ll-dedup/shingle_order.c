/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shingle_order.h"

#include <stdlib.h>

#include "base/memory.h"

#define COUNTS (1u << 16)

struct frequent {
	uint64_t shingle;
	uint32_t count; /* 0: a free place */
	uint32_t number;
	uint32_t seen; /* the last set that was looked up and has it */
	bool common;
};

void shingle_order_init(struct shingle_order *o)
{
	*o = (struct shingle_order){ .count = ll_calloc(COUNTS, sizeof(*o->count)) };
}

void shingle_order_count(struct shingle_order *o, const unsigned char *shingles, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *c = &o->count[ll_get64(shingles + 8 * (size_t)i) & (COUNTS - 1)];
		*c += *c < UINT32_MAX;
	}
	o->sets++;
	o->shingles += n;
}

/* ---- frequent ones ---- */

static struct frequent *place_of(const struct shingle_order *o, uint64_t shingle)
{
	uint64_t at = shingle >> 16 & o->frequent_mask;

	while (o->frequent[at].count && o->frequent[at].shingle != shingle)
		at = (at + 1) & o->frequent_mask;
	return &o->frequent[at];
}

static void more_places(struct shingle_order *o)
{
	struct frequent *old = o->frequent;
	uint64_t places = old ? o->frequent_mask + 1 : 0;

	o->frequent_mask = places ? 2 * places - 1 : 255;
	o->frequent = ll_calloc(o->frequent_mask + 1, sizeof(*o->frequent));
	for (uint64_t i = 0; i < places; i++)
		if (old[i].count)
			*place_of(o, old[i].shingle) = old[i];
	ll_free(old);
}

static uint64_t frequent_from(const struct shingle_order *o)
{
	return LL_MAX(16, o->sets / 32);
}

void shingle_order_choose(struct shingle_order *o, const unsigned char *shingles, uint32_t n)
{
	uint64_t others = o->shingles / COUNTS; /* about as many are counted by the same bits */

	if (others > o->sets / 8)
		return; /* too many to tell what may be frequent */
	for (uint32_t i = 0; i < n; i++) {
		uint64_t s = ll_get64(shingles + 8 * (size_t)i);
		if (o->count[s & (COUNTS - 1)] <= LL_MIN(frequent_from(o), o->sets / 2) + others)
			continue;
		if (!o->frequent || 2 * o->n_places >= o->frequent_mask)
			more_places(o);
		struct frequent *f = place_of(o, s);
		f->shingle = s;
		o->n_places += f->count++ == 0;
	}
}

void shingle_order_settle(struct shingle_order *o)
{
	for (uint64_t i = 0; o->frequent && i <= o->frequent_mask; i++) {
		struct frequent *f = &o->frequent[i];
		f->number = f->count > LL_MIN(frequent_from(o), o->sets / 2) ? o->n_frequent++ : SHINGLE_RARE;
		f->common = f->count > o->sets / 2;
		if (!f->common)
			continue;
		/* That none of a few sets lacks it says less of how many will than that none has a shingle. */
		f->count = (uint32_t)(o->sets - f->count + o->sets / 32 + 1);
		LL_GROW(o->common, o->common_cap, o->n_common + 1);
		o->common[o->n_common++] = (uint32_t)i;
	}
}

/* ---- sets ---- */

/* The common ones that the set that was looked up last lacks, behind the `n` items that there are. */
static uint32_t add_lacking(struct shingle_order *o, uint32_t n)
{
	for (uint32_t i = 0; i < o->n_common; i++) {
		const struct frequent *f = &o->frequent[o->common[i]];
		if (f->seen != o->looked_up)
			o->item[n++] = (struct ordered){ f->shingle, f->count, f->number };
	}
	return n;
}

static uint32_t set_by_differences(struct shingle_order *o, const unsigned char *shingles, uint32_t n)
{
	uint32_t own = 0, has = 0;

	if (++o->looked_up == 0) {
		for (uint64_t i = 0; i <= o->frequent_mask; i++)
			o->frequent[i].seen = 0;
		o->looked_up = 1;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t s = ll_get64(shingles + 8 * (size_t)i);
		struct frequent *f = place_of(o, s);
		if (f->common) {
			f->seen = o->looked_up;
			has++;
		} else if (f->count) {
			o->item[own++] = (struct ordered){ s, f->count, f->number };
		} else {
			o->item[own++] = (struct ordered){ s, o->count[s & (COUNTS - 1)], SHINGLE_RARE };
		}
	}
	uint64_t all = (uint64_t)own + o->n_common - has;
	if (all > 4 * (uint64_t)n)
		return SHINGLE_FAR;
	LL_GROW(o->item, o->cap, all);
	return add_lacking(o, own);
}

uint32_t shingle_order_set(struct shingle_order *o, const unsigned char *shingles, uint32_t n)
{
	LL_GROW(o->item, o->cap, n);
	if (o->frequent)
		return set_by_differences(o, shingles, n);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t s = ll_get64(shingles + 8 * (size_t)i);
		o->item[i] = (struct ordered){ s, o->count[s & (COUNTS - 1)], SHINGLE_RARE };
	}
	return n;
}

static inline bool is_rarer(struct ordered a, struct ordered b)
{
	return a.count < b.count || (a.count == b.count && a.shingle < b.shingle);
}

/* C. Hoare, "Algorithm 65: Find", CACM 4, 1961. */
void shingle_order_select(struct shingle_order *o, uint32_t n, uint32_t first)
{
	struct ordered *v = o->item;
	int64_t low = 0, high = (int64_t)n - 1, last = (int64_t)first - 1;

	while (low < high && last >= 0) {
		struct ordered pivot = v[low + (high - low) / 2];
		int64_t i = low, j = high;
		while (i <= j) {
			while (is_rarer(v[i], pivot))
				i++;
			while (is_rarer(pivot, v[j]))
				j--;
			if (i <= j) {
				struct ordered other = v[i];
				v[i++] = v[j];
				v[j--] = other;
			}
		}
		if (last <= j)
			high = j;
		else if (last >= i)
			low = i;
		else
			return; /* it is the pivot */
	}
}

static int by_rarity(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return is_rarer(*x, *y) ? -1 : is_rarer(*y, *x);
}

void shingle_order_sort(struct shingle_order *o, uint32_t n, uint32_t first)
{
	shingle_order_select(o, n, first);
	if (first > 1)
		qsort(o->item, first, sizeof(*o->item), by_rarity);
}

uint64_t shingle_order_bytes(const struct shingle_order *o)
{
	return o->frequent ? (o->frequent_mask + 1) * sizeof(*o->frequent) + o->n_common * sizeof(*o->common) : 0;
}

void shingle_order_free(struct shingle_order *o)
{
	ll_free(o->count);
	ll_free(o->frequent);
	ll_free(o->common);
	ll_free(o->item);
	*o = (struct shingle_order){ 0 };
}
