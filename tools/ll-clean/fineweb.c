/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "ll-clean/clean.h"
#include "text/utf8.h"

/* The 159 marks of datatrove (utils/text.py, TERMINAL_PUNCTUATION): the 152 of Unicode 14 with Sentence_Terminal, five of Khmer,
 * two of Kawi. An ellipsis is none of them. */
static const uint32_t marks[][2] = {
	{ 0x21, 0x21 }, { 0x2e, 0x2e }, { 0x3f, 0x3f }, { 0x589, 0x589 }, { 0x61d, 0x61f }, { 0x6d4, 0x6d4 },
	{ 0x700, 0x702 }, { 0x7f9, 0x7f9 }, { 0x837, 0x837 }, { 0x839, 0x839 }, { 0x83d, 0x83e },
	{ 0x964, 0x965 }, { 0x104a, 0x104b }, { 0x1362, 0x1362 }, { 0x1367, 0x1368 }, { 0x166e, 0x166e },
	{ 0x1735, 0x1736 }, { 0x17d4, 0x17d6 }, { 0x17d9, 0x17da }, { 0x1803, 0x1803 }, { 0x1809, 0x1809 },
	{ 0x1944, 0x1945 }, { 0x1aa8, 0x1aab }, { 0x1b5a, 0x1b5b }, { 0x1b5e, 0x1b5f }, { 0x1b7d, 0x1b7e },
	{ 0x1c3b, 0x1c3c }, { 0x1c7e, 0x1c7f }, { 0x203c, 0x203d }, { 0x2047, 0x2049 }, { 0x2e2e, 0x2e2e },
	{ 0x2e3c, 0x2e3c }, { 0x2e53, 0x2e54 }, { 0x3002, 0x3002 }, { 0xa4ff, 0xa4ff }, { 0xa60e, 0xa60f },
	{ 0xa6f3, 0xa6f3 }, { 0xa6f7, 0xa6f7 }, { 0xa876, 0xa877 }, { 0xa8ce, 0xa8cf }, { 0xa92f, 0xa92f },
	{ 0xa9c8, 0xa9c9 }, { 0xaa5d, 0xaa5f }, { 0xaaf0, 0xaaf1 }, { 0xabeb, 0xabeb }, { 0xfe52, 0xfe52 },
	{ 0xfe56, 0xfe57 }, { 0xff01, 0xff01 }, { 0xff0e, 0xff0e }, { 0xff1f, 0xff1f }, { 0xff61, 0xff61 },
	{ 0x10a56, 0x10a57 }, { 0x10f55, 0x10f59 }, { 0x10f86, 0x10f89 }, { 0x11047, 0x11048 },
	{ 0x110be, 0x110c1 }, { 0x11141, 0x11143 }, { 0x111c5, 0x111c6 }, { 0x111cd, 0x111cd },
	{ 0x111de, 0x111df }, { 0x11238, 0x11239 }, { 0x1123b, 0x1123c }, { 0x112a9, 0x112a9 },
	{ 0x1144b, 0x1144c }, { 0x115c2, 0x115c3 }, { 0x115c9, 0x115d7 }, { 0x11641, 0x11642 },
	{ 0x1173c, 0x1173e }, { 0x11944, 0x11944 }, { 0x11946, 0x11946 }, { 0x11a42, 0x11a43 },
	{ 0x11a9b, 0x11a9c }, { 0x11c41, 0x11c42 }, { 0x11ef7, 0x11ef8 }, { 0x11f43, 0x11f44 },
	{ 0x16a6e, 0x16a6f }, { 0x16af5, 0x16af5 }, { 0x16b37, 0x16b38 }, { 0x16b44, 0x16b44 },
	{ 0x16e98, 0x16e98 }, { 0x1bc9f, 0x1bc9f }, { 0x1da88, 0x1da88 },
};

static bool ends_a_sentence(struct ll_str s)
{
	const char *p = s.data + s.len - 1;
	size_t low = 0, high = LL_COUNT(marks);

	while (p > s.data && ((unsigned char)*p & 0xc0) == 0x80)
		p--;
	uint32_t c = ll_utf8_next(&p);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c > marks[middle][1])
			low = middle + 1;
		else
			high = middle;
	}
	return low < LL_COUNT(marks) && c >= marks[low][0];
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
