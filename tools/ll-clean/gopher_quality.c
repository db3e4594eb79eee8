/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "ll-clean/clean.h"

static bool drop(struct clean_verdict *v, const char *reason, uint64_t value, uint64_t of)
{
	v->reason = reason;
	if (of)
		snprintf(v->value, sizeof(v->value), "%llu/%llu", (unsigned long long)value, (unsigned long long)of);
	else
		snprintf(v->value, sizeof(v->value), "%llu", (unsigned long long)value);
	return true;
}

/* A word of up to four bytes as one number. */
static uint32_t packed(const char *p, size_t n)
{
	uint32_t x = 0;
	for (size_t i = 0; i < n; i++)
		x = x << 8 | (unsigned char)p[i];
	return x;
}

static uint64_t count_stop_words(const struct clean_units *u)
{
	static const char *const stop[] = { "the", "be", "to", "of", "and", "that", "have", "with" };
	uint32_t wanted[LL_COUNT(stop)];
	unsigned seen = 0;
	for (size_t k = 0; k < LL_COUNT(stop); k++)
		wanted[k] = packed(stop[k], strlen(stop[k]));
	for (size_t i = 0; i < u->words; i++)
		if (u->word[i].len >= 2 && u->word[i].len <= 4) {
			uint32_t word = packed(u->text.data + u->word[i].start, u->word[i].len);
			for (size_t k = 0; k < LL_COUNT(stop); k++)
				seen |= (unsigned)(word == wanted[k]) << k;
		}
	return (uint64_t)__builtin_popcount(seen);
}

void gopher_quality(const struct clean_units *u, struct clean_verdict *v)
{
	uint64_t solid = 0, characters = 0, letters = 0, bullets = 0, ellipses = 0;

	for (size_t i = 0; i < u->words; i++) {
		solid += u->word[i].solid;
		characters += u->word[i].solid ? u->word[i].characters : 0;
		letters += u->word[i].letter;
	}
	if ((solid < 50 && drop(v, "gopher-short", solid, 0)) || (solid > 100000 && drop(v, "gopher-long", solid, 0)))
		return;
	if (characters < 3 * solid || characters > 10 * solid) {
		drop(v, characters < 3 * solid ? "gopher-short-words" : "gopher-long-words", characters, solid);
		return;
	}
	uint64_t hashes = clean_count(u->text, "#"), dots = clean_count(u->text, "...") + clean_count(u->text, "…");
	if ((10 * hashes > u->words && drop(v, "gopher-hashes", hashes, u->words)) ||
	    (10 * dots > u->words && drop(v, "gopher-ellipses", dots, u->words)))
		return;
	for (size_t i = 0; i < u->lines; i++) {
		struct ll_str s = u->line[i].strip;
		bullets += s.len > 0 && (s.data[0] == '-' || (s.len >= 3 && memcmp(s.data, "•", 3) == 0));
		ellipses += clean_ends_with(s, "...") || clean_ends_with(s, "…");
	}
	if ((10 * bullets > 9 * u->lines && drop(v, "gopher-bullets", bullets, u->lines)) ||
	    (10 * ellipses > 3 * u->lines && drop(v, "gopher-ellipsis-lines", ellipses, u->lines)))
		return;
	if (10 * letters < 8 * u->words) {
		drop(v, "gopher-letters", letters, u->words);
		return;
	}
	uint64_t stop_words = count_stop_words(u);
	if (stop_words < 2)
		drop(v, "gopher-stop-words", stop_words, 0);
}
