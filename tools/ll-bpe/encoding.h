/* SPDX-License-Identifier: MIT */
/* encoding.h - how `encode` encodes a document: what the options ask for, in one worker. */
#ifndef LL_BPE_ENCODING_H
#define LL_BPE_ENCODING_H

#include "bpe/bpe.h"

struct encoding; /* scratch of one worker */

struct encoding *encoding_new(const struct ll_bpe *bpe);
void encoding_free(struct encoding *e);
/* Gives back what only a large document needed. */
void encoding_trim(struct encoding *e);
/* Why a document is not encoded: a word for --rejects, and the whole story. */
struct encoding_refusal {
	const char *reason;
	struct ll_err text;
};
/* The ids of a document, with --special and --dropout; valid until the next call. NULL when --special=refuse or a pattern of the
 * pre-tokenizer refuses it. */
const struct ll_ids *encoding_ids(struct encoding *e, struct ll_id key, struct ll_str text, struct encoding_refusal *why);
/* Where each of them begins in the text; NULL without --offsets. */
const uint32_t *encoding_offsets(struct encoding *e, struct ll_str text);

/* encode --totals: reads the files and writes their numbers of tokens (encode_totals.c). */
int encode_totals(const struct ll_bpe *bpe, const char *const *files, size_t n);

#endif
