/* SPDX-License-Identifier: MIT */
/*
 * bpe_dropout.h - BPE-dropout (Provilkov, Emelianenko, Voita, "BPE-Dropout: Simple and Effective Subword Regularization", ACL
 * 2020, algorithm 1): at each step of merging a pre-token, every pair that could be merged is left out with probability p, and
 * of the others that of the lowest rank, the leftmost of several, is merged; when none is left the pre-token is done. A pre-token
 * that is a token is merged like any other (ignore_merges does not hold), as in Hugging Face tokenizers.
 *
 * (These draw again for a pair left out whenever their queue meets a pair that is no more, and so leave out less than the paper's
 * algorithm, which is followed here.)
 *
 * Pre-tokens of more than 65536 bytes are merged in stretches of so many, which bounds memory and time.
 *
 * What is left out is a function of the seed, the key of the document and the number of the pre-token in it alone.
 */
#ifndef LL_BPE_DROPOUT_H
#define LL_BPE_DROPOUT_H

#include "bpe/bpe.h"

struct ll_bpe_dropout; /* scratch of one thread */

/* p from 0 (every pair is merged: the tokens are those of the merges) to 1 (none: bytes). */
struct ll_bpe_dropout *ll_bpe_dropout_new(const struct ll_bpe *b, double p, uint64_t seed);
void ll_bpe_dropout_free(struct ll_bpe_dropout *d);
/* The next pre-tokens are the first ones of the document with this key. */
void ll_bpe_dropout_begin(struct ll_bpe_dropout *d, struct ll_id key);
/* Appends the ids of one pre-token, whatever its bytes. For ll_bpe_encoder_pieces; `context` is a struct ll_bpe_dropout. */
void ll_bpe_dropout_piece(void *context, struct ll_str piece, struct ll_ids *out);

#endif
