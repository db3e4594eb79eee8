/* SPDX-License-Identifier: MIT */
#include "bpe/normalizer.h"

#include <utf8proc.h>

#include "base/memory.h"
#include "bpe/bert_chars.h"
#include "bpe/bpe_read.h"
#include "bpe/charsmap.h"
#include "bpe/pretokenizer_parts.h"
#include "text/unicode.h"
#include "text/utf8.h"

#define STEPS_MOST 32

enum step_type { FORM, LOWERCASE, STRIP_ACCENTS, BERT, PRECOMPILED, REPLACE, PREPEND, STRIP };

struct step {
	enum step_type type;
	enum ll_normal_form form;
	bool clean, chinese, accents, lower; /* BertNormalizer */
	bool left, right;		     /* Strip */
	bool own;			     /* Precompiled: as SentencePiece */
	struct ll_charsmap map;
	char *blob;		/* of the map */
	struct ll_buf from, to; /* Replace, Prepend */
	struct ll_level regex;	/* Replace with a pattern: code is set */
};

struct ll_normalizer {
	struct step *step;
	size_t steps;
};

/* ---- reading ---- */

static int read_precompiled(struct step *s, struct json_object *o, struct ll_err *err)
{
	struct ll_buf blob = { 0 };
	if (ll_base64_decode(json_str(json_member(o, "precompiled_charsmap")), &blob))
		return ll_err_set(err, "normalizer Precompiled: its precompiled_charsmap is no base64");
	struct ll_str data = ll_buf_str(&blob);
	s->own = strcmp(json_text(o, "engine"), "SentencePiece") == 0;
	s->blob = ll_buf_steal(&blob);
	return ll_charsmap_init(&s->map, ll_str(s->blob, data.len), err);
}

/* The compiled pattern with the classes of our Unicode; NULL of plain text. */
static const pcre2_code *pattern_of(const struct step *s)
{
	return s->regex.code[1] ? s->regex.code[1] : s->regex.code[0];
}

/* True when the pattern matches nothing at the start of an empty text. */
static bool matches_empty(const pcre2_code *code)
{
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	bool is = m && pcre2_match(code, (PCRE2_SPTR) "", 0, 0, 0, m, NULL) >= 0;
	pcre2_match_data_free(m);
	return is;
}

static int read_replace(struct step *s, struct json_object *o, struct ll_err *err)
{
	struct json_object *pattern = json_member(o, "pattern"), *regex = json_member(pattern, "Regex"),
			   *text = regex ? regex : json_member(pattern, "String");
	if (!json_is_string(text) || json_object_get_string_len(text) == 0 ||
	    !json_is_string(json_member(o, "content")))
		return ll_err_set(err, "normalizer Replace without a pattern or without content");
	ll_buf_add_str(&s->from, json_str(text));
	ll_buf_cstr(&s->from);
	ll_buf_add_str(&s->to, json_str(json_member(o, "content")));
	if (!regex)
		return 0;
	s->regex = (struct ll_level){ .scheme = -1, .split = { .pattern = ll_buf_str(&s->from) } };
	if (ll_level_compile(&s->regex, err))
		return -1;
	if (matches_empty(pattern_of(s)))
		return ll_err_set(err, "normalizer Replace: the pattern '%.80s' matches the empty text", s->from.data);
	return 0;
}

static int read_step(struct step *s, const char *type, struct json_object *o, struct ll_err *err)
{
	static const char *const forms[] = {
		[LL_NFC] = "NFC", [LL_NFD] = "NFD", [LL_NFKC] = "NFKC", [LL_NFKD] = "NFKD"
	};
	for (size_t i = 0; i < LL_COUNT(forms); i++)
		if (strcmp(type, forms[i]) == 0) {
			s->type = FORM;
			s->form = (enum ll_normal_form)i;
			return 0;
		}
	if (strcmp(type, "Lowercase") == 0) {
		s->type = LOWERCASE;
	} else if (strcmp(type, "StripAccents") == 0) {
		s->type = STRIP_ACCENTS;
	} else if (strcmp(type, "BertNormalizer") == 0) {
		s->type = BERT;
		s->clean = json_is_true(o, "clean_text", true);
		s->chinese = json_is_true(o, "handle_chinese_chars", true);
		s->lower = json_is_true(o, "lowercase", true);
		s->accents = json_is_true(o, "strip_accents", s->lower);
	} else if (strcmp(type, "Precompiled") == 0) {
		s->type = PRECOMPILED;
		return read_precompiled(s, o, err);
	} else if (strcmp(type, "Replace") == 0) {
		s->type = REPLACE;
		return read_replace(s, o, err);
	} else if (strcmp(type, "Prepend") == 0) {
		s->type = PREPEND;
		ll_buf_add_str(&s->to, json_str(json_member(o, "prepend")));
	} else if (strcmp(type, "Strip") == 0) {
		s->type = STRIP;
		s->left = json_is_true(o, "strip_left", true);
		s->right = json_is_true(o, "strip_right", true);
	} else {
		return ll_err_set(err, "normalizer of type '%.60s' is not supported", type);
	}
	return 0;
}

static int read_steps(struct ll_normalizer *n, struct json_object *o, unsigned depth, struct ll_err *err)
{
	struct json_object *list = json_member(o, "normalizers");
	const char *type = json_text(o, "type");
	if (strcmp(type, "Sequence") == 0 && json_is_list(list) && depth < 8) {
		for (size_t i = 0; i < json_object_array_length(list); i++)
			if (read_steps(n, json_object_array_get_idx(list, i), depth + 1, err))
				return -1;
		return 0;
	}
	if (n->steps == STEPS_MOST)
		return ll_err_set(err, "more than %d normalizers in a sequence", STEPS_MOST);
	n->step = ll_realloc(n->step, (n->steps + 1) * sizeof *n->step);
	n->step[n->steps] = (struct step){ .type = FORM };
	return read_step(&n->step[n->steps++], type, o, err);
}

int ll_normalizer_of_json(struct json_object *o, struct ll_normalizer **out, struct ll_err *err)
{
	*out = NULL;
	if (!o)
		return 0;
	struct ll_normalizer *n = ll_calloc(1, sizeof *n);
	if (read_steps(n, o, 0, err)) {
		ll_normalizer_free(n);
		return -1;
	}
	*out = n;
	return 0;
}

void ll_normalizer_free(struct ll_normalizer *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->steps; i++) {
		ll_buf_free(&n->step[i].from);
		ll_buf_free(&n->step[i].to);
		pcre2_code_free(n->step[i].regex.code[0]);
		pcre2_code_free(n->step[i].regex.code[1]);
		ll_free(n->step[i].blob);
	}
	ll_free(n->step);
	ll_free(n);
}

bool ll_normalizer_own(const struct ll_normalizer *n)
{
	for (size_t i = 0; n && i < n->steps; i++)
		if (n->step[i].type == PRECOMPILED && n->step[i].own)
			return true;
	return false;
}

/* ---- applying ---- */

static void put_char(struct ll_buf *out, uint32_t c)
{
	out->len += ll_utf8_put(ll_buf_reserve(out, 4), c);
}

static void put_lower(struct ll_buf *out, uint32_t c)
{
	uint32_t lower[2];
	size_t n = ll_bert_lower(c, lower);
	for (size_t i = 0; i < n; i++)
		put_char(out, lower[i]);
}

static void clean_and_space(const struct step *s, struct ll_str text, struct ll_buf *out)
{
	for (const char *p = text.data, *end = p + text.len; p < end;) {
		uint32_t c = ll_utf8_next(&p);
		if (s->clean && (c == 0 || ll_bert_is_control(c)))
			continue;
		if (s->clean && ll_bert_is_space(c))
			c = ' ';
		bool apart = s->chinese && ll_bert_is_chinese(c);
		if (apart)
			ll_buf_putc(out, ' ');
		put_char(out, c);
		if (apart)
			ll_buf_putc(out, ' ');
	}
}

static void apply_bert(const struct step *s, struct ll_str text, struct ll_buf *out)
{
	struct ll_buf clean = { 0 }, apart = { 0 };
	clean_and_space(s, text, &clean);
	text = ll_buf_str(&clean);
	if (s->accents) {
		ll_bpe_normal_form(text, LL_NFD, &apart);
		text = ll_buf_str(&apart);
	}
	for (const char *p = text.data, *end = p + text.len; p < end;) {
		uint32_t c = ll_utf8_next(&p);
		if (s->accents && ll_bert_is_nonspacing(c))
			continue;
		if (s->lower)
			put_lower(out, c);
		else
			put_char(out, c);
	}
	ll_buf_free(&clean);
	ll_buf_free(&apart);
}

/* SentencePiece: the longest key at every place. */
static void apply_longest(const struct ll_charsmap *m, struct ll_str text, struct ll_buf *out)
{
	const char *p = text.data, *end = p + text.len;
	while (p < end) {
		struct ll_str with;
		size_t n = ll_charsmap_find(m, ll_str(p, (size_t)(end - p)), true, &with);
		if (n) {
			ll_buf_add_str(out, with);
			p += n;
			continue;
		}
		const char *from = p;
		ll_utf8_next(&p);
		ll_buf_add(out, from, (size_t)(p - from));
	}
}

/* tokenizers: a cluster of up to 5 bytes is looked up as a whole, and stands for whatever its shortest key does;
 * otherwise each of its characters. */
static void apply_clusters(const struct ll_charsmap *m, struct ll_str text, struct ll_buf *out)
{
	const char *p = text.data, *end = p + text.len;
	while (p < end) {
		const char *stop = p, *next;
		utf8proc_int32_t state = 0;
		uint32_t before = ll_utf8_next(&stop);
		for (; stop < end; stop = next) {
			next = stop;
			uint32_t c = ll_utf8_next(&next);
			if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)c, &state))
				break;
			before = c;
		}
		struct ll_str with;
		if (stop - p < 6 && ll_charsmap_find(m, ll_str(p, (size_t)(stop - p)), false, &with)) {
			ll_buf_add_str(out, with);
			p = stop;
		}
		while (p < stop) {
			const char *from = p;
			ll_utf8_next(&p);
			struct ll_str one = ll_str(from, (size_t)(p - from));
			ll_buf_add_str(out, ll_charsmap_find(m, one, false, &with) ? with : one);
		}
	}
}

static int replace_pattern(const struct step *s, struct ll_str text, struct ll_buf *out, struct ll_err *err)
{
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	size_t at = 0;
	int rc = m ? 0 : PCRE2_ERROR_NOMEMORY;
	while (m && (rc = pcre2_match(pattern_of(s), (PCRE2_SPTR)text.data, text.len, at, PCRE2_NO_UTF_CHECK, m,
				      NULL)) >= 0) {
		const PCRE2_SIZE *place = pcre2_get_ovector_pointer(m);
		if (place[1] <= place[0]) { /* an empty match inside a text: no text is replaced */
			rc = PCRE2_ERROR_INTERNAL;
			break;
		}
		ll_buf_add(out, text.data + at, place[0] - at);
		ll_buf_add_str(out, ll_buf_str(&s->to));
		at = place[1];
	}
	pcre2_match_data_free(m);
	ll_buf_add(out, text.data + at, text.len - at);
	return rc == PCRE2_ERROR_NOMATCH
		       ? 0
		       : ll_err_set(err, "the pattern to replace '%.80s' gives up (PCRE2 error %d)", s->from.data, rc);
}

/* The length of a match where the text begins; 0: none. */
static size_t match_at_start(const struct step *s, struct ll_str text)
{
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	size_t n = 0;
	if (m && pcre2_match(pattern_of(s), (PCRE2_SPTR)text.data, text.len, 0, PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED, m, NULL) > 0)
		n = pcre2_get_ovector_pointer(m)[1];
	pcre2_match_data_free(m);
	return n;
}

static void replace_text(struct ll_str from, struct ll_str to, struct ll_str text, struct ll_buf *out)
{
	const char *p = text.data, *end = p + text.len;
	while (p < end) {
		const char *hit = memmem(p, (size_t)(end - p), from.data, from.len);
		ll_buf_add(out, p, (size_t)((hit ? hit : end) - p));
		if (!hit)
			return;
		ll_buf_add_str(out, to);
		p = hit + from.len;
	}
}

static void apply_strip(const struct step *s, struct ll_str text, struct ll_buf *out)
{
	const char *p = text.data, *end = p + text.len;
	for (const char *next = p; s->left && p < end; p = next)
		if (!ll_bert_is_space(ll_utf8_next(&next)))
			break;
	while (s->right && end > p) {
		const char *last = end - 1;
		while (last > p && (*last & 0xc0) == 0x80)
			last--;
		const char *next = last;
		if (!ll_bert_is_space(ll_utf8_next(&next)))
			break;
		end = last;
	}
	ll_buf_add(out, p, (size_t)(end - p));
}

static int apply_step(const struct step *s, struct ll_str text, struct ll_buf *out, struct ll_err *err)
{
	const char *end = text.data + text.len;
	switch (s->type) {
	case FORM:
		ll_bpe_normal_form(text, s->form, out);
		return 0;
	case LOWERCASE:
		for (const char *p = text.data; p < end;)
			put_lower(out, ll_utf8_next(&p));
		return 0;
	case STRIP_ACCENTS:
		for (const char *p = text.data; p < end;) {
			uint32_t c = ll_utf8_next(&p);
			if (!ll_bert_is_mark(c))
				put_char(out, c);
		}
		return 0;
	case BERT:
		apply_bert(s, text, out);
		return 0;
	case PRECOMPILED:
		if (s->own)
			apply_longest(&s->map, text, out);
		else
			apply_clusters(&s->map, text, out);
		return 0;
	case REPLACE:
		if (pattern_of(s))
			return text.len ? replace_pattern(s, text, out, err) : 0;
		replace_text(ll_buf_str(&s->from), ll_buf_str(&s->to), text, out);
		return 0;
	case PREPEND:
		if (text.len)
			ll_buf_add_str(out, ll_buf_str(&s->to));
		ll_buf_add_str(out, text);
		return 0;
	case STRIP:
		apply_strip(s, text, out);
		return 0;
	}
	return 0;
}

/* True when what a step makes of the text begins, to tokenizers, behind the text's beginning: where the first characters went, or
 * several of them became another text, which counts as being at the last. */
static bool loses_start(const struct step *s, struct ll_str text)
{
	const char *p = text.data, *end = p + text.len;
	size_t n;
	if (p == end)
		return false;
	uint32_t c = ll_utf8_next(&p);
	switch (s->type) {
	case STRIP_ACCENTS:
		return ll_bert_is_mark(c);
	case BERT:
		return (s->clean && (c == 0 || ll_bert_is_control(c))) || (s->accents && ll_bert_is_nonspacing(c));
	case STRIP:
		return s->left && ll_bert_is_space(c);
	case REPLACE:
		n = pattern_of(s) ? match_at_start(s, text) : text.len >= s->from.len && memcmp(text.data, s->from.data, s->from.len) == 0 ? s->from.len : 0;
		return n > 0 && (s->to.len == 0 || n > (size_t)(p - text.data));
	default:
		return false;
	}
}

int ll_normalizer_apply(const struct ll_normalizer *n, struct ll_str text, struct ll_buf *out, bool *at_start,
			struct ll_err *err)
{
	struct ll_buf one = { 0 }, other = { 0 };
	int rc = 0;
	for (size_t i = 0; n && i < n->steps && !rc; i++) {
		ll_buf_clear(&other);
		if (at_start && *at_start)
			*at_start = !loses_start(&n->step[i], text);
		rc = apply_step(&n->step[i], text, &other, err);
		struct ll_buf swap = one;
		one = other;
		other = swap;
		text = ll_buf_str(&one);
		if (!text.data)
			text = ll_str("", 0);
	}
	ll_buf_add_str(out, text);
	ll_buf_free(&one);
	ll_buf_free(&other);
	return rc;
}
