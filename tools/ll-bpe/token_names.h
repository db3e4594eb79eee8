/* SPDX-License-Identifier: MIT */
/* token_names.h - the bytes of every token while merges are learned, and the token of given bytes. */
#ifndef LL_TOKEN_NAMES_H
#define LL_TOKEN_NAMES_H

#include "base/buffer.h"

#define TOKEN_NAMES_SPECIAL UINT32_MAX

struct token_names {
	struct ll_buf bytes;
	size_t *offset;
	uint32_t *length;
	size_t len, offset_cap, length_cap; /* len: ids so far */
	uint32_t *slot;			    /* hash table of ids */
	size_t slots;
	uint32_t byte_id[256];
	const char *const *special;
	size_t specials;
};

/* Ids: the specials, then the 256 bytes in the order of bpe/bpe.h. The specials' texts are borrowed. */
void token_names_init(struct token_names *t, const char *const *special, size_t specials);
/* The token of the bytes of `left` followed by those of `right`: a new id, or the one that has these bytes (*reused),
 * or TOKEN_NAMES_SPECIAL when they spell a special token. */
uint32_t token_names_join(struct token_names *t, uint32_t left, uint32_t right, bool *reused);
void token_names_free(struct token_names *t);

#endif
