/* SPDX-License-Identifier: MIT */
/* UTF-8 against utf8proc over every sequence of up to three bytes, many of four, and random mixtures. */
#include "test.h"

#include <utf8proc.h>

#include "base/random.h"
#include "text/utf8.h"

/* The valid prefix by the other library, a code point at a time. */
static size_t oracle(const unsigned char *s, size_t n)
{
	size_t at = 0;

	while (at < n) {
		utf8proc_int32_t c;
		utf8proc_ssize_t len = utf8proc_iterate(s + at, (utf8proc_ssize_t)(n - at), &c);
		if (len <= 0 || c < 0)
			break;
		at += (size_t)len;
	}
	return at;
}

int main(void)
{
	unsigned char s[400];
	size_t bad = 0;

	for (unsigned v = 0; v < 1u << 24; v++) {
		s[0] = (unsigned char)(v >> 16);
		s[1] = (unsigned char)(v >> 8);
		s[2] = (unsigned char)v;
		bad += ll_utf8_valid_prefix((char *)s, 3) != oracle(s, 3);
	}
	ok(bad == 0, "every three bytes: %zu differ", bad);
	bad = 0;
	for (unsigned lead = 0xe0; lead < 0x100; lead++)
		for (unsigned v = 0; v < 1u << 16; v++)
			for (unsigned last = 0x70; last < 0xd0; last += 0x10) {
				s[0] = (unsigned char)lead;
				s[1] = (unsigned char)(v >> 8);
				s[2] = (unsigned char)v;
				s[3] = (unsigned char)last;
				bad += ll_utf8_valid_prefix((char *)s, 4) != oracle(s, 4);
			}
	ok(bad == 0, "four bytes: %zu differ", bad);

	bad = 0;
	for (uint64_t i = 0; i < 200000; i++) {
		size_t n = 0, want = ll_random64(1, 0, i) % (i % 2 ? 70 : 380);
		while (n < want) {
			uint64_t r = ll_random64(1, n + 1, i);
			if (r % (i % 3 ? 400 : 23) == 0)
				s[n++] = (unsigned char)(r >> 32);
			else
				n += ll_utf8_put((char *)s + n,
						 r % 3 ? 'a' + (uint32_t)(r >> 40) % 26
						       : (uint32_t)((r >> 32) % 0x700 + 0x80) * (r & 64 ? 29 : 1));
		}
		bad += ll_utf8_valid_prefix((char *)s, n) != oracle(s, n);
	}
	ok(bad == 0, "random mixtures: %zu differ", bad);

	bad = 0;
	for (uint32_t c = 0; c < 0x110000; c++) {
		utf8proc_uint8_t want[4];
		char got[4];
		const char *p = got;
		if (c >= 0xd800 && c < 0xe000)
			continue;
		size_t n = ll_utf8_put(got, c);
		bad += n != (size_t)utf8proc_encode_char((utf8proc_int32_t)c, want) || memcmp(got, want, n) != 0;
		bad += ll_utf8_next(&p) != c || p != got + n || ll_utf8_count(got, n) != 1;
	}
	ok(bad == 0, "every code point there and back: %zu differ", bad);

	/* Unicode 15, table 3-8: one U+FFFD for each maximal subpart. */
	struct ll_buf b = { 0 };
	size_t n = ll_utf8_repair(&b, "\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64", 13);
	ok(n == 6 && ll_str_is(ll_buf_str(&b), "a\ufffd\ufffd\ufffdb\ufffdc\ufffd\ufffdd"),
	   "damage is replaced as the standard's example has it");
	ll_buf_free(&b);
	return test_done();
}
