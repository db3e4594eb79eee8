/* SPDX-License-Identifier: MIT */
/*
 * What `ll-bpe bench` cannot measure, in memory, one thread.
 *
 *   encode MODEL PRETOKENIZER worst [BYTES]    texts that are hard to merge, of BYTES (100 MB) and twice as many: a line
 *                                              "NAME MB/s RATIO", RATIO the time of the second to that of the first
 *   encode MODEL PRETOKENIZER unseen FILE [N]  N runs, each of an encoder that has seen the first half of FILE, in
 *                                              documents of about 8 kB, and is timed on the second: a line "MB/s" a run
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "bpe/bpe.h"

#define DOCUMENT 8000

/* ---- hard texts ---- */

static uint64_t state;

static unsigned below(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((state >> 33) * n >> 31);
}

static void one_letter(char *p, size_t n)
{
	memset(p, 'a', n);
}

static void spaces(char *p, size_t n)
{
	memset(p, ' ', n);
}

static void signs(char *p, size_t n)
{
	memset(p, '^', n);
}

static void line_ends(char *p, size_t n)
{
	memset(p, '\n', n);
}

static void periodic(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = "abcabcd"[i % 7];
}

static void fibonacci(char *p, size_t n)
{
	size_t a = 1, b = 2;
	memcpy(p, "ab", 2);
	while (b < n) {
		size_t more = LL_MIN(a, n - b), next = a + b;
		memcpy(p + b, p, more);
		a = b;
		b = next;
	}
}

static void digits(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)('0' + below(10));
}

static void letters(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)('a' + below(26));
}

static void words_of(char *p, size_t n, size_t length)
{
	letters(p, n);
	for (size_t i = length; i < n; i += length + 1)
		p[i] = '\n';
}

static void words_65535(char *p, size_t n)
{
	words_of(p, n, 65535);
}

static void words_65536(char *p, size_t n)
{
	words_of(p, n, 65536);
}

static void json(char *p, size_t n)
{
	size_t i = 0;
	while (i < n) {
		char row[64];
		int len = snprintf(row, sizeof row, "{\"id\":%u,\"v\":[%u,%u],\"s\":\"%c%c\"},", below(100000), below(99), below(99),
				   'a' + (char)below(26), 'a' + (char)below(26));
		memcpy(p + i, row, LL_MIN((size_t)len, n - i));
		i += (size_t)len;
	}
}

static void any_bytes(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)below(256);
}

static const struct {
	const char *name;
	void (*fill)(char *p, size_t n);
} kinds[] = {
	{ "one-letter", one_letter }, { "spaces", spaces },	      { "signs", signs },
	{ "line-ends", line_ends },   { "periodic", periodic },	      { "fibonacci", fibonacci },
	{ "digits", digits },	      { "letters", letters },	      { "words-65535", words_65535 },
	{ "words-65536", words_65536 }, { "json", json },	      { "any-bytes", any_bytes },
};

static double timed(struct ll_bpe_encoder *e, const char *p, size_t n, struct ll_ids *ids)
{
	double start = ll_seconds();
	ids->len = 0;
	ll_bpe_encode(e, ll_str(p, n), false, ids);
	return ll_seconds() - start;
}

static void worst(const struct ll_bpe *b, size_t n, const char *only)
{
	char *text = ll_malloc(2 * n);
	struct ll_ids ids = { 0 };
	for (size_t k = 0; k < LL_COUNT(kinds); k++) {
		if (only && strcmp(only, kinds[k].name))
			continue;
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		kinds[k].fill(text, 2 * n);
		/* Memory that ids go to is touched before. */
		timed(e, text, 2 * n, &ids);
		double first = timed(e, text, n, &ids), second = timed(e, text, 2 * n, &ids);
		printf("%-12s %7.0f MB/s %5.2f\n", kinds[k].name, (double)n / first / 1e6, second / first);
		fflush(stdout);
		ll_bpe_encoder_free(e);
	}
	ll_ids_free(&ids);
	ll_free(text);
}

/* ---- text not seen before ---- */

static struct ll_buf read_file(const char *path)
{
	struct ll_buf text = { 0 };
	FILE *f = fopen(path, "rb");
	if (!f)
		ll_die(LL_EXIT_RESOURCE, "%s: cannot be opened", path);
	for (size_t n; (n = fread(ll_buf_reserve(&text, LL_MIB), 1, LL_MIB, f)) > 0;)
		text.len += n;
	fclose(f);
	return text;
}

static size_t encode_from(struct ll_bpe_encoder *e, struct ll_str text, size_t at, size_t upto, struct ll_ids *ids)
{
	while (at < upto) {
		size_t from = LL_MIN(at + DOCUMENT, text.len);
		const char *eol = memchr(text.data + from, '\n', text.len - from);
		size_t end = eol ? (size_t)(eol - text.data) + 1 : text.len;
		ll_bpe_encode(e, ll_str(text.data + at, end - at), false, ids);
		at = end;
	}
	return at;
}

static void unseen(const struct ll_bpe *b, const char *path, int runs)
{
	struct ll_buf text = read_file(path);
	struct ll_ids ids = { 0 };
	for (int i = 0; i < runs; i++) {
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		ids.len = 0;
		size_t half = encode_from(e, ll_buf_str(&text), 0, text.len / 2, &ids);
		double start = ll_seconds();
		ids.len = 0;
		encode_from(e, ll_buf_str(&text), half, text.len, &ids);
		printf("%.1f\n", (double)(text.len - half) / (ll_seconds() - start) / 1e6);
		ll_bpe_encoder_free(e);
	}
	ll_ids_free(&ids);
	ll_buf_free(&text);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: encode MODEL PRETOKENIZER worst [BYTES [NAME]] | unseen FILE [N]\n");
		return LL_EXIT_USAGE;
	}
	struct ll_bpe *b = ll_bpe_load(argv[1], strcmp(argv[2], "-") ? argv[2] : NULL);
	if (strcmp(argv[3], "worst") == 0)
		worst(b, argc > 4 ? (size_t)strtoull(argv[4], NULL, 10) : 100000000, argc > 5 ? argv[5] : NULL);
	else if (strcmp(argv[3], "unseen") == 0 && argc > 4)
		unseen(b, argv[4], argc > 5 ? atoi(argv[5]) : 20);
	ll_bpe_free(b);
	return LL_EXIT_OK;
}
