/* SPDX-License-Identifier: MIT */
/*
 * added_tokens.h - added tokens cut out of a text, as Hugging Face tokenizers does it, of tokenizers of every kind. First those
 * that are looked for in the text as it is; what lies between them is normalised, and in that, by their normalised content,
 * those are looked for which are flagged `normalized`. Of several at one place the longest is taken, and the search goes on
 * behind its content.
 *
 * lstrip, rstrip: the token takes the white space before or behind it along. That behind one is looked at again, so that a
 * token in it is found too. single_word: the token is dropped where a letter, mark, digit or connector stands beside it; what is
 * inside of it is not looked for then.
 */
#ifndef LL_ADDED_TOKENS_H
#define LL_ADDED_TOKENS_H

#include "bpe/bpe_model.h"
#include "bpe/token_trie.h"

/* Those that are looked for in one pass. */
struct ll_added_search {
	bool first[256];          /* bytes that one begins with, */
	unsigned firsts;          /* so many; 0: nothing is looked for */
	unsigned char last_first; /* one of them */
	struct ll_trie trie;      /* by what is looked for; of two that are looked for as the same, the one of the lower id */
};

/* Where an added token is in b->added. */
size_t ll_added_place(const struct ll_bpe *b, uint32_t id);
/* Makes b->search and b->added_text; b->added and b->added_normalized are known. -1 where the normaliser gives up on a content. */
int ll_added_index(struct ll_bpe *b, struct ll_err *err) LL_MUST_CHECK;
void ll_added_free(struct ll_bpe *b);
/* True when it is looked for in the normalised text. */
static inline bool ll_added_is_normalized(const struct ll_bpe *b, uint32_t id)
{
	return b->added_normalized && (b->token[id].flags & LL_TOKEN_NORMALIZED);
}

/* A part of a text: an added token with the white space that it takes along, or what lies between two, which is not empty. */
struct ll_added_part {
	size_t from, to;
	uint32_t id; /* LL_BPE_NONE: none */
};

struct ll_added_cutter {
	const struct ll_bpe *b;
	const struct ll_added_search *search;
	struct ll_str text;
	size_t at, free;	     /* where to look on; what is before it has been handed out */
	size_t space_from, space_to; /* white space that was run through last */
	struct ll_added_part hit;
	size_t hit_next;
	bool has_hit, done;
};

/* The parts of a text (normalised: for the second pass) in order. `special`: special tokens are looked for too. */
struct ll_added_cutter ll_added_cut(const struct ll_bpe *b, struct ll_str text, bool special, bool normalized);
/* The next one, or false. Begins never go back. */
bool ll_added_next(struct ll_added_cutter *c, struct ll_added_part *part);

/* The bytes of a part. */
static inline struct ll_str ll_added_text(const struct ll_added_cutter *c, const struct ll_added_part *part)
{
	return ll_str(c->text.data + part->from, part->to - part->from);
}

/* The first token with one of `flags` of those that encoding would cut out, or -1. */
int64_t ll_added_find(const struct ll_bpe *b, struct ll_str text, bool special, unsigned flags);

#endif
