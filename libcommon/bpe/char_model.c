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
	ll_free(m->prefix);
	ll_trie_free(&m->trie);
	ll_buf_free(&m->shown);
	ll_free(m->shown_end);
	ll_buf_free(&m->added);
	ll_free(m->added_end);
	ll_free(m);
}

/* ---- what tokens stand for ---- */

/* How the decoder of a tokenizer.json makes text of tokens. */
struct showing {
	char sign[8];	 /* stands for a space; "" none */
	char prefix[32]; /* of tokens that follow without a space, where others have one before them; see `spaced` */
	bool spaced, bytes, drop_first;
};

static void read_decoder(struct json_object *o, struct showing *s)
{
	const char *type = json_text(o, "type");
	struct json_object *list = json_member(o, "decoders");
	for (size_t i = 0; json_is_list(list) && i < json_object_array_length(list); i++)
		read_decoder(json_object_array_get_idx(list, i), s);
	if (strcmp(type, "WordPiece") == 0) {
		s->spaced = s->drop_first = true;
		struct ll_str prefix = json_str(json_member(o, "prefix"));
		memcpy(s->prefix, prefix.data, LL_MIN(prefix.len, sizeof s->prefix - 1));
	} else if (strcmp(type, "Metaspace") == 0) {
		struct ll_str sign = json_str(json_member(o, "replacement"));
		memcpy(s->sign, sign.data, LL_MIN(sign.len, sizeof s->sign - 1));
		s->drop_first = strcmp(json_text(o, "prepend_scheme"), "never") != 0 &&
				json_is_true(o, "add_prefix_space", true);
	} else if (strcmp(type, "Replace") == 0 && strcmp(json_text(o, "content"), " ") == 0) {
		struct ll_str sign = json_str(json_member(json_member(o, "pattern"), "String"));
		memcpy(s->sign, sign.data, LL_MIN(sign.len, sizeof s->sign - 1));
	} else if (strcmp(type, "ByteFallback") == 0) {
		s->bytes = true;
	} else if (strcmp(type, "Strip") == 0 && strcmp(json_text(o, "content"), " ") == 0) {
		struct json_object *start = json_member(o, "start");
		s->drop_first = start && json_object_get_int64(start) > 0;
	}
}

static void show_token(const struct showing *s, struct ll_str name, struct ll_buf *out)
{
	size_t prefix = strlen(s->prefix), sign = strlen(s->sign);
	char byte[3] = { 0 };
	uint64_t value;
	if (s->bytes && name.len == 6 && memcmp(name.data, "<0x", 3) == 0 && name.data[5] == '>') {
		memcpy(byte, name.data + 3, 2);
		char *end;
		value = strtoul(byte, &end, 16);
		if (end == byte + 2) {
			ll_buf_putc(out, (char)value);
			return;
		}
	}
	if (s->spaced) {
		if (prefix && name.len >= prefix && memcmp(name.data, s->prefix, prefix) == 0)
			name = ll_str(name.data + prefix, name.len - prefix);
		else
			ll_buf_putc(out, ' ');
	}
	for (const char *p = name.data, *end = p + name.len; p < end;) {
		const char *hit = sign ? memmem(p, (size_t)(end - p), s->sign, sign) : NULL;
		ll_buf_add(out, p, (size_t)((hit ? hit : end) - p));
		p = hit ? hit + sign : end;
		if (hit)
			ll_buf_putc(out, ' ');
	}
}

static int show_tokens(struct ll_bpe *b, struct ll_err *err)
{
	struct ll_char_model *m = b->chars;
	struct showing s = { .spaced = !m->decoder_json, .drop_first = !m->decoder_json };
	if (m->decoder_json) {
		struct json_object *o = ll_json_value_parse(ll_cstr(m->decoder_json), 64, err);
		if (!o)
			return -1;
		read_decoder(o, &s);
		json_object_put(o);
	}
	m->drop_first_space = s.drop_first;
	m->shown_end = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *m->shown_end);
	for (uint32_t id = 0; id < b->tokens; id++) {
		struct ll_str name = ll_bpe_token_name(b, id);
		if (name.data && (b->token[id].flags & LL_TOKEN_ADDED) && !s.spaced)
			ll_buf_add_str(&m->shown, name);
		else if (name.data)
			show_token(&s, name, &m->shown);
		m->shown_end[id] = m->shown.len;
	}
	return 0;
}

struct ll_str ll_char_token_bytes(const struct ll_bpe *b, uint32_t id)
{
	const struct ll_char_model *m = b->chars;
	if (id >= b->tokens || !(b->token[id].flags & LL_TOKEN_PRESENT))
		return ll_str(NULL, 0);
	size_t from = id ? m->shown_end[id - 1] : 0;
	return ll_str(m->shown.data ? m->shown.data + from : "", m->shown_end[id] - from);
}

/* ---- sealing ---- */

static void index_tokens(struct ll_bpe *b)
{
	struct ll_char_model *m = b->chars;
	for (uint32_t id = 0; id < b->tokens; id++)
		if ((b->token[id].flags & (LL_TOKEN_PRESENT | LL_TOKEN_ADDED)) == LL_TOKEN_PRESENT)
			ll_trie_add(&m->trie, ll_bpe_token_name(b, id), id);
	m->inside = LL_TRIE_ROOT;
	for (const char *p = m->prefix; p && *p && m->inside != LL_TRIE_NONE; p++)
		m->inside = ll_trie_step(&m->trie, m->inside, (unsigned char)*p);
}

int ll_char_model_seal(struct ll_bpe *b, struct ll_err *err)
{
	struct ll_char_model *m = b->chars;
	if (b->kind != LL_MODEL_CHARS)
		index_tokens(b);
	m->added_end = ll_malloc(LL_MAX(b->addeds, 1) * sizeof *m->added_end);
	for (size_t i = 0; i < b->addeds; i++) {
		if (b->token[b->added[i]].flags & LL_TOKEN_NORMALIZED &&
		    ll_normalizer_apply(m->normalizer, ll_bpe_token_name(b, b->added[i]), &m->added, err))
			return -1;
		m->added_end[i] = m->added.len;
	}
	return show_tokens(b, err);
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

static void put_added(const struct ll_bpe *b, struct ll_buf *out)
{
	static const char *const yes[] = { "false", "true" };
	const char *comma = "";
	ll_buf_puts(out, "\"added_tokens\":[");
	for (uint32_t id = 0; id < b->tokens; id++) {
		unsigned flags = b->token[id].flags;
		if (!(flags & LL_TOKEN_ADDED))
			continue;
		ll_buf_printf(out, "%s{\"id\":%u,\"content\":", comma, id);
		ll_json_escape(out, ll_bpe_token_name(b, id), false);
		ll_buf_printf(out,
			      ",\"single_word\":false,\"lstrip\":%s,\"rstrip\":%s,\"normalized\":%s,\"special\":%s}",
			      yes[!!(flags & LL_TOKEN_LSTRIP)], yes[!!(flags & LL_TOKEN_RSTRIP)],
			      yes[!!(flags & LL_TOKEN_NORMALIZED)], yes[!!(flags & LL_TOKEN_SPECIAL)]);
		comma = ",";
	}
	ll_buf_puts(out, "],");
}

static void put_vocab(const struct ll_bpe *b, struct ll_buf *out)
{
	const char *comma = "";
	ll_buf_puts(out, "\"vocab\":{");
	for (uint32_t id = 0; id < b->tokens; id++) {
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
	ll_buf_printf(out, "{\"type\":\"Unigram\",\"unk_id\":%u,\"vocab\":[", m->unknown);
	for (uint32_t id = 0; id < m->scores; id++) {
		ll_buf_puts(out, id ? ",[" : "[");
		ll_json_escape(out, ll_bpe_token_name(b, id), false);
		ll_buf_putc(out, ',');
		size_t at = out->len;
		ll_put_double(out, m->score[id]);
		if (!memchr(out->data + at, '.', out->len - at) && !memchr(out->data + at, 'e', out->len - at))
			ll_buf_puts(out, ".0");
		ll_buf_putc(out, ']');
	}
	ll_buf_printf(out, "],\"byte_fallback\":%s}", m->byte_fallback ? "true" : "false");
}

void ll_char_model_json(const struct ll_bpe *b, struct ll_buf *out)
{
	const struct ll_char_model *m = b->chars;
	ll_buf_puts(out, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,");
	put_added(b, out);
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
