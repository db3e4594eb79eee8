/* SPDX-License-Identifier: MIT */
/* text_words_test.c - normalised words against answers worked out by hand, and their places in the text. */
#include "test.h"

#include "base/hash.h"
#include "text/words.h"

static void check(const char *text, const char *wanted)
{
	struct ll_words w = { 0 };
	bool good = true;
	ll_words_split(&w, ll_cstr(text));
	ok(ll_str_is(ll_buf_str(&w.normalized), wanted), "words of \"%s\": \"%.*s\"", text, (int)w.normalized.len,
	   w.normalized.data ? w.normalized.data : "");
	const char *p = w.normalized.data;
	uint32_t last = 0;
	for (size_t i = 0; i < w.len; i++) {
		size_t n = 0;
		while (p + n < w.normalized.data + w.normalized.len && p[n] != ' ')
			n++;
		good = good && ll_hash64(p, n) == w.word[i].hash && w.word[i].start < w.word[i].end && w.word[i].end <= strlen(text) &&
		       w.word[i].start >= last;
		last = w.word[i].start;
		p += n + 1;
	}
	ok(good, "hashes and places of \"%s\"", text);
	ll_words_free(&w);
}

int main(void)
{
	check("", "");
	check("  \t\n", "");
	check("Hello, World!", "hello world");
	check("don't stop_me 42x", "don t stop_me 42x");
	check("\xc3\x84rger STRASSE na\xc3\xafve", "\xc3\xa4rger strasse na\xc3\xafve");
	check("ﬁne ②", "fine 2");                       /* compatibility forms */
	check("A\xcc\x8angstr\xc3\xb6m", "\xc3\xa5ngstr\xc3\xb6m"); /* decomposed */
	check("我们 are 日本", "我 们 are 日 本");
	check("one\xc2\xa0two\xe2\x80\x83three", "one two three"); /* no-break and em space */
	check("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύσ");
	check("a-b—c", "a b c");
	return test_done();
}
