/* SPDX-License-Identifier: MIT */
/*
 * repeats_index.h - the tables behind repeats.c: aligned blocks by their hashes (8 bytes a slot: 16 bits of the hash, 48 of
 * the position), a filter of bits before them that stays in the processor's cache, and windows by their hashes. Hashes
 * that differ are told apart, equal ones need not be of equal texts: the caller compares.
 */
#ifndef LL_DEDUP_REPEATS_INDEX_H
#define LL_DEDUP_REPEATS_INDEX_H

#include "base/base.h"

#define REPEATS_RANGE ((uint64_t)1 << 32) /* ranges are shares of this */
#define REPEATS_NONE UINT64_MAX
#define REPEATS_PLACES 8u /* blocks of one hash that are kept; of more, their windows */

struct repeats_range { /* what a pass looks at */
	uint64_t start, stop;		    /* of the hashes of blocks */
	uint64_t window_start, window_stop; /* of those of windows */
};

struct repeats_window {
	uint64_t hash, at; /* at: plus 1; 0: free */
};

struct repeats_index {
	struct repeats_range range;
	uint64_t *slot; /* hash << 48 | position + 1; 0: free */
	uint64_t cap, len, limit;
	uint64_t *filter;
	unsigned filter_shift;
	struct repeats_window *window;
	uint64_t windows_cap, windows; /* cap: 0 or a power of two */
	uint64_t windows_memory;       /* bytes that they may take */
	uint64_t claimed;
};

static inline uint64_t repeats_mix(uint64_t z)
{
	z = (z ^ z >> 31) * 0x7fb5d329728ea185ull;
	z = (z ^ z >> 27) * 0x81dadef4bc2dd44dull;
	return z ^ z >> 33;
}

/* False when `memory` is not enough for the blocks of that range, out of `blocks`. */
bool repeats_index_init(struct repeats_index *x, struct repeats_range range, uint64_t blocks, uint64_t memory);
void repeats_index_free(struct repeats_index *x);

static inline bool repeats_in_range(const struct repeats_index *x, uint64_t hash)
{
	uint64_t share = hash >> 16 & (REPEATS_RANGE - 1);

	return share >= x->range.start && share < x->range.stop;
}

/* ---- blocks ---- */

static inline __attribute__((always_inline)) void repeats_fetch_filter(const struct repeats_index *x, uint64_t hash)
{
	__builtin_prefetch(&x->filter[hash >> x->filter_shift >> 6]);
}

/* False where no block of that hash is in the index, for most hashes. */
static inline bool repeats_maybe(const struct repeats_index *x, uint64_t hash)
{
	uint64_t bit = hash >> x->filter_shift;

	return x->filter[bit >> 6] >> (bit & 63) & 1;
}

static inline uint64_t repeats_home(const struct repeats_index *x, uint64_t hash)
{
	return (uint64_t)((unsigned __int128)hash * x->cap >> 64);
}

static inline __attribute__((always_inline)) void repeats_fetch_block(const struct repeats_index *x, uint64_t hash)
{
	__builtin_prefetch(&x->slot[repeats_home(x, hash)]);
}

/* Places of the blocks that may have that hash, in the order in which they were added. */
static inline uint64_t repeats_block_from(const struct repeats_index *x, uint64_t place, uint64_t hash)
{
	for (; x->slot[place]; place = place + 1 == x->cap ? 0 : place + 1)
		if (x->slot[place] >> 48 == (hash & 0xffff))
			return place;
	return REPEATS_NONE;
}

static inline uint64_t repeats_block_first(const struct repeats_index *x, uint64_t hash)
{
	return repeats_block_from(x, repeats_home(x, hash), hash);
}

static inline uint64_t repeats_block_next(const struct repeats_index *x, uint64_t place, uint64_t hash)
{
	return repeats_block_from(x, place + 1 == x->cap ? 0 : place + 1, hash);
}

static inline uint64_t repeats_block_at(const struct repeats_index *x, uint64_t place)
{
	return (x->slot[place] & (((uint64_t)1 << 48) - 1)) - 1;
}

enum repeats_added { REPEATS_ADDED, REPEATS_CROWDED, REPEATS_FULL };
/* CROWDED: not added, for there are REPEATS_PLACES of that hash. */
enum repeats_added repeats_block_add(struct repeats_index *x, uint64_t hash, uint64_t at);

/* ---- windows: the same ---- */

uint64_t repeats_window_first(const struct repeats_index *x, uint64_t hash);
uint64_t repeats_window_next(const struct repeats_index *x, uint64_t place, uint64_t hash);
static inline uint64_t repeats_window_at(const struct repeats_index *x, uint64_t place)
{
	return x->window[place].at - 1;
}
/* False when they are full. A window out of range is not kept. */
bool repeats_window_add(struct repeats_index *x, uint64_t hash, uint64_t at);

#endif
