/* SPDX-License-Identifier: MIT */
/*
 * tokens.h - the token record (kind "tokens", schema 1; ll-tokens.5) and its header keys: "width" (2 or 4 bytes an id),
 * "tokenizer" (32 hexadecimal digits), "vocabulary" (number of ids), "eot" (id of end-of-text or -1).
 *
 *   u32 size, u32 core | key 16 | u64 text bytes | u32 lengths of id, source; u32 ids | id, source, ids (little-endian)
 *
 * Where the header says "offsets=1", the place of each token in the text follows as so many u32.
 */
#ifndef LL_TOKENS_H
#define LL_TOKENS_H

#include "base/error.h"
#include "base/hash.h"

#define LL_TOKENS_FIXED 44u

struct ll_token_doc {
	struct ll_id key;
	struct ll_str id, source;
	uint64_t text_bytes;       /* of the text that was encoded, before any normaliser */
	uint32_t n;
	const unsigned char *ids;  /* n ids of `width` bytes, unaligned */
	const unsigned char *offsets; /* n u32, unaligned: where each token begins in the text, bytes; NULL without */
};

int ll_token_doc_get(const void *record, size_t len, unsigned width, struct ll_token_doc *out, struct ll_err *err) LL_MUST_CHECK;
/* Appends a record; ids are given as u32 and written at `width` (each must fit). */
void ll_token_doc_put(struct ll_buf *out, const struct ll_token_doc *d, const uint32_t *ids, unsigned width);
/* The same with offsets, unless NULL. */
void ll_token_doc_put_offsets(struct ll_buf *out, const struct ll_token_doc *d, const uint32_t *ids, unsigned width,
			      const uint32_t *offsets);
static inline uint32_t ll_token_at(const unsigned char *ids, unsigned width, size_t i)
{
	return width == 2 ? ll_get16(ids + 2 * i) : ll_get32(ids + 4 * i);
}

#endif
