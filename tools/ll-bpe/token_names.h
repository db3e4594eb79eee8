/* SPDX-License-Identifier: MIT */
/* token_names.h - the bytes of every token while merges are learned, and the token of given bytes. */
#ifndef LL_TOKEN_NAMES_H
#define LL_TOKEN_NAMES_H

#include "base/buffer.h"

#define TOKEN_NAMES_VETOED UINT32_MAX

struct ll_bpe;

/* Tokens that are never made: true for the bytes of one. */
struct token_veto {
	void *context;
	bool (*forbids)(void *context, struct ll_str name);
};

struct token_names {
	struct ll_buf bytes;
	size_t *offset;
	uint32_t *length;		    /* 0: an id that merges never make (a special token, a gap) */
	size_t len, offset_cap, length_cap; /* len: ids so far */
	uint32_t *slot;			    /* hash table of ids */
	size_t slots;
	uint32_t byte_id[256];
	struct token_veto veto;
};

/* The ids of a model to be gone on from. */
void token_names_init(struct token_names *t, const struct ll_bpe *base, struct token_veto veto);
static inline struct ll_str token_names_text(const struct token_names *t, uint32_t id)
{
	return ll_str(t->bytes.data + t->offset[id], t->length[id]);
}
/* The token of the bytes of `left` followed by those of `right`: a new id, or the one that has these bytes (*reused),
 * or TOKEN_NAMES_VETOED. */
uint32_t token_names_join(struct token_names *t, uint32_t left, uint32_t right, bool *reused);
void token_names_free(struct token_names *t);

#endif
