/* SPDX-License-Identifier: MIT */
/*
 * bpe_merges.h - merges looked at one by one; for the files of this room.
 *
 * The plain rule: from the symbols of a piece, the adjacent pair of the lowest rank, the leftmost of several, is
 * replaced, until there is none. Whatever else encodes is compared with it.
 *
 * Of all pairs that would make a token, at most one ever does. For let a token X come out of the symbols of a span S,
 * in any text. The boundaries of S were there until then, so nothing outside of S has met what is inside, and what was
 * merged inside was chosen by the same rule among the same pairs as when S is all there is. So the last pair is the one
 * that makes X from S alone: its live merge. A token without one comes out of no merges at all. Hence a file of ranks
 * (tiktoken, SentencePiece), where every two tokens whose bytes are those of a third may be merged, is exactly a list
 * of live merges in the order of the ranks; and two tokenizers with the same live merges in the same order encode
 * alike.
 */
#ifndef LL_BPE_MERGES_H
#define LL_BPE_MERGES_H

#include "bpe/bpe_model.h"

/* Merges the symbols out->id[base ...] by the plain rule. Time is quadratic in their number. The rank of the last merge, or
 * LL_BPE_NONE where there was none. */
uint32_t ll_bpe_merge_symbols(const struct ll_bpe *b, struct ll_ids *out, size_t base);
/* Appends the tokens of a piece by the plain rule. Time is quadratic in the length. `last` may be NULL; else it is the
 * last merge, with rank LL_BPE_NONE when there was none. Symbols are bytes. */
void ll_bpe_plain_merge(const struct ll_bpe *b, struct ll_str piece, struct ll_ids *out, struct ll_bpe_pair *last);

/* The live merge of every token, by id; rank LL_BPE_NONE where there is none. Caller frees. */
struct ll_bpe_pair *ll_bpe_live_merges(const struct ll_bpe *b);
/* True when every ordinary token comes out of its own bytes, so that ignore_merges changes nothing. */
bool ll_bpe_all_live(const struct ll_bpe *b, const struct ll_bpe_pair *live);

/* What a file of ranks means, for tokens that were added to b already: rank[id], lower first, LL_BPE_NONE for what
 * merges do not make. With `chars` the symbols are UTF-8 characters, else bytes. Adds the live merges to b, ranked
 * by place, and takes ignore_merges back where every token has one, so that it changes nothing. Fails where a token is
 * longer than LL_BPE_RANKED_MOST bytes, or its last merge is of what is no token. */
#define LL_BPE_RANKED_MOST 8192u
int ll_bpe_merges_of_ranks(struct ll_bpe *b, const uint32_t *rank, bool chars, struct ll_err *err) LL_MUST_CHECK;

#endif
