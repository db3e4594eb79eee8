/* SPDX-License-Identifier: MIT */
/*
 * dedup_documents.c - JSON lines of synthetic documents for dedup_scale.sh: dedup_documents N. Of N documents of 150 to 250
 * words (1 kB and more) 30 % are in clusters: N / 200 in one, the others in clusters of 2 to 41; a copy has 0 to 3 words
 * replaced. Words are numbers drawn evenly over the logarithms up to 2^34, so that new ones keep coming, as in real text.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

static uint64_t next(void) /* SplitMix64 */
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 2^x for x in [0, 34), by a table of 4096 steps of the fraction. */
static uint64_t word(void)
{
	static double power[4096];
	uint64_t r = next() >> 40; /* 24 bits */

	if (power[0] == 0)
		for (int i = 0; i < 4096; i++)
			power[i] = exp2(i / 4096.0);
	r = r * 34;
	return (uint64_t)((double)((uint64_t)1 << (r >> 24)) * power[r >> 12 & 4095]);
}

static char *spell(char *p, uint64_t w)
{
	static const char consonant[] = "bcdfghklmnprstvw", vowel[] = "aeio";

	do {
		*p++ = consonant[w & 15];
		*p++ = vowel[w >> 4 & 3];
		w >>= 6;
	} while (w);
	return p;
}

static void document(uint64_t number, uint64_t base)
{
	uint64_t w[256], words;
	char line[8192], *p = line;

	state = base * 0xd1b54a32d192ed03u;
	words = 150 + next() % 101;
	for (uint64_t i = 0; i < words; i++)
		w[i] = word();
	if (number != base) {
		state = ~number;
		for (uint64_t n = next() % 4; n > 0; n--)
			w[next() % words] = word();
	}
	p += sprintf(p, "{\"id\":\"%llu\",\"text\":\"", (unsigned long long)number);
	for (uint64_t i = 0; i < words; i++) {
		p = spell(p, w[i]);
		*p++ = ' ';
	}
	p[-1] = '"';
	*p++ = '}';
	*p++ = '\n';
	fwrite(line, 1, (size_t)(p - line), stdout);
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000, large = n / 200, clustered = n / 10 * 3 - large;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t k = i * 0x9e3779b1u % n; /* shuffled: N must not be a multiple of that prime */
		if (k < large)
			document(i + 1, n + 1);
		else if (k < large + clustered)
			document(i + 1, n + 2 + (k - large) / (2 + (k - large) / 400 % 40));
		else
			document(i + 1, i + 1);
	}
	return ferror(stdout) || fclose(stdout) != 0;
}
