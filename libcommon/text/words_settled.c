/* SPDX-License-Identifier: MIT */
/* Characters outside ASCII that words.c splits by bit masks like ASCII, because their normal form is themselves. */
#include "text/words_ascii.h"

#include <pthread.h>

#include "text/unicode.h"

bool ll_words_is_settled(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} settled[] = {
		{ 0x00, 0x7f },	    { 0xa1, 0xa7 },	{ 0xa9, 0xa9 },	    { 0xab, 0xae },	{ 0xb0, 0xb1 },	    { 0xb6, 0xb7 },
		{ 0xbb, 0xbb },	    { 0xbf, 0x131 },	{ 0x134, 0x13e },   { 0x141, 0x148 },	{ 0x14a, 0x17e },   { 0x386, 0x386 },
		{ 0x388, 0x3ce },   { 0x400, 0x482 },	{ 0x48a, 0x52f },   { 0x5d0, 0x5ea },	{ 0x621, 0x64a },   { 0x2010, 0x2010 },
		{ 0x2012, 0x2016 }, { 0x2018, 0x2023 }, { 0x2027, 0x2027 }, { 0x20ac, 0x20ac }, { 0x3001, 0x3029 }, { 0x3041, 0x3096 },
		{ 0x30a1, 0x30fe }, { 0x4e00, 0x9fff }, { 0xac00, 0xd7a3 },
	};
	size_t low = 0, high = LL_COUNT(settled);

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c > settled[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < LL_COUNT(settled) && c >= settled[low].first;
}

#define FEW 0x3100u /* the settled characters from here on are ideographs and Hangul */

/* LEAVE, PART, or what the character is in lower case, which has as many bytes. */
enum { LEAVE = 0, PART = 1 };
static uint16_t fate[FEW];

static size_t bytes_of(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
}

static void make_fates(void)
{
	for (uint32_t c = 0x80; c < FEW; c++) {
		uint8_t class = ll_char_class(c);
		if (!ll_words_is_settled(c) || (class & LL_CHAR_SPACE) || ll_char_is_unspaced(c))
			continue;
		uint32_t lower = ll_char_lower(c);
		if (!(class & (LL_CHAR_LETTER | LL_CHAR_NUMBER | LL_CHAR_MARK)))
			fate[c] = PART;
		else if (lower < FEW && bytes_of(lower) == bytes_of(c))
			fate[c] = (uint16_t)lower;
	}
}

/* The character at p, of two or three bytes, into lower. */
static inline uint32_t settle(const unsigned char *p, char *lower)
{
	if (*p < 0xe0) {
		uint32_t to = fate[(p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)];
		if (to > PART) {
			lower[0] = (char)(0xc0 | to >> 6);
			lower[1] = (char)(0x80 | (to & 0x3f));
		}
		return to;
	}
	uint32_t c = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	if (c >= FEW)
		return c >= 0xac00 && c <= 0xd7a3 ? c : LEAVE; /* Hangul has no case */
	uint32_t to = fate[c];
	if (to > PART) {
		lower[0] = (char)(0xe0 | to >> 12);
		lower[1] = (char)(0x80 | (to >> 6 & 0x3f));
		lower[2] = (char)(0x80 | (to & 0x3f));
	}
	return to;
}

void ll_words_settle(const char *text, size_t blocks, char *lower, uint64_t *in_word, uint64_t *beyond)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_fates);
	for (size_t k = 0; k < blocks; k++)
		for (uint64_t left = beyond[k]; left;) {
			unsigned bit = (unsigned)__builtin_ctzll(left);
			const unsigned char *p = (const unsigned char *)text + 64 * k + bit;
			unsigned n = *p < 0xc0 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
			uint64_t here = ((uint64_t)1 << n) - 1, to = n == 2 || n == 3 ? settle(p, lower + 64 * k + bit) : LEAVE;
			uint64_t next = bit + n > 64 ? here >> (64 - bit) : 0;

			here <<= bit;
			left &= ~here;
			if (to == LEAVE)
				continue;
			beyond[k] &= ~here;
			in_word[k] |= to == PART ? 0 : here;
			if (next) { /* a valid text goes on */
				beyond[k + 1] &= ~next;
				in_word[k + 1] |= to == PART ? 0 : next;
			}
		}
}
