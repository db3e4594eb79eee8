/* SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "base/memory.h"
#include "ll-clean/clean.h"
#include "text/unicode.h"
#include "text/utf8.h"

bool clean_is_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
	return ll_char_class(c) & LL_CHAR_SPACE;
}

struct ll_str clean_strip(struct ll_str s)
{
	const char *p = s.data, *end = s.data + s.len;
	while (p < end) {
		const char *q = p;
		if (!clean_is_space(ll_utf8_next(&q)))
			break;
		p = q;
	}
	while (end > p) {
		const char *q = end - 1;
		while (q > p && ((unsigned char)*q & 0xc0) == 0x80)
			q--;
		const char *r = q;
		if (!clean_is_space(ll_utf8_next(&r)))
			break;
		end = q;
	}
	return ll_str(p, (size_t)(end - p));
}

bool clean_ends_with(struct ll_str s, const char *end)
{
	size_t n = strlen(end);
	return s.len >= n && memcmp(s.data + s.len - n, end, n) == 0;
}

uint64_t clean_count(struct ll_str text, const char *needle)
{
	size_t n = strlen(needle);
	uint64_t count = 0;
	const char *p = text.data, *end = p + text.len;
	while (text.len && (p = memmem(p, (size_t)(end - p), needle, n)) != NULL) {
		count++;
		p += n;
	}
	return count;
}

void clean_set_reset(struct clean_set *s, size_t n)
{
	size_t wanted = 64;
	while (wanted < 2 * n)
		wanted *= 2;
	if (wanted > s->slots || s->generation == UINT32_MAX) {
		s->slots = LL_MAX(wanted, s->slots);
		ll_free(s->slot);
		s->slot = ll_calloc(s->slots, sizeof(*s->slot));
		s->generation = 0;
	}
	s->mask = wanted - 1;
	s->generation++;
}

struct clean_slot *clean_set_find(struct clean_set *s, uint64_t hash)
{
	size_t i = hash & s->mask;
	while (s->slot[i].generation == s->generation && s->slot[i].hash != hash)
		i = (i + 1) & s->mask;
	if (s->slot[i].generation != s->generation)
		s->slot[i] = (struct clean_slot){ hash, s->generation, 0, 0 };
	return &s->slot[i];
}

enum { SPACE = 1, LETTER = 2, SOLID = 4 };

static const uint8_t ascii_kind[128] = {
	['\t' ... '\r'] = SPACE,	   [0x1c ... 0x1f] = SPACE,	      [' '] = SPACE,
	['0' ... '9'] = SOLID,	   ['A' ... 'Z'] = LETTER | SOLID, ['a' ... 'z'] = LETTER | SOLID,
};

/* What the character at *p is, and *p behind it. */
static inline unsigned next_kind(const char **p)
{
	if (LL_LIKELY((unsigned char)**p < 0x80))
		return ascii_kind[(unsigned char)*(*p)++];
	unsigned class = ll_char_class(ll_utf8_next(p));
	return (class & LL_CHAR_SPACE ? SPACE : 0) | (class & LL_CHAR_LETTER ? LETTER : 0) |
	       (class & (LL_CHAR_LETTER | LL_CHAR_NUMBER | LL_CHAR_MARK) ? SOLID : 0);
}

static void split_words(struct clean_units *u)
{
	const char *start = u->text.data, *p = start, *end = p + u->text.len;
	u->words = 0;
	while (p < end) {
		const char *from = p;
		struct clean_word w = { 0 };
		unsigned seen = 0;
		while (p < end) {
			const char *q = p;
			unsigned kind = next_kind(&q);
			if (kind & SPACE)
				break;
			seen |= kind;
			w.characters++;
			p = q;
		}
		w.letter = seen & LETTER;
		w.solid = seen & SOLID;
		if (p > from) {
			w.start = (uint32_t)(from - start);
			w.len = (uint32_t)(p - from);
			w.hash = ll_hash64(from, w.len);
			LL_GROW(u->word, u->words_cap, u->words + 1);
			u->word[u->words++] = w;
		}
		if (p < end)
			ll_utf8_next(&p);
	}
}

static struct clean_line make_line(struct ll_str text)
{
	struct ll_str strip = clean_strip(text);
	return (struct clean_line){ text, strip, ll_hash64(text.data, text.len), (uint32_t)ll_utf8_count(text.data, text.len) };
}

void clean_units_split(struct clean_units *u, struct ll_str text)
{
	u->text = text;
	u->characters = ll_utf8_count(text.data, text.len);
	split_words(u);
	u->lines = u->paragraphs = 0;
	for (const char *p = text.data, *end = p + text.len; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		stop = stop ? stop : end;
		LL_GROW(u->line, u->lines_cap, u->lines + 1);
		u->line[u->lines++] = make_line(ll_str(p, (size_t)(stop - p)));
		p = stop + (stop < end);
	}
	struct ll_str body = clean_strip(text);
	for (const char *p = body.data, *end = p + body.len; p < end;) {
		const char *stop = memmem(p, (size_t)(end - p), "\n\n", 2);
		stop = stop ? stop : end;
		LL_GROW(u->paragraph, u->paragraphs_cap, u->paragraphs + 1);
		u->paragraph[u->paragraphs++] = make_line(ll_str(p, (size_t)(stop - p)));
		for (p = stop; p < end && *p == '\n';)
			p++;
	}
}

void clean_units_free(struct clean_units *u)
{
	ll_free(u->word);
	ll_free(u->line);
	ll_free(u->paragraph);
	ll_free(u->set.slot);
	ll_free(u->place);
	ll_free(u->slot);
	*u = (struct clean_units){ 0 };
}
