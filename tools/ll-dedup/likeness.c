/* SPDX-License-Identifier: MIT */
#include "ll-dedup/likeness.h"

#include <math.h>

#include "base/memory.h"

/* Of a set that is much the smaller one: each of its shingles is looked up in what is left of the other. */
static uint32_t shared_of_few(const unsigned char *few, uint32_t n, const unsigned char *many, uint32_t m)
{
	uint32_t shared = 0, from = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t x = ll_get64(few + 8 * (size_t)i);
		uint32_t high = m;
		while (from < high) {
			uint32_t middle = from + (high - from) / 2;
			if (ll_get64(many + 8 * (size_t)middle) < x)
				from = middle + 1;
			else
				high = middle;
		}
		shared += from < m && ll_get64(many + 8 * (size_t)from) == x;
	}
	return shared;
}

/* |A and B|, or, where that is less than `least`, something that is less, too. */
static uint32_t shared_of(const struct member *a, const struct member *b, uint32_t least)
{
	uint32_t shared = 0, i = 0, j = 0, n = a->n_shingles, m = b->n_shingles, left;

	if (n / 64 > m || m / 64 > n)
		return n < m ? shared_of_few(a->shingles, n, b->shingles, m) : shared_of_few(b->shingles, m, a->shingles, n);
	while ((left = LL_MIN(n - i, m - j)) > 0 && shared + left >= least)
		for (left = LL_MIN(left, 64); left > 0; left--) {
			uint64_t x = ll_get64(a->shingles + 8 * (size_t)i), y = ll_get64(b->shingles + 8 * (size_t)j);
			shared += x == y;
			i += x <= y;
			j += y <= x;
		}
	return shared;
}

static double whole_of(enum likeness how, uint32_t n, uint32_t m, uint32_t shared)
{
	return how == LIKE_JACCARD ? (double)n + m - shared : (double)LL_MIN(n, m);
}

bool like(enum likeness how, double threshold, const struct member *a, const struct member *b, double *similarity)
{
	uint32_t n = a->n_shingles, m = b->n_shingles, least = likeness_needs(how, threshold, n, m), shared;

	if (least > LL_MIN(n, m) || (shared = shared_of(a, b, least)) < least)
		return false;
	double share = shared / whole_of(how, n, m, shared);
	if (share < threshold)
		return false;
	*similarity = share;
	return true;
}

double likeness_of(enum likeness how, const struct member *a, const struct member *b)
{
	uint32_t shared = shared_of(a, b, 0);

	return shared / whole_of(how, a->n_shingles, b->n_shingles, shared);
}

/* ---- the order ---- */

#define COUNTS (1u << 16)

void like_order_init(struct like_order *o, enum likeness how, double threshold)
{
	*o = (struct like_order){ .how = how, .threshold = threshold, .count = ll_calloc(COUNTS, sizeof(*o->count)) };
}

void like_order_count(struct like_order *o, const unsigned char *shingles, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *c = &o->count[ll_get64(shingles + 8 * (size_t)i) & (COUNTS - 1)];
		*c += *c < UINT32_MAX;
	}
}

static inline bool is_rarer(struct ordered a, struct ordered b)
{
	return a.count < b.count || (a.count == b.count && a.shingle < b.shingle);
}

/* Moves the `first` rarest of n, one or more, to the front (C. Hoare, "Algorithm 65: Find", CACM 4, 1961). */
static void select_rarest(struct ordered *v, int64_t n, int64_t first)
{
	int64_t low = 0, high = n - 1, last = first - 1;

	while (low < high) {
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

uint32_t like_order_set(struct like_order *o, const unsigned char *shingles, uint32_t n)
{
	double kept = ceil(o->threshold * n - 1e-6 * n); /* rounding: a longer prefix is right too */

	LL_GROW(o->item, o->cap, n);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t s = ll_get64(shingles + 8 * (size_t)i);
		o->item[i] = (struct ordered){ o->count[s & (COUNTS - 1)], s };
	}
	uint32_t first = LL_MIN(n, n - (uint32_t)kept + 1);
	select_rarest(o->item, n, first);
	return first;
}

void like_order_free(struct like_order *o)
{
	ll_free(o->count);
	ll_free(o->item);
}
