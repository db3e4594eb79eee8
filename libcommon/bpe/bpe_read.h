/* SPDX-License-Identifier: MIT */
/*
 * bpe_read.h - what the readers of tokenizer files share; for the files of this room. A reader is pure: it gets the
 * whole content, adds tokens and merges to a new model, and ends with ll_bpe_finish.
 */
#ifndef LL_BPE_READ_H
#define LL_BPE_READ_H

#include <json-c/json.h>

#include "bpe/bpe_model.h"

/* The readers: NULL and err. `f` is what the user says of the file; its paths are not looked at. */
struct ll_bpe *ll_bpe_read_json(struct ll_str text, const struct ll_bpe_file *f, struct ll_err *err) LL_MUST_CHECK;
struct ll_bpe *ll_bpe_read_ranks(struct ll_str text, const struct ll_bpe_file *f, struct ll_err *err) LL_MUST_CHECK;
struct ll_bpe *ll_bpe_read_gguf(struct ll_str data, const struct ll_bpe_file *f, struct ll_err *err) LL_MUST_CHECK;
struct ll_bpe *ll_bpe_read_vocab(struct ll_str vocab, struct ll_str merges, const struct ll_bpe_file *f,
				 struct ll_err *err) LL_MUST_CHECK;
struct ll_bpe *ll_bpe_read_tekken(struct json_object *root, const struct ll_bpe_file *f,
				  struct ll_err *err) LL_MUST_CHECK;
struct ll_bpe *ll_bpe_read_sentencepiece(struct ll_str data, const struct ll_bpe_file *f,
					 struct ll_err *err) LL_MUST_CHECK;

/* Adds the specials the user gave and seals the model. On failure frees it and returns NULL. */
struct ll_bpe *ll_bpe_finish(struct ll_bpe *b, const struct ll_bpe_file *f, struct ll_err *err) LL_MUST_CHECK;
/* "TOKEN" or "TOKEN:ID"; without an id, the next one that is free. One that is there already, with this id if one is given, is as well.
 */
int ll_bpe_add_special(struct ll_bpe *b, const char *special, struct ll_err *err) LL_MUST_CHECK;
/* Sets the pre-tokenizer that --pretokenizer names, else `otherwise` (NULL: there must be one named). */
int ll_bpe_name_pretokenizer(struct ll_bpe *b, const struct ll_bpe_file *f, const char *otherwise, const char *format,
			     struct ll_err *err) LL_MUST_CHECK;

/* Adds the list "added_tokens" of a tokenizer.json; NULL: none. */
int ll_bpe_read_added(struct ll_bpe *b, struct json_object *list, struct ll_err *err) LL_MUST_CHECK;
/* Notes in b->odd_added when tokenizers would give an added token of a tokenizer.json another id than is written there: one that is
 * not in the vocabulary gets the next that is free. */
void ll_bpe_check_added_ids(struct ll_bpe *b, struct json_object *added, struct json_object *vocab);

/* What the pre-tokenizer Punctuation takes for punctuation. */
extern const char ll_punctuation_pattern[];

/* ---- names in the ByteLevel alphabet ---- */

/* A merge of two names; -1 when one of them, or what they make, is no token. */
int ll_bpe_add_named_merge(struct ll_bpe *b, struct ll_str left, struct ll_str right, size_t rank,
			   struct ll_buf *scratch) LL_MUST_CHECK;
/* Adds {"name": id, ...}; names that were added as special tokens with that id are passed over. Those outside of the
 * alphabet are special tokens or an error. */
int ll_bpe_add_vocab(struct ll_bpe *b, struct json_object *vocab, bool others_special,
		     struct ll_err *err) LL_MUST_CHECK;

/* ---- members of a JSON object that may be anything ---- */

static inline struct json_object *json_member(struct json_object *o, const char *key)
{
	struct json_object *v;
	return o && json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &v) ? v : NULL;
}

static inline bool json_is_list(struct json_object *o)
{
	return o && json_object_is_type(o, json_type_array);
}

static inline bool json_is_string(struct json_object *o)
{
	return o && json_object_is_type(o, json_type_string);
}

static inline struct ll_str json_str(struct json_object *o)
{
	return json_is_string(o) ? ll_str(json_object_get_string(o), (size_t)json_object_get_string_len(o))
				 : ll_str("", 0);
}

/* "" where there is no such string. */
static inline const char *json_text(struct json_object *o, const char *key)
{
	struct json_object *v = json_member(o, key);
	return json_is_string(v) ? json_object_get_string(v) : "";
}

static inline bool json_is_true(struct json_object *o, const char *key, bool otherwise)
{
	struct json_object *v = json_member(o, key);
	return v ? json_object_get_boolean(v) : otherwise;
}

#endif
