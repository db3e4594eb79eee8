/* SPDX-License-Identifier: MIT */
#include "bpe/char_splits.h"

#include "base/memory.h"
#include "bpe/bert_chars.h"
#include "bpe/bpe_read.h"
#include "bpe/pretokenizer.h"
#include "text/unicode.h"
#include "text/utf8.h"

#define STEPS_MOST 16

enum step_type { BERT, WHITESPACE, WHITESPACE_SPLIT, PUNCTUATION, DIGITS, SPLIT, METASPACE };
enum prepend { ALWAYS, FIRST, NEVER };

struct step {
	enum step_type type;
	bool individual; /* Digits */
	bool split;	 /* Metaspace */
	enum prepend prepend;
	char sign[5];			 /* Metaspace: stands for a space */
	struct ll_pretokenizer *pattern; /* Split */
};

struct ll_char_splits {
	struct step step[STEPS_MOST];
	size_t steps;
};

/* ---- reading ---- */

static int read_metaspace(struct step *s, struct json_object *o, struct ll_err *err)
{
	static const char *const names[] = { [ALWAYS] = "always", [FIRST] = "first", [NEVER] = "never" };
	struct ll_str sign = json_str(json_member(o, "replacement"));
	const char *p = sign.data, *scheme = json_text(o, "prepend_scheme");
	if (sign.len == 0 || sign.len > 4 || (ll_utf8_next(&p), p != sign.data + sign.len))
		return ll_err_set(err, "Metaspace with a replacement that is no single character");
	memcpy(s->sign, sign.data, sign.len);
	s->split = json_is_true(o, "split", true);
	s->prepend = *scheme || json_is_true(o, "add_prefix_space", true) ? ALWAYS : NEVER;
	for (size_t i = 0; i < LL_COUNT(names); i++)
		if (strcmp(scheme, names[i]) == 0) {
			s->prepend = (enum prepend)i;
			return 0;
		}
	return *scheme ? ll_err_set(err, "Metaspace with prepend_scheme '%.40s' is not supported", scheme) : 0;
}

static int set_split(struct step *s, struct ll_split split, const char *behavior, struct ll_err *err)
{
	static const char *const names[] = { "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext" };
	for (size_t i = 0; i < LL_COUNT(names); i++)
		if (strcmp(behavior, names[i]) == 0) {
			split.behavior = (enum ll_split_behavior)i;
			s->pattern = ll_pretokenizer_of_splits(&split, 1, false, err);
			return s->pattern ? 0 : -1;
		}
	return ll_err_set(err, "a %s with behavior '%.40s' is not supported", s->type == PUNCTUATION ? "Punctuation" : "Split", behavior);
}

static int read_split(struct step *s, struct json_object *o, struct ll_err *err)
{
	struct json_object *pattern = json_member(o, "pattern"), *regex = json_member(pattern, "Regex"),
			   *text = regex ? regex : json_member(pattern, "String");
	struct ll_split split = { .pattern = json_str(text),
				  .literal = !regex,
				  .invert = json_is_true(o, "invert", false) };
	if (split.pattern.len == 0)
		return ll_err_set(err, "a Split without a pattern");
	return set_split(s, split, json_text(o, "behavior"), err);
}

static int read_step(struct step *s, const char *type, struct json_object *o, struct ll_err *err)
{
	static const char *const names[] = {
		[BERT] = "BertPreTokenizer",   [WHITESPACE] = "Whitespace", [WHITESPACE_SPLIT] = "WhitespaceSplit",
		[PUNCTUATION] = "Punctuation", [DIGITS] = "Digits",	    [SPLIT] = "Split",
		[METASPACE] = "Metaspace",
	};
	size_t i = 0;
	while (i < LL_COUNT(names) && strcmp(type, names[i]) != 0)
		i++;
	if (i == LL_COUNT(names))
		return ll_err_set(err, "pre_tokenizer of type '%.60s' is not supported", type);
	s->type = (enum step_type)i;
	s->individual = json_is_true(o, "individual_digits", false);
	const char *behavior = json_text(o, "behavior");
	if (s->type == PUNCTUATION && *behavior && strcmp(behavior, "Isolated") != 0) {
		if (set_split(s, (struct ll_split){ .pattern = ll_cstr(ll_punctuation_pattern) }, behavior, err))
			return -1;
		s->type = SPLIT;
		return 0;
	}
	return s->type == METASPACE ? read_metaspace(s, o, err) : s->type == SPLIT ? read_split(s, o, err) : 0;
}

static int read_steps(struct ll_char_splits *s, struct json_object *o, unsigned depth, struct ll_err *err)
{
	struct json_object *list = json_member(o, "pretokenizers");
	const char *type = json_text(o, "type");
	if (strcmp(type, "Sequence") == 0 && json_is_list(list) && depth < 8) {
		for (size_t i = 0; i < json_object_array_length(list); i++)
			if (read_steps(s, json_object_array_get_idx(list, i), depth + 1, err))
				return -1;
		return 0;
	}
	if (s->steps == STEPS_MOST)
		return ll_err_set(err, "more than %d pre-tokenizers in a sequence", STEPS_MOST);
	return read_step(&s->step[s->steps++], type, o, err);
}

int ll_char_splits_of_json(struct json_object *o, struct ll_char_splits **out, struct ll_err *err)
{
	*out = NULL;
	if (!o)
		return 0;
	struct ll_char_splits *s = ll_calloc(1, sizeof *s);
	if (read_steps(s, o, 0, err)) {
		ll_char_splits_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void ll_char_splits_free(struct ll_char_splits *s)
{
	for (size_t i = 0; s && i < s->steps; i++)
		ll_pretokenizer_free(s->step[i].pattern);
	ll_free(s);
}

bool ll_char_splits_metaspace(const struct ll_char_splits *s, bool *prepends)
{
	for (size_t i = 0; s && i < s->steps; i++)
		if (s->step[i].type == METASPACE) {
			*prepends = s->step[i].prepend != NEVER;
			return true;
		}
	return false;
}

bool ll_char_splits_first_after(const struct ll_char_splits *s)
{
	for (size_t i = 1; s && i < s->steps; i++)
		if (s->step[i].type == METASPACE && s->step[i].prepend == FIRST)
			return true;
	return false;
}

/* ---- splitting ---- */

struct ll_char_splitter {
	const struct ll_char_splits *splits;
	struct ll_splitter *pattern[STEPS_MOST];
	struct ll_words now, next;
};

struct ll_char_splitter *ll_char_splitter_new(const struct ll_char_splits *s)
{
	struct ll_char_splitter *p = ll_calloc(1, sizeof *p);
	p->splits = s;
	for (size_t i = 0; s && i < s->steps; i++)
		if (s->step[i].type == SPLIT)
			p->pattern[i] = ll_splitter_new(s->step[i].pattern);
	return p;
}

static void free_words(struct ll_words *w)
{
	ll_buf_free(&w->text);
	ll_free(w->end);
}

void ll_char_splitter_free(struct ll_char_splitter *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < STEPS_MOST; i++)
		ll_splitter_free(p->pattern[i]);
	free_words(&p->now);
	free_words(&p->next);
	ll_free(p);
}

static void end_word(struct ll_words *w)
{
	if (w->text.len == (w->n ? w->end[w->n - 1] : 0))
		return;
	LL_GROW(w->end, w->cap, w->n + 1);
	w->end[w->n++] = w->text.len;
}

static void put_word(struct ll_words *w, const char *from, const char *to)
{
	ll_buf_add(&w->text, from, (size_t)(to - from));
	end_word(w);
}

bool ll_char_is_word(uint32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= 'a' && c <= 'z');
	if (ll_char_class(c) & (LL_CHAR_LETTER | LL_CHAR_MARK))
		return true;
	if ((c >= 0x24b6 && c <= 0x24e9) || c == 0x200c || c == 0x200d || (c >= 0x1f130 && c <= 0x1f149) ||
	    (c >= 0x1f150 && c <= 0x1f169) || (c >= 0x1f170 && c <= 0x1f189))
		return true;
	const char *name = ll_char_category(c);
	return strcmp(name, "Nd") == 0 || strcmp(name, "Nl") == 0 || strcmp(name, "Pc") == 0;
}

/* What a character is to a step: 0 is dropped, 1 stands alone, others make words with their like. */
static unsigned kind_of(const struct step *s, uint32_t c)
{
	switch (s->type) {
	case BERT:
		return ll_bert_is_space(c) ? 0 : ll_bert_is_punctuation(c) ? 1 : 2;
	case WHITESPACE:
		return ll_char_is_word(c) ? 2 : ll_bert_is_space(c) ? 0 : 3;
	case WHITESPACE_SPLIT:
		return ll_bert_is_space(c) ? 0 : 2;
	case PUNCTUATION:
		return ll_bert_is_punctuation(c) ? 1 : 2;
	default:
		return !(ll_char_class(c) & LL_CHAR_NUMBER) ? 2 : s->individual ? 1 : 3;
	}
}

/* True when the first word begins behind the text's beginning from this step on. */
static bool drops_first(const struct step *s, const struct ll_words *words)
{
	const char *p = words->text.data;
	return words->n && s->type <= WHITESPACE_SPLIT && kind_of(s, ll_utf8_next(&p)) == 0;
}

static void split_by_kind(const struct step *s, struct ll_str text, struct ll_words *out)
{
	unsigned before = 0;
	for (const char *p = text.data, *end = p + text.len; p < end;) {
		const char *from = p;
		unsigned kind = kind_of(s, ll_utf8_next(&p));
		if (kind != before || kind == 1)
			end_word(out);
		if (kind)
			ll_buf_add(&out->text, from, (size_t)(p - from));
		before = kind;
	}
	end_word(out);
}

/* Spaces become signs, one may come first, and words begin at signs. */
static void split_metaspace(const struct step *s, struct ll_str text, bool first, struct ll_words *out)
{
	const char *p = text.data, *end = p + text.len;
	size_t n = strlen(s->sign);
	bool has = *p == ' ' || (text.len >= n && memcmp(p, s->sign, n) == 0);
	if (!has && (s->prepend == ALWAYS || (s->prepend == FIRST && first)))
		ll_buf_add(&out->text, s->sign, n);
	for (const char *from = p; p < end; from = p) {
		bool space = *p == ' ';
		ll_utf8_next(&p);
		bool sign = space || ((size_t)(p - from) == n && memcmp(from, s->sign, n) == 0);
		if (sign && s->split)
			end_word(out);
		ll_buf_add(&out->text, space ? s->sign : from, space ? n : (size_t)(p - from));
	}
	end_word(out);
}

static int split_pattern(struct ll_splitter *p, struct ll_str text, struct ll_words *out, struct ll_err *err)
{
	size_t end[64], at = 0;
	for (size_t n; (n = ll_split(p, text, at, end, LL_COUNT(end)));)
		for (size_t i = 0; i < n; at = end[i++])
			put_word(out, text.data + at, text.data + end[i]);
	return ll_splitter_error(p) ? ll_err_set(err, "%s", ll_splitter_error(p)) : 0;
}

int ll_char_split(struct ll_char_splitter *p, struct ll_str text, bool at_start, const struct ll_words **out,
		  struct ll_err *err)
{
	struct ll_words *now = &p->now, *next = &p->next;
	ll_buf_clear(&now->text);
	now->n = 0;
	put_word(now, text.data, text.data + text.len);
	for (size_t i = 0; p->splits && i < p->splits->steps; i++) {
		const struct step *s = &p->splits->step[i];
		size_t at = 0;
		ll_buf_clear(&next->text);
		next->n = 0;
		at_start &= !drops_first(s, now);
		for (size_t k = 0; k < now->n; at = now->end[k++]) {
			struct ll_str word = ll_str(now->text.data + at, now->end[k] - at);
			if (s->type == METASPACE)
				split_metaspace(s, word, at_start && k == 0, next);
			else if (s->type != SPLIT)
				split_by_kind(s, word, next);
			else if (split_pattern(p->pattern[i], word, next, err))
				return -1;
		}
		struct ll_words swap = *now;
		*now = *next;
		*next = swap;
	}
	*out = now;
	return 0;
}
