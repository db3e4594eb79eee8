/* SPDX-License-Identifier: MIT */
/*
 * bpe_model.h - what a struct ll_bpe holds; for the files of this room only.
 *
 * A loader begins with ll_bpe_new, adds tokens, then pairs, then calls ll_bpe_seal, which checks that the model is
 * whole and computes its id. Everything is owned by the model.
 */
#ifndef LL_BPE_MODEL_H
#define LL_BPE_MODEL_H

#include "base/buffer.h"
#include "bpe/bpe.h"
#include "bpe/pretokenizer.h"

#define LL_BPE_NONE UINT32_MAX

enum ll_token_flags {
	LL_TOKEN_PRESENT = 1,
	LL_TOKEN_ADDED = 2,   /* cut out of the text before pre-tokens are made; never made by merges */
	LL_TOKEN_SPECIAL = 4, /* an added token that is plain text unless specials are allowed */
	LL_TOKEN_NORMALIZED = 8, /* an added token that is looked for in the normalized text, after the others */
	/* Three bits in this order, see ll_bpe_added_flags. */
	LL_TOKEN_LSTRIP = 16, /* an added token that takes the white space before it along (added_tokens.h) */
	LL_TOKEN_RSTRIP = 32,
	LL_TOKEN_SINGLE_WORD = 64, /* an added token that is none inside a word */
	LL_TOKEN_ORDINARY = 128,   /* an added token that is in the model's vocabulary too, so that words become it */
};

enum ll_model_kind {
	LL_MODEL_BYTES, /* byte-level BPE */
	LL_MODEL_CHARS, /* BPE over characters; this and the next have `chars` (char_model.h) */
	LL_MODEL_WORDPIECE,
	LL_MODEL_UNIGRAM,
};

struct ll_bpe_token {
	uint64_t offset; /* into bytes */
	uint32_t len;
	uint32_t flags;
};

/* True of a token that the model makes of text. */
static inline bool ll_token_is_ordinary(unsigned flags)
{
	return (flags & LL_TOKEN_PRESENT) && (!(flags & LL_TOKEN_ADDED) || (flags & LL_TOKEN_ORDINARY));
}

/* A merge: `left` and `right` side by side become `id`; lower ranks go first. The rank of a sealed model is the place among
 * the merges. */
struct ll_bpe_pair {
	uint32_t left, right, rank, id;
};

struct ll_bpe {
	enum ll_model_kind kind;
	bool own_file; /* the file it was read from is a tokenizer.json, not compressed */
	char *odd_added; /* what other programs would do with an added token of the file, for a warning, or NULL; owned */
	bool told_pretokenizer; /* the file does not say it, and --pretokenizer did */
	struct ll_char_model *chars;
	struct ll_pretokenizer *pretokenizer; /* of byte-level BPE, as the next two are */
	int normal_form;    /* of enum ll_normal_form: text is brought to it first; or */
#define LL_NO_NORMAL_FORM (-1)
	bool ignore_merges; /* a pre-token that is a token is that token, whatever the merges say */
	bool all_live;	    /* every ordinary token is known to come out of its own bytes */
	struct ll_buf bytes;
	struct ll_bpe_token *token;
	size_t tokens, tokens_cap; /* tokens: the vocabulary, 1 + the largest id */
	struct ll_bpe_pair *merge; /* in the order of the file */
	size_t merges, merges_cap;
	/* Where pairs are looked up. What is read at random has to be small: the second cache holds 1 MiB, and beyond the third
	 * a merge waits for 100 ns and more. */
	uint64_t *pairs; /* hash table: left, right and rank, the last of equal pairs; all ones: an empty slot */
	uint32_t pair_slots;
	uint64_t *filter; /* a bit for every pair there is, by its hash: most pairs asked for are not */
	uint32_t filter_mask;
	uint32_t *merged_id; /* what the merge of each rank makes */
	bool ids_follow_ranks; /* merged_id[rank] is merged_id[0] + rank, so that it need not be read */
	uint32_t first_merged; /* merged_id[0] */
	uint32_t *bytes_rank; /* of every two bytes, [first << 8 | second]: the rank of their merge, or LL_BPE_NONE */
	/* Of every two bytes too: the lowest rank at which any token that ends with the first merges with the second
	 * byte, and the first byte with any that begins with the second. NULL: not to be relied on. */
	struct ll_bpe_sooner {
		uint32_t left, right;
	} *sooner;
	bool steady; /* every merge has a higher rank than those that made its parts */
	bool merges_live; /* every merge happens: they were found so */
	struct ll_bpe_live *live; /* see bpe_walk.h, which makes both when they are asked for */
	struct ll_bpe_walk *walk;
	bool no_walk; /* they cannot be made */
	struct ll_bpe_char *char_tokens; /* of every character below U+10000, see bpe_chars.h; NULL: not to be relied on */
	uint32_t *chars_joined; /* a bit for every two characters that a merge joins, by their hash */
	struct ll_bpe_word {
		uint32_t id, tag; /* tag: other bits of the hash */
	} *words; /* hash table of ordinary tokens by their bytes; LL_BPE_NONE: empty slot */
	uint32_t words_mask;
	size_t words_len;
	uint32_t byte_id[256];
	bool added_normalized; /* it makes a difference which added tokens are looked for in the normalized text */
	bool added_in_text;    /* there are some that are no special tokens, */
	bool added_spans_cuts; /* of which one matters to where a text can be cut between a letter and a blank */
	struct ll_added_search *search; /* which are looked for, by special and normalized */
	uint32_t *added;  /* ids of added tokens, ascending */
	size_t addeds, addeds_cap;
	/* What each of them is looked for and decoded as, in `bytes`, where it is normalised; NULL: all as the file has them. */
	struct ll_bpe_token *added_text;
	uint32_t longest; /* bytes of the longest ordinary token */
	char id[33];
};

struct ll_bpe *ll_bpe_new(struct ll_pretokenizer *p); /* takes p, which may be NULL until the model is sealed */
/* Fails when the id is taken or absurd, or when another ordinary token has the same bytes. An ordinary token of byte-level BPE may
 * have none: it is never made of text. */
int ll_bpe_add_token(struct ll_bpe *b, uint64_t id, struct ll_str bytes, unsigned flags,
		     struct ll_err *err) LL_MUST_CHECK;
/* From now on the added token `id` is an ordinary one too. Fails when another ordinary token has the same bytes. */
int ll_bpe_make_ordinary(struct ll_bpe *b, uint32_t id, struct ll_err *err) LL_MUST_CHECK;
/* The ordinary token with exactly these bytes, or LL_BPE_NONE. */
uint32_t ll_bpe_find_word(const struct ll_bpe *b, const char *bytes, size_t len);
void ll_bpe_add_merge(struct ll_bpe *b, uint32_t left, uint32_t right, uint32_t rank, uint32_t id);
/* A merge after all others; its token is the one with these bytes, or a new one. */
int ll_bpe_learn_merge(struct ll_bpe *b, const uint32_t pair[2], struct ll_buf *joined, struct ll_err *err) LL_MUST_CHECK;
int ll_bpe_seal(struct ll_bpe *b, struct ll_err *err) LL_MUST_CHECK;

/* The tables of merges, which seal makes where they are not there yet. alphabet: byte_id of every byte; start: empty tables
 * for at most so many merges; merge: adds one. */
int ll_bpe_index_alphabet(struct ll_bpe *b, struct ll_err *err) LL_MUST_CHECK;
void ll_bpe_index_start(struct ll_bpe *b, size_t merges);
void ll_bpe_index_merge(struct ll_bpe *b, const struct ll_bpe_pair *m);
void ll_bpe_index_sooner(struct ll_bpe *b); /* of a model that is steady; after all merges */
void ll_bpe_index_free(struct ll_bpe *b);
uint32_t ll_bpe_table_mask(size_t entries); /* slots - 1 of a hash table of so many */

/* The bytes of a token as merges and tables have them: of tokenizers over characters its name in the file. */
static inline struct ll_str ll_bpe_token_name(const struct ll_bpe *b, uint32_t id)
{
	if (id >= b->tokens || !(b->token[id].flags & LL_TOKEN_PRESENT))
		return ll_str(NULL, 0);
	return ll_str(b->bytes.data + b->token[id].offset, b->token[id].len);
}

/* What a token is decoded as, of tokenizers over characters before the decoder: its name, or that of an added token normalised. */
struct ll_str ll_bpe_token_text(const struct ll_bpe *b, uint32_t id);

/* Base64 with padding. Decoding is strict: -1 when it is none, or empty. */
void ll_base64_encode(struct ll_str s, struct ll_buf *out);
int ll_base64_decode(struct ll_str s, struct ll_buf *out) LL_MUST_CHECK;
/* Appends a line of a .tiktoken file. */
void ll_bpe_put_rank(struct ll_str bytes, uint32_t rank, struct ll_buf *out);

/* ByteLevel alphabet: the code point that stands for a byte, and back (-1: none). */
uint32_t ll_byte_char(unsigned char byte);
int ll_char_byte(uint32_t c);
/* Appends the name of a token in files: its bytes in that alphabet, or the text of an added one. */
void ll_bpe_put_name(const struct ll_bpe *b, uint32_t id, struct ll_buf *out);
/* From this id on there are only added tokens that need not be in the vocabulary of a tokenizer.json: tokenizers numbers those from
 * its end on. What is in it without need would be found in words. */
uint32_t ll_bpe_end_of_vocab(const struct ll_bpe *b);
/* Appends the member "added_tokens" of a tokenizer.json, and a comma. */
void ll_bpe_put_added(const struct ll_bpe *b, struct ll_buf *out);

static inline uint64_t ll_pair_hash(uint32_t left, uint32_t right)
{
	uint64_t h = ((uint64_t)left << 32 | right) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static inline bool ll_pair_may_be(const struct ll_bpe *b, uint64_t hash)
{
	return b->filter[(uint32_t)hash >> 6 & b->filter_mask] >> (hash & 63) & 1;
}

static inline uint64_t *ll_pair_slot(const struct ll_bpe *b, uint64_t hash)
{
	return &b->pairs[(hash >> 32) * b->pair_slots >> 32];
}

/* The rank of the merge of two tokens, LL_BPE_NONE when there is none; either may be LL_BPE_NONE. */
static inline uint32_t ll_bpe_rank(const struct ll_bpe *b, uint32_t left, uint32_t right)
{
	uint64_t h = ll_pair_hash(left, right), key = (uint64_t)left << LL_BPE_ID_BITS | right;
	if (!ll_pair_may_be(b, h))
		return LL_BPE_NONE;
	for (const uint64_t *slot = ll_pair_slot(b, h);; slot++) { /* the last one is empty */
		if (*slot >> LL_BPE_ID_BITS == key)
			return (uint32_t)*slot & LL_BPE_MAX_IDS;
		if (*slot == UINT64_MAX)
			return LL_BPE_NONE;
	}
}

/* The same in two steps, the reading first. */
struct ll_pair_look {
	uint64_t hash, slot;
};

static inline struct ll_pair_look ll_bpe_look(const struct ll_bpe *b, uint32_t left, uint32_t right)
{
	uint64_t h = ll_pair_hash(left, right);
	return (struct ll_pair_look){ h, *ll_pair_slot(b, h) };
}

static inline uint32_t ll_bpe_looked(const struct ll_bpe *b, struct ll_pair_look look, uint32_t left, uint32_t right)
{
	if (!ll_pair_may_be(b, look.hash))
		return LL_BPE_NONE;
	if (look.slot >> LL_BPE_ID_BITS == ((uint64_t)left << LL_BPE_ID_BITS | right))
		return (uint32_t)look.slot & LL_BPE_MAX_IDS;
	return ll_bpe_rank(b, left, right);
}

/* The token that the merge of a rank makes. */
static inline uint32_t ll_bpe_merged(const struct ll_bpe *b, uint32_t rank)
{
	return LL_LIKELY(b->ids_follow_ranks) ? b->first_merged + rank : b->merged_id[rank];
}

#endif
