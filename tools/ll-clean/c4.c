/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "ll-clean/clean.h"
#include "text/utf8.h"

/* Case-insensitive (ASCII) search for a phrase in lower case: memchr for either case of its first letter, then a comparison. */
static bool has(struct ll_str s, const char *phrase)
{
	size_t n = strlen(phrase);
	for (int letter = phrase[0], i = 0; i < 2; i++, letter = phrase[0] - 32)
		for (const char *p = s.data, *end = p + s.len; (size_t)(end - p) >= n; p++) {
			p = memchr(p, letter, (size_t)(end - p) - n + 1);
			if (!p)
				break;
			if (strncasecmp(p + 1, phrase + 1, n - 1) == 0)
				return true;
		}
	return false;
}

static bool has_policy(struct ll_str line)
{
	static const char *const phrases[] = { "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies" };
	for (size_t i = 0; i < LL_COUNT(phrases); i++)
		if (has(line, phrases[i]))
			return true;
	return false;
}

/* Words of a line, and whether one is longer than 1000 characters. */
static size_t count_words(struct ll_str line, bool *too_long)
{
	size_t words = 0, length = 0;
	*too_long = false;
	for (const char *p = line.data, *end = p + line.len; p < end;) {
		if (clean_is_space(ll_utf8_next(&p))) {
			length = 0;
			continue;
		}
		words += length++ == 0;
		*too_long |= length > 1000;
	}
	return words;
}

/* A sentence ends at a run of . ? ! (and closing quotes or brackets) before white space or the end; a line has at least one. */
static uint64_t count_sentences(struct ll_str line)
{
	uint64_t n = 0;
	for (size_t i = 0; i < line.len; i++) {
		char c = line.data[i];
		if (LL_LIKELY(c != '.' && c != '?' && c != '!'))
			continue;
		while (i + 1 < line.len && line.data[i + 1] && strchr(".?!\"')]", line.data[i + 1]))
			i++;
		n += i + 1 == line.len || isspace((unsigned char)line.data[i + 1]);
	}
	return LL_MAX(n, 1);
}

/* Where a "[1]", "[]", "[edit]" or "[citation needed]" that ends with the text begins; SIZE_MAX when none does. */
static size_t citation_start(struct ll_str s)
{
	size_t i = s.len - 1;

	while (i > 0 && isdigit((unsigned char)s.data[i - 1]))
		i--;
	if (i > 0 && s.data[i - 1] == '[')
		return i - 1;
	if (clean_ends_with(s, "[edit]"))
		return s.len - strlen("[edit]");
	return clean_ends_with(s, "[citation needed]") ? s.len - strlen("[citation needed]") : SIZE_MAX;
}

/* Without citation marks, and without those that removing others makes: so nothing is left for a second run. */
static struct ll_str without_citations(struct ll_buf *out, struct ll_str line)
{
	if (!memchr(line.data, '[', line.len))
		return line;
	ll_buf_clear(out);
	for (size_t i = 0; i < line.len; i++) {
		ll_buf_putc(out, line.data[i]);
		size_t start = line.data[i] == ']' ? citation_start(ll_buf_str(out)) : SIZE_MAX;
		if (start != SIZE_MAX)
			out->len = start;
	}
	return clean_strip(ll_buf_str(out));
}

static void drop(struct clean_verdict *v, const char *reason, uint64_t value)
{
	v->reason = reason;
	snprintf(v->value, sizeof(v->value), "%llu", (unsigned long long)value);
}

void c4(const struct clean_units *u, bool terminal, struct ll_buf *kept, struct clean_verdict *v)
{
	struct ll_buf scratch = { 0 };
	uint64_t sentences = 0;
	size_t start = kept->len;

	for (size_t i = 0; i < u->lines && !v->reason; i++) {
		bool too_long;
		struct ll_str line = u->line[i].strip;
		if (line.len == 0)
			continue;
		line = without_citations(&scratch, line);
		size_t words = count_words(line, &too_long);
		if (too_long || line.len == 0)
			continue;
		if (terminal && (!strchr(".?!\"'", line.data[line.len - 1]) || clean_ends_with(line, "...")))
			continue;
		if (words < 3)
			continue;
		if (has(line, "lorem ipsum"))
			drop(v, "c4-lorem-ipsum", i + 1);
		else if (has(line, "javascript"))
			continue;
		else if (memchr(line.data, '{', line.len))
			drop(v, "c4-curly-bracket", i + 1);
		else if (has_policy(line))
			continue;
		sentences += count_sentences(line);
		if (kept->len > start)
			ll_buf_putc(kept, '\n');
		ll_buf_add_str(kept, line);
	}
	if (!v->reason && sentences < 5)
		drop(v, "c4-sentences", sentences);
	ll_buf_free(&scratch);
}
