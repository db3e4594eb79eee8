/* SPDX-License-Identifier: MIT */
/* bpe_trace.h - what a tokenizer makes of a text before there are ids: for saying where two of them part. */
#ifndef LL_BPE_TRACE_H
#define LL_BPE_TRACE_H

#include "bpe/bpe.h"
#include "bpe/char_splits.h"

/* The pieces of the normalised text, back to back: pre-tokens, and the added tokens that are no specials, which are
 * marked in `added`. A zeroed struct is empty; it is reused. */
struct ll_trace {
	struct ll_words pieces;
	bool *added;
	size_t added_cap;
};

int ll_bpe_trace(const struct ll_bpe *b, struct ll_str text, struct ll_trace *t, struct ll_err *err) LL_MUST_CHECK;
void ll_trace_free(struct ll_trace *t);
/* For the files of this room: appends a piece. */
void ll_trace_put(struct ll_trace *t, struct ll_str piece, bool added);

#endif
