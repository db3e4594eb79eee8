/* SPDX-License-Identifier: MIT */
/*
 * merge_loop.h - byte-pair encoding learned from pre-token counts: take the pair of neighbouring tokens with the
 * largest count, make it a token, replace it everywhere, and again (Sennrich et al., ACL 2016, algorithm 1). The order
 * is exactly that of Hugging Face's BpeTrainer (tokenizers/src/models/bpe/trainer.rs, as described in the man page): of
 * equal counts the pair with the smallest (left id, right id); a merge whose bytes are a token already is kept and
 * makes no new id; counts of 64 bits.
 *
 * Work is proportional to the tokens that change: every pair knows the places where it stood when it came to be, a
 * place knows its pair, and the heap is lazy. The result depends on the counts alone, not on the order of the table.
 */
#ifndef LL_MERGE_LOOP_H
#define LL_MERGE_LOOP_H

#include "ll-bpe/piece_counts.h"

struct merge_options {
	uint64_t vocabulary;	    /* stop at this many ids, specials and the 256 bytes included */
	uint64_t min_frequency;	    /* stop at a pair seen less often; at least 1 */
	const char *const *special; /* ids 0 ..; no merge ever makes the text of one */
	size_t specials;
};

struct merge_list {
	uint32_t (*pair)[2]; /* left and right id */
	size_t len, cap;
	uint64_t ids; /* vocabulary reached */
};

/* Empties the table. */
void merge_loop(struct piece_counts *counts, const struct merge_options *o, struct merge_list *out);

#endif
