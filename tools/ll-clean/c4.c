/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "ll-clean/clean.h"
#include "text/utf8.h"

/* Case-insensitive (ASCII) search. */
static bool has(struct ll_str s, const char *needle)
{
	size_t n = strlen(needle);
	for (size_t i = 0; i + n <= s.len; i++)
		if (strncasecmp(s.data + i, needle, n) == 0)
			return true;
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
		if (!strchr(".?!", line.data[i]))
			continue;
		while (i + 1 < line.len && line.data[i + 1] && strchr(".?!\"')]", line.data[i + 1]))
			i++;
		n += i + 1 == line.len || isspace((unsigned char)line.data[i + 1]);
	}
	return LL_MAX(n, 1);
}

/* Without [1], [], [edit], [citation needed]. */
static struct ll_str without_citations(struct ll_buf *out, struct ll_str line)
{
	if (!memchr(line.data, '[', line.len))
		return line;
	ll_buf_clear(out);
	for (size_t i = 0; i < line.len; i++) {
		static const char *const words[] = { "[edit]", "[citation needed]" };
		size_t skip = 0, digits = i + 1;
		if (line.data[i] == '[') {
			while (digits < line.len && isdigit((unsigned char)line.data[digits]))
				digits++;
			if (digits < line.len && line.data[digits] == ']')
				skip = digits - i + 1;
			for (size_t w = 0; w < LL_COUNT(words); w++)
				if (line.len - i >= strlen(words[w]) && memcmp(line.data + i, words[w], strlen(words[w])) == 0)
					skip = strlen(words[w]);
		}
		if (skip)
			i += skip - 1;
		else
			ll_buf_putc(out, line.data[i]);
	}
	return clean_strip(ll_buf_str(out));
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
			v->reason = "c4-lorem-ipsum";
		else if (has(line, "javascript") || has_policy(line))
			continue;
		else if (memchr(line.data, '{', line.len))
			v->reason = "c4-curly-bracket";
		sentences += count_sentences(line);
		if (kept->len > start)
			ll_buf_putc(kept, '\n');
		ll_buf_add_str(kept, line);
	}
	if (!v->reason && sentences < 5) {
		v->reason = "c4-sentences";
		snprintf(v->value, sizeof(v->value), "%llu", (unsigned long long)sentences);
	}
	ll_buf_free(&scratch);
}
