/* SPDX-License-Identifier: MIT */
/* sketch_scan.h - sketches_next, compiled once for any processor and once for those that count bits in one instruction. */
#ifndef LL_SKETCH_SCAN_H
#define LL_SKETCH_SCAN_H

#include "ll-dedup/likeness.h"
#include "ll-dedup/sketch.h"

#define FEWEST_CELLS (1u << 9)

static inline uint32_t sketch_levels(uint32_t n)
{
	uint32_t levels = 1;

	for (uint64_t cells = FEWEST_CELLS; cells < 4 * (uint64_t)n; cells *= 4)
		levels++;
	return levels;
}

/* Eight words: a loop over them would be half of the time. */
static inline uint32_t cells_that_differ(const uint64_t *x, const uint64_t *y)
{
#define CELLS(k) (uint32_t)__builtin_popcountll(x[k] ^ y[k])
	return CELLS(0) + CELLS(1) + CELLS(2) + CELLS(3) + CELLS(4) + CELLS(5) + CELLS(6) + CELLS(7);
#undef CELLS
}

/* How a set of some size is compared with the one that was asked for. */
struct sketch_test {
	uint32_t n;	/* the size */
	uint32_t most;	/* alike sets differ in no more shingles */
	uint32_t at, cells; /* the first level that tells many sets apart that differ in more: its place, of so many cells */
};

static inline struct sketch_test sketch_test(const struct sketches *s, uint32_t n, enum likeness how, double threshold)
{
	uint32_t asked = s->asked.n, least = likeness_needs(how, threshold, asked, n);
	struct sketch_test t = { .n = n, .cells = FEWEST_CELLS };

	if (least > LL_MIN(asked, n)) {
		t.at = UINT32_MAX; /* sizes tell */
		return t;
	}
	t.most = asked + n - 2 * least;
	for (uint32_t levels = LL_MIN(s->asked.levels, sketch_levels(n)); t.cells < 6 * (uint64_t)t.most && levels > 1; t.cells *= 4, levels--)
		t.at += t.cells / 64;
	return t;
}

static inline bool sketches_differ(const struct sketch *a, const struct sketch *b, const struct sketch_test *t)
{
	uint32_t at = t->at, end = LL_MIN(a->words, b->words);

	for (uint32_t cells = t->cells; at < end; cells *= 4) {
		uint32_t differ = 0;
		for (uint32_t next = at + cells / 64; at < next; at += 8)
			if ((differ += cells_that_differ(a->bits + at, b->bits + at)) > t->most)
				return true;
	}
	return false;
}

#define AHEAD 8 /* sets whose bits are fetched while others are compared */

static inline size_t sketches_scan(const struct sketches *s, size_t from, size_t end, enum likeness how, double threshold)
{
	struct sketch_test test = { 0 };

	for (; from < end; from++) {
		const struct sketch *b = &s->of[from];
		if (b->n != test.n)
			test = sketch_test(s, b->n, how, threshold);
		if (from + AHEAD < end && s->of[from + AHEAD].words > test.at)
			for (uint32_t k = 0; k < LL_MIN(test.cells / 64, 32); k += 8)
				__builtin_prefetch(s->of[from + AHEAD].bits + test.at + k);
		if (test.at < UINT32_MAX && b->words && !sketches_differ(&s->asked, b, &test))
			break;
	}
	return from;
}

size_t sketches_next_avx2(const struct sketches *s, size_t from, size_t end, enum likeness how, double threshold);

#endif
