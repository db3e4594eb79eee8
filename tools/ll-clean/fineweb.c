/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "ll-clean/clean.h"

static bool ends_a_sentence(struct ll_str s)
{
	static const char *const marks[] = { ".", "!", "?", "…", "。", "！", "？", "｡", "．", "।", "॥", "۔", "؟", "։", "።", "፧", "។", "‼", "‽", "⁇", "⁈", "⁉" };
	for (size_t i = 0; i < LL_COUNT(marks); i++)
		if (clean_ends_with(s, marks[i]))
			return true;
	return false;
}

static void drop(struct clean_verdict *v, const char *reason, uint64_t value, uint64_t of)
{
	v->reason = reason;
	snprintf(v->value, sizeof(v->value), "%llu/%llu", (unsigned long long)value, (unsigned long long)of);
}

void fineweb(struct clean_units *u, struct clean_verdict *v)
{
	uint64_t lines = 0, ended = 0, small = 0, repeated = 0, characters = 0, newlines = 0;

	clean_set_reset(&u->set, u->lines);
	for (size_t i = 0; i < u->lines; i++) {
		const struct clean_line *l = &u->line[i];
		characters += l->characters;
		if (l->strip.len == 0)
			continue;
		lines++;
		ended += ends_a_sentence(l->strip);
		small += l->characters <= 30;
		if (clean_set_find(&u->set, l->hash)->count++)
			repeated += l->characters;
	}
	for (size_t i = 0; i < u->text.len; i++)
		newlines += u->text.data[i] == '\n';
	if (lines == 0)
		drop(v, "fineweb-empty", 0, 0);
	else if (100 * ended < 12 * lines)
		drop(v, "fineweb-line-ends", ended, lines);
	else if (100 * small > 67 * lines)
		drop(v, "fineweb-short-lines", small, lines);
	else if (100 * repeated > characters)
		drop(v, "fineweb-repeated-lines", repeated, characters);
	else if (10 * newlines > 3 * u->words)
		drop(v, "fineweb-newlines", newlines, u->words);
}
