/* SPDX-License-Identifier: MIT */
/*
 * The proof of a fixed scheme on this machine: texts made of everything that the patterns tell apart, split both ways.
 * Pieces of text are drawn from the stretches of the table of general categories, so that every category and both ends
 * of every stretch come up, and from what is special to the patterns: white space, contractions in all cases, digits,
 * words in all cases, invalid and cut sequences. Fillers of about 16, 32 and 64 characters move things over the edges
 * of blocks.
 */
#include "base/memory.h"
#include "base/random.h"
#include "bpe/pretokenizer_parts.h"
#include "text/unicode.h"
#include "text/utf8.h"

static const char *const bits[] = {
	" ",
	" ",
	"  ",
	"\n",
	"\r\n",
	"\r",
	"\t",
	"\v\f",
	" \n",
	"\n ",
	"\xc2\x85",
	"\xc2\xa0",
	"\xe2\x80\xa8",
	"\xe3\x80\x80",
	"\xe1\x9a\x80",
	"\xe1\xa0\x8e",
	"\xe2\x80\x8b",
	"\xef\xbb\xbf",
	"\x1c",
	"\x01",
	"'",
	"'s",
	"'S",
	"'t",
	"'T",
	"'re",
	"'RE",
	"'rE",
	"'ve",
	"'Ve",
	"'m",
	"'M",
	"'ll",
	"'LL",
	"'lL",
	"'d",
	"'D",
	"'l",
	"'r",
	"'v",
	"'x",
	"''s",
	"'\xc5\xbf",
	"'\xe2\x84\xaa",
	"\xe2\x80\x99s",
	"a",
	"Z",
	"word",
	"Word",
	"WORD",
	"camelCase",
	"XMLHttp",
	"\xc3\xa9",
	"\xc3\x89t\xc3\xa9",
	"\xc7\x85",
	"\xca\xb0",
	"\xe6\x97\xa5\xe6\x9c\xac",
	"\xe3\x81\x82\xe3\x82\xa2",
	"\xe3\x83\xbb",
	"\xe3\x82\x99",
	"\xe3\x81\x80",
	"\xe9\xbe\xa5\xe9\xbe\xa6",
	"e\xcc\x81",
	"\xcc\x81",
	"\xe0\xa4\x95\xe0\xa4\xbf",
	"\xd8\xa7\xd9\x84",
	"1",
	"12",
	"123",
	"1234567",
	"\xc2\xb2\xc2\xbd",
	"\xd9\xa3",
	"\xf0\x9d\x9f\x98",
	".",
	"...",
	"!?",
	"/",
	"//\n",
	"--",
	"\"",
	"(",
	"_",
	"$",
	"+=",
	"\xe2\x82\xac",
	"#a",
	"\xf0\x9f\x98\x80",
	"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
	"\xff",
	"\xc0",
	"\x80",
	"\xc3",
	"\xe6\x97",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\xf0\x9f\x98",
	"\xe2\x28\xa1",
};

struct source {
	uint64_t seed, string, drawn;
};

static uint64_t below(struct source *s, uint64_t n)
{
	return ll_random_below(s->seed, 0x70726f76, s->string << 16 | s->drawn++, n);
}

static void put_category(struct source *s, struct ll_buf *out)
{
	const uint32_t *stretch;
	size_t n = ll_category_stretches(&stretch), i = below(s, n);
	uint32_t from = stretch[i] >> 5, to = i + 1 < n ? stretch[i + 1] >> 5 : 0x110000;
	uint32_t c = from + (uint32_t)(below(s, 3) == 0 ? to - from - 1 : below(s, to - from));
	if (c >= 0xd800 && c < 0xe000)
		return;
	for (uint64_t times = below(s, 4) ? 1 : 3; times > 0; times--)
		out->len += ll_utf8_put(ll_buf_reserve(out, 4), c);
}

static void put_filler(struct source *s, struct ll_buf *out)
{
	static const char fill[] = "a A1 \n.'";
	uint64_t n = ((uint64_t)16 << below(s, 3)) - 2 + below(s, 5);
	char c = fill[below(s, sizeof fill - 1)];
	for (; n > 0; n--)
		ll_buf_putc(out, c);
}

static void make_text(struct source *s, struct ll_buf *out)
{
	ll_buf_clear(out);
	for (uint64_t n = 1 + below(s, 12); n > 0; n--) {
		uint64_t kind = below(s, 32);
		if (kind == 0)
			put_filler(s, out);
		else if (kind < 11)
			put_category(s, out);
		else if (kind < 14)
			ll_buf_putc(out, (char)below(s, 128));
		else
			ll_buf_puts(out, bits[below(s, LL_COUNT(bits))]);
	}
}

static int differ(const struct ll_pretokenizer *p, struct ll_str text, size_t at, struct ll_err *err)
{
	struct ll_buf shown = { 0 };
	size_t from = at < 16 ? 0 : at - 16;
	for (size_t i = from; i < LL_MIN(text.len, at + 16); i++) {
		unsigned char c = (unsigned char)text.data[i];
		ll_buf_printf(&shown, c > ' ' && c < 0x7f && c != '\\' ? "%c" : "\\x%02x", c);
	}
	ll_err_set(err, "pre-tokenizer %s splits otherwise than its pattern at byte %zu of '%s'", p->name, at - from,
		   ll_buf_cstr(&shown));
	ll_buf_free(&shown);
	return -1;
}

/* The ends found in batches of random sizes, which tests going on from an end too. */
static int compare(struct source *s, const struct ll_pretokenizer *p, struct ll_splitter *ours,
		   struct ll_splitter *oracle, struct ll_str text, struct ll_err *err)
{
	size_t want[1024], end[1024];
	size_t n = ll_split(oracle, text, 0, want, LL_COUNT(want)), got = 0, at = 0;
	if (ll_splitter_error(oracle))
		return ll_err_set(err, "%s", ll_splitter_error(oracle));
	LL_ASSERT(n < LL_COUNT(want));
	for (size_t have; (have = ll_split(ours, text, at, end, 1 + below(s, 100))) > 0;)
		for (size_t i = 0; i < have; at = end[i++])
			if (got == n || end[i] != want[got++])
				return differ(p, text, at, err);
	return got == n ? 0 : differ(p, text, at, err);
}

int ll_pretokenizer_prove(const struct ll_pretokenizer *p, uint64_t seed, uint64_t strings, struct ll_err *err)
{
	bool any = p->scheme >= 0;
	for (size_t i = 0; i < p->levels; i++)
		any |= p->level[i].scheme >= 0;
	if (!any)
		return 0;
	struct ll_pretokenizer *patterns = ll_pretokenizer_patterns(p);
	struct ll_splitter *ours = ll_splitter_new(p), *oracle = ll_splitter_new(patterns);
	struct ll_buf text = { 0 };
	int rc = 0;
	for (struct source s = { .seed = seed }; s.string < strings && !rc; s.string++, s.drawn = 0) {
		make_text(&s, &text);
		/* Of its own size on the heap, so that a read beyond its end is seen by a sanitizer. */
		char *copy = ll_malloc(LL_MAX(text.len, 1));
		memcpy(copy, text.len ? text.data : "", text.len);
		rc = compare(&s, p, ours, oracle, ll_str(copy, text.len), err);
		ll_free(copy);
	}
	ll_buf_free(&text);
	ll_splitter_free(ours);
	ll_splitter_free(oracle);
	ll_pretokenizer_free(patterns);
	return rc;
}
