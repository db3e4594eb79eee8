/* SPDX-License-Identifier: MIT */
/*
 * GGUF vocabularies, as llama.cpp reads them (src/llama-vocab.cpp). The model "gpt2" is byte-level BPE: names in the
 * ByteLevel alphabet and merges "left right"; .pre names the pre-tokenizer, and with it whether a pre-token that is a
 * token is taken as it is. The model "llama" is SentencePiece's BPE.
 */
#include "base/memory.h"
#include "bpe/bpe_gguf.h"
#include "bpe/bpe_read.h"
#include "bpe/sp_pieces.h"
#include "io/gguf.h"

const struct ll_gguf_pre ll_gguf_pres[] = {
	{ "gpt-2", "gpt2", false },
	{ "phi-2", "gpt2", false },
	{ "jina-es", "gpt2", false },
	{ "jina-de", "gpt2", false },
	{ "jina-v2-es", "gpt2", false },
	{ "jina-v2-de", "gpt2", false },
	{ "roberta-bpe", "gpt2", false },
	{ "mpt", "gpt2", false },
	{ "olmo", "gpt2", false },
	{ "jais", "gpt2", false },
	{ "trillion", "gpt2", false },
	{ "llama-bpe", "llama3", true },
	{ "llama3", "llama3", true },
	{ "llama-v3", "llama3", true },
	{ "falcon3", "llama3", true },
	{ "falcon-h1", "llama3", true },
	{ "lfm2", "llama3", true },
	{ "dbrx", "llama3", false },
	{ "smaug-bpe", "llama3", false },
	{ "glm4", "llama3", false },
	{ "chatglm-bpe", "llama3", false },
	{ "qwen2", "qwen2", false },
	{ "deepseek-r1-qwen", "qwen2", false },
	{ "megrez", "qwen2", false },
	{ "qwen35", "qwen3.5", false },
	{ "gpt-4o", "o200k", false },
	{ "llama4", "o200k", false },
	{ "deepseek-v3", "deepseek-v3", false },
	{ NULL, NULL, false },
};

struct gguf {
	struct ll_str model, pre;
	struct ll_gguf_value tokens, types, scores, merges, charsmap;
	bool space_prefix, remove_extra_spaces;
};

static int take_pair(void *context, struct ll_str key, struct ll_gguf_value v)
{
	struct gguf *g = context;
	static const char prefix[] = "tokenizer.ggml.";
	size_t n = sizeof prefix - 1;
	if (key.len < n || memcmp(key.data, prefix, n) != 0)
		return 0;
	key = ll_str(key.data + n, key.len - n);
	if (ll_str_is(key, "model") && !v.array)
		g->model = ll_gguf_next_string(&v);
	else if (ll_str_is(key, "pre") && !v.array)
		g->pre = ll_gguf_next_string(&v);
	else if (ll_str_is(key, "tokens") && v.array)
		g->tokens = v;
	else if (ll_str_is(key, "token_type") && v.array)
		g->types = v;
	else if (ll_str_is(key, "scores") && v.array)
		g->scores = v;
	else if (ll_str_is(key, "merges") && v.array)
		g->merges = v;
	else if (ll_str_is(key, "precompiled_charsmap") && v.array)
		g->charsmap = v;
	else if (ll_str_is(key, "add_space_prefix"))
		g->space_prefix = ll_gguf_next_number(&v) != 0;
	else if (ll_str_is(key, "remove_extra_whitespaces"))
		g->remove_extra_spaces = ll_gguf_next_number(&v) != 0;
	return 0;
}

/* ---- byte-level BPE ---- */

static int add_byte_level(struct ll_bpe *b, struct gguf *g, struct ll_err *err)
{
	struct ll_buf bytes = { 0 };
	bool typed = g->types.n > 0;
	int rc = 0;
	for (uint64_t id = 0; g->tokens.n && !rc; id++) {
		struct ll_str name = ll_gguf_next_string(&g->tokens);
		int type = typed ? (int)ll_gguf_next_number(&g->types) : LL_SP_NORMAL;
		ll_buf_clear(&bytes);
		if (type == LL_SP_UNUSED) /* fills up to the size of an embedding */
			continue;
		if (type == LL_SP_CONTROL || type == LL_SP_UNKNOWN || type == LL_SP_USER_DEFINED)
			rc = ll_bpe_add_token(
				b, id, name, LL_TOKEN_ADDED | (type == LL_SP_USER_DEFINED ? 0 : LL_TOKEN_SPECIAL), err);
		else if (!ll_bytes_of_name(name, &bytes))
			rc = ll_err_set(err, "token %llu '%.*s' is not in the byte-level alphabet",
					(unsigned long long)id, (int)LL_MIN(name.len, 60), name.data);
		else
			rc = ll_bpe_add_token(b, id, ll_buf_str(&bytes), 0, err);
	}
	for (size_t rank = 0; g->merges.n && !rc; rank++) {
		struct ll_str both = ll_gguf_next_string(&g->merges);
		const char *space = both.len > 1 ? memchr(both.data + 1, ' ', both.len - 1) : NULL;
		struct ll_str left = ll_str(both.data, space ? (size_t)(space - both.data) : 0);
		if (!space || ll_bpe_add_named_merge(b, left, ll_str(space + 1, both.len - left.len - 1), rank, &bytes))
			rc = ll_err_set(err, "merge %zu names or makes a token that is not in the vocabulary", rank);
	}
	ll_buf_free(&bytes);
	return rc;
}

static struct ll_bpe *read_byte_level(struct gguf *g, const struct ll_bpe_file *f, struct ll_err *err)
{
	const struct ll_gguf_pre *pre = ll_gguf_pres;
	while (pre->name && !ll_str_is(g->pre, pre->name))
		pre++;
	if (!pre->name && g->pre.len && !ll_str_is(g->pre, "default")) {
		ll_err_set(err, "the pre-tokenizer '%.*s' of this GGUF file is not supported",
			   (int)LL_MIN(g->pre.len, 60), g->pre.data);
		return NULL;
	}
	struct ll_bpe *b = ll_bpe_new(NULL);
	b->ignore_merges = pre->ignore_merges;
	/* llama.cpp's "default" is none that a model was trained with: the user has to say it. */
	if (ll_bpe_name_pretokenizer(b, f, pre->pretokenizer, "a GGUF file without tokenizer.ggml.pre", err) ||
	    add_byte_level(b, g, err)) {
		ll_bpe_free(b);
		return NULL;
	}
	return ll_bpe_finish(b, f, err);
}

/* ---- SentencePiece ---- */

static struct ll_bpe *read_pieces(struct gguf *g, const struct ll_bpe_file *f, struct ll_err *err)
{
	struct ll_sp_model m = { .dummy_prefix = g->space_prefix, .remove_extra_spaces = g->remove_extra_spaces };
	if (g->charsmap.n) {
		ll_err_set(err, "a GGUF model \"llama\" with precompiled_charsmap is not supported");
		return NULL;
	}
	if (g->scores.n != g->tokens.n || g->types.n != g->tokens.n) {
		ll_err_set(err, "the GGUF file has not as many scores and token types as tokens");
		return NULL;
	}
	while (g->tokens.n) {
		LL_GROW(m.piece, m.pieces_cap, m.pieces + 1);
		struct ll_sp_piece *piece = &m.piece[m.pieces++];
		piece->text = ll_gguf_next_string(&g->tokens);
		piece->score = (float)ll_gguf_next_number(&g->scores);
		piece->type = (int)ll_gguf_next_number(&g->types);
		m.byte_fallback |= piece->type == LL_SP_BYTE;
	}
	struct ll_bpe *b = ll_bpe_of_pieces(&m, f, err);
	ll_free(m.piece);
	return b;
}

struct ll_bpe *ll_bpe_read_gguf(struct ll_str data, const struct ll_bpe_file *f, struct ll_err *err)
{
	struct gguf g = { .space_prefix = true, .model = { "", 0 }, .pre = { "", 0 } };
	if (ll_gguf_read(data, take_pair, &g, err))
		return NULL;
	if (g.tokens.type != LL_GGUF_STRING || g.tokens.n == 0) {
		ll_err_set(err, "the GGUF file has no tokenizer.ggml.tokens");
		return NULL;
	}
	if (g.types.n && g.types.n != g.tokens.n) {
		ll_err_set(err, "the GGUF file has %llu tokens and %llu token types", (unsigned long long)g.tokens.n,
			   (unsigned long long)g.types.n);
		return NULL;
	}
	if (ll_str_is(g.model, "gpt2"))
		return read_byte_level(&g, f, err);
	if (ll_str_is(g.model, "llama"))
		return read_pieces(&g, f, err);
	ll_err_set(err, "the tokenizer model '%.*s' of this GGUF file is not supported (only gpt2 and llama)",
		   (int)LL_MIN(g.model.len, 60), g.model.data);
	return NULL;
}
