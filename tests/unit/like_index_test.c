/* SPDX-License-Identifier: MIT */
/* ll-dedup/like_index.h: whatever is alike by a comparison of all with all is among the answers, of sets made from templates and of
 * others, of equal and of different sizes, by both measures; the answers ascend, and are few where sets are unlike. */
#include "test.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/random.h"

/* Parts of a program, not of the library; the other version is what this processor compiles here. */
#include "ll-dedup/sketch_scan.h"
size_t sketches_next_avx2(const struct sketches *s, size_t from, size_t end, enum likeness how, double threshold)
{
	return sketches_scan(s, from, end, how, threshold);
}
#include "ll-dedup/shingle_order.c"
#include "ll-dedup/sketch.c"
/* Lists answer here, however many sets they meet. */
#define sketches_are_quicker(how, threshold, met, steps, sets) ((void)(steps), false)
#include "ll-dedup/like_index.c"

#define SETS 300u

static uint64_t draws;

static uint64_t draw(uint64_t below)
{
	return ll_random64(11, 3, draws++) % below;
}

struct set {
	uint64_t *shingle;
	uint32_t n;
};

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* A template, or a part of one, with up to `change` shingles of others: unseen ones, or of a pool that many sets draw from. */
static struct set make(const uint64_t *template, uint32_t n, uint32_t change, uint32_t pool)
{
	struct set s = { ll_malloc((n + 1) * sizeof(uint64_t)), 0 };
	uint32_t from = draw(6) == 0 ? (uint32_t)draw(n) : 0, end = draw(4) == 0 ? n - (uint32_t)draw(n - from) : n;

	for (uint32_t i = from; i < end; i++)
		s.shingle[s.n++] = template[i];
	for (uint32_t c = (uint32_t)draw(change + 1); c > 0; c--)
		s.shingle[draw(s.n)] = pool ? ll_random64(5, 5, draw(pool)) : ll_random64(6, 6, draws++);
	qsort(s.shingle, s.n, sizeof(*s.shingle), ascending);
	uint32_t kept = 1;
	for (uint32_t i = 1; i < s.n; i++)
		if (s.shingle[i] != s.shingle[kept - 1])
			s.shingle[kept++] = s.shingle[i];
	s.n = kept;
	return s;
}

static uint32_t shared_of(struct set a, struct set b)
{
	uint32_t shared = 0;

	for (uint32_t i = 0, j = 0; i < a.n && j < b.n;) {
		uint64_t x = a.shingle[i], y = b.shingle[j];
		shared += x == y;
		i += x <= y;
		j += y <= x;
	}
	return shared;
}

static const unsigned char *bytes(struct set s)
{
	return (const unsigned char *)s.shingle;
}

/* Some sets are counted, the others come later, as in a walk. */
/* The next that can be, by its sketch too. */
static uint32_t next_answer(struct like_index *x)
{
	uint32_t number = like_index_next(x);

	while (number != NONE && !like_index_may_be(x, number))
		number = like_index_next(x);
	return number;
}

static void against_all(enum likeness how, double threshold, uint32_t n, uint32_t templates, uint32_t change, uint32_t pool)
{
	struct set set[SETS];
	uint64_t *template = ll_malloc((size_t)templates * n * sizeof(*template));
	struct like_index *x = like_index_new(how, threshold);
	uint32_t counted = 96, missed = 0, disorder = 0;
	size_t alike = 0, answers = 0, pairs = 0;

	for (size_t i = 0; i < (size_t)templates * n; i++)
		template[i] = ll_random64(9, 9, draws++);
	for (uint32_t i = 0; i < SETS; i++)
		set[i] = make(template + draw(templates) * n, n, change, pool);
	for (uint32_t i = 0; i < counted; i++)
		like_index_count(x, bytes(set[i]), set[i].n);
	for (uint32_t i = 0; i < counted; i++)
		like_index_choose(x, bytes(set[i]), set[i].n);
	like_index_settle(x);
	for (uint32_t i = 0; i < SETS; i++) {
		uint32_t next = 0, answer = NONE;
		if (i >= counted) {
			like_index_ask(x, bytes(set[i]), set[i].n);
			answer = next_answer(x);
		}
		for (uint32_t k = 0; k < i && i >= counted; k++) {
			uint32_t shared = k % 9 == 4 ? 0 : shared_of(set[k], set[i]); /* those are not added */
			double whole = how == LIKE_JACCARD ? (double)set[k].n + set[i].n - shared : LL_MIN(set[k].n, set[i].n);
			bool is = shared / whole >= threshold;
			alike += is;
			pairs++;
			if (answer == k) {
				answers++;
				next = answer;
				answer = next_answer(x);
				disorder += answer <= next;
			} else {
				missed += is;
			}
		}
		disorder += answer != NONE;
		if (i % 9 != 4)
			like_index_add(x, i, bytes(set[i]), set[i].n);
	}
	ok(missed == 0 && disorder == 0, "kind %d, %g, sets of %u from %u templates, %u changed, pool %u: %zu alike, %u missed, %u out of order", (int)how,
	   threshold, n, templates, change, pool, alike, missed, disorder);
	ok(answers <= alike + pairs / 2, "%zu answers of %zu pairs, %zu alike", answers, pairs, alike);
	for (uint32_t i = 0; i < SETS; i++)
		ll_free(set[i].shingle);
	ll_free(template);
	like_index_free(x);
}

int main(void)
{
	static const uint32_t size[] = { 1, 3, 60, 250 };

	for (size_t i = 0; i < LL_COUNT(size); i++)
		for (double t = 0.5; t < 1.01; t += 0.1)
			for (uint32_t templates = 1; templates <= 3; templates += 2)
				for (uint32_t pool = 0; pool <= 50; pool += 50) {
					against_all(LIKE_JACCARD, t, size[i], templates, (uint32_t)(size[i] * (1 - t)) + 1, pool);
					against_all(LIKE_CONTAINMENT, t, size[i], templates, (uint32_t)(size[i] * (1 - t)) + 1, pool);
				}
	return test_done();
}
