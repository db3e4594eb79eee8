/* SPDX-License-Identifier: MIT */
/*
 * piece_counts.h - how often each distinct piece occurs: a hash table from bytes to 64-bit counts. Slots stand in the order
 * of the hashes, so that a table is read, grown and added to another one from its beginning to its end, without jumping
 * through memory. Its memory is claimed from the budget (base/memory.h).
 */
#ifndef LL_PIECE_COUNTS_H
#define LL_PIECE_COUNTS_H

#include "base/buffer.h"
#include "bpe/piece.h"

struct piece_count {
	struct ll_piece key; /* zero: empty slot. Longer than 15 bytes: the hash, and PIECE_LONG | place in `bytes` */
	uint64_t count;
};

#define PIECE_LONG ((uint64_t)0xff << 56)

struct piece_counts {
	struct piece_count *slot;
	size_t slots, used; /* slots: a power of two */
	unsigned skip;	    /* leading bits that the hashes of all its pieces share */
	unsigned shift;	    /* 64 - log2(slots) */
	struct ll_buf bytes; /* of long pieces: u32 length, bytes */
	uint64_t claimed;
};

/* An empty table of that many slots (a power of two). */
void piece_counts_init(struct piece_counts *t, size_t slots, unsigned skip);
void piece_counts_free(struct piece_counts *t);
/* Forgets all pieces and keeps the memory. */
void piece_counts_clear(struct piece_counts *t);
/* Doubles the slots. What a table with `used` beyond piece_counts_room needs before the next add. */
void piece_counts_grow(struct piece_counts *t);
static inline size_t piece_counts_room(const struct piece_counts *t)
{
	return t->slots / 8 * 5;
}

static inline bool piece_counts_used(const struct piece_count *slot)
{
	return slot->key.high != 0;
}
static inline uint64_t piece_counts_hash(const struct piece_count *slot)
{
	return slot->key.high >= PIECE_LONG ? slot->key.low : ll_piece_hash(slot->key);
}
static inline struct piece_count *piece_counts_home(const struct piece_counts *t, uint64_t hash)
{
	return &t->slot[hash << t->skip >> t->shift];
}
/* The bytes of a used slot: in `room` or in the table. */
struct ll_str piece_counts_bytes(const struct piece_counts *t, const struct piece_count *slot, char room[16]);

/* A sum that would not fit stays at the largest number, for whoever reads it to complain about. */
static inline uint64_t piece_counts_sum(uint64_t a, uint64_t b)
{
	uint64_t sum;
	return LL_UNLIKELY(__builtin_add_overflow(a, b, &sum)) ? UINT64_MAX : sum;
}

/* Adds n to the count of a piece of up to 15 bytes; `hash` is ll_piece_hash of it. There must be room. */
static inline void piece_counts_add(struct piece_counts *t, struct ll_piece key, uint64_t hash, uint64_t n)
{
	struct piece_count *s = piece_counts_home(t, hash), *end = t->slot + t->slots;
	for (;; s = s + 1 == end ? t->slot : s + 1) {
		if (LL_LIKELY(ll_piece_eq(s->key, key))) {
			s->count = piece_counts_sum(s->count, n);
			return;
		}
		if (!piece_counts_used(s)) {
			*s = (struct piece_count){ key, n };
			t->used++;
			return;
		}
	}
}
/* The same for a longer one; `hash` is ll_hash64 of it. */
void piece_counts_add_long(struct piece_counts *t, struct ll_str piece, uint64_t hash, uint64_t n);

#endif
