/* SPDX-License-Identifier: MIT */
#include "ll-dedup/repeats_index.h"

#include "base/memory.h"

#define FILTER_MAX_BITS 28u /* 32 MiB: larger ones leave the cache */
#define SMALL_WINDOWS 4096u

bool repeats_index_init(struct repeats_index *x, struct repeats_range range, uint64_t blocks, uint64_t memory)
{
	uint64_t here = (uint64_t)((unsigned __int128)blocks * (range.stop - range.start) / REPEATS_RANGE);
	unsigned bits = 12;

	memset(x, 0, sizeof(*x));
	x->range = range;
	here += here / 16 + 1024; /* ranges are not equally full */
	x->cap = here + here / 3 * 2;
	x->limit = here;
	while (bits < FILTER_MAX_BITS && (uint64_t)1 << bits < 8 * here)
		bits++;
	x->filter_shift = 64 - bits;
	uint64_t filter_bytes = ((uint64_t)1 << bits) / 8, slot_bytes = x->cap * sizeof(*x->slot);
	if (filter_bytes + slot_bytes > memory / 4 * 3 && range.stop - range.start > REPEATS_RANGE >> 8)
		return false;
	x->claimed = memory;
	ll_memory_claim(memory, "the index of repeats");
	x->windows_memory = memory - LL_MIN(memory, filter_bytes + slot_bytes);
	x->filter = ll_alloc_aligned(64, filter_bytes);
	x->slot = ll_alloc_aligned(64, slot_bytes);
	return true;
}

void repeats_index_free(struct repeats_index *x)
{
	ll_free(x->filter);
	ll_free(x->slot);
	ll_free(x->window);
	ll_memory_release(x->claimed);
}

enum repeats_added repeats_block_add(struct repeats_index *x, uint64_t hash, uint64_t at)
{
	uint64_t place = repeats_home(x, hash), bit = hash >> x->filter_shift;
	unsigned places = 0;

	for (; x->slot[place]; place = place + 1 == x->cap ? 0 : place + 1)
		places += x->slot[place] >> 48 == (hash & 0xffff);
	if (places >= REPEATS_PLACES)
		return REPEATS_CROWDED;
	if (x->len >= x->limit)
		return REPEATS_FULL;
	x->slot[place] = hash << 48 | (at + 1);
	x->filter[bit >> 6] |= (uint64_t)1 << (bit & 63);
	x->len++;
	return REPEATS_ADDED;
}

static bool window_in_range(const struct repeats_index *x, uint64_t hash)
{
	uint64_t share = hash >> 16 & (REPEATS_RANGE - 1);

	return share >= x->range.window_start && share < x->range.window_stop;
}

static uint64_t window_home(const struct repeats_index *x, uint64_t hash)
{
	return (uint64_t)((unsigned __int128)hash * x->windows_cap >> 64);
}

static uint64_t window_from(const struct repeats_index *x, uint64_t place, uint64_t hash)
{
	for (; x->window[place].at; place = (place + 1) & (x->windows_cap - 1))
		if (x->window[place].hash == hash)
			return place;
	return REPEATS_NONE;
}

uint64_t repeats_window_first(const struct repeats_index *x, uint64_t hash)
{
	return x->windows ? window_from(x, window_home(x, hash), hash) : REPEATS_NONE;
}

uint64_t repeats_window_next(const struct repeats_index *x, uint64_t place, uint64_t hash)
{
	return window_from(x, (place + 1) & (x->windows_cap - 1), hash);
}

static void put(struct repeats_index *x, struct repeats_window w)
{
	uint64_t place = window_home(x, w.hash);

	while (x->window[place].at)
		place = (place + 1) & (x->windows_cap - 1);
	x->window[place] = w;
}

static bool grow(struct repeats_index *x)
{
	struct repeats_window *old = x->window;
	uint64_t old_cap = x->windows_cap, cap = old_cap ? 2 * old_cap : SMALL_WINDOWS;

	if ((old_cap + cap) * sizeof(*old) > x->windows_memory)
		return false;
	x->windows_cap = cap;
	x->window = ll_alloc_aligned(64, cap * sizeof(*old));
	for (uint64_t i = 0; i < old_cap; i++)
		if (old[i].at)
			put(x, old[i]);
	ll_free(old);
	return true;
}

bool repeats_window_add(struct repeats_index *x, uint64_t hash, uint64_t at)
{
	if (!window_in_range(x, hash))
		return true;
	if (x->windows >= x->windows_cap / 4 * 3 && !grow(x))
		return false;
	put(x, (struct repeats_window){ hash, at + 1 });
	x->windows++;
	return true;
}
