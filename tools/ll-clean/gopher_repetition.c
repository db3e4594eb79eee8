/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/memory.h"
#include "ll-clean/clean.h"

static bool over(struct clean_verdict *v, const char *reason, uint64_t value, uint64_t of, uint64_t percent)
{
	if (of == 0 || 100 * value <= percent * of)
		return false;
	v->reason = reason;
	snprintf(v->value, sizeof(v->value), "%llu/%llu", (unsigned long long)value, (unsigned long long)of);
	return true;
}

/* Second and later occurrences, and their characters. Empty lines do not count as lines. */
static void repeats(struct clean_units *u, const struct clean_line *line, size_t n, uint64_t *all, uint64_t *again, uint64_t *characters)
{
	*all = *again = *characters = 0;
	clean_set_reset(&u->set, n);
	for (size_t i = 0; i < n; i++) {
		if (line[i].text.len == 0)
			continue;
		struct clean_slot *s = clean_set_find(&u->set, line[i].hash);
		++*all;
		if (s->count++) {
			++*again;
			*characters += line[i].characters;
		}
	}
}

static uint64_t gram_hash(const struct clean_units *u, size_t at, size_t n)
{
	uint64_t h = n;
	for (size_t i = 0; i < n; i++)
		h = (h ^ u->word[at + i].hash) * 0x9e3779b97f4a7c15u + (h >> 29);
	return h ^ h >> 32;
}

static uint64_t gram_characters(const struct clean_units *u, size_t at, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += u->word[at + i].characters;
	return sum;
}

/* Characters of the most frequent n-gram (the first of several), joined by spaces, times its count. Looks only at the places
 * listed, and leaves in the list those whose n-gram is there twice and more: no other place starts a longer n-gram that is. */
static uint64_t top_gram(struct clean_units *u, size_t n)
{
	uint32_t best = 1, best_at = 0; /* without repeats, the first n-gram of all */
	size_t places = 0;
	if (u->words < n)
		return 0;
	clean_set_reset(&u->set, u->places);
	for (size_t k = 0; k < u->places && u->place[k] + n <= u->words; k++) {
		struct clean_slot *s = clean_set_find(&u->set, gram_hash(u, u->place[k], n));
		if (s->count++ == 0)
			s->first = u->place[k];
		if (s->count > best || (s->count == best && s->first < best_at)) {
			best = s->count;
			best_at = s->first;
		}
		u->slot[k] = (uint32_t)(s - u->set.slot);
		places = k + 1;
	}
	u->places = 0;
	for (size_t k = 0; k < places; k++)
		if (u->set.slot[u->slot[k]].count > 1)
			u->place[u->places++] = u->place[k];
	return best * (gram_characters(u, best_at, n) + n - 1);
}

/* Characters in n-grams that came before, walking from left to right and jumping over each that is found again. */
static uint64_t repeated_grams(struct clean_units *u, size_t n)
{
	uint64_t characters = 0;
	size_t from = 0;
	clean_set_reset(&u->set, u->places);
	for (size_t k = 0; k < u->places && u->place[k] + n <= u->words; k++) {
		if (u->place[k] < from)
			continue;
		struct clean_slot *s = clean_set_find(&u->set, gram_hash(u, u->place[k], n));
		if (s->count++) {
			characters += gram_characters(u, u->place[k], n);
			from = u->place[k] + n;
		}
	}
	return characters;
}

static void all_places(struct clean_units *u)
{
	size_t cap = u->places_cap;
	LL_GROW(u->place, u->places_cap, u->words);
	LL_GROW(u->slot, cap, u->words);
	for (size_t i = 0; i < u->words; i++)
		u->place[i] = (uint32_t)i;
	u->places = u->words;
}

void gopher_repetition(struct clean_units *u, struct clean_verdict *v)
{
	static const struct {
		size_t n;
		uint64_t percent;
		const char *reason;
	} top[] = { { 2, 20, "gopher-top-2-gram" }, { 3, 18, "gopher-top-3-gram" }, { 4, 16, "gopher-top-4-gram" } },
	  again[] = { { 5, 15, "gopher-repeated-5-grams" }, { 6, 14, "gopher-repeated-6-grams" }, { 7, 13, "gopher-repeated-7-grams" },
		      { 8, 12, "gopher-repeated-8-grams" }, { 9, 11, "gopher-repeated-9-grams" }, { 10, 10, "gopher-repeated-10-grams" } };
	uint64_t all, twice, characters;

	repeats(u, u->paragraph, u->paragraphs, &all, &twice, &characters);
	if (over(v, "gopher-repeated-paragraphs", twice, all, 30) || over(v, "gopher-repeated-paragraph-characters", characters, u->characters, 20))
		return;
	repeats(u, u->line, u->lines, &all, &twice, &characters);
	if (over(v, "gopher-repeated-lines", twice, all, 30) || over(v, "gopher-repeated-line-characters", characters, u->characters, 20))
		return;
	all_places(u);
	for (size_t i = 0; i < LL_COUNT(top); i++)
		if (over(v, top[i].reason, top_gram(u, top[i].n), u->characters, top[i].percent))
			return;
	for (size_t i = 0; i < LL_COUNT(again); i++)
		if (over(v, again[i].reason, repeated_grams(u, again[i].n), u->characters, again[i].percent))
			return;
}
