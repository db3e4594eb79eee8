/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "text/unicode.h"
#include "text/utf8.h"

static void form(enum ll_normal_form f, const char *in, const char *want, const char *what)
{
	struct ll_buf got = { 0 };
	ll_normalize(&got, ll_cstr(in), f);
	ok(ll_str_is(ll_buf_str(&got), want), "%s", what);
	ll_buf_free(&got);
}

int main(void)
{
	unsigned letters = 0, numbers = 0, marks = 0, spaces = 0, cased = 0;
	for (uint32_t c = 0; c < 0x110000; c++) {
		uint8_t k = ll_char_class(c);
		letters += k & LL_CHAR_LETTER ? 1 : 0;
		numbers += k & LL_CHAR_NUMBER ? 1 : 0;
		marks += k & LL_CHAR_MARK ? 1 : 0;
		spaces += k & LL_CHAR_SPACE ? 1 : 0;
		cased += (k & (LL_CHAR_UPPER | LL_CHAR_LOWER)) && !(k & LL_CHAR_LETTER);
	}
	/* As counted in the engine of Hugging Face tokenizers, which has Unicode 16.0. */
	ok(letters == 141028 && numbers == 1911 && marks == 2501 && spaces == 25 && cased == 0,
	   "%u letters, %u numbers, %u marks, %u spaces", letters, numbers, marks, spaces);
	ok(ll_char_class('a') == (LL_CHAR_LETTER | LL_CHAR_LOWER) &&
		   ll_char_class('Q') == (LL_CHAR_LETTER | LL_CHAR_UPPER) && ll_char_class('5') == LL_CHAR_NUMBER &&
		   ll_char_class(' ') == LL_CHAR_SPACE && ll_char_class('!') == LL_CHAR_PUNCTUATION &&
		   ll_char_class('+') == LL_CHAR_SYMBOL && ll_char_class(0) == 0 &&
		   ll_char_class(0x301) == LL_CHAR_MARK,
	   "classes of ASCII");
	ok(ll_char_class(0x1c5) == (LL_CHAR_LETTER | LL_CHAR_UPPER) && ll_char_class(0x2b0) == LL_CHAR_LETTER &&
		   ll_char_class(0x65e5) == LL_CHAR_LETTER,
	   "title case counts as upper; modifiers and Han have no case");
	ok((ll_char_class(0xa7cb) & LL_CHAR_LETTER) && (ll_char_class(0x105c0) & LL_CHAR_LETTER) &&
		   !ll_char_class(0x88f) && !ll_char_class(0x323b0),
	   "letters of 16.0, not of 17.0");
	ok(!ll_char_class(0xd800) && !ll_char_class(0x10ffff) && !ll_char_class(0xffffffff), "no class");
	ok(ll_char_lower('A') == 'a' && ll_char_lower(0xc9) == 0xe9 && ll_char_lower(0x3a3) == 0x3c3 &&
		   ll_char_lower(0x130) == 'i' && ll_char_lower('[') == '[' && ll_char_lower(0x65e5) == 0x65e5 &&
		   ll_char_lower(0xffffff) == 0xffffff,
	   "lower case");
	ok(ll_char_is_unspaced(0x65e5) && ll_char_is_unspaced(0x3042) && ll_char_is_unspaced(0x30fc) &&
		   ll_char_is_unspaced(0xe01) && ll_char_is_unspaced(0x1000) && ll_char_is_unspaced(0x1780) &&
		   ll_char_is_unspaced(0xe81) && ll_char_is_unspaced(0x323af),
	   "unspaced scripts");
	ok(!ll_char_is_unspaced('a') && !ll_char_is_unspaced(0x3001) && !ll_char_is_unspaced(0xac00) &&
		   !ll_char_is_unspaced(0xe3f) && !ll_char_is_unspaced(0x323b0) && !ll_char_is_unspaced(0x10ffff),
	   "spaced scripts and punctuation");

	form(LL_NFC, "plain", "plain", "NFC of ASCII");
	form(LL_NFC, "e\xcc\x81", "\xc3\xa9", "NFC joins");
	form(LL_NFC, "xe\xcc\x81y\xc3\xa9z", "x\xc3\xa9y\xc3\xa9z", "NFC in the middle");
	form(LL_NFC, "\xc3\xaa\xcc\x81", "\xe1\xba\xbf", "NFC joins what is joined already");
	form(LL_NFC, "a\xcc\x81\xcc\xa3", "\xe1\xba\xa1\xcc\x81", "NFC reorders");
	form(LL_NFC, "\xcc\x81x", "\xcc\x81x", "NFC of a mark alone");
	form(LL_NFC, "\xe2\x84\xab\xe2\x80\xa8", "\xc3\x85\xe2\x80\xa8",
	     "NFC of the angstrom sign; the line separator stays");
	form(LL_NFC, "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", "\xea\xb0\x81", "NFC of Hangul");
	form(LL_NFD, "\xc3\xa9", "e\xcc\x81", "NFD");
	form(LL_NFKC, "\xef\xac\x81 \xc2\xb2 \xef\xbc\xa1", "fi 2 A", "NFKC");
	form(LL_NFKD, "\xc2\xbd",
	     "1\xe2\x81\x84"
	     "2",
	     "NFKD");
	/* Long stretches, and against one call for the whole: forms are closed under the cuts made. */
	struct ll_buf text = { 0 }, got = { 0 }, again = { 0 };
	for (int i = 0; i < 5000; i++)
		ll_buf_puts(&text, i % 700 ? "\xe1\x84\x80\xe1\x85\xa1" : "o\xcc\x88");
	ll_normalize(&got, ll_buf_str(&text), LL_NFC);
	ll_normalize(&again, ll_buf_str(&got), LL_NFC);
	ok(got.len == (5000 - 8) * 3 + 8 * 2 && ll_str_eq(ll_buf_str(&got), ll_buf_str(&again)),
	   "a long stretch; NFC of NFC is the same");
	ll_buf_clear(&again);
	ll_normalize(&again, ll_buf_str(&got), LL_NFD);
	ok(ll_str_eq(ll_buf_str(&again), ll_buf_str(&text)), "NFD takes it back");
	ok(ll_unicode_normalizer_version()[0] != 0, "normal forms by Unicode %s", ll_unicode_normalizer_version());
	ll_buf_free(&text);
	ll_buf_free(&got);
	ll_buf_free(&again);
	return test_done();
}
