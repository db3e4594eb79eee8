/* SPDX-License-Identifier: MIT */
#include "text/words_ascii.h"

/* What an ASCII byte becomes inside a word: itself in lower case, or 0 where it parts words. */
#define D(c) c, c + 1, c + 2, c + 3, c + 4, c + 5, c + 6, c + 7, c + 8, c + 9
#define A(c) D(c), D(c + 10), c + 20, c + 21, c + 22, c + 23, c + 24, c + 25
static const char word_byte[256] = {
	['0'] = D('0'), ['A'] = A('a'), ['_'] = '_', ['a'] = A('a'),
};
#undef A
#undef D

static void classify(const char *text, size_t blocks, char *lower, uint64_t *in_word, uint64_t *beyond)
{
	for (size_t k = 0; k < blocks; k++, text += 64, lower += 64) {
		uint64_t in = 0, out = 0;

		for (int i = 0; i < 64; i++) {
			unsigned char c = (unsigned char)text[i];
			in |= (uint64_t)(word_byte[c] != 0) << i;
			out |= (uint64_t)(c >= 0x80) << i;
			lower[i] = word_byte[c] ? word_byte[c] : text[i];
		}
		in_word[k] = in;
		beyond[k] = out;
	}
}

static size_t edges(const uint64_t *in_word, uint32_t from, uint32_t to, uint32_t *edge)
{
	size_t n = 0;

	for (uint32_t i = from; i < to; i++)
		if ((in_word[i / 64] >> i % 64 & 1) != (n & 1))
			edge[n++] = i;
	if (n & 1)
		edge[n++] = to;
	return n;
}

const struct ll_words_ascii ll_words_ascii_plain = { classify, edges, ll_words_between };
