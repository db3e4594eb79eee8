/* SPDX-License-Identifier: MIT */
/*
 * bpe_scan.h - merging a short run; included by the file of each instruction set, which defines
 *
 *   struct keys                                     a key for every token
 *   void keys_load(struct keys *k, const uint32_t *key)   of n tokens, padded with LL_SCAN_NONE to a multiple of 16
 *   uint32_t keys_lowest(const struct keys *k, unsigned n)
 *   void keys_set(struct keys *k, unsigned n, unsigned i, uint32_t key)
 *
 * A key is the rank of a token with the next one, then the token's place, so that the lowest is the leftmost of the
 * lowest rank. Tokens stay where they are and know their neighbours.
 */
#include "bpe/bpe_merge.h"

#define PLACE_BITS 7
#define PLACE(key) ((key) & (LL_SCAN_MOST - 1))
#define RANK(key) ((key) >> PLACE_BITS)
#define KEY(rank, place) ((rank) << PLACE_BITS | (place))
#define NO_KEY (UINT32_MAX << PLACE_BITS) /* this or more */
#define ALWAYS static inline __attribute__((always_inline))

_Static_assert(LL_SCAN_MOST == 1u << PLACE_BITS, "a place fits into a key");
_Static_assert(LL_SCAN_RANKS == 1u << (32 - PLACE_BITS), "so does a rank");

ALWAYS void keys_load(struct keys *k, const uint32_t *key, unsigned n);
ALWAYS uint32_t keys_lowest(const struct keys *k, unsigned n);
ALWAYS void keys_set(struct keys *k, unsigned n, unsigned i, uint32_t key);

struct run {
	const struct ll_bpe *b;
	uint32_t *id;
	uint8_t next[LL_SCAN_MOST], prev[LL_SCAN_MOST]; /* the first is its own prev, the last its own next */
};

/* The key of the tokens at i and at j, its next. */
ALWAYS uint32_t pair_key(struct run *r, unsigned i, unsigned j)
{
	return KEY(ll_bpe_rank(r->b, r->id[i], r->id[j]), i);
}

ALWAYS void start(struct run *r, const unsigned char *p, uint32_t *key, unsigned n)
{
	for (unsigned i = 0; i + 1 < n; i++) {
		r->next[i] = (uint8_t)(i + 1);
		r->prev[i + 1] = (uint8_t)i;
		key[i] = p ? KEY(r->b->bytes_rank[p[i] << 8 | p[i + 1]], i) : pair_key(r, i, i + 1);
	}
	r->prev[0] = 0;
	r->next[n - 1] = (uint8_t)(n - 1);
	key[n - 1] = NO_KEY;
}

/* `width` is n rounded up to what the keys of this size are kept in. */
ALWAYS unsigned scan(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n, unsigned width)
{
	struct run r = { .b = b, .id = id };
	struct keys k;
	uint32_t key[LL_SCAN_MOST] __attribute__((aligned(64)));
	memset(key, 0xff, width * sizeof *key); /* all of them: the size is known then */
	start(&r, p, key, n);
	keys_load(&k, key, width);
	for (uint32_t low; (low = keys_lowest(&k, width)) < NO_KEY;) {
		unsigned i = PLACE(low), gone = r.next[i], after = r.next[gone], before = r.prev[i];
		id[i] = ll_bpe_merged(b, RANK(low));
		ll_bpe_prefetch_pair(b, id[before], id[i]); /* the wait for both is one */
		ll_bpe_prefetch_pair(b, id[i], id[after]);
		id[gone] = LL_BPE_NONE;
		keys_set(&k, width, gone, NO_KEY);
		r.next[i] = (uint8_t)after;
		r.prev[after] = (uint8_t)i;
		if (after == gone) { /* i is the last now */
			r.next[i] = (uint8_t)i;
			keys_set(&k, width, i, NO_KEY);
		} else {
			keys_set(&k, width, i, pair_key(&r, i, after));
		}
		if (before != i)
			keys_set(&k, width, before, pair_key(&r, before, i));
	}
	unsigned left = 0;
	for (unsigned i = 0; i < n; left++, i = r.next[i]) {
		id[left] = id[i];
		if (r.next[i] == i)
			break;
	}
	return left + (n > 0);
}
