/* SPDX-License-Identifier: MIT */
/* text/ngrams.h: rolling equals hashing every window by itself; short lists; lengths are kept apart. */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "text/ngrams.h"

#define BASE 0x9e3779b97f4a7c15ull
#define LENGTH 0xd1b54a32d192ed03ull

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* The definition of the header, window by window. */
static uint64_t direct(const uint64_t *w, size_t m)
{
	uint64_t sum = m * LENGTH;

	for (size_t i = 0; i < m; i++) {
		uint64_t term = w[i];
		for (size_t k = i + 1; k < m; k++)
			term *= BASE;
		sum += term;
	}
	return mix(sum);
}

static void words(void)
{
	struct ll_words w = { 0 };
	struct ll_ngrams g = { 0 };
	uint64_t hash[50];
	bool same = true, lengths = true;

	LL_GROW(w.word, w.cap, 50);
	for (size_t i = 0; i < 50; i++)
		w.word[i].hash = hash[i] = ll_random64(1, 2, i);
	for (w.len = 0; w.len <= 50; w.len++)
		for (size_t n = 1; n <= 14; n++) {
			ll_ngrams_of_words(&g, &w, n);
			lengths &= g.len == (w.len >= n ? w.len - n + 1 : 0);
			for (size_t i = 0; i < g.len; i++)
				same &= g.hash[i] == direct(hash + i, n);
		}
	ok(lengths, "number of n-grams");
	ok(same, "rolling equals the definition");
	w.len = 3;
	ll_shingles_of_words(&g, &w, 5);
	ok(g.len == 1 && g.hash[0] == direct(hash, 3), "three words are one shingle of their length");
	w.len = 0;
	ll_shingles_of_words(&g, &w, 5);
	ok(g.len == 0, "no words, no shingle");
	ll_words_free(&w);
	ll_ngrams_free(&g);
}

static void characters(void)
{
	struct ll_ngrams g = { 0 };
	uint64_t item[5] = { mix('a' + LENGTH), mix(0xe9 + LENGTH), mix(0x4e2d + LENGTH), mix(0x1f600 + LENGTH), mix('b' + LENGTH) };
	struct ll_str text = ll_cstr("a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80" "b");
	bool same = true;

	for (size_t n = 1; n <= 6; n++) {
		ll_ngrams_of_characters(&g, text, n);
		same &= g.len == (n <= 5 ? 5 - n + 1 : 0);
		for (size_t i = 0; i < g.len; i++)
			same &= g.hash[i] == direct(item + i, n);
	}
	ok(same, "characters are code points");
	ll_shingles_of_characters(&g, text, 24);
	ok(g.len == 1 && g.hash[0] == direct(item, 5), "under n characters the whole text is one shingle");
	ll_shingles_of_characters(&g, ll_str("", 0), 24);
	ok(g.len == 0, "empty text, no shingle");
	ll_ngrams_free(&g);
}

int main(void)
{
	words();
	characters();
	return test_done();
}
