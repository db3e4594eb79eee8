/* SPDX-License-Identifier: MIT */
/* tokenizer.json of tokenizers over characters. */
#include "bpe/char_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bpe/bpe_read.h"
#include "text/utf8.h"

static char *json_copy(struct json_object *o)
{
	return o ? ll_strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE))
		 : NULL;
}

int ll_char_model_parts(struct ll_bpe *b, struct json_object *normalizer, struct json_object *splits,
			struct json_object *decoder, struct ll_err *err)
{
	struct ll_char_model *m = b->chars;
	if (ll_normalizer_of_json(normalizer, &m->normalizer, err) || ll_char_splits_of_json(splits, &m->splits, err))
		return -1;
	if (m->normalizer && ll_char_splits_first_after(m->splits))
		return ll_err_set(
			err, "Metaspace with prepend_scheme 'first' behind another pre_tokenizer is not supported");
	m->normalizer_json = json_copy(normalizer);
	m->splits_json = json_copy(splits);
	m->decoder_json = json_copy(decoder);
	return 0;
}

/* A token of the vocabulary. One that was added already, with this id, is an ordinary one too; not so a special token, since other
 * text than its own never becomes one. */
static int add_token(struct ll_bpe *b, uint64_t id, struct ll_str name, struct ll_err *err)
{
	if (id < b->tokens && ll_bpe_is_special(b, (uint32_t)id) && ll_str_eq(ll_bpe_token_name(b, (uint32_t)id), name))
		return b->token[id].flags & LL_TOKEN_SPECIAL ? 0 : ll_bpe_make_ordinary(b, (uint32_t)id, err);
	if (ll_utf8_valid_prefix(name.data, name.len) != name.len)
		return ll_err_set(err, "token %llu is not UTF-8", (unsigned long long)id);
	return ll_bpe_add_token(b, id, name, 0, err);
}

static int read_vocab(struct ll_bpe *b, struct json_object *vocab, struct ll_err *err)
{
	if (!vocab || !json_object_is_type(vocab, json_type_object))
		return ll_err_set(err, "the model has no vocab");
	json_object_object_foreach(vocab, key, value)
	{
		if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
			return ll_err_set(err, "the id of token '%.60s' is not a number from 0 on", key);
		if (add_token(b, (uint64_t)json_object_get_int64(value), ll_cstr(key), err))
			return -1;
	}
	return 0;
}

static uint32_t find_any(const struct ll_bpe *b, struct ll_str name)
{
	for (uint32_t id = 0; id < b->tokens; id++)
		if (ll_bpe_is_special(b, id) && ll_str_eq(ll_bpe_token_name(b, id), name))
			return id;
	return ll_bpe_find_word(b, name.data, name.len);
}

static int read_unknown(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct ll_str name = json_str(json_member(o, "unk_token"));
	b->chars->unknown = name.len ? find_any(b, name) : LL_BPE_NONE;
	if (name.len && b->chars->unknown == LL_BPE_NONE)
		return ll_err_set(err, "the unk_token '%.60s' is not in the vocabulary", name.data);
	return 0;
}

static int read_fallback(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct ll_char_model *m = b->chars;
	m->byte_fallback = json_is_true(o, "byte_fallback", false);
	for (unsigned i = 0; i < 256 && m->byte_fallback; i++) {
		char name[8];
		snprintf(name, sizeof name, "<0x%02X>", i);
		m->fallback[i] = find_any(b, ll_cstr(name));
		if (m->fallback[i] == LL_BPE_NONE)
			return ll_err_set(err, "byte_fallback without a token %s", name);
	}
	return 0;
}

/* ---- BPE ---- */

static int read_merge(struct ll_bpe *b, struct json_object *o, size_t rank, struct ll_buf *joined)
{
	struct ll_str left = { "", 0 }, right = { "", 0 };
	if (json_is_list(o) && json_object_array_length(o) == 2) {
		left = json_str(json_object_array_get_idx(o, 0));
		right = json_str(json_object_array_get_idx(o, 1));
	} else {
		struct ll_str both = json_str(o);
		const char *space = memchr(both.data, ' ', both.len);
		left = ll_str(both.data, space ? (size_t)(space - both.data) : 0);
		right = space ? ll_str(space + 1, both.len - left.len - 1) : right;
	}
	ll_buf_clear(joined);
	ll_buf_add_str(joined, left);
	ll_buf_add_str(joined, right);
	uint32_t l = ll_bpe_find_word(b, left.data, left.len), r = ll_bpe_find_word(b, right.data, right.len),
		 id = ll_bpe_find_word(b, joined->data ? joined->data : "", joined->len);
	if (left.len == 0 || right.len == 0 || l == LL_BPE_NONE || r == LL_BPE_NONE || id == LL_BPE_NONE)
		return -1;
	ll_bpe_add_merge(b, l, r, (uint32_t)rank, id);
	return 0;
}

static int read_bpe(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct json_object *merges = json_member(o, "merges"), *dropout = json_member(o, "dropout");
	struct ll_buf joined = { 0 };
	b->kind = LL_MODEL_CHARS;
	if (*json_text(o, "continuing_subword_prefix") || *json_text(o, "end_of_word_suffix"))
		return ll_err_set(err, "BPE with subword prefixes or word suffixes is not supported");
	if (dropout && json_object_get_double(dropout) > 0)
		return ll_err_set(err, "a model with dropout is not supported");
	if (!json_is_list(merges))
		return ll_err_set(err, "the model has no merges");
	b->ignore_merges = json_is_true(o, "ignore_merges", false);
	b->chars->fuse_unknown = json_is_true(o, "fuse_unk", false);
	if (read_vocab(b, json_member(o, "vocab"), err) || read_unknown(b, o, err) || read_fallback(b, o, err))
		return -1;
	if (b->chars->unknown == LL_BPE_NONE && !b->chars->byte_fallback)
		return ll_err_set(err, "BPE over characters with neither unk_token nor byte_fallback drops text");
	int rc = 0;
	for (size_t i = 0; i < json_object_array_length(merges) && !rc; i++)
		if (read_merge(b, json_object_array_get_idx(merges, i), i, &joined))
			rc = ll_err_set(err, "merge %zu names or makes a token that is not in the vocabulary, or a special one", i);
	ll_buf_free(&joined);
	return rc;
}

/* ---- WordPiece ---- */

static int read_wordpiece(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct json_object *prefix = json_member(o, "continuing_subword_prefix"),
			   *most = json_member(o, "max_input_chars_per_word");
	int64_t chars = most ? json_object_get_int64(most) : 100;
	b->kind = LL_MODEL_WORDPIECE;
	b->chars->prefix = ll_strdup(json_is_string(prefix) ? json_object_get_string(prefix) : "##");
	if (chars < 0 || chars > INT32_MAX)
		return ll_err_set(err, "max_input_chars_per_word is out of range");
	b->chars->most_chars = (uint32_t)chars;
	if (read_vocab(b, json_member(o, "vocab"), err) || read_unknown(b, o, err))
		return -1;
	return b->chars->unknown == LL_BPE_NONE ? ll_err_set(err, "WordPiece without an unk_token") : 0;
}

/* ---- Unigram ---- */

/* The number as tokenizers reads it, off the nearest one by the last bit or two in one of seven: the digits as an integer, those that
 * do not fit left away, and one multiplication or division by a power of ten (serde_json without its float_roundtrip). Of two paths
 * whose scores are the same in another order, as of "00" and "000", the last bit decides. */
static double number_as_read(const char *p)
{
	const bool negative = *p == '-';
	uint64_t digits = 0;
	bool point = false, full = false;
	long power = 0;
	for (p += negative; *p && *p != 'e' && *p != 'E'; p++) {
		uint64_t more;
		if (*p == '.') {
			point = true;
			continue;
		}
		full = full || __builtin_mul_overflow(digits, (uint64_t)10, &more) || __builtin_add_overflow(more, (uint64_t)(*p - '0'), &more);
		if (!full)
			digits = more;
		power += full && !point ? 1 : !full && point ? -1 : 0;
	}
	power += *p ? LL_MAX(LL_MIN(strtol(p + 1, NULL, 10), 100000), -100000) : 0;
	double v = (double)digits;
	for (; v != 0 && power < -308; power += 308)
		v /= 1e308;
	char ten[16];
	snprintf(ten, sizeof ten, "1e%ld", LL_MIN(labs(power), 309));
	v = v == 0 ? v : power < 0 ? v / strtod(ten, NULL) : v * strtod(ten, NULL);
	return negative ? -v : v;
}

static int read_score(struct ll_char_model *m, size_t id, struct json_object *o, struct ll_err *err)
{
	if (!json_object_is_type(o, json_type_double) && !json_object_is_type(o, json_type_int))
		return ll_err_set(err, "token %zu of the vocab has no number for a score", id);
	const char *text = json_object_get_string(o); /* as the file has it */
	m->score[id] = number_as_read(text);
	if (!isfinite(m->score[id]))
		return ll_err_set(err, "token %zu of the vocab has no finite score", id);
	ll_buf_add(&m->scores_json, text, strlen(text) + 1);
	return 0;
}

static int read_unigram(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct ll_char_model *m = b->chars;
	struct json_object *vocab = json_member(o, "vocab"), *unknown = json_member(o, "unk_id");
	size_t n = json_is_list(vocab) ? json_object_array_length(vocab) : 0;
	double least = INFINITY;
	b->kind = LL_MODEL_UNIGRAM;
	m->fuse_unknown = true;
	if (n == 0 || n > LL_BPE_MAX_IDS)
		return ll_err_set(err, "the model has no vocab");
	m->score = ll_calloc(n, sizeof *m->score);
	m->scores = n;
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(vocab, i);
		if (!json_is_list(entry) || json_object_array_length(entry) != 2 ||
		    !json_is_string(json_object_array_get_idx(entry, 0)))
			return ll_err_set(err, "token %zu of the vocab is no [\"text\", score]", i);
		if (read_score(m, i, json_object_array_get_idx(entry, 1), err))
			return -1;
		least = LL_MIN(least, m->score[i]);
		if (add_token(b, i, json_str(json_object_array_get_idx(entry, 0)), err))
			return -1;
	}
	int64_t id = unknown && json_object_is_type(unknown, json_type_int) ? json_object_get_int64(unknown) : -1;
	if (id < 0 || (uint64_t)id >= n)
		return ll_err_set(err, "Unigram without an unk_id in the vocabulary");
	m->unknown = (uint32_t)id;
	m->unknown_score = least - 10; /* as SentencePiece and tokenizers have it */
	return read_fallback(b, o, err);
}

/* tokenizers goes by the vocabulary where an added token stands in it with another id. */
static int check_added(const struct ll_bpe *b, struct ll_err *err)
{
	for (uint32_t id = 0; id < b->tokens; id++) {
		struct ll_str name = ll_bpe_token_name(b, id);
		uint32_t other = ll_bpe_is_special(b, id) ? ll_bpe_find_word(b, name.data, name.len) : LL_BPE_NONE;
		if (other != LL_BPE_NONE && other != id)
			return ll_err_set(err, "the added token '%.*s' is %u, and %u in the vocabulary", (int)LL_MIN(name.len, 60),
					  name.data, id, other);
	}
	return 0;
}

static int read_model(struct ll_bpe *b, struct json_object *model, struct ll_err *err)
{
	const char *type = json_text(model, "type");
	if (strcmp(type, "WordPiece") == 0)
		return read_wordpiece(b, model, err);
	if (strcmp(type, "Unigram") == 0)
		return read_unigram(b, model, err);
	if (strcmp(type, "BPE") == 0)
		return read_bpe(b, model, err);
	return ll_err_set(err, "model of type '%.60s' is not supported (only BPE, WordPiece and Unigram)", type);
}

int ll_char_model_read(struct ll_bpe *b, struct json_object *root, struct ll_err *err)
{
	b->chars = ll_calloc(1, sizeof *b->chars);
	b->chars->unknown = LL_BPE_NONE;
	ll_trie_init(&b->chars->trie);
	b->chars->post_json = json_copy(json_member(root, "post_processor"));
	if (ll_char_model_parts(b, json_member(root, "normalizer"), json_member(root, "pre_tokenizer"),
				json_member(root, "decoder"), err) ||
	    ll_bpe_read_added(b, json_member(root, "added_tokens"), err) || read_model(b, json_member(root, "model"), err))
		return -1;
	ll_bpe_check_added_ids(b, json_member(root, "added_tokens"), json_member(json_member(root, "model"), "vocab"));
	return check_added(b, err);
}
