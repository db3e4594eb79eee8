/* SPDX-License-Identifier: MIT */
#include "text/unicode.h"

#include <pthread.h>
#include <utf8proc.h>

#include "base/error.h"
#include "base/memory.h"
#include "text/unicode_tables.h"

uint8_t ll_char_class(uint32_t c)
{
	if (c >= 0x110000)
		return 0;
	uint32_t block = ll_unicode_middle[(uint32_t)ll_unicode_top[c >> 8] << 4 | (c >> 4 & 15)];
	return ll_unicode_leaf[block << 4 | (c & 15)];
}

static uint8_t classes[0x10000 + 3];

static void make_classes(void)
{
	for (uint32_t c = 0; c < 0x10000; c++)
		classes[c] = ll_char_class(c);
}

const uint8_t *ll_char_classes(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_classes);
	return classes;
}

const char ll_category_names[LL_CATEGORIES][3] = { "Cc", "Cf", "Cn", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu",
						   "Mc", "Me", "Mn", "Nd", "Nl", "No", "Pc", "Pd", "Pe", "Pf",
						   "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs" };

size_t ll_category_stretches(const uint32_t **stretch)
{
	*stretch = ll_unicode_categories;
	return ll_unicode_category_runs;
}

const char *ll_char_category(uint32_t c)
{
	const uint32_t *stretch;
	size_t low = 0, high = ll_category_stretches(&stretch);
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (stretch[middle] >> 5 <= c)
			low = middle;
		else
			high = middle;
	}
	return ll_category_names[stretch[low] & 31];
}

uint32_t ll_char_lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	return c < 0x110000 ? (uint32_t)utf8proc_tolower((utf8proc_int32_t)c) : c;
}

/* Scripts.txt, Unicode 16.0: Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar, and the sound marks of kana. */
static const uint32_t unspaced[][2] = {
	{ 0xe01, 0xe3a },     { 0xe40, 0xe5b },	    { 0xe81, 0xedf },	  { 0x1000, 0x109f },	{ 0x1780, 0x17dd },
	{ 0x17e0, 0x17e9 },   { 0x17f0, 0x17f9 },   { 0x19e0, 0x19ff },	  { 0x2e80, 0x2e99 },	{ 0x2e9b, 0x2ef3 },
	{ 0x2f00, 0x2fd5 },   { 0x3005, 0x3005 },   { 0x3007, 0x3007 },	  { 0x3021, 0x3029 },	{ 0x3031, 0x3035 },
	{ 0x3038, 0x303b },   { 0x3041, 0x3096 },   { 0x3099, 0x309a },	  { 0x309d, 0x309f },	{ 0x30a1, 0x30fa },
	{ 0x30fc, 0x30ff },   { 0x31f0, 0x31ff },   { 0x32d0, 0x32fe },	  { 0x3300, 0x3357 },	{ 0x3400, 0x4dbf },
	{ 0x4e00, 0x9fff },   { 0xa9e0, 0xa9fe },   { 0xaa60, 0xaa7f },	  { 0xf900, 0xfa6d },	{ 0xfa70, 0xfad9 },
	{ 0xff66, 0xff9f },   { 0x116d0, 0x116e3 }, { 0x16fe2, 0x16fe3 }, { 0x16ff0, 0x16ff1 }, { 0x1aff0, 0x1aff3 },
	{ 0x1aff5, 0x1affb }, { 0x1affd, 0x1affe }, { 0x1b000, 0x1b122 }, { 0x1b132, 0x1b132 }, { 0x1b150, 0x1b152 },
	{ 0x1b155, 0x1b155 }, { 0x1b164, 0x1b167 }, { 0x1f200, 0x1f200 }, { 0x20000, 0x2a6df }, { 0x2a700, 0x2b739 },
	{ 0x2b740, 0x2b81d }, { 0x2b820, 0x2cea1 }, { 0x2ceb0, 0x2ebe0 }, { 0x2ebf0, 0x2ee5d }, { 0x2f800, 0x2fa1d },
	{ 0x30000, 0x3134a }, { 0x31350, 0x323af },
};

bool ll_char_is_unspaced(uint32_t c)
{
	size_t low = 0, high = LL_COUNT(unspaced);
	if (c < unspaced[0][0])
		return false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c > unspaced[middle][1])
			low = middle + 1;
		else
			high = middle;
	}
	return low < LL_COUNT(unspaced) && c >= unspaced[low][0];
}

/* ---- normal forms: utf8proc, on the stretches that need it ---- */

static void normalize_stretch(struct ll_buf *out, const char *p, size_t n, utf8proc_option_t options)
{
	utf8proc_int32_t small[512], *point = small;
	utf8proc_ssize_t room = LL_COUNT(small) - 1, len;
	len = utf8proc_decompose((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)n, point, room, options);
	if (len > room) {
		point = ll_malloc(((size_t)len + 1) * sizeof *point);
		len = utf8proc_decompose((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)n, point, len, options);
	}
	if (len >= 0)
		len = utf8proc_reencode(point, len, options); /* in place: UTF-8 has at most 4 bytes a code point */
	if (len < 0)
		LL_BUG("utf8proc refuses %zu bytes of valid UTF-8: %s", n, utf8proc_errmsg(len));
	ll_buf_add(out, point, (size_t)len);
	if (point != small)
		ll_free(point);
}

/* The first byte at or after p that a normal form could change: above ASCII, for NFC from U+0300 on. */
static const unsigned char *first_change(const unsigned char *p, const unsigned char *end, unsigned least)
{
	while (p < end && *p < least)
		p++;
	return p;
}

void ll_normalize(struct ll_buf *out, struct ll_str s, enum ll_normal_form form)
{
	static const int option[] = {
		[LL_NFC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
		[LL_NFD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
		[LL_NFKC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
		[LL_NFKD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
	};
	const unsigned char *p = (const unsigned char *)s.data, *end = p + s.len;
	unsigned least = form == LL_NFC ? 0xcc : 0x80; /* 0xcc 0x80 is U+0300 */
	while (p < end) {
		const unsigned char *from = first_change(p, end, least), *to = from;
		/* A stretch starts at the character before, which what follows may change, and ends before an ASCII
		 * character, which never joins with anything before it. */
		if (from < end && from > p)
			for (from--; from > p && (*from & 0xc0) == 0x80; from--)
				;
		while (to < end && *to >= 0x80)
			to++;
		ll_buf_add(out, p, (size_t)(from - p));
		if (to > from)
			normalize_stretch(out, (const char *)from, (size_t)(to - from),
					  (utf8proc_option_t)option[form]);
		p = to;
	}
}

bool ll_char_is_decimal(uint32_t c)
{
	return c < 0x80 ? c >= '0' && c <= '9' : utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND;
}

bool ll_char_is_nonspacing(uint32_t c)
{
	return c >= 0x300 && utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MN;
}

const char *ll_unicode_normalizer_version(void)
{
	return utf8proc_unicode_version();
}
