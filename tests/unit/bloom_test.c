/* SPDX-License-Identifier: MIT */
/* ll-dedup/bloom.h: a full filter's rate is the one that was asked for, within 3 sigma; nothing added is ever missed. */
#include "test.h"

#include "ll-dedup/bloom.c" /* a part of a program, not of the library */

static struct ll_id digest_of(uint64_t i)
{
	return ll_hash128(&i, sizeof(i));
}

/* Adds `items` distinct digests; returns how many of them seemed to be there. */
static uint64_t fill(struct bloom *b, uint64_t items)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < items; i++) {
		struct ll_id digest = digest_of(i);
		uint64_t there = 0;
		bloom_add_all(b, &digest, 1, &there, 0);
		wrong += there;
	}
	return wrong;
}

static void rate(double wanted, bool by_bytes)
{
	struct bloom_plan plan = by_bytes ? bloom_plan_bytes(1 << 19, wanted) : bloom_plan_items(300000, wanted);
	struct bloom *b = bloom_new(&plan);
	uint64_t n = (uint64_t)LL_MIN(4000 / wanted, 2e6), hits = 0, missed = 0, wrong = fill(b, plan.items);

	for (uint64_t i = 0; i < plan.items; i++)
		missed += !bloom_has(b, digest_of(i));
	for (uint64_t i = 0; i < n; i++)
		hits += bloom_has(b, digest_of(1ull << 40 | i));
	double expected = wanted * (double)n, difference = (double)hits - expected;
	ok(difference * difference <= 9 * expected, "asked for %g, measured %g (%u probes, %.1f bits an item)", wanted,
	   (double)hits / (double)n, plan.probes, 512.0 * (double)plan.blocks / (double)plan.items);
	ok(missed == 0, "nothing that was added is missed");
	ok((double)wrong <= wanted * (double)plan.items, "over the whole filling fewer than that were taken for duplicates");
	bloom_free(b);
}

int main(void)
{
	const double rates[] = { 0.1, 0.01, 0.001, 0.0001 };

	for (size_t i = 0; i < LL_COUNT(rates); i++) {
		rate(rates[i], false);
		rate(rates[i], true);
	}
	return test_done();
}
