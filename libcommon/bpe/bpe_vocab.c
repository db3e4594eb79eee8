/* SPDX-License-Identifier: MIT */
/*
 * vocab.json and merges.txt, as OpenAI published GPT-2 (encoder.json, vocab.bpe): {"name": id, ...}, and lines of
 * "left right" in the order of the merges below a line "#version: 0.2". Names are in the ByteLevel alphabet. Neither
 * file says the pre-tokenizer, nor which names are special tokens: those that no merge makes and that look like
 * <this>, and those outside of the alphabet, are taken for such, so that text never becomes one, as it would not either
 * way.
 */
#include "base/memory.h"
#include "bpe/bpe_read.h"
#include "text/json_tree.h"

static int read_merges(struct ll_bpe *b, struct ll_str text, struct ll_err *err)
{
	struct ll_buf scratch = { 0 };
	const char *p = text.data, *end = p + text.len;
	size_t rank = 0;
	int rc = 0;
	for (unsigned line = 1; p < end && !rc; line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct ll_str row = ll_str(p, (size_t)((eol ? eol : end) - p));
		p = eol ? eol + 1 : end;
		row.len -= row.len && row.data[row.len - 1] == '\r';
		if (row.len == 0 || (line == 1 && row.len >= 8 && memcmp(row.data, "#version", 8) == 0))
			continue;
		const char *space = memchr(row.data, ' ', row.len);
		struct ll_str left = ll_str(row.data, space ? (size_t)(space - row.data) : 0);
		if (!space ||
		    ll_bpe_add_named_merge(b, left, ll_str(space + 1, row.len - left.len - 1), rank++, &scratch))
			rc = ll_err_set(err,
					"merges, line %u: not two tokens that make a token of the vocabulary: '%.*s'",
					line, (int)LL_MIN(row.len, 60), row.data);
	}
	ll_buf_free(&scratch);
	return rc;
}

static bool looks_special(struct ll_str name)
{
	if (name.len < 3 || name.data[0] != '<' || name.data[name.len - 1] != '>')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] > '~')
			return false;
	return true;
}

/* The model again with its special tokens apart, now that it is known what merges make. */
static struct ll_bpe *with_specials(struct ll_bpe *b)
{
	bool *made = ll_calloc(LL_MAX(b->tokens, 1), sizeof *made);
	struct ll_bpe *c = ll_bpe_new(NULL);
	struct ll_err err;
	int rc = 0;
	for (size_t i = 0; i < b->merges; i++)
		made[b->merge[i].id] = true;
	for (size_t i = 0; i < b->merges; i++) /* and what merges are made of is no special either */
		made[b->merge[i].left] = made[b->merge[i].right] = true;
	for (uint32_t id = 0; id < b->tokens && !rc; id++) {
		struct ll_str bytes = ll_bpe_token_bytes(b, id);
		if (bytes.data)
			rc = ll_bpe_add_token(c, id, bytes,
					      ll_bpe_is_special(b, id) || (!made[id] && looks_special(bytes))
						      ? LL_TOKEN_ADDED | LL_TOKEN_SPECIAL
						      : 0,
					      &err);
	}
	if (rc)
		LL_BUG("a vocabulary that was read once: %s", err.text);
	for (size_t i = 0; i < b->merges; i++)
		ll_bpe_add_merge(c, b->merge[i].left, b->merge[i].right, b->merge[i].rank, b->merge[i].id);
	ll_free(made);
	ll_bpe_free(b);
	return c;
}

struct ll_bpe *ll_bpe_read_vocab(struct ll_str vocab, struct ll_str merges, const struct ll_bpe_file *f,
				 struct ll_err *err)
{
	struct json_object *root = ll_json_value_parse(vocab, 8, err);
	struct ll_bpe *b = ll_bpe_new(NULL);
	int rc = root ? 0 : -1;
	if (!rc && !json_object_is_type(root, json_type_object))
		rc = ll_err_set(err, "a vocab.json that is no object");
	if (rc || ll_bpe_add_vocab(b, root, true, err) || read_merges(b, merges, err)) {
		ll_bpe_free(b);
		b = NULL;
	}
	json_object_put(root);
	if (!b)
		return NULL;
	b = with_specials(b);
	if (ll_bpe_name_pretokenizer(b, f, NULL, "a vocab.json with merges.txt", err)) {
		ll_bpe_free(b);
		return NULL;
	}
	return ll_bpe_finish(b, f, err);
}
