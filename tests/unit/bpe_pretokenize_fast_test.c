/* SPDX-License-Identifier: MIT */
/*
 * The wide splitters against the one that goes by characters: random strings, around the ends of blocks too, at any
 * place in memory and with any room for the ends. Usage: bpe_pretokenize_fast_test [ROUNDS [SEED]]
 */
#include "test.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/random.h"
#include "bpe/pretokenize_fast.h"
#include "text/utf8.h"

static const char *const bit[] = {
	" ",
	" ",
	" ",
	"  ",
	"   ",
	"        ",
	"\n",
	"\n",
	"\r\n",
	"\r",
	"\t",
	"\v",
	"\xc2\xa0",
	"\xc2\x85",
	"\xe3\x80\x80",
	"\xe2\x80\xa8",
	"\x1c",
	"\xe2\x80\x8b",
	"'s",
	"'S",
	"'t",
	"'ll",
	"'LL",
	"'lL",
	"'re",
	"'Ve",
	"'d",
	"'m",
	"'x",
	"'l",
	"'",
	"''",
	"'\xc5\xbf",
	"\xe2\x80\x99s",
	"a",
	"Z",
	"the",
	"word",
	"Word",
	"WORD",
	"camelCase",
	"XMLHttp",
	"\xc3\xa9",
	"\xc3\x89",
	"\xce\xa3",
	"\xcf\x83",
	"\xe6\x97\xa5",
	"\xe6\x9c\xac",
	"\xe3\x81\x82",
	"\xc7\x85",
	"\xca\xb0",
	"e\xcc\x81",
	"\xcc\x81",
	"\xe0\xa4\x95\xe0\xa4\xbf",
	"\xd8\xa7\xd9\x84",
	"1",
	"12",
	"123",
	"1234",
	"1234567",
	"\xc2\xb2",
	"\xc2\xbd",
	"\xd9\xa3",
	"\xf0\x9d\x9f\x98",
	"\xe2\x85\xa7",
	".",
	"...",
	"!",
	"/",
	"//",
	"-",
	"--",
	"\"",
	"(",
	"_",
	"\xe2\x82\xac",
	"\xe2\x80\x94",
	"\xf0\x9f\x98\x80",
	"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
	"\xf0\xa0\x80\x80",
	"\xef\xbb\xbf",
	"$",
	"\x01",
	"\xff",
	"\xc3",
	"\xe6\x97",
	"\xf0\x9f",
	"\x80",
	"\xed\xa0\x80",
	";\n",
	";\n\t",
	"{\n    ",
	" // ",
	"*/\n",
};

static uint64_t seed = 20261125, drawn;
static uint64_t below(uint64_t n)
{
	return ll_random_below(seed, 7, drawn++, n);
}

/* Few kinds of bits make runs; now and then any bytes. */
static void make_text(struct ll_buf *text)
{
	size_t len = below(8) ? 40 + below(200) : below(1200);
	const char *kind[6];
	size_t kinds = 1 + below(LL_COUNT(kind));
	bool any = below(16) == 0, mixed = below(3) == 0;
	for (size_t i = 0; i < kinds; i++)
		kind[i] = bit[below(LL_COUNT(bit))];
	ll_buf_clear(text);
	while (text->len < len) {
		const char *s = mixed ? bit[below(LL_COUNT(bit))] : kind[below(kinds)];
		if (any)
			ll_buf_putc(text, (char)below(256));
		else
			for (uint64_t n = below(8) ? 1 : 1 + below(below(16) ? 5 : 90); n > 0; n--)
				ll_buf_puts(text, s);
	}
}

static void show(enum ll_scheme scheme, const struct ll_buf *text, size_t at)
{
	struct ll_buf escaped = { 0 };
	for (size_t i = at > 100 ? at - 100 : 0; i < LL_MIN(text->len, at + 30); i++)
		ll_buf_printf(&escaped, text->data[i] > ' ' && text->data[i] < 127 ? "%c" : "\\x%02x",
			      (unsigned char)text->data[i]);
	diag("", "%s, near byte %zu of %zu: %s", ll_scheme_name(scheme), at, text->len, ll_buf_cstr(&escaped));
	ll_buf_free(&escaped);
}

static bool same(enum ll_scheme scheme, const struct ll_buf *text, ll_pretokenize_fast *fast, size_t *pieces)
{
	bytes start = (bytes)text->data, stop = start + text->len;
	size_t max = LL_PRETOKENIZE_LEAST + (below(2) ? 0 : below(300)), *got = ll_malloc(max * sizeof *got), at = 0;
	bool equal = true;
	while (at < text->len && equal) {
		bytes hard;
		size_t n = fast(scheme, start, start + at, stop, got, max, &hard), want;
		for (size_t i = 0; i < n && equal; i++, (*pieces)++) {
			ll_pretokenize_characters(scheme, start, start + at, stop, stop, &want, 1);
			equal = got[i] == want && want > at;
			at = want;
		}
		/* Go on where it stopped, or anywhere after. */
		bytes upto = hard && below(2) ? hard : start + LL_MIN(text->len, at + 1 + below(80));
		while (at < text->len && start + at < upto && equal) {
			ll_pretokenize_characters(scheme, start, start + at, stop, stop, &want, 1);
			at = want;
		}
	}
	if (!equal)
		show(scheme, text, at);
	ll_free(got);
	return equal;
}

/* Through the front door: every end, in batches of any size. */
static bool same_all(enum ll_scheme scheme, const struct ll_buf *text)
{
	bytes start = (bytes)text->data, stop = start + text->len;
	size_t end[400], at = 0;
	for (size_t n; (n = ll_pretokenize(scheme, ll_buf_str(text), at, end, 1 + below(LL_COUNT(end))));)
		for (size_t i = 0; i < n; i++) {
			size_t want;
			ll_pretokenize_characters(scheme, start, start + at, stop, stop, &want, 1);
			if (end[i] != want) {
				show(scheme, text, want);
				return false;
			}
			at = want;
		}
	return at == text->len;
}

/* Every class of character at every place of a block. */
static size_t at_every_place(enum ll_scheme scheme, ll_pretokenize_fast *fast, size_t *pieces)
{
	size_t bad = 0;
	struct ll_buf text = { 0 };
	for (size_t i = 0; i < LL_COUNT(bit); i++)
		for (size_t before = 56; before < 72; before++)
			for (size_t around = 0; around < 6; around++) {
				ll_buf_clear(&text);
				for (size_t k = 0; k < before; k++)
					ll_buf_putc(&text, "a .\n1Z"[around]);
				ll_buf_puts(&text, bit[i]);
				for (size_t k = 0; k < 140; k++)
					ll_buf_putc(&text, "b \n.Z1"[(around + (k > 0)) % 6]);
				bad += !same(scheme, &text, fast, pieces);
			}
	ll_buf_free(&text);
	return bad;
}

/* Every character of three bytes, between kana and Han. */
static size_t wide_characters(enum ll_scheme scheme, ll_pretokenize_fast *fast, size_t *pieces)
{
	size_t bad = 0;
	struct ll_buf text = { 0 };
	for (uint32_t c = 0x800; c < 0x10000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		ll_buf_puts(&text, "\xe3\x81\x82\xe3\x82\xa2\xe3\x83\xbc");
		text.len += ll_utf8_put(ll_buf_reserve(&text, 4), c);
		ll_buf_puts(&text, "\xe6\x97\xa5\xe6\x9c\xac.");
		if (c % 64 < 63)
			continue;
		bad += !same(scheme, &text, fast, pieces);
		ll_buf_clear(&text);
	}
	ll_buf_free(&text);
	return bad;
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 6000;
	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : seed;
	struct ll_buf text = { 0 };
	for (int s = 0; s < LL_SCHEMES; s++) {
		enum ll_scheme scheme = (enum ll_scheme)s;
		size_t bad = 0;
		for (uint64_t round = 0; round < rounds && bad < 4; round++) {
			make_text(&text);
			bad += !same_all(scheme, &text);
		}
		ok(bad == 0, "%s: %llu random strings", ll_scheme_name(scheme), (unsigned long long)rounds);
		for (int cpu = LL_CPU_AVX2; cpu <= (int)ll_cpu(); cpu++) {
			ll_pretokenize_fast *fast = ll_pretokenize_version((enum ll_cpu)cpu);
			size_t pieces = 0;
			bad = at_every_place(scheme, fast, &pieces) + wide_characters(scheme, fast, &pieces);
			for (uint64_t round = 0; round < rounds && bad < 4; round++) {
				make_text(&text);
				bad += !same(scheme, &text, fast, &pieces);
			}
			ok(bad == 0, "%s, %s: %llu random strings, %zu pieces found in blocks", ll_scheme_name(scheme),
			   ll_cpu_name((enum ll_cpu)cpu), (unsigned long long)rounds, pieces);
		}
	}
	ll_buf_free(&text);
	return test_done();
}
