/* SPDX-License-Identifier: MIT */
/*
 * sketch.h - in how many shingles two sets differ at least, from a few bits of each.
 *
 * A sketch has 2^k cells of one bit: whether the number of the set's shingles whose hash ends in the k bits of the cell is odd.
 * Where two sketches differ, one set has a shingle that the other has not, another one for each such cell: so |A \ B| + |B \ A|
 * is at least the number of cells that differ, exactly, and not much more while it is small against 2^k. (As an estimate: M.
 * Mitzenmacher, R. Pagh, N. Pham, "Efficient estimation for high similarities using odd sketches", WWW 2014; as a bound: E.
 * Sandes, G. Teodoro, A. Melo, "Bitmap filter: speeding up exact set similarity joins with bitwise operations", Information
 * Systems 88, 2020.)
 *
 * A set of n has sketches of 2^9, 2^11 ... cells until there are 4 n, each made of the next by folding it.
 */
#ifndef LL_SKETCH_H
#define LL_SKETCH_H

#include "ll-dedup/walk.h"

struct sketch {
	uint64_t *bits; /* those of all levels, the one of fewest cells first */
	uint32_t n;	/* of the set */
	uint32_t levels; /* 0: there is no sketch */
	uint32_t words;	 /* of all levels */
};

/* By numbers, which ascend; the set that was asked for last. */
struct sketches {
	struct sketch *of;
	size_t len, cap;
	struct sketch asked;
	size_t asked_cap; /* words */
};

/* Of the set `number`; what stands between it and the last one has none. Returns the bytes it takes. */
uint64_t sketches_add(struct sketches *s, uint32_t number, const unsigned char *shingles, uint32_t n);
/* A large set (members.h) has none, and is like any. */
void sketches_ask(struct sketches *s, const unsigned char *shingles, uint32_t n);
/* Of the numbers from `from` to end - 1, end <= s->len, the first that has a sketch and is not for certain unlike the set that
 * was asked for; `end` when there is none. */
size_t sketches_next(const struct sketches *s, size_t from, size_t end, enum likeness how, double threshold);
/* The same of one number, which need not have a sketch: whether it may be alike. */
static inline bool sketches_may_be_alike(const struct sketches *s, uint32_t number, enum likeness how, double threshold)
{
	return number >= s->len || !s->of[number].words || sketches_next(s, number, (size_t)number + 1, how, threshold) == number;
}
/* Whether the sketches of all `sets` take less time than going on in lists of them, where `met` of them were met in so many steps:
 * once a quarter was met; or, since two steps take the time of one sketch, after twice as many steps as there are sets, but not
 * where sizes differ or the threshold is low, of which lists may tell much apart that sketches do not. */
static inline bool sketches_are_quicker(enum likeness how, double threshold, size_t met, size_t steps, size_t sets)
{
	return met > sets / 4 || (how == LIKE_JACCARD && threshold >= 0.5 && steps > 2 * sets);
}
/* Whether they are for most questions: of those `asked`, so many met too many sets for lists. False while few were asked. */
static inline bool sketches_are_mostly_quicker(uint32_t asked, uint32_t too_many)
{
	return asked >= 64 && too_many > asked / 2;
}
void sketches_clear(struct sketches *s);
void sketches_free(struct sketches *s);

#endif
