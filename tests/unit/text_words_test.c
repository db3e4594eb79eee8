/* SPDX-License-Identifier: MIT */
/* text_words_test.c - normalised words against answers worked out by hand, and their places in the text. */
#include "test.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/random.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "text/words.h"
#include "text/words_ascii.h"

static void check(const char *text, const char *wanted)
{
	struct ll_words w = { .joined = true };
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
		good = good && ll_word_hash(p, n) == w.word[i].hash && w.word[i].start < w.word[i].end && w.word[i].end <= strlen(text) &&
		       w.word[i].start >= last;
		last = w.word[i].start;
		p += n + 1;
	}
	ok(good, "hashes and places of \"%s\"", text);
	ll_words_free(&w);
}

/* ---- the definition, character by character ---- */

struct plain {
	struct ll_buf text; /* the words, each followed by a space */
	bool open;
};

static void plain_chunk(struct plain *p, struct ll_str chunk)
{
	struct ll_buf normal = { 0 };

	ll_normalize(&normal, chunk, LL_NFKC);
	for (const char *c = normal.data; c < normal.data + normal.len;) {
		uint32_t point = ll_utf8_next(&c);
		bool in = point == '_' || (ll_char_class(point) & (LL_CHAR_LETTER | LL_CHAR_NUMBER | LL_CHAR_MARK));
		if (p->open && (!in || ll_char_is_unspaced(point))) {
			ll_buf_putc(&p->text, ' ');
			p->open = false;
		}
		if (!in)
			continue;
		char lower[4];
		ll_buf_add(&p->text, lower, ll_utf8_put(lower, ll_char_lower(point)));
		p->open = !ll_char_is_unspaced(point);
		if (!p->open)
			ll_buf_putc(&p->text, ' ');
	}
	if (p->open)
		ll_buf_putc(&p->text, ' ');
	p->open = false;
	ll_buf_free(&normal);
}

static struct ll_buf plain_words(struct ll_str text)
{
	struct plain p = { 0 };
	const char *from = text.data, *end = text.data + text.len;

	for (const char *at = from; at < end;) {
		const char *here = at;
		if (!(ll_char_class(ll_utf8_next(&at)) & LL_CHAR_SPACE))
			continue;
		if (here > from)
			plain_chunk(&p, ll_str(from, (size_t)(here - from)));
		from = at;
	}
	if (end > from)
		plain_chunk(&p, ll_str(from, (size_t)(end - from)));
	return p.text;
}

static bool same_words(const struct ll_words *w, struct ll_str text, const struct ll_buf *want)
{
	size_t n = 0, at = 0;
	uint32_t last = 0;

	for (; at < want->len; n++) {
		size_t len = (size_t)((char *)memchr(want->data + at, ' ', want->len - at) - (want->data + at));
		if (n == w->len || w->word[n].hash != ll_word_hash(want->data + at, len) || w->word[n].start < last ||
		    w->word[n].end <= w->word[n].start || w->word[n].end > text.len)
			return false;
		last = w->word[n].start;
		at += len + 1;
	}
	return n == w->len && (!w->joined || (w->normalized.len + (want->len > 0) == want->len &&
					      (want->len == 0 || memcmp(w->normalized.data, want->data, want->len - 1) == 0)));
}

/* Texts put together from pieces that are hard in one way or another. */
static void against_the_definition(void)
{
	static const char *const piece[] = {
		"a", "Z", "7", "_", " ", "\n", "\t", ".", ",", "'", "-", "@", "[", "`", "{", "/", ":", "\x7f", "word", "Word", "a longer stretch of plain words. ",
		"x_1 ", "0123456789abcdefXYZ", "averyveryverylongword_of_more_than_sixteen_bytes ", "\xc3\xa9", "\xc3\x89t\xc3\xa9", "e\xcc\x81", "\xcc\x81",
		"\xe2\x80\x9c", "\xe2\x80\x94", "\xe2\x80\xa6", "\xc2\xa0", "\xe2\x80\x83", "\xe3\x80\x80", "\xe6\x97\xa5\xe6\x9c\xac", "\xe3\x81\x8b\xe3\x82\x99",
		"\xef\xbc\xa1", "\xef\xac\x81", "\xd0\x96\xd0\xb8", "\xe1\x84\x80\xe1\x85\xa1", "\xea\xb0\x80\xe1\x86\xa8", "\xf0\x9f\x98\x80", "\xe0\xb8\x81\xe0\xb8\xb3",
		"\xf0\x9d\x90\x80", "\xc4\xb0", "\xce\xa3", "\xe2\x84\xab",
	};
	unsigned wrong = 0;
	uint64_t r = 0;
	struct ll_words w = { 0 };

	for (unsigned round = 0; round < 20000; round++) {
		struct ll_buf text = { 0 };
		unsigned pieces = (unsigned)ll_random_below(1, 1, r++, 40), known = round % 3 ? LL_COUNT(piece) : 24;
		for (unsigned i = 0; i < pieces; i++)
			ll_buf_puts(&text, piece[ll_random_below(1, 2, r++, known)]);
		struct ll_buf want = plain_words(ll_buf_str(&text));
		w.joined = round % 2;
		ll_words_split(&w, ll_buf_str(&text));
		if (!same_words(&w, ll_buf_str(&text), &want) && wrong++ == 0)
			diag("", "\"%.*s\" wants \"%.*s\"", (int)text.len, text.data, (int)want.len, want.data);
		ll_buf_free(&want);
		ll_buf_free(&text);
	}
	ok(wrong == 0, "%u of 20000 texts differ from the definition", wrong);
	ll_words_free(&w);
}

static void versions_agree(void)
{
	const struct ll_words_ascii *const plain = &ll_words_ascii_plain;
	const struct ll_words_ascii *other[3] = { plain };
	size_t n = 1;
	uint64_t r = 0;
	bool same = true;
#ifdef HAVE_AVX
	if (ll_cpu() >= LL_CPU_AVX2)
		other[n++] = &ll_words_ascii_avx2;
	if (ll_cpu() >= LL_CPU_AVX512)
		other[n++] = &ll_words_ascii_avx512;
#endif
	for (unsigned round = 0; round < 3000; round++) {
		enum { BLOCKS = 5 };
		char text[64 * BLOCKS], lower[2][64 * BLOCKS + 16]; /* 16 bytes that hashes may read and must not take */
		struct ll_word word[2][32 * BLOCKS + 1];
		uint64_t in[2][BLOCKS], out[2][BLOCKS];
		uint32_t edge[2][64 * BLOCKS + 66];
		for (size_t i = 0; i < sizeof(text); i++) {
			uint64_t v = ll_random64(3, 1, r++);
			text[i] = round % 3 == 0 ? (char)v : round % 3 == 1 ? "ab Z"[v % 4] : (v % 50) != 0 ? 'a' : ' ';
		}
		plain->classify(text, BLOCKS, lower[0], in[0], out[0]);
		memset(lower[0] + 64 * BLOCKS, (int)round, 16);
		uint32_t from = (uint32_t)ll_random_below(3, 2, r++, 64 * BLOCKS), to = from + (uint32_t)ll_random_below(3, 3, r++, 64 * BLOCKS + 1 - from);
		size_t edges = plain->edges(in[0], from, to, edge[0]);
		plain->words(lower[0], edge[0], edges / 2, word[0]);
		for (size_t i = 0; i < edges / 2; i++)
			same &= word[0][i].start == edge[0][2 * i] && word[0][i].end == edge[0][2 * i + 1] &&
				word[0][i].hash == ll_word_hash(lower[0] + word[0][i].start, word[0][i].end - word[0][i].start);
		for (size_t k = 1; k < n; k++) {
			other[k]->classify(text, BLOCKS, lower[1], in[1], out[1]);
			same &= memcmp(lower[0], lower[1], sizeof(text)) == 0 && memcmp(in[0], in[1], sizeof(in[0])) == 0 &&
				memcmp(out[0], out[1], sizeof(out[0])) == 0;
			same &= other[k]->edges(in[0], from, to, edge[1]) == edges && memcmp(edge[0], edge[1], edges * sizeof(edge[0][0])) == 0;
			other[k]->words(lower[0], edge[0], edges / 2, word[1]);
			same &= memcmp(word[0], word[1], edges / 2 * sizeof(word[0][0])) == 0;
		}
	}
	ok(same, "%zu versions of the ASCII bytes agree (up to %s)", n, ll_cpu_name(ll_cpu()));
}

/* Characters that are split without normalising: each of them beside each of some others, and all that end up as the second
 * half of a composition, must be left alone by NFKC. */
static bool left_alone(const char *text, size_t len)
{
	struct ll_buf b = { 0 };

	ll_normalize(&b, ll_str(text, len), LL_NFKC);
	bool same = ll_str_eq(ll_buf_str(&b), ll_str(text, len));
	ll_buf_free(&b);
	return same;
}

static void settled_characters(void)
{
	static bool second[0x110000]; /* joins with what stands before it */
	unsigned wrong = 0, settled = 0;

	for (uint32_t c = 0; c < 0x110000; c++) {
		char text[4];
		struct ll_buf b = { 0 };
		if (c >= 0xd800 && c < 0xe000)
			continue;
		ll_normalize(&b, ll_str(text, ll_utf8_put(text, c)), LL_NFD);
		for (const char *p = b.data, *end = b.data + b.len; p < end;) {
			bool first = p == b.data;
			uint32_t part = ll_utf8_next(&p);
			second[part] |= !first;
		}
		ll_buf_free(&b);
	}
	for (uint32_t c = 0; c < 0x110000; c++) {
		char text[12];
		if ((c >= 0xd800 && c < 0xe000) || !ll_words_is_settled(c))
			continue;
		settled++;
		size_t n = ll_utf8_put(text, c), m;
		wrong += !left_alone(text, n) || second[c];
		for (uint32_t other = 'A'; other < 0x3100; other += other < 0x600 ? 1 : 7)
			if (settled % 16 == 0 && ll_words_is_settled(other)) {
				m = n + ll_utf8_put(text + n, other);
				m += ll_utf8_put(text + m, c);
				wrong += !left_alone(text, m);
			}
	}
	ok(wrong == 0 && settled > 30000, "%u characters need no normal form, %u of them do", settled, wrong);
}

/* Masks do for a character just where the definition makes of it one character of a word, as long as it is, or a border. */
static void settled_in_place(void)
{
	unsigned wrong = 0, in_place = 0;

	for (uint32_t c = 0x80; c < 0x110000; c++) {
		char text[128] = { 0 }, lower[128], want[4];
		uint64_t in[2] = { 0 }, out[2] = { 0 };
		if (c >= 0xd800 && c < 0xe000)
			continue;
		size_t at = 50 + c % 14, n = ll_utf8_put(text + at, c), lowered = ll_utf8_put(want, ll_char_lower(c));
		ll_words_ascii_plain.classify(text, 2, lower, in, out);
		ll_words_settle(text, 2, lower, in, out);
		bool word = ll_char_class(c) & (LL_CHAR_LETTER | LL_CHAR_NUMBER | LL_CHAR_MARK);
		bool can = ll_words_is_settled(c) && !ll_char_is_unspaced(c) && !(ll_char_class(c) & LL_CHAR_SPACE) && (!word || lowered == n);
		in_place += can;
		for (size_t i = 0; i < 128; i++) {
			bool mine = i >= at && i < at + n;
			wrong += (out[i / 64] >> i % 64 & 1) != (mine && !can) || (in[i / 64] >> i % 64 & 1) != (mine && can && word) ||
				 lower[i] != (mine && can && word ? want[i - at] : text[i]);
		}
	}
	ok(wrong == 0 && in_place > 11172, "%u characters outside ASCII are split by masks, %u bytes of them wrongly", in_place, wrong);
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
	check("abcdefghijklmnop abcdefghijklmnopq", "abcdefghijklmnop abcdefghijklmnopq");
	against_the_definition();
	versions_agree();
	settled_characters();
	settled_in_place();
	return test_done();
}
