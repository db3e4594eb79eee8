/* SPDX-License-Identifier: MIT */
/*
 * piece_counts.h - how often each distinct pre-token occurs: a hash table from bytes to 64-bit counts, one a thread
 * while a corpus is read, added up afterwards. Its memory is claimed from the budget (base/memory.h): a table that
 * would exceed it ends the program with status 4.
 */
#ifndef LL_PIECE_COUNTS_H
#define LL_PIECE_COUNTS_H

#include "base/buffer.h"
#include "bpe/piece.h"

struct piece_count {
	struct ll_piece key; /* zero: empty slot. Longer than 15 bytes: the hash, and LONG_MARK | place in `bytes` */
	uint64_t count;
};

struct piece_counts {
	struct piece_count *slot;
	size_t slots, used;
	struct ll_buf bytes; /* of long pieces: u32 length, bytes */
	uint64_t claimed;
};

/* A zeroed struct is an empty table. Adds n to the count of a piece of len > 0 bytes; `end` is the end of readable
 * memory. */
void piece_counts_add(struct piece_counts *t, const char *piece, size_t len, const char *end, uint64_t n);
/* Adds all counts of `from`, and empties it. */
void piece_counts_merge(struct piece_counts *t, struct piece_counts *from);
/* The bytes of a used slot: points into it or into the table. */
struct ll_str piece_counts_bytes(const struct piece_counts *t, const struct piece_count *slot);
static inline bool piece_counts_used(const struct piece_count *slot)
{
	return slot->key.high != 0;
}
void piece_counts_free(struct piece_counts *t);

#endif
