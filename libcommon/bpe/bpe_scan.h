/* SPDX-License-Identifier: MIT */
/*
 * bpe_scan.h - merging a short run; included by the file of each instruction set, which defines
 *
 *   struct keys                                     a key for every token
 *   void keys_load(struct keys *k, const uint32_t *key, unsigned n)   n is a multiple of 8
 *   uint32_t keys_lowest(const struct keys *k, unsigned n)
 *   void keys_set(struct keys *k, unsigned n, unsigned i, uint32_t key)   nothing where i is n
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

/* Tokens 1 .. n, between two that merge with nothing; keys count from 0. */
struct run {
	uint32_t id[LL_SCAN_MOST + 2];
	uint8_t next[LL_SCAN_MOST + 2], prev[LL_SCAN_MOST + 2];
};

ALWAYS void start(struct run *r, const uint32_t *id, unsigned n)
{
	r->id[0] = r->id[n + 1] = LL_BPE_NONE;
	for (unsigned i = 0; i < n; i++)
		r->id[i + 1] = id[i];
	for (unsigned i = 0; i <= n; i++) {
		r->next[i] = (uint8_t)(i + 1);
		r->prev[i + 1] = (uint8_t)i;
	}
}

/* `width` is n rounded up to what the keys of this size are kept in. */
ALWAYS unsigned scan(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n, unsigned width)
{
	struct run r;
	struct keys k;
	uint32_t key[LL_SCAN_MOST] __attribute__((aligned(64)));
	start(&r, id, n);
	memset(key, 0xff, width * sizeof *key); /* all of them: the size is known then */
	for (unsigned i = 0; i + 1 < n; i++)
		key[i] = KEY(p ? b->bytes_rank[p[i] << 8 | p[i + 1]] : ll_bpe_rank(b, id[i], id[i + 1]), i);
	keys_load(&k, key, width);
	for (uint32_t low; (low = keys_lowest(&k, width)) < NO_KEY;) {
		unsigned i = PLACE(low) + 1, gone = r.next[i], after = r.next[gone], before = r.prev[i];
		uint32_t joined = ll_bpe_merged(b, RANK(low)), left = r.id[before], right = r.id[after];
		/* Both are read before the first branch on either: the wait is one. */
		struct ll_pair_look with_left = ll_bpe_look(b, left, joined), with_right = ll_bpe_look(b, joined, right);
		r.id[i] = joined;
		r.next[i] = (uint8_t)after;
		r.prev[after] = (uint8_t)i;
		keys_set(&k, width, gone - 1, NO_KEY);
		keys_set(&k, width, i - 1, KEY(ll_bpe_looked(b, with_right, joined, right), i - 1));
		keys_set(&k, width, before ? before - 1 : width,
			 KEY(ll_bpe_looked(b, with_left, left, joined), (before - 1) % LL_SCAN_MOST));
	}
	unsigned left = 0;
	for (unsigned i = 1; i <= n; i = r.next[i])
		id[left++] = r.id[i];
	return left;
}

/* A function for each size that keys are kept in: little is saved and restored for a short run. */
#define SCAN(width)                                                                                                    \
	static __attribute__((noinline)) unsigned scan_##width(const struct ll_bpe *b, const unsigned char *p,         \
							       uint32_t *id, unsigned n)                               \
	{                                                                                                              \
		return scan(b, p, id, n, width);                                                                       \
	}
