/* SPDX-License-Identifier: MIT */
/*
 * sp_pieces.h - the vocabulary of a SentencePiece BPE model as its .model and GGUF files carry it; for the files of
 * this room.
 */
#ifndef LL_SP_PIECES_H
#define LL_SP_PIECES_H

#include "bpe/bpe_model.h"

enum ll_sp_type { LL_SP_NORMAL = 1, LL_SP_UNKNOWN, LL_SP_CONTROL, LL_SP_USER_DEFINED, LL_SP_UNUSED, LL_SP_BYTE };

struct ll_sp_piece {
	struct ll_str text;
	float score; /* higher is merged first */
	int type;
};

struct ll_sp_model {
	struct ll_sp_piece *piece;
	size_t pieces, pieces_cap;
	bool dummy_prefix;	  /* a space before the text */
	bool remove_extra_spaces; /* at both ends, and in runs */
	bool byte_fallback;
	struct ll_str charsmap; /* precompiled normalisation; empty: none */
};

/* NULL and err where a tokenizer of ours cannot be exactly the same. */
struct ll_bpe *ll_bpe_of_pieces(const struct ll_sp_model *m, const struct ll_bpe_file *f,
				struct ll_err *err) LL_MUST_CHECK;

#endif
