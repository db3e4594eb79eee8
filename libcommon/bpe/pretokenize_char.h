/* SPDX-License-Identifier: MIT */
/* pretokenize_char.h - the class of the character at a place of a text of any bytes; for the pre-tokenizers. */
#ifndef LL_PRETOKENIZE_CHAR_H
#define LL_PRETOKENIZE_CHAR_H

#include "text/unicode.h"

typedef const unsigned char *bytes;

static const uint8_t ll_ascii_class[128] = {
	['\t'] = LL_CHAR_SPACE,
	['\n'] = LL_CHAR_SPACE,
	['\v'] = LL_CHAR_SPACE,
	['\f'] = LL_CHAR_SPACE,
	['\r'] = LL_CHAR_SPACE,
	[' '] = LL_CHAR_SPACE,
	['0' ... '9'] = LL_CHAR_NUMBER,
	['A' ... 'Z'] = LL_CHAR_LETTER | LL_CHAR_UPPER,
	['a' ... 'z'] = LL_CHAR_LETTER | LL_CHAR_LOWER,
	['!' ... '#'] = LL_CHAR_PUNCTUATION,
	['%' ... '*'] = LL_CHAR_PUNCTUATION,
	[',' ... '/'] = LL_CHAR_PUNCTUATION,
	[':' ... ';'] = LL_CHAR_PUNCTUATION,
	['?' ... '@'] = LL_CHAR_PUNCTUATION,
	['[' ... ']'] = LL_CHAR_PUNCTUATION,
	['_'] = LL_CHAR_PUNCTUATION,
	['{'] = LL_CHAR_PUNCTUATION,
	['}'] = LL_CHAR_PUNCTUATION,
	['$'] = LL_CHAR_SYMBOL,
	['+'] = LL_CHAR_SYMBOL,
	['<' ... '>'] = LL_CHAR_SYMBOL,
	['^'] = LL_CHAR_SYMBOL,
	['`'] = LL_CHAR_SYMBOL,
	['|'] = LL_CHAR_SYMBOL,
	['~'] = LL_CHAR_SYMBOL,
};

/* Class and length of what stands at p < end and is not ASCII; a byte of no valid sequence has class 0 and length 1. */
static inline unsigned ll_wide_class(bytes p, bytes end, unsigned *len)
{
	size_t left = (size_t)(end - p);
	unsigned c = p[0];
	*len = 1;
	if (c >= 0xc2 && c <= 0xdf && left >= 2 && (p[1] & 0xc0) == 0x80) {
		*len = 2;
		return ll_char_class((c & 0x1f) << 6 | (p[1] & 0x3f));
	}
	if ((c & 0xf0) == 0xe0 && left >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
		uint32_t v = (c & 0xf) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
		if (v < 0x800 || (v >= 0xd800 && v < 0xe000))
			return 0;
		*len = 3;
		return ll_char_class(v);
	}
	if (c >= 0xf0 && c <= 0xf4 && left >= 4 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 &&
	    (p[3] & 0xc0) == 0x80) {
		uint32_t v =
			(c & 7) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
		if (v < 0x10000 || v > 0x10ffff)
			return 0;
		*len = 4;
		return ll_char_class(v);
	}
	return 0;
}

/* Class and length of the character at p < end. */
static inline unsigned ll_class_at(bytes p, bytes end, unsigned *len)
{
	if (LL_LIKELY(*p < 0x80)) {
		*len = 1;
		return ll_ascii_class[*p];
	}
	return ll_wide_class(p, end, len);
}

#endif
