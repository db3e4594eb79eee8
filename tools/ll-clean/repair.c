/* SPDX-License-Identifier: MIT */
/* repair.c - control characters, line ends, white space, normal form. Each repair is idempotent, and so is their sequence. */
#include "ll-clean/clean.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* What becomes of one code point: itself, a newline, or nothing. */
static int fate(uint32_t c)
{
	if ((c >= '\n' && c <= '\f') || c == 0x85) /* also vertical tab and form feed */
		return '\n';
	if ((c < 0x20 && c != '\t') || (c >= 0x7f && c <= 0x9f) || c == 0xfeff || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
		return 0;
	return 1;
}

/* Bytes that ask for a closer look: newlines, controls, and first bytes of characters that may go. */
static const bool special[256] = {
	[0 ... '\b'] = true, ['\n' ... 0x1f] = true, [0x7f] = true, [0xc2] = true, [0xef] = true, [0xf0 ... 0xff] = true,
};

/* Text that needs nothing is recognised without a copy: the usual case. */
static bool is_clean(struct ll_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];
		if (LL_LIKELY(!special[c]))
			continue;
		if (c != '\n' || i == 0)
			return false; /* perhaps: the slow path looks at whole characters */
		char last = s.data[i - 1];
		if (last == ' ' || last == '\t' || (last == '\n' && s.data[i - 2] == '\n'))
			return false;
	}
	return s.len == 0 || !strchr("\n \t", s.data[s.len - 1]);
}

bool repair_space(struct ll_buf *out, struct ll_str text)
{
	size_t start = out->len;
	unsigned newlines = 0;
	const char *p = text.data, *end = p + text.len;

	if (is_clean(text))
		return false;
	struct ll_buf held = { 0 }; /* spaces and tabs that stay if something follows on the line */
	while (p < end) {
		const char *from = p;
		uint32_t c = ll_utf8_next(&p);
		if (c == '\r') {
			if (p < end && *p == '\n')
				p++;
			c = '\n';
		}
		int f = fate(c);
		if (f == 0)
			continue;
		if (f == '\n') {
			newlines++;
			ll_buf_clear(&held);
		} else if (c == ' ' || c == '\t') {
			ll_buf_putc(&held, (char)c);
		} else {
			if (out->len > start)
				for (unsigned i = 0; i < LL_MIN(newlines, 2u); i++)
					ll_buf_putc(out, '\n');
			newlines = 0;
			ll_buf_add_str(out, ll_buf_str(&held));
			ll_buf_clear(&held);
			ll_buf_add(out, from, (size_t)(p - from));
		}
	}
	ll_buf_free(&held);
	if (!ll_str_eq(ll_str(out->data + start, out->len - start), text))
		return true;
	out->len = start;
	return false;
}

bool repair_normal_form(struct ll_buf *out, struct ll_str text)
{
	size_t start = out->len, i = 0;

	while (i < text.len && (unsigned char)text.data[i] < 0x80)
		i++;
	if (i == text.len)
		return false;
	ll_normalize(out, text, LL_NFC);
	if (!ll_str_eq(ll_str(out->data + start, out->len - start), text))
		return true;
	out->len = start;
	return false;
}
