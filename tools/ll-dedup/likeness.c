/* SPDX-License-Identifier: MIT */
#include "ll-dedup/likeness.h"

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
