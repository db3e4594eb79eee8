/* SPDX-License-Identifier: MIT */
#include "text/ngrams.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "text/ngrams_wide.h"
#include "text/utf8.h"

#define BASE LL_NGRAM_BASE
#define LENGTH LL_NGRAM_LENGTH

static inline uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * LL_NGRAM_MIX_1;
	z = (z ^ z >> 27) * LL_NGRAM_MIX_2;
	return z ^ z >> 31;
}

static uint64_t power(size_t n)
{
	uint64_t p = 1;

	while (n--)
		p *= BASE;
	return p;
}

/* Writes the n-grams that begin with words [from, len - n]. */
static void roll(const struct ll_word *word, size_t from, size_t len, size_t n, uint64_t *hash)
{
	uint64_t left = power(n), h = 0; /* of the word before the window */

	for (size_t i = from; i < from + n; i++)
		h = h * BASE + word[i].hash;
	hash[from] = mix(h + n * LENGTH);
	for (size_t i = from + 1; i + n <= len; i++) {
		h = h * BASE + (word[i + n - 1].hash - word[i - 1].hash * left);
		hash[i] = mix(h + n * LENGTH);
	}
}

void ll_ngrams_of_words(struct ll_ngrams *g, const struct ll_words *w, size_t n)
{
	size_t done = 0;

	g->len = 0;
	if (w->len < n)
		return;
	g->len = w->len - n + 1;
	LL_GROW(g->hash, g->cap, g->len);
#ifdef HAVE_AVX
	if (n <= LL_NGRAMS_WIDE_MAX && ll_cpu() >= LL_CPU_AVX512)
		done = ll_ngrams_of_words_avx512(w->word, w->len, n, g->hash);
	else if (n <= LL_NGRAMS_WIDE_MAX && ll_cpu() >= LL_CPU_AVX2)
		done = ll_ngrams_of_words_avx2(w->word, w->len, n, g->hash);
#endif
	if (done < g->len)
		roll(w->word, done, w->len, n, g->hash);
}

void ll_ngrams_of_characters(struct ll_ngrams *g, struct ll_str text, size_t n)
{
	const char *in = text.data, *out = text.data, *end = text.data + text.len;
	uint64_t leaving = power(n - 1), h = 0;
	size_t count = ll_utf8_count(text.data, text.len);

	g->len = 0;
	if (count < n)
		return;
	LL_GROW(g->hash, g->cap, count - n + 1);
	for (size_t i = 0; in < end; i++) {
		h = h * BASE + mix(ll_utf8_next(&in) + LENGTH);
		if (i + 1 < n)
			continue;
		g->hash[g->len++] = mix(h + n * LENGTH);
		h -= mix(ll_utf8_next(&out) + LENGTH) * leaving;
	}
}

void ll_shingles_of_words(struct ll_ngrams *g, const struct ll_words *w, size_t n)
{
	g->len = 0;
	if (w->len)
		ll_ngrams_of_words(g, w, LL_MIN(n, w->len));
}

void ll_shingles_of_characters(struct ll_ngrams *g, struct ll_str text, size_t n)
{
	size_t count = ll_utf8_count(text.data, text.len);

	g->len = 0;
	if (count)
		ll_ngrams_of_characters(g, text, LL_MIN(n, count));
}

void ll_ngrams_free(struct ll_ngrams *g)
{
	ll_free(g->hash);
	*g = (struct ll_ngrams){ 0 };
}
