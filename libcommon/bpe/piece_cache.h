/* SPDX-License-Identifier: MIT */
/*
 * piece_cache.h - the ids of pre-tokens seen before: a table of fixed size, one an encoder. A set is one cache line,
 * two slots of a 16-byte key (piece.h) and up to three ids; what does not fit there, more ids or more bytes, lies in a
 * store beside the table, which is emptied when it is full. Pieces are looked up a batch at a time: keys and prefetches
 * first, then the slots, so that memory is waited for once a batch and not once a piece.
 */
#ifndef LL_PIECE_CACHE_H
#define LL_PIECE_CACHE_H

#include "base/cpu.h"
#include "bpe/bpe.h"
#include "bpe/piece.h"

#define LL_PIECE_BATCH 256u
#define LL_SLOT_IDS 3u
#define LL_SLOT_STORED 0x80000000u /* of n: the ids are in the store */
#define LL_PIECE_CACHED 64u	   /* bytes of the longest piece that is remembered */

struct ll_slot {
	struct ll_piece piece;	  /* zero: empty. Longer than 15 bytes: their hash, and LL_PIECE_LONG | length */
	uint32_t id[LL_SLOT_IDS]; /* stored: place and generation */
	uint32_t n;
};

struct ll_batch {
	size_t end[LL_PIECE_BATCH];
	struct ll_piece piece[LL_PIECE_BATCH]; /* of longer ones: LL_PIECE_LONG, which no slot has */
	uint32_t set[LL_PIECE_BATCH];	       /* index of the first slot */
};

struct ll_piece_cache {
	struct ll_slot *slot;
	uint32_t mask; /* sets - 1 */
	size_t slot_bytes;
	uint32_t *store;
	size_t stored, store_most;
	uint32_t generation;
	uint64_t claimed;
	void (*keys)(const struct ll_piece_cache *c, struct ll_batch *b, const char *text, size_t at, size_t n,
		     size_t len);
	size_t (*hits)(const struct ll_piece_cache *c, const struct ll_batch *b, size_t i, size_t n, uint32_t **out);
	uint32_t (*set)(const struct ll_piece_cache *c, struct ll_piece piece);
};

/* Takes its share of --memory: 40 MiB where there is enough. The answers do not depend on the size. */
void ll_piece_cache_init(struct ll_piece_cache *c);
void ll_piece_cache_free(struct ll_piece_cache *c);

/* keys: fills piece and set of pieces 0..n of text, which start at `at` and end at b->end; text is of `len` bytes.
 * hits: appends to *out the ids of pieces i, i + 1, ... while they are in slots, returns the first that is not; *out
 * has room for LL_SLOT_IDS ids a piece and one more. set: the index of the first slot of a key's set. */
struct ll_piece ll_piece_long(const char *p, size_t n);
/* The ids of a piece of n <= LL_PIECE_CACHED bytes, wherever they are, or NULL; *ids says how many. */
const uint32_t *ll_piece_cache_find(const struct ll_piece_cache *c, struct ll_piece piece, uint32_t set, const char *p,
				    size_t n, size_t *ids);
void ll_piece_cache_put(struct ll_piece_cache *c, struct ll_piece piece, uint32_t set, const char *p, size_t n,
			const uint32_t *id, size_t ids);

#define LL_PIECE_FUNCTIONS(suffix)                                                                                     \
	void ll_piece_keys_##suffix(const struct ll_piece_cache *c, struct ll_batch *b, const char *text, size_t at,   \
				    size_t n, size_t len);                                                             \
	size_t ll_piece_hits_##suffix(const struct ll_piece_cache *c, const struct ll_batch *b, size_t i, size_t n,    \
				      uint32_t **out);                                                                 \
	uint32_t ll_piece_set_##suffix(const struct ll_piece_cache *c, struct ll_piece piece);
LL_PIECE_FUNCTIONS(plain)
LL_PIECE_FUNCTIONS(avx2)

#endif
