/* SPDX-License-Identifier: MIT */
/*
 * merge_loop.h - byte-pair encoding learned from pre-token counts: take the pair of neighbouring tokens with the
 * largest count, make it a token, replace it everywhere, and again (Sennrich et al., ACL 2016, algorithm 1). The order
 * is exactly that of Hugging Face's BpeTrainer (tokenizers/src/models/bpe/trainer.rs, as described in the man page): of
 * equal counts the pair with the smallest (left id, right id), unless other ties are asked for; a merge whose bytes are a
 * token already is kept and makes no new id; counts of 64 bits.
 *
 * Work is proportional to the tokens that change: every pair knows the places where it stood when it came to be, a
 * place knows its pair, and the queue is lazy. The result depends on the counts alone, not on the order of the words.
 */
#ifndef LL_MERGE_LOOP_H
#define LL_MERGE_LOOP_H

#include "ll-bpe/merge_queue.h"

struct ll_bpe;

/* Where the words come from: `each` hands them all out, twice with the same result; the second time (`last`) it may free
 * what it has handed out. */
struct merge_words {
	void *context;
	void (*each)(void *context, bool last, void (*word)(void *to, struct ll_str text, uint64_t count), void *to);
	uint64_t held; /* bytes of the memory budget that it frees so */
};

struct merge_options {
	const uint64_t *sizes; /* ids to reach, ascending, specials and the 256 bytes included; the last ends it */
	size_t n_sizes;
	uint64_t min_frequency; /* ends at a pair seen less often; at least 1 */
	uint64_t max_length;	/* a pair that joins to this many bytes or more is not counted, except two bytes; 0: any */
	enum merge_ties ties;
	const struct ll_bpe *base; /* words begin as it encodes them, ids go on from its */
	bool bytes_only;	   /* it has no merges: words begin as bytes */
	struct token_veto veto;
};

struct merge_list {
	uint32_t (*pair)[2]; /* left and right id */
	size_t len, cap;
	size_t *at_size; /* for every size, how many of the merges it takes */
	uint64_t ids;	 /* vocabulary reached */
};

/* *out is the caller's to free with merge_list_free. */
void merge_loop(const struct merge_words *words, const struct merge_options *o, struct merge_list *out);
void merge_list_free(struct merge_list *list);

#endif
