/* SPDX-License-Identifier: MIT */
/*
 * The hand-written splitters against PCRE2 running the patterns themselves, on code points that Unicode 14 and 16 class
 * alike. With `--split MODEL` and `--normalize MODEL`: what that tokenizer makes of texts, for
 * tests/interop/pretokenizers.py; with `--prove N`, the proof of the schemes with N strings, for
 * tests/long/pretokenizers.sh.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "test.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/random.h"
#include "bpe/bpe.h"
#include "bpe/pretokenizer_parts.h"

static const char *const bits[] = {
	" ",
	" ",
	"  ",
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
	"''",
	"'\xc5\xbf",
	"\xe2\x80\x99s",
	"a",
	"Z",
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
	"\xf0\x9f\x98\x80",
	"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
	"\xef\xbb\xbf",
	"$",
	"\x01",
	"\x02",
	"\xc2\xad",
	"\xee\x80\x80",
	"\xe3\x81\x82\xe3\x82\xa2",
	"\xe3\x82\x99",
	"\xe3\x81\x80",
	"\xe9\xbe\xa5\xe9\xbe\xa6",
	"\xe3\x83\xbb",
	"'a\xc3\xa9",
	"#\xc3\xa9",
};

struct oracle {
	pcre2_code *code[LL_SCHEME_PATTERNS];
	pcre2_match_data *match;
	size_t levels, end[4096], n;
};

/* The pieces of text[from, to) by the patterns from `level` on, each on its own. */
static void oracle_split(struct oracle *o, size_t level, const char *text, size_t from, size_t to)
{
	if (level == o->levels) {
		if (from < to)
			o->end[o->n++] = to;
		return;
	}
	size_t at = from;
	while (at < to &&
	       pcre2_match(o->code[level], (PCRE2_SPTR)text + from, to - from, at - from, 0, o->match, NULL) > 0) {
		const size_t *m = pcre2_get_ovector_pointer(o->match);
		size_t start = from + m[0], stop = from + m[1];
		oracle_split(o, level + 1, text, at, start);
		oracle_split(o, level + 1, text, start, stop);
		at = stop;
	}
	oracle_split(o, level + 1, text, at, to);
}

static bool oracle_open(struct oracle *o, enum ll_scheme scheme)
{
	const char *pattern;
	o->match = pcre2_match_data_create(1, NULL);
	for (; (pattern = ll_scheme_pattern(scheme, o->levels)) != NULL; o->levels++) {
		int code;
		size_t at;
		o->code[o->levels] = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
						   PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
		if (!ok(o->code[o->levels] != NULL, "%s: PCRE2 takes pattern %zu", ll_scheme_name(scheme), o->levels))
			return false;
	}
	return true;
}

static void check_scheme(enum ll_scheme scheme)
{
	size_t bad = 0, pieces = 0;
	struct ll_buf text = { 0 };
	static struct oracle o;
	o = (struct oracle){ 0 };
	if (!oracle_open(&o, scheme))
		return;
	for (uint64_t round = 0; round < 40000; round++) {
		ll_buf_clear(&text);
		uint64_t n = 1 + ll_random_below(scheme, 1, round, 9);
		for (uint64_t i = 0; i < n; i++) {
			const char *bit = bits[ll_random_below(scheme, 2, round * 16 + i, LL_COUNT(bits))];
			for (uint64_t k = ll_random_below(scheme, 3, round * 16 + i, 8) ? 1 : 3; k > 0; k--)
				ll_buf_puts(&text, bit);
		}
		size_t end[3], have = 0, at = 0, got = 0; /* in small batches, to test the resumption too */
		bool equal = true;
		o.n = 0;
		oracle_split(&o, 0, text.data, 0, text.len);
		while (equal && (have = ll_pretokenize(scheme, ll_buf_str(&text), at, end, LL_COUNT(end))) > 0) {
			for (size_t i = 0; i < have && equal; i++, got++)
				equal = got < o.n && o.end[got] == end[i];
			at = end[have - 1];
		}
		pieces += got;
		if ((!equal || got != o.n) && ++bad < 4)
			diag("", "%s splits otherwise than the pattern: '%.*s' near %zu", ll_scheme_name(scheme),
			     (int)text.len, text.data, at);
	}
	ok(bad == 0, "%s: %zu pieces of 40000 random strings split as the pattern does", ll_scheme_name(scheme),
	   pieces);
	ll_buf_free(&text);
	pcre2_match_data_free(o.match);
	for (size_t i = 0; i < o.levels; i++)
		pcre2_code_free(o.code[i]);
}

/* "|" between pieces */
static void split(enum ll_scheme scheme, const char *text, size_t len, const char *want)
{
	struct ll_buf got = { 0 };
	size_t at = 0, end;
	for (; ll_pretokenize(scheme, ll_str(text, len), at, &end, 1); at = end) {
		if (at)
			ll_buf_putc(&got, '|');
		ll_buf_add(&got, text + at, end - at);
	}
	bool equal = ll_str_is(ll_buf_str(&got), want);
	for (size_t i = 0; i < got.len; i++) /* a name of one line */
		got.data[i] = got.data[i] == '\n' ? '.' : got.data[i];
	ok(equal, "%s: %s", ll_scheme_name(scheme), ll_buf_cstr(&got));
	ll_buf_free(&got);
}

static void check_cuts(enum ll_scheme scheme)
{
	size_t bad = 0, cuts = 0;
	struct ll_buf text = { 0 };
	for (uint64_t round = 0; round < 3000; round++) {
		ll_buf_clear(&text);
		for (uint64_t i = 0; i < 12; i++)
			ll_buf_puts(&text, bits[ll_random_below(77, scheme, round * 16 + i, LL_COUNT(bits))]);
		for (size_t upto = text.len; upto > 0; upto--) {
			size_t cut = ll_pretokenize_cut(ll_str(text.data, upto));
			if (cut == 0)
				break;
			size_t at = 0, end = 0, whole = 0;
			cuts++;
			while (ll_pretokenize(scheme, ll_buf_str(&text), whole, &whole, 1) && whole <= cut) {
				ll_pretokenize(scheme, ll_str(text.data, cut), at, &end, 1);
				bad += end != whole;
				at = end;
			}
			bad += at != cut;
			upto = cut;
		}
	}
	ok(bad == 0 && cuts > 1000, "%s: %zu cuts leave the pieces as they are", ll_scheme_name(scheme), cuts);
	ll_buf_free(&text);
}

static void check_proof(enum ll_scheme scheme)
{
	struct ll_err err = { "" };
	struct ll_pretokenizer *p = ll_pretokenizer_of_scheme(scheme);
	ok(ll_pretokenizer_prove(p, 1, LL_PROVE_STRINGS, &err) == 0, "%s: proved on every category %s",
	   ll_scheme_name(scheme), err.text);
	p->scheme = scheme == LL_SCHEME_GPT2 ? LL_SCHEME_CL100K : scheme - 1;
	ok(ll_pretokenizer_prove(p, 1, LL_PROVE_STRINGS, &err) != 0, "%s: the proof sees another scheme: %s",
	   ll_scheme_name(scheme), err.text);
	ll_pretokenizer_free(p);
}

/* All pieces of text[from, to), split alone. */
static size_t pieces_of(struct ll_splitter *s, const char *text, size_t from, size_t to, size_t *ends)
{
	size_t n = 0, end;
	for (size_t at = 0; ll_split(s, ll_str(text + from, to - from), at, &end, 1); at = end)
		ends[n++] = from + end;
	return n;
}

/* Texts cut where ll_pretokenizer_cut says, given no more than what stands before the cut. */
static void check_pattern_cuts(const char *spec, bool some)
{
	struct ll_err err;
	struct ll_pretokenizer *p = ll_pretokenizer_parse(spec, &err);
	struct ll_splitter *s = ll_splitter_new(p);
	static size_t whole[4096], parts[4096];
	size_t bad = 0, cuts = 0;
	struct ll_buf text = { 0 };
	for (uint64_t round = 0; round < 300; round++) {
		ll_buf_clear(&text);
		for (uint64_t i = 0; i < 12; i++)
			ll_buf_puts(&text, ll_random_below(79, 1, round * 16 + i, 9)
						   ? bits[ll_random_below(78, 2, round * 16 + i, LL_COUNT(bits))]
						   : "\xff\xe2\x82");
		size_t n = pieces_of(s, text.data, 0, text.len, whole);
		for (size_t upto = 1; upto <= text.len; upto++) {
			size_t cut = ll_pretokenizer_cut(p, ll_str(text.data, upto));
			if (cut == 0)
				continue;
			size_t k = pieces_of(s, text.data, 0, cut, parts);
			k += pieces_of(s, text.data, cut, text.len, parts + k);
			cuts++;
			bad += cut > upto || k != n || memcmp(whole, parts, n * sizeof *whole) != 0;
		}
	}
	ok(bad == 0 && (cuts > 300) == some, "%s: %zu cuts leave the pieces as they are", spec, cuts);
	ll_buf_free(&text);
	ll_splitter_free(s);
	ll_pretokenizer_free(p);
}

/* Where there is no JIT, PCRE2's interpreter finds the same. */
static void check_interpreter(enum ll_scheme scheme)
{
	struct ll_pretokenizer *fixed = ll_pretokenizer_of_scheme(scheme), *p = ll_pretokenizer_patterns(fixed),
			       *q = ll_pretokenizer_patterns(fixed);
	for (size_t i = 0; i < q->levels; i++)
		q->level[i].jit = false;
	struct ll_splitter *a = ll_splitter_new(p), *b = ll_splitter_new(q);
	struct ll_buf text = { 0 };
	for (uint64_t i = 0; i < 3000; i++)
		ll_buf_puts(&text, bits[ll_random_below(5, scheme, i, LL_COUNT(bits))]);
	size_t at = 0, x = 0, y = 0;
	while (ll_split(a, ll_buf_str(&text), at, &x, 1) && ll_split(b, ll_buf_str(&text), at, &y, 1) && x == y)
		at = x;
	ok(at == text.len, "%s: with and without JIT", ll_scheme_name(scheme));
	ll_splitter_free(a);
	ll_splitter_free(b);
	ll_pretokenizer_free(p);
	ll_pretokenizer_free(q);
	ll_pretokenizer_free(fixed);
	ll_buf_free(&text);
}

/* Standard input: texts, each a u32 length and its bytes. Standard output: for each a u32 count and its ends, u32; or a
 * u32 length and the normalized text. */
static int answer_input(const char *model, bool normalize)
{
	struct ll_bpe *b = ll_bpe_load(model, NULL);
	struct ll_splitter *s = ll_splitter_new(ll_bpe_splitting(b));
	struct ll_buf text = { 0 }, out = { 0 }, scratch = { 0 };
	unsigned char head[4];
	while (fread(head, 1, 4, stdin) == 4) {
		size_t end[256], at = 0, n;
		ll_buf_clear(&text);
		ll_buf_clear(&out);
		text.len = fread(ll_buf_reserve(&text, ll_get32(head)), 1, ll_get32(head), stdin);
		ll_buf_put32(&out, 0);
		if (normalize) {
			ll_buf_add_str(&out, ll_bpe_normalize(b, ll_buf_str(&text), &scratch));
			ll_put32(out.data, (uint32_t)out.len - 4);
			fwrite(out.data, 1, out.len, stdout);
			continue;
		}
		for (; (n = ll_split(s, ll_buf_str(&text), at, end, LL_COUNT(end))) > 0; at = end[n - 1])
			for (size_t i = 0; i < n; i++)
				ll_buf_put32(&out, (uint32_t)end[i]);
		ll_put32(out.data, (uint32_t)(out.len / 4 - 1));
		fwrite(out.data, 1, out.len, stdout);
	}
	ll_buf_free(&text);
	ll_buf_free(&out);
	ll_buf_free(&scratch);
	ll_splitter_free(s);
	ll_bpe_free(b);
	return 0;
}

/* The proof of all schemes with that many strings. */
static int prove(uint64_t strings)
{
	struct ll_err err = { "" };
	for (int s = 0; s < LL_SCHEMES; s++) {
		struct ll_pretokenizer *p = ll_pretokenizer_of_scheme((enum ll_scheme)s);
		ok(ll_pretokenizer_prove(p, strings, strings, &err) == 0, "%s: proved with %llu strings %s",
		   ll_scheme_name((enum ll_scheme)s), (unsigned long long)strings, err.text);
		ll_pretokenizer_free(p);
	}
	return test_done();
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--prove") == 0)
		return prove(strtoull(argv[2], NULL, 10));
	if (argc == 3)
		return answer_input(argv[2], strcmp(argv[1], "--normalize") == 0);
	for (int s = 0; s < LL_SCHEMES; s++) {
		check_scheme((enum ll_scheme)s);
		check_cuts((enum ll_scheme)s);
		check_proof((enum ll_scheme)s);
		check_interpreter((enum ll_scheme)s);
	}
	static const char *const cut_somewhere[] = {
		"regex:\\p{L}+|\\s+(?!\\S)|\\s+",
		"regex: ?\\p{L}+| ?[^\\s\\p{L}]+|\\s+(?!\\S)|\\s",
		"regex:(?=\\p{Lu})",
		"regex:a*",
		"regex:[^a]*a",
		"regex:.{3}",
		"regex:(?:ab?|b)(?!\\s)|\\S",
		"regex:\\p{L}+(?=\\s|\\z)|.",
		"regex:x?+\\s*+",

	};
	for (size_t i = 0; i < LL_COUNT(cut_somewhere); i++)
		check_pattern_cuts(cut_somewhere[i], true);
	check_pattern_cuts("regex:\\S+?(?=\\s)", false); /* every match needs what follows it */
	check_pattern_cuts("regex:(?<=\\s)\\S", false);
	check_pattern_cuts("regex:\\Aa|\\s", false);
	check_pattern_cuts("regex:\\w+", false);
	check_pattern_cuts("gpt2", true);
#define SPLIT(scheme, text, want) split(scheme, text, sizeof text - 1, want)
	SPLIT(LL_SCHEME_GPT2, "I'll say:  it's 2024!\n\n ok", "I|'ll| say|:| | it|'s| 2024|!|\n\n| ok");
	SPLIT(LL_SCHEME_CL100K, "I'LL say:  it's 12345!\n\n ok", "I|'LL| say|:| | it|'s| |123|45|!\n\n| ok");
	SPLIT(LL_SCHEME_CL100K, "end \n  ", "end| \n|  ");
	SPLIT(LL_SCHEME_CL100K_TIKTOKEN, "end \n  ", "end| \n  ");
	SPLIT(LL_SCHEME_O200K, "camelCase HTTPServer don't //\n", "camel|Case| HTTPServer| don't| //\n");
	SPLIT(LL_SCHEME_QWEN2, "x123", "x|1|2|3");
	SPLIT(LL_SCHEME_QWEN2, "e\xcc\x81 12", "e|\xcc\x81| |1|2");
	SPLIT(LL_SCHEME_QWEN35, "e\xcc\x81 12 it's", "e\xcc\x81| |1|2| it|'s");
	SPLIT(LL_SCHEME_DEEPSEEK_V3, "f(x, 1234) \xe6\x97\xa5\xe3\x81\xaex  \x01\x02",
	      "f|(x|,| |123|4|)| |\xe6\x97\xa5\xe3\x81\xae|x| | |\x01\x02");
	/* Letters of Unicode 16.0 are letters; letters of 17.0 are not; invalid bytes are symbols, one by one. */
	SPLIT(LL_SCHEME_CL100K,
	      "\xea\x9f\x8b"
	      "a",
	      "\xea\x9f\x8b"
	      "a");
	SPLIT(LL_SCHEME_CL100K,
	      "a\xe0\xa2\x8f"
	      "b",
	      "a|\xe0\xa2\x8f"
	      "b");
	SPLIT(LL_SCHEME_GPT2, "a\xff\xc3 \xe6\x97", "a|\xff\xc3| \xe6\x97");
	SPLIT(LL_SCHEME_GPT2, "\xed\xa0\x80z", "\xed\xa0\x80|z");
	ok(ll_scheme_find("llama3") == LL_SCHEME_CL100K && ll_scheme_find("cl100") == -1, "names");
	struct ll_str o200k = ll_cstr(ll_scheme_pattern(LL_SCHEME_O200K, 0));
	ok(ll_scheme_by_patterns(&o200k, 1) == LL_SCHEME_O200K, "patterns");
	return test_done();
}
