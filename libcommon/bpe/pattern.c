/* SPDX-License-Identifier: MIT */
#include "bpe/pattern.h"

#include <stdio.h>

#define SPACE                                                                                                          \
	"\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
#define NO_SPACE                                                                                                       \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{"  \
	"2027}"                                                                                                        \
	"\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}"
#define GROUPS_MOST 100
#define CLASSES_MOST 8u

struct parser {
	const char *p, *start, *end;
	struct ll_buf *out;
	struct ll_pattern_meaning *meaning;
	bool exact;
	bool fold[GROUPS_MOST]; /* inside of (?i:, for every group that is open */
	bool look[GROUPS_MOST]; /* the group is a look-around */
	unsigned depth;
	bool atom; /* what stands before can be repeated */
	char last; /* a letter just before, in a group that folds; else 0 */
};

static bool stop(struct parser *s, const char *what)
{
	if (!*s->meaning->other)
		snprintf(s->meaning->other, sizeof s->meaning->other, "%s", what);
	return false;
}

static bool is(const struct parser *s, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

static bool folds(const struct parser *s)
{
	return s->fold[s->depth];
}

static bool is_letter(char c)
{
	return (unsigned)((c | 0x20) - 'a') < 26;
}

/* ---- escapes ---- */

static void put_categories(struct parser *s, uint32_t categories, const char *name, bool negated, bool in_class)
{
	if (!s->exact) {
		ll_buf_printf(s->out, "\\%c{%s}", negated ? 'P' : 'p', name);
		return;
	}
	ll_buf_puts(s->out, in_class ? "" : negated ? "[^" : "[");
	ll_pattern_category(categories, name, negated && in_class, s->out);
	ll_buf_puts(s->out, in_class ? "" : "]");
}

/* \p{..} and \P{..}, after the backslash. */
static bool property(struct parser *s, bool in_class)
{
	bool negated = *s->p == 'P';
	char name[40];
	s->p++;
	const char *close = s->p < s->end && *s->p == '{' ? memchr(s->p, '}', (size_t)(s->end - s->p)) : NULL;
	if (!close)
		return stop(s, "\\p without {}");
	if (++s->p < close && *s->p == '^') {
		negated = !negated;
		s->p++;
	}
	size_t len = (size_t)(close - s->p);
	if (len == 0 || len >= sizeof name)
		return stop(s, "\\p{} of an unknown name");
	memcpy(name, s->p, len);
	name[len] = '\0';
	s->p = close + 1;
	uint32_t categories = ll_pattern_categories(ll_cstr(name));
	if (folds(s))
		return stop(s, "\\p inside of (?i:)");
	if (!categories && !ll_pattern_is_script(name))
		return stop(s, "\\p{} of another name than a category or a script");
	if (!categories) {
		s->meaning->scripts = true;
		ll_buf_printf(s->out, "\\%c{sc:%s}", negated ? 'P' : 'p', name);
		return true;
	}
	put_categories(s, categories, name, negated, in_class);
	return true;
}

static bool hex_digits(struct parser *s, unsigned least, unsigned most, uint32_t *value)
{
	unsigned n = 0;
	*value = 0;
	for (; n < most && s->p < s->end; n++, s->p++) {
		char c = *s->p;
		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')))
			break;
		*value = *value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return n >= least;
}

/* \x{H...}, \xHH below 80, \uHHHH: after the backslash. */
static bool coded_character(struct parser *s)
{
	uint32_t c;
	char kind = *s->p++;
	bool brace = kind == 'x' && s->p < s->end && *s->p == '{';
	s->p += brace;
	if (!hex_digits(s,
			kind == 'u' ? 4
			: brace	    ? 1
				    : 2,
			kind == 'u' ? 4
			: brace	    ? 6
				    : 2,
			&c) ||
	    (brace && (s->p == s->end || *s->p++ != '}')))
		return stop(s, "a character by its number in another form than \\xHH, \\x{H} and \\uHHHH");
	if (kind == 'x' && !brace && c >= 0x80)
		return stop(s, "\\xHH from 80 on, a byte");
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return stop(s, "the number of no character");
	if (folds(s) && (c >= 0x80 || is_letter((char)c)))
		return stop(s, "a character by its number inside of (?i:)");
	ll_buf_printf(s->out, "\\x{%x}", c);
	return true;
}

/* After the backslash. *single: one character, which may begin or end a range. */
static bool escape(struct parser *s, bool in_class, bool *single)
{
	*single = false;
	if (s->p == s->end)
		return stop(s, "a backslash at the end");
	char c = *s->p;
	switch (c) {
	case 'p':
	case 'P':
		return property(s, in_class);
	case 's':
		ll_buf_puts(s->out, in_class ? SPACE : "[" SPACE "]");
		break;
	case 'S':
		ll_buf_puts(s->out, in_class ? NO_SPACE : "[^" SPACE "]");
		break;
	case 'd':
	case 'D':
		if (folds(s))
			return stop(s, "\\d inside of (?i:)");
		put_categories(s, ll_pattern_categories(ll_cstr("Nd")), "Nd", c == 'D', in_class);
		break;
	case 'x':
	case 'u':
		*single = true;
		return coded_character(s);
	case 'A':
	case 'z':
		if (in_class)
			return stop(s, "\\A or \\z in []");
		s->meaning->context |= c == 'A';
		ll_buf_add(s->out, s->p - 1, 2);
		break;
	default:
		if (is_letter(c) ? !strchr("aefnrt", c) : (c >= '0' && c <= '9') || (unsigned char)c >= 0x80) {
			char what[] = "\\?";
			what[1] = (unsigned char)c >= 0x80 ? '?' : c;
			return stop(s, what);
		}
		*single = true;
		ll_buf_add(s->out, s->p - 1, 2);
	}
	s->p++;
	return true;
}

/* ---- classes ---- */

static bool class_literal(struct parser *s)
{
	unsigned char c = (unsigned char)*s->p;
	if (folds(s) && !is_letter((char)c))
		return stop(s, "other characters than ASCII letters in [] inside of (?i:)");
	if (c == '-') /* the last of a set in a set does not stay the last */
		ll_buf_putc(s->out, '\\');
	do
		ll_buf_putc(s->out, *s->p++);
	while (s->p < s->end && ((unsigned char)*s->p & 0xc0) == 0x80);
	return true;
}

static bool class_item(struct parser *s, bool *single)
{
	*single = true;
	if (*s->p != '\\')
		return class_literal(s);
	s->p++;
	return escape(s, true, single);
}

/* The members of a class up to its ] or an &&. A set in the set has its members among them. */
static bool members(struct parser *s, unsigned depth)
{
	bool single = false;
	for (bool first = true; s->p < s->end && *s->p != ']' && !is(s, "&&"); first = false) {
		bool range = *s->p == '-' && !first && !is(s, "-]") && !is(s, "-&&"), began = single;
		if (*s->p == '[') {
			s->p++;
			if (s->p == s->end || strchr("^:]", *s->p) || depth == CLASSES_MOST || !members(s, depth + 1) ||
			    s->p == s->end || *s->p++ != ']')
				return stop(s, "a set inside of [] that is no plain one");
			single = false;
			continue;
		}
		if (range)
			ll_buf_putc(s->out, *s->p++);
		if (s->p == s->end || (range && *s->p == '[') || !class_item(s, &single))
			return stop(s, "a [ without ], or a '-' before a set");
		if (range && (!began || !single || folds(s)))
			return stop(s, "a '-' in [] that is no plain range");
		single = single && !range; /* where one range ends no other begins */
	}
	return true;
}

/* One side of an &&, as a class: its members, or a set with ^ that is all of it. */
static bool side(struct parser *s)
{
	bool negated = is(s, "[^");
	s->p += negated ? 2 : 0;
	ll_buf_puts(s->out, negated ? "[^" : "[");
	if (s->p == s->end || *s->p == ']' || is(s, "&&") || !members(s, 1))
		return stop(s, "an empty side of &&");
	if (negated && (s->p == s->end || *s->p++ != ']' || (s->p < s->end && *s->p != ']' && !is(s, "&&"))))
		return stop(s, "a set with ^ that is not all of a side of &&");
	ll_buf_putc(s->out, ']');
	return true;
}

/* From the '[' on. PCRE2 has no &&: [a&&b] is a character that is in [a], before which [b] looks ahead. */
static bool class(struct parser *s)
{
	size_t from = s->out->len;
	ll_buf_putc(s->out, *s->p++);
	if (s->p < s->end && *s->p == '^')
		ll_buf_putc(s->out, *s->p++);
	if (s->p < s->end && *s->p == ']')
		return stop(s, "] as the first in []");
	if (!members(s, 0))
		return false;
	ll_buf_putc(s->out, ']');
	if (is(s, "&&")) {
		struct ll_buf first = { 0 };
		ll_buf_add(&first, s->out->data + from, s->out->len - from);
		bool good = s->out->data[from + 1] != '^' && first.len > 2 && !folds(s);
		s->out->len = from;
		ll_buf_puts(s->out, "(?:");
		while (good && is(s, "&&")) {
			s->p += 2;
			ll_buf_puts(s->out, "(?=");
			good = side(s);
			ll_buf_putc(s->out, ')');
		}
		ll_buf_add_str(s->out, ll_buf_str(&first));
		ll_buf_putc(s->out, ')');
		ll_buf_free(&first);
		if (!good)
			return stop(s, "&& in [^] or inside of (?i:)");
	}
	if (s->p == s->end || *s->p != ']')
		return stop(s, "a [ without ]");
	s->p++;
	return true;
}

/* ---- groups and quantifiers ---- */

static bool open_group(struct parser *s)
{
	static const struct {
		const char *text;
		bool look, fold;
	} kinds[] = { { "(?:", false, false }, { "(?>", false, false }, { "(?i:", false, true }, { "(?=", true, false },
		      { "(?!", true, false },  { "(?<=", true, false }, { "(?<!", true, false } };
	if (s->depth + 1 == GROUPS_MOST)
		return stop(s, "groups in groups, too deep");
	bool fold = folds(s);
	s->look[++s->depth] = false;
	s->fold[s->depth] = fold;
	s->atom = false;
	if (!is(s, "(?") && !is(s, "(*")) {
		ll_buf_putc(s->out, *s->p++);
		return true;
	}
	for (size_t i = 0; i < LL_COUNT(kinds); i++) {
		if (!is(s, kinds[i].text))
			continue;
		ll_buf_puts(s->out, kinds[i].text);
		s->p += strlen(kinds[i].text);
		s->look[s->depth] = kinds[i].look;
		s->meaning->context |= strncmp(kinds[i].text, "(?<", 3) == 0;
		s->fold[s->depth] = fold || kinds[i].fold;
		return true;
	}
	char what[8] = "(??";
	what[1] = s->p[1];
	what[2] = s->p + 2 < s->end && (unsigned char)s->p[2] < 0x80 ? s->p[2] : '?';
	return stop(s, what);
}

/* {n}, {n,} or {n,m} at s->p: its length, else 0. */
static size_t interval(const struct parser *s)
{
	const char *p = s->p + 1;
	size_t digits = 0;
	for (; p < s->end && *p >= '0' && *p <= '9'; p++)
		digits++;
	if (digits && p < s->end && *p == ',')
		for (p++; p < s->end && *p >= '0' && *p <= '9';)
			p++;
	return digits && p < s->end && *p == '}' ? (size_t)(p + 1 - s->p) : 0;
}

static bool quantifier(struct parser *s)
{
	size_t n = *s->p == '{' ? interval(s) : 1;
	bool exact = *s->p == '{' && !memchr(s->p, ',', n);
	if (!s->atom)
		return stop(s, "a quantifier with nothing to repeat, or after another");
	if (*s->p == '{' && s->p + n < s->end && (s->p[n] == '+' || (s->p[n] == '?' && exact)))
		return stop(s, s->p[n] == '+' ? "a '+' after {n,m}" : "a '?' after {n}");
	n += s->p + n < s->end && (s->p[n] == '?' || s->p[n] == '+');
	ll_buf_add(s->out, s->p, n);
	s->p += n;
	s->atom = false;
	return true;
}

/* Case folds of two letters into one character, which Oniguruma knows and PCRE2 does not. */
static bool folds_together(char a, char b)
{
	return (a == 's' && (b == 's' || b == 't')) || (a == 'f' && (b == 'f' || b == 'i' || b == 'l'));
}

static bool literal(struct parser *s, char before)
{
	char c = *s->p;
	if (folds(s)) {
		if ((unsigned char)c >= 0x80)
			return stop(s, "other characters than ASCII inside of (?i:)");
		s->last = is_letter(c) ? c | 0x20 : 0;
		if (folds_together(before, s->last))
			return stop(s, "ss, st, ff, fi or fl inside of (?i:)");
	}
	do
		ll_buf_putc(s->out, *s->p++);
	while (s->p < s->end && ((unsigned char)*s->p & 0xc0) == 0x80);
	s->atom = true;
	return true;
}

static bool item(struct parser *s)
{
	char c = *s->p, before = s->last;
	bool single;
	s->last = 0;
	switch (c) {
	case '[':
		s->atom = true;
		return class(s);
	case '(':
		return open_group(s);
	case ')':
		if (s->depth == 0)
			return stop(s, "a ) without (");
		s->atom = !s->look[s->depth--];
		break;
	case '|':
		s->atom = false;
		break;
	case '.':
		s->atom = true;
		break;
	case '^':
		return stop(s, "^, which to it is the start of a line");
	case '$':
		/* After all of the white space no line feed is left: to both it is the end of the text. */
		if (s->p - s->start < 4 || memcmp(s->p - 4, "\\s++", 4) != 0)
			return stop(s, "$, which to it is the end of a line");
		s->atom = false;
		break;
	case '{':
		if (is(s, "{,"))
			return stop(s, "{,");
		if (interval(s) == 0)
			return literal(s, before);
		return quantifier(s);
	case '*':
	case '+':
	case '?':
		return quantifier(s);
	case '\\':
		s->p++;
		s->atom = s->p < s->end && *s->p != 'A' && *s->p != 'z';
		return escape(s, false, &single);
	default:
		return literal(s, before);
	}
	ll_buf_putc(s->out, *s->p++);
	return true;
}

void ll_pattern_translate(struct ll_str pattern, bool exact, struct ll_buf *out, struct ll_pattern_meaning *meaning)
{
	struct parser s = { .p = pattern.data,
			    .start = pattern.data,
			    .end = pattern.data + pattern.len,
			    .out = out,
			    .meaning = meaning,
			    .exact = exact };
	*meaning = (struct ll_pattern_meaning){ 0 };
	while (s.p < s.end && item(&s))
		;
	if (s.depth)
		stop(&s, "a ( without )");
}
