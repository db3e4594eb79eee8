/* SPDX-License-Identifier: MIT */
/* char_words.h - the scratch of an encoder over characters; for char_encode.c and char_words.c. */
#ifndef LL_CHAR_WORDS_H
#define LL_CHAR_WORDS_H

#include "bpe/bpe_trace.h"
#include "bpe/char_model.h"

/* A token of the word being merged. */
struct ll_symbol {
	uint32_t id, next, prev; /* by place; next == n: none */
	uint32_t rank;		 /* with the next; LL_BPE_NONE: they do not merge, or it is gone */
};

/* The best way to a place in the word. */
struct ll_best {
	double score;
	size_t from; /* SIZE_MAX: not reached */
	uint32_t id;
};

struct ll_char_encoder {
	const struct ll_bpe *b;
	struct ll_char_splitter *splitter;
	struct ll_buf repaired, normalized;
	struct ll_symbol *symbol;
	size_t symbols_cap;
	uint64_t *heap; /* rank << 32 | place */
	size_t heap_len, heap_cap;
	struct ll_best *best;
	size_t best_cap;
	struct ll_trace *trace; /* gets the words, where there is one */
};

#endif
