/* SPDX-License-Identifier: MIT */
/*
 * dedup_passages.c - JSON lines with planted repeats for dedup_substring.sh: dedup_passages BYTES < TEXT. Documents of about
 * 5 kB, BYTES of text in all, are runs of six words each from random places of TEXT, so that its words come as often as in
 * it, and hardly any hundred bytes come twice. Every 50th document ends with 100 to 1,099 bytes of one of the last 1,000
 * before it. On standard error: the number of bytes planted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 1000
#define ROOM 8192

static uint64_t state = 1;

static uint64_t next(void) /* SplitMix64 */
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Reads all words of printable ASCII that JSON needs no escapes for, single spaces between them. */
static char *read_text(size_t *len)
{
	size_t cap = 1 << 20, n = 0;
	char *text = malloc(cap);
	int c;

	while ((c = getchar()) != EOF) {
		c = c > ' ' && c < 0x7f && c != '"' && c != '\\' ? c : ' ';
		if (c == ' ' && (n == 0 || text[n - 1] == ' '))
			continue;
		if (n == cap)
			text = realloc(text, cap *= 2);
		text[n++] = (char)c;
	}
	*len = n;
	return text;
}

/* Six words from a random place, at most 200 bytes. */
static size_t piece(char *out, const char *text, size_t len)
{
	const char *p = text + next() % (len - 1000), *start;
	size_t words = 0;

	while (*p++ != ' ')
		;
	for (start = p; words < 6 && p - start < 200; p++)
		words += *p == ' ';
	memcpy(out, start, (size_t)(p - start));
	return (size_t)(p - start);
}

int main(int argc, char **argv)
{
	static char kept[KEPT][ROOM];
	static size_t length[KEPT];
	uint64_t want = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, made = 0, planted = 0;
	size_t len;
	char *text = read_text(&len);

	for (uint64_t i = 0; made < want; i++) {
		char *doc = kept[i % KEPT];
		size_t n = 0, target = 4000 + next() % 2000;
		while (n < target)
			n += piece(doc + n, text, len);
		if (i % 50 == 49) {
			uint64_t other = i < KEPT ? next() % i : i - 1 - next() % (KEPT - 1);
			size_t bytes = 100 + next() % 1000;
			memcpy(doc + n, kept[other % KEPT] + next() % (length[other % KEPT] - bytes), bytes);
			n += bytes;
			planted += bytes;
		}
		length[i % KEPT] = n;
		printf("{\"id\":\"%llu\",\"text\":\"%.*s\"}\n", (unsigned long long)i, (int)n, doc);
		made += n;
	}
	fprintf(stderr, "%llu\n", (unsigned long long)planted);
	free(text);
	return fflush(stdout) != 0;
}
