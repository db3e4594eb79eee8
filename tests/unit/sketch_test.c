/* SPDX-License-Identifier: MIT */
/* ll-dedup/sketch.h: sets that are alike are never called unlike, whatever their sizes; sets far apart are; all versions agree. */
#include "test.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/random.h"

/* Parts of a program, not of the library; the other version is what this processor compiles here. */
#include "ll-dedup/sketch_scan.h"
size_t sketches_next_avx2(const struct sketches *s, size_t from, size_t end, enum likeness how, double threshold)
{
	return sketches_scan(s, from, end, how, threshold);
}
#include "ll-dedup/sketch.c"

#define SETS 300u

static uint64_t draws;

static uint64_t draw(void)
{
	return ll_random64(7, 7, draws++);
}

static uint32_t shared_of(const uint64_t *a, uint32_t n, const uint64_t *b, uint32_t m)
{
	uint32_t shared = 0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < m; j++)
			shared += a[i] == b[j];
	return shared;
}

/* Sets of `n` hashes and fewer, each with up to `change` of its own, against the first. */
static void sets(uint32_t n, uint32_t change, enum likeness how, double threshold)
{
	struct sketches s = { 0 };
	uint64_t *set[SETS] = { 0 }, *base = ll_malloc(n * sizeof(*base));
	uint32_t size[SETS], told = 0, unlike = 0, wrong = 0;

	for (uint32_t i = 0; i < n; i++)
		base[i] = draw();
	for (uint32_t k = 0; k < SETS; k++) {
		size[k] = n - (uint32_t)(draw() % (n / 4 + 1));
		set[k] = ll_malloc(n * sizeof(*base));
		memcpy(set[k], base, n * sizeof(*base));
		for (uint32_t c = (uint32_t)(draw() % (change + 1)); c > 0; c--)
			set[k][draw() % n] = draw();
		if (k % 7 != 3) /* the others have no sketch */
			sketches_add(&s, k, (const unsigned char *)set[k], size[k]);
	}
	sketches_ask(&s, (const unsigned char *)set[0], size[0]);
	for (uint32_t k = 0; k < s.len; k++) {
		uint32_t shared = shared_of(set[0], size[0], set[k], size[k]);
		double whole = how == LIKE_JACCARD ? (double)(size[0] + size[k] - shared) : LL_MIN(size[0], size[k]);
		bool alike = shared / whole >= threshold, may = sketches_may_be_alike(&s, k, how, threshold);
		wrong += alike && !may;
		told += !alike && !may;
		unlike += !alike && k % 7 != 3;
	}
	ok(wrong == 0, "sets of up to %u, threshold %g of kind %d: none that is alike is called unlike", n, threshold, (int)how);
	ok(change < n / 2 || told * 10 >= unlike * 8, "%u of %u that are not are told", told, unlike);
	for (uint32_t k = 0; k < SETS; k++)
		ll_free(set[k]);
	ll_free(base);
	sketches_free(&s);
}

int main(void)
{
	static const uint32_t size[] = { 1, 2, 40, 128, 129, 500, 1500 };

	for (size_t i = 0; i < LL_COUNT(size); i++)
		for (double t = 0.5; t < 1.01; t += 0.125) {
			sets(size[i], size[i] / 5 + 1, LIKE_JACCARD, t);
			sets(size[i], size[i] / 5 + 1, LIKE_CONTAINMENT, t);
			sets(size[i], size[i], LIKE_JACCARD, t);
		}
	return test_done();
}
