/* SPDX-License-Identifier: MIT */
/*
 * The normal forms of tokenizers. Hugging Face tokenizers, 0.23 still, normalizes by the data of Unicode 9.0: to it a
 * character that came later is inert, it neither decomposes nor composes nor moves. Normal forms are stable (Unicode
 * Standard Annex 15, section 3), so with such characters left out any later version gives the same.
 */
#include "bpe/char_model.h"
#include "text/utf8.h"

/* Characters later than Unicode 9.0 and up to 16.0 with a combining class or a decomposition (UnicodeData.txt fields 3
 * and 5, DerivedAge.txt), and later ones that some of these are composed of. What is later than 16.0 is unassigned
 * here. */
static const uint32_t later[][2] = {
	{ 0x7fd, 0x7fd },     { 0x897, 0x89f },	    { 0x8ca, 0x8d3 },	  { 0x9fe, 0x9fe },	{ 0xc3c, 0xc3c },
	{ 0xd3b, 0xd3c },     { 0xeba, 0xeba },	    { 0x1715, 0x1715 },	  { 0x1abf, 0x1ace },	{ 0x1df6, 0x1dfa },
	{ 0x32ff, 0x32ff },   { 0xa7f2, 0xa7f4 },   { 0xa82c, 0xa82c },	  { 0xab69, 0xab69 },	{ 0x105c9, 0x105c9 },
	{ 0x105d2, 0x105d2 }, { 0x105da, 0x105da }, { 0x105e4, 0x105e4 }, { 0x10781, 0x10785 }, { 0x10787, 0x107b0 },
	{ 0x107b2, 0x107ba }, { 0x10d24, 0x10d27 }, { 0x10d69, 0x10d6d }, { 0x10eab, 0x10eac }, { 0x10efd, 0x10eff },
	{ 0x10f46, 0x10f50 }, { 0x10f82, 0x10f85 }, { 0x11070, 0x11070 }, { 0x1133b, 0x1133b }, { 0x11382, 0x11385 },
	{ 0x1138b, 0x1138b }, { 0x1138e, 0x1138e }, { 0x11390, 0x11391 }, { 0x113b8, 0x113b8 }, { 0x113bb, 0x113bb },
	{ 0x113c2, 0x113c2 }, { 0x113c5, 0x113c5 }, { 0x113c7, 0x113c9 }, { 0x113ce, 0x113d0 }, { 0x1145e, 0x1145e },
	{ 0x11839, 0x1183a }, { 0x11930, 0x11930 }, { 0x11935, 0x11935 }, { 0x11938, 0x11938 }, { 0x1193d, 0x1193e },
	{ 0x11943, 0x11943 }, { 0x119e0, 0x119e0 }, { 0x11a34, 0x11a34 }, { 0x11a47, 0x11a47 }, { 0x11a99, 0x11a99 },
	{ 0x11d42, 0x11d42 }, { 0x11d44, 0x11d45 }, { 0x11d97, 0x11d97 }, { 0x11f41, 0x11f42 }, { 0x1611e, 0x16129 },
	{ 0x1612f, 0x1612f }, { 0x16d63, 0x16d63 }, { 0x16d67, 0x16d6a }, { 0x16ff0, 0x16ff1 }, { 0x1ccd6, 0x1ccf9 },
	{ 0x1e030, 0x1e06d }, { 0x1e08f, 0x1e08f }, { 0x1e130, 0x1e136 }, { 0x1e2ae, 0x1e2ae }, { 0x1e2ec, 0x1e2ef },
	{ 0x1e4ec, 0x1e4ef }, { 0x1e5ee, 0x1e5ef }, { 0x1f16c, 0x1f16c }, { 0x1fbf0, 0x1fbf9 }
};

static bool is_inert(uint32_t c)
{
	size_t low = 0, high = LL_COUNT(later);
	if (c < later[0][0] || (c > 0x3300 && c < 0xa7f2) || (c >= 0xac00 && c < 0x10000))
		return false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (c > later[middle][1])
			low = middle + 1;
		else
			high = middle;
	}
	return (low < LL_COUNT(later) && c >= later[low][0]) || (ll_char_class(c) == 0 && strcmp(ll_char_category(c), "Cn") == 0);
}

void ll_bpe_normal_form(struct ll_str text, enum ll_normal_form form, struct ll_buf *out)
{
	const char *p = text.data, *end = p + text.len, *from = p;
	while (p < end) {
		const char *start = p;
		if ((unsigned char)*p < 0x80) {
			p += end - p >= 8 && (ll_get64(p) & 0x8080808080808080u) == 0 ? 8 : 1;
			continue;
		}
		if (!is_inert(ll_utf8_next(&p)))
			continue;
		ll_normalize(out, ll_str(from, (size_t)(start - from)), form);
		ll_buf_add(out, start, (size_t)(p - start));
		from = p;
	}
	ll_normalize(out, ll_str(from, (size_t)(end - from)), form);
}

static struct ll_str normalize_chars(const struct ll_bpe *b, struct ll_str text, struct ll_buf *scratch)
{
	struct ll_buf valid = { 0 };
	struct ll_err err;
	ll_utf8_repair(&valid, text.data, text.len);
	ll_buf_clear(scratch);
	/* A pattern that gives up has made encoding fail before anybody asks for this. */
	int rc = ll_normalizer_apply(b->chars->normalizer, valid.data ? ll_buf_str(&valid) : ll_str("", 0), scratch, NULL, &err);
	ll_buf_free(&valid);
	return rc ? text : ll_buf_str(scratch);
}

/* The first byte from p on that is not ASCII, or end. */
static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end)
{
	const uint64_t high = 0x8080808080808080u;
	for (; end - p >= 32; p += 32)
		if ((ll_get64(p) | ll_get64(p + 8) | ll_get64(p + 16) | ll_get64(p + 24)) & high)
			break;
	while (p < end && *p < 0x80)
		p++;
	return p;
}

/* Latin, Greek from U+0388, Cyrillic, punctuation, kana, Han, Hangul syllables, full-width forms: without marks, without
 * what decomposes to something else or composes with what is before. */
bool ll_bpe_is_plain_nfc(uint32_t c)
{
	if (c < 0x2010)
		return c < 0x300 || (c >= 0x388 && c <= 0x482) || (c >= 0x48a && c <= 0x52f);
	return (c >= 0x3400 && c <= 0x9fff) || (c >= 0x3041 && c <= 0x3096) || (c >= 0x309b && c <= 0x31ff) ||
	       c <= 0x2027 || (c >= 0x2030 && c <= 0x205e) || (c >= 0x2500 && c <= 0x27bf) || (c >= 0x3001 && c <= 0x3029) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xff01 && c <= 0xffee);
}

/* False where it is not seen at a glance. */
static bool is_nfc(struct ll_str text)
{
	const unsigned char *p = (const unsigned char *)text.data, *end = p + text.len;
	while ((p = skip_ascii(p, end)) < end) {
		uint32_t c;
		if (*p >= 0xc2 && *p < 0xe0 && end - p >= 2 && (p[1] & 0xc0) == 0x80) {
			c = (*p & 0x1fu) << 6 | (p[1] & 0x3fu);
			p += 2;
		} else if ((*p & 0xf0) == 0xe0 && end - p >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
			c = (*p & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
			if (c < 0x800)
				return false;
			p += 3;
		} else {
			return false;
		}
		if (!ll_bpe_is_plain_nfc(c))
			return false;
	}
	return true;
}

struct ll_str ll_bpe_normalize(const struct ll_bpe *b, struct ll_str text, struct ll_buf *scratch)
{
	if (b->chars && b->chars->normalizer)
		return normalize_chars(b, text, scratch);
	if (b->normal_form == LL_NO_NORMAL_FORM)
		return text;
	const unsigned char *start = (const unsigned char *)text.data, *end = start + text.len;
	if (b->normal_form == LL_NFC ? is_nfc(text) : skip_ascii(start, end) == end)
		return text;
	if (ll_utf8_valid_prefix(text.data, text.len) != text.len)
		return text;
	ll_buf_clear(scratch);
	ll_bpe_normal_form(text, (enum ll_normal_form)b->normal_form, scratch);
	return ll_buf_str(scratch);
}

size_t ll_bpe_cut(const struct ll_bpe *b, struct ll_str text)
{
	/* What a pattern matches in the text at hand says nothing of the normalized text, nor of what lies between added tokens. */
	if (ll_pretokenizer_scheme(b->pretokenizer) < 0 && (ll_bpe_normalizes(b) || b->added_in_text))
		return 0;
	if (b->added_spans_cuts)
		return 0;
	return ll_pretokenizer_cut(b->pretokenizer, text);
}

bool ll_bpe_cuts_at_blanks(const struct ll_bpe *b)
{
	const struct ll_pretokenizer *p = b->pretokenizer;
	return p && ll_pretokenizer_scheme(p) >= 0 && !ll_pretokenizer_prefixes(p) && !b->added_spans_cuts;
}

const char *ll_bpe_normalizer(const struct ll_bpe *b)
{
	static const char *const names[] = {
		[LL_NFC] = "NFC", [LL_NFD] = "NFD", [LL_NFKC] = "NFKC", [LL_NFKD] = "NFKD"
	};
	return b->normal_form == LL_NO_NORMAL_FORM ? NULL : names[b->normal_form];
}

bool ll_bpe_normalizes(const struct ll_bpe *b)
{
	return b->chars ? b->chars->normalizer != NULL : b->normal_form != LL_NO_NORMAL_FORM;
}
