/* SPDX-License-Identifier: MIT */
/*
 * normalizer.h - what is done to a text before it is split: the normalizers of Hugging Face tokenizers, as
 * tokenizer.json has them, and SentencePiece's. Only for tokenizers over characters; byte-level ones have NFC at most.
 *
 * NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, BertNormalizer, Precompiled, Replace, Prepend, Strip, and Sequence.
 * Precompiled is, in tokenizers, SentencePiece's map applied to grapheme clusters and then to characters, shortest key
 * first; with "engine": "SentencePiece" it is what SentencePiece itself does: the longest key at every place.
 */
#ifndef LL_NORMALIZER_H
#define LL_NORMALIZER_H

#include "base/buffer.h"
#include "base/error.h"

struct json_object;
struct ll_normalizer; /* immutable; shared by threads */

/* From a tokenizer.json; NULL for null. -1 when there is something it does not know, by name. */
int ll_normalizer_of_json(struct json_object *o, struct ll_normalizer **out, struct ll_err *err) LL_MUST_CHECK;
void ll_normalizer_free(struct ll_normalizer *n);
/* Appends what becomes of valid UTF-8; n may be NULL. -1 where a pattern to replace gives up. `at_start`, if not NULL, becomes
 * false where tokenizers would say that the result begins behind the beginning of the text, since something there went. */
int ll_normalizer_apply(const struct ll_normalizer *n, struct ll_str text, struct ll_buf *out, bool *at_start,
			struct ll_err *err) LL_MUST_CHECK;
/* True when it does what only SentencePiece does, so that other readers of the tokenizer.json part from it. */
bool ll_normalizer_own(const struct ll_normalizer *n);

#endif
