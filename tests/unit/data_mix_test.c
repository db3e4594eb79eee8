/* SPDX-License-Identifier: MIT */
/* Samples of several datasets: the shares hold, every dataset's samples come once and in order, the cursor alone decides. */
#include "test.h"

#include <math.h>

#include "base/memory.h"
#include "base/random.h"
#include "lm/data_mix.h"

#define N 20000

/* Counted one by one from the start: gaps, shares at every block's end and over windows, and ll_data_mix_before. */
static bool holds(const double *weight, size_t n, uint64_t seed, double *worst)
{
	struct ll_data_mix *m = ll_data_mix_new(weight, n, seed), *other = ll_data_mix_new(weight, n, seed);
	uint64_t *had = ll_calloc(n, sizeof(*had)), *before = ll_calloc(n, sizeof(*before));
	double sum = 0, levels = ceil(log2((double)n));
	bool good = true;
	for (size_t i = 0; i < n; i++)
		sum += weight[i];
	for (uint64_t at = 0; at < N; at++) {
		if (at % 97 == 0 || at % LL_DATA_MIX_BLOCK == 0) {
			ll_data_mix_before(other, at, before);
			good = good && memcmp(before, had, n * sizeof(*had)) == 0;
		}
		for (size_t i = 0; i < n && at % LL_DATA_MIX_BLOCK == 0; i++) {
			double off = fabs((double)had[i] - (double)at * weight[i] / sum);
			*worst = fmax(*worst, off);
			good = good && off <= fmax(levels, 1);
		}
		struct ll_data_place p = ll_data_mix_at(m, at);
		good = good && p.set < n && p.cursor == had[p.set]++;
	}
	ll_data_mix_free(m);
	ll_data_mix_free(other);
	ll_free(had);
	ll_free(before);
	return good;
}

int main(void)
{
	static const double even[] = { 1, 1 }, uneven[] = { 0.7, 0.3 }, third[] = { 1, 1, 1 }, rare[] = { 1, 1e-3, 5e6, 40 },
			    tiny[] = { 1e-300, 1, 1e-20 };
	double random[100], worst = 0;
	for (size_t i = 0; i < LL_COUNT(random); i++)
		random[i] = ll_random_unit(7, 1, i) * ll_random_unit(7, 2, i) + 1e-6;
	bool good = holds(even, 2, 1, &worst) && holds(uneven, 2, 2, &worst);
	ok(good && worst <= 0.5 + 1e-9, "two datasets: within half a sample of their share at every block (%.3f)", worst);
	worst = 0;
	good = holds(third, 3, 3, &worst) && holds(rare, 4, 4, &worst) && holds(tiny, 3, 5, &worst) &&
	       holds(random, 100, 6, &worst);
	ok(good, "up to a hundred datasets, also with very unequal weights: within a sample a level (%.3f)", worst);
	struct ll_data_mix *one = ll_data_mix_new(uneven, 1, 9), *a = ll_data_mix_new(uneven, 2, 9),
			   *b = ll_data_mix_new((const double[]){ 7, 3 }, 2, 9), *c = ll_data_mix_new(uneven, 2, 10);
	bool plain = true, ratio = true, jump = true, differ = false, periodic = true;
	for (uint64_t at = 0; at < 3000; at++) {
		struct ll_data_place p = ll_data_mix_at(one, at), q = ll_data_mix_at(a, at);
		plain = plain && p.set == 0 && p.cursor == at;
		struct ll_data_place r = ll_data_mix_at(b, at), s = ll_data_mix_at(c, at);
		ratio = ratio && r.set == q.set && r.cursor == q.cursor;
		differ = differ || s.set != q.set;
		periodic = periodic && q.set == ll_data_mix_at(a, at % 10).set;
	}
	ok(plain, "one dataset is taken as it is");
	ok(ratio, "only the ratio of weights counts");
	ok(differ && !periodic, "another seed, another order; no period");
	for (uint64_t k = 500; k-- > 0;) {
		uint64_t at = ll_random_below(3, 3, k, (uint64_t)1 << 50);
		struct ll_data_mix *fresh = ll_data_mix_new(uneven, 2, 9);
		struct ll_data_place p = ll_data_mix_at(a, at), q = ll_data_mix_at(fresh, at);
		jump = jump && p.set == q.set && p.cursor == q.cursor;
		ll_data_mix_free(fresh);
	}
	ok(jump, "a fresh start at any cursor up to 2^50 gives the same samples");
	uint64_t count[2], far = (uint64_t)1 << 50;
	ll_data_mix_before(a, far, count);
	ok(count[0] + count[1] == far && fabs((double)count[0] - 0.7 * (double)far) <= 2, "and the shares hold there");
	ll_data_mix_free(one);
	ll_data_mix_free(a);
	ll_data_mix_free(b);
	ll_data_mix_free(c);
	return test_done();
}
