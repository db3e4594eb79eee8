/* SPDX-License-Identifier: MIT */
/* What tokens over characters stand for: the decoder of a tokenizer.json. */
#include "bpe/char_model.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bpe/bpe_read.h"
#include "text/json_tree.h"

struct showing {
	char sign[8];	 /* stands for a space; "" none */
	char prefix[32]; /* of tokens that follow without a space, where others have one before them; see `spaced` */
	bool spaced, cleanup, bytes, drop_first, drop_each;
	bool fused; /* what comes now sees the whole text */
};

static int copy_text(char *to, size_t size, struct json_object *o, const char *what, struct ll_err *err)
{
	struct ll_str text = json_str(o);
	if (text.len >= size)
		return ll_err_set(err, "decoder with a %s of more than %zu bytes", what, size - 1);
	memcpy(to, text.data, text.len);
	to[text.len] = '\0';
	return 0;
}

static int read_replace(struct json_object *o, struct showing *s, struct ll_err *err)
{
	struct json_object *pattern = json_member(o, "pattern"), *text = json_member(pattern, "String");
	const char *content = json_text(o, "content");
	/* What ll-bpe makes of a .model whose spaces are removed; tokenizers does the same, but for tokens with several. */
	if (strcmp(json_text(pattern, "Regex"), "\\A +") == 0 && strcmp(json_text(o, "engine"), "SentencePiece") == 0 && !*content) {
		s->drop_each = true;
		return 0;
	}
	if (!json_is_string(text) || strcmp(content, " ") != 0 || *s->sign || s->bytes)
		return ll_err_set(err, "decoder Replace is supported once, of a text by a space, before ByteFallback");
	return copy_text(s->sign, sizeof s->sign, text, "pattern", err);
}

static int read_strip(struct json_object *o, struct showing *s, struct ll_err *err)
{
	struct json_object *start = json_member(o, "start"), *stop = json_member(o, "stop");
	int64_t first = start ? json_object_get_int64(start) : 0, last = stop ? json_object_get_int64(stop) : 0;
	if (strcmp(json_text(o, "content"), " ") != 0 || first < 0 || first > 1 || last != 0)
		return ll_err_set(err, "decoder Strip is supported for one space at the start");
	s->drop_first = first > 0;
	return 0;
}

static int read_decoder(struct json_object *o, struct showing *s, unsigned depth, struct ll_err *err)
{
	const char *type = json_text(o, "type");
	struct json_object *list = json_member(o, "decoders");
	if (strcmp(type, "Sequence") == 0 && json_is_list(list) && depth < 8) {
		for (size_t i = 0; i < json_object_array_length(list); i++)
			if (read_decoder(json_object_array_get_idx(list, i), s, depth + 1, err))
				return -1;
		return 0;
	}
	bool whole = strcmp(type, "Strip") == 0 || *json_text(json_member(o, "pattern"), "Regex");
	if (s->fused != whole)
		return ll_err_set(err, "decoder '%.60s' %s Fuse is not supported", type, whole ? "before" : "after");
	if (strcmp(type, "WordPiece") == 0) {
		s->spaced = s->drop_first = true;
		s->cleanup = json_is_true(o, "cleanup", true);
		return copy_text(s->prefix, sizeof s->prefix, json_member(o, "prefix"), "prefix", err);
	}
	if (strcmp(type, "Metaspace") == 0) {
		s->drop_first = strcmp(json_text(o, "prepend_scheme"), "never") != 0 && json_is_true(o, "add_prefix_space", true);
		return copy_text(s->sign, sizeof s->sign, json_member(o, "replacement"), "replacement", err);
	}
	if (strcmp(type, "Replace") == 0)
		return read_replace(o, s, err);
	if (strcmp(type, "Strip") == 0)
		return read_strip(o, s, err);
	if (strcmp(type, "ByteFallback") == 0)
		s->bytes = true;
	else if (strcmp(type, "Fuse") == 0)
		s->fused = true;
	else
		return ll_err_set(err, "decoder of type '%.60s' is not supported over characters", type);
	return 0;
}

/* The `cleanup` of tokenizers' WordPiece, one replacement after the other. */
static void clean_up(struct ll_buf *text)
{
	static const char *const by[][2] = {
		{ " .", "." },	   { " ?", "?" },   { " !", "!" },	    { " ,", "," },   { " ' ", "'" },   { " n't", "n't" },
		{ " 'm", "'m" }, { " do not", " don't" }, { " 's", "'s" }, { " 've", "'ve" }, { " 're", "'re" },
	};
	struct ll_buf out = { 0 };
	for (size_t i = 0; i < LL_COUNT(by); i++) {
		const char *p = text->data, *end = p + text->len;
		ll_buf_clear(&out);
		while (p < end) {
			const char *hit = memmem(p, (size_t)(end - p), by[i][0], strlen(by[i][0]));
			ll_buf_add(&out, p, (size_t)((hit ? hit : end) - p));
			if (hit)
				ll_buf_puts(&out, by[i][1]);
			p = hit ? hit + strlen(by[i][0]) : end;
		}
		struct ll_buf swap = *text;
		*text = out;
		out = swap;
	}
	ll_buf_free(&out);
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

int ll_char_show_tokens(struct ll_bpe *b, struct ll_err *err)
{
	struct ll_char_model *m = b->chars;
	struct showing s = { .spaced = !m->decoder_json, .drop_first = !m->decoder_json };
	struct ll_buf one = { 0 };
	if (m->decoder_json) {
		struct json_object *o = ll_json_value_parse(ll_cstr(m->decoder_json), 64, err);
		int rc = o ? read_decoder(o, &s, 0, err) : -1;
		json_object_put(o);
		if (rc)
			return -1;
	}
	m->drop_first_space = s.drop_first || s.drop_each;
	m->drop_each_space = s.drop_each;
	m->shown_end = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *m->shown_end);
	for (uint32_t id = 0; id < b->tokens; id++) {
		struct ll_str name = ll_bpe_token_text(b, id);
		ll_buf_clear(&one);
		if (name.data)
			show_token(&s, name, &one);
		if (s.cleanup && one.len)
			clean_up(&one);
		ll_buf_add_str(&m->shown, ll_buf_str(&one));
		m->shown_end[id] = m->shown.len;
	}
	ll_buf_free(&one);
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
