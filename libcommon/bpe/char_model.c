/* SPDX-License-Identifier: MIT */
#include "bpe/char_model.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "bpe/bpe_read.h"
#include "text/json.h"
#include "text/json_tree.h"
#include "text/utf8.h"

void ll_char_model_free(struct ll_char_model *m)
{
	if (!m)
		return;
	ll_normalizer_free(m->normalizer);
	ll_char_splits_free(m->splits);
	ll_free(m->normalizer_json);
	ll_free(m->splits_json);
	ll_free(m->decoder_json);
	ll_free(m->post_json);
	ll_free(m->score);
	ll_buf_free(&m->scores_json);
	ll_free(m->prefix);
	ll_trie_free(&m->trie);
	ll_buf_free(&m->shown);
	ll_free(m->shown_end);
	ll_free(m);
}

/* ---- sealing ---- */

static void index_tokens(struct ll_bpe *b)
{
	struct ll_char_model *m = b->chars;
	for (uint32_t id = 0; id < b->tokens; id++)
		if (ll_token_is_ordinary(b->token[id].flags))
			ll_trie_add(&m->trie, ll_bpe_token_name(b, id), id);
	m->inside = LL_TRIE_ROOT;
	for (const char *p = m->prefix; p && *p && m->inside != LL_TRIE_NONE; p++)
		m->inside = ll_trie_step(&m->trie, m->inside, (unsigned char)*p);
}

int ll_char_model_seal(struct ll_bpe *b, struct ll_err *err)
{
	if (b->kind != LL_MODEL_CHARS)
		index_tokens(b);
	return ll_char_show_tokens(b, err);
}

void ll_char_model_identity(const struct ll_bpe *b, struct ll_buf *out)
{
	const struct ll_char_model *m = b->chars;
	ll_buf_printf(out, "kind %d\nnormalizer %s\npre_tokenizer %s\ndecoder %s\n", b->kind,
		      m->normalizer_json ? m->normalizer_json : "null", m->splits_json ? m->splits_json : "null",
		      m->decoder_json ? m->decoder_json : "null");
	ll_buf_printf(out, "unknown %u fuse %d bytes %d prefix %s most %u ignore_merges %d\n", m->unknown,
		      m->fuse_unknown, m->byte_fallback, m->prefix ? m->prefix : "", m->most_chars, b->ignore_merges);
	for (size_t id = 0; m->score && id < b->tokens; id++)
		if ((b->token[id].flags & LL_TOKEN_PRESENT) && id < m->scores) {
			ll_put_double(out, m->score[id]);
			ll_buf_putc(out, '\n');
		}
}

/* ---- writing ---- */

static void put_vocab(const struct ll_bpe *b, struct ll_buf *out)
{
	uint32_t end = ll_bpe_end_of_vocab(b);
	const char *comma = "";
	ll_buf_puts(out, "\"vocab\":{");
	for (uint32_t id = 0; id < end; id++) {
		if (!(b->token[id].flags & LL_TOKEN_PRESENT))
			continue;
		ll_buf_puts(out, comma);
		ll_json_escape(out, ll_bpe_token_name(b, id), false);
		ll_buf_printf(out, ":%u", id);
		comma = ",";
	}
	ll_buf_putc(out, '}');
}

static void put_unknown(const struct ll_bpe *b, struct ll_buf *out)
{
	ll_buf_puts(out, "\"unk_token\":");
	if (b->chars->unknown == LL_BPE_NONE)
		ll_buf_puts(out, "null");
	else
		ll_json_escape(out, ll_bpe_token_name(b, b->chars->unknown), false);
	ll_buf_putc(out, ',');
}

static void put_bpe(const struct ll_bpe *b, struct ll_buf *out)
{
	const struct ll_char_model *m = b->chars;
	ll_buf_puts(out, "{\"type\":\"BPE\",\"dropout\":null,");
	put_unknown(b, out);
	ll_buf_printf(
		out,
		"\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":%s,\"byte_fallback\":%s,"
		"\"ignore_merges\":%s,",
		m->fuse_unknown ? "true" : "false", m->byte_fallback ? "true" : "false",
		b->ignore_merges ? "true" : "false");
	put_vocab(b, out);
	ll_buf_puts(out, ",\"merges\":[");
	for (size_t i = 0; i < b->merges; i++) {
		ll_buf_puts(out, i ? ",[" : "[");
		ll_json_escape(out, ll_bpe_token_name(b, b->merge[i].left), false);
		ll_buf_putc(out, ',');
		ll_json_escape(out, ll_bpe_token_name(b, b->merge[i].right), false);
		ll_buf_putc(out, ']');
	}
	ll_buf_puts(out, "]}");
}

static void put_wordpiece(const struct ll_bpe *b, struct ll_buf *out)
{
	ll_buf_puts(out, "{\"type\":\"WordPiece\",");
	put_unknown(b, out);
	ll_buf_puts(out, "\"continuing_subword_prefix\":");
	ll_json_escape(out, ll_cstr(b->chars->prefix), false);
	ll_buf_printf(out, ",\"max_input_chars_per_word\":%u,", b->chars->most_chars);
	put_vocab(b, out);
	ll_buf_putc(out, '}');
}

static void put_unigram(const struct ll_bpe *b, struct ll_buf *out)
{
	const struct ll_char_model *m = b->chars;
	const char *score = m->scores_json.data;
	ll_buf_printf(out, "{\"type\":\"Unigram\",\"unk_id\":%u,\"vocab\":[", m->unknown);
	for (uint32_t id = 0; id < m->scores; id++) {
		ll_buf_puts(out, id ? ",[" : "[");
		ll_json_escape(out, ll_bpe_token_name(b, id), false);
		ll_buf_putc(out, ',');
		ll_buf_puts(out, score);
		score += strlen(score) + 1;
		ll_buf_putc(out, ']');
	}
	ll_buf_printf(out, "],\"byte_fallback\":%s}", m->byte_fallback ? "true" : "false");
}

void ll_char_model_json(const struct ll_bpe *b, struct ll_buf *out)
{
	const struct ll_char_model *m = b->chars;
	ll_buf_puts(out, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,");
	ll_bpe_put_added(b, out);
	ll_buf_printf(out, "\"normalizer\":%s,\"pre_tokenizer\":%s,\"post_processor\":%s,\"decoder\":%s,\"model\":",
		      m->normalizer_json ? m->normalizer_json : "null", m->splits_json ? m->splits_json : "null",
		      m->post_json ? m->post_json : "null", m->decoder_json ? m->decoder_json : "null");
	if (b->kind == LL_MODEL_CHARS)
		put_bpe(b, out);
	else if (b->kind == LL_MODEL_WORDPIECE)
		put_wordpiece(b, out);
	else
		put_unigram(b, out);
	ll_buf_puts(out, "}\n");
}
