/* SPDX-License-Identifier: MIT */
/* kernels/minhash.h: equal bits of all versions, independent entries, and the S-curve of planted pairs against 1 - (1 - s^r)^b. */
#include "test.h"

#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/minhash.h"
#include "text/ngrams.h"

static void versions_agree(void)
{
	static const uint32_t sizes[] = { 1, 15, 16, 17, 112, 113, 240, 2250 };
	static const size_t counts[] = { 0, 1, 2, 3, 63, 1000 };
	uint64_t x[1000];

	for (size_t i = 0; i < LL_COUNT(x); i++)
		x[i] = i == 0 ? UINT32_MAX : i == 1 ? UINT64_MAX : i == 63 ? 1 : ll_random64(1, 1, i); /* upper halves 0, too */
	for (size_t k = 0; k < LL_COUNT(sizes); k++) {
		struct ll_minhash m;
		ll_minhash_init(&m, sizes[k]);
		uint32_t *want = ll_calloc(m.padded, 4), *got = ll_calloc(m.padded, 4);
		bool same = true, naive = true;

		for (size_t c = 0; c < LL_COUNT(counts); c++) {
			for (uint32_t i = 0; i < m.padded; i++) {
				want[i] = UINT32_MAX;
				for (size_t j = 0; j < counts[c]; j++) {
					uint64_t upper = x[j] >> 32, h = (uint64_t)m.a[i] * (upper ? upper : 1) % 4294967296ull;
					want[i] = LL_MIN(want[i], (uint32_t)h);
				}
			}
			memset(got, 0xff, m.padded * 4);
			ll_minhash_ref(&m, x, counts[c], got);
			naive &= memcmp(want, got, m.padded * 4) == 0;
			ll_minhash_sign(&m, x, counts[c], got);
			same &= memcmp(want, got, m.padded * 4) == 0;
#ifdef HAVE_AVX
			if (ll_cpu() >= LL_CPU_AVX2) {
				memset(got, 0xff, m.padded * 4);
				ll_minhash_avx2(&m, x, counts[c], got);
				same &= memcmp(want, got, m.padded * 4) == 0;
			}
			if (ll_cpu() >= LL_CPU_AVX512) {
				memset(got, 0xff, m.padded * 4);
				ll_minhash_avx512(&m, x, counts[c], got);
				same &= memcmp(want, got, m.padded * 4) == 0;
			}
#endif
		}
		ok(naive, "%u entries: the reference is the definition", sizes[k]);
		ok(same, "%u entries: every version gives equal bits (up to %s)", sizes[k], ll_cpu_name(ll_cpu()));
		ll_free(want);
		ll_free(got);
		ll_minhash_free(&m);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static size_t unique(struct ll_ngrams *g, uint64_t *out)
{
	size_t n = 0;

	memcpy(out, g->hash, g->len * 8);
	qsort(out, g->len, 8, by_value);
	for (size_t i = 0; i < g->len; i++)
		if (i == 0 || out[i] != out[i - 1])
			out[n++] = out[i];
	return n;
}

static double jaccard(struct ll_ngrams *a, struct ll_ngrams *b)
{
	static uint64_t x[4096], y[4096];
	size_t n = unique(a, x), m = unique(b, y), both = 0;

	for (size_t i = 0, j = 0; i < n && j < m;) {
		both += x[i] == y[j];
		bool left = x[i] <= y[j], right = y[j] <= x[i];
		i += left;
		j += right;
	}
	return (double)both / (double)(n + m - both);
}

struct signer {
	struct ll_minhash m;
	uint32_t bands, rows;
};

static void bands_of(const struct signer *s, const struct ll_ngrams *g, uint64_t *bands)
{
	static uint32_t signature[LL_MINHASH_MAX];

	ll_minhash_sign(&s->m, g->hash, g->len, signature);
	ll_minhash_bands(signature, s->bands, s->rows, bands);
}

/* Pairs at a similarity near s: a document of 20 to 500 words and a copy with words replaced at random places. Each pair's
 * own Jaccard similarity gives its probability, so that the number found has a known mean and variance. */
static void s_curve(uint32_t bands, uint32_t rows)
{
	enum { PAIRS = 1000, BINS = 10 };
	struct signer s = { .bands = bands, .rows = rows };
	struct ll_words a = { 0 }, b = { 0 };
	struct ll_ngrams ga = { 0 }, gb = { 0 };
	static uint64_t one[1024], two[1024];
	double mean[BINS] = { 0 }, variance[BINS] = { 0 };
	unsigned found[BINS] = { 0 }, pairs[BINS] = { 0 };
	uint64_t r = 0;

	ll_minhash_init(&s.m, bands * rows);
	for (unsigned p = 0; p < PAIRS * BINS; p++) {
		size_t words = 20 + ll_random_below(7, 1, r++, 481);
		/* one replaced word spoils five 5-grams of each side */
		double share = ll_random_unit(7, 2, r++) * 0.08;
		LL_GROW(a.word, a.cap, words);
		LL_GROW(b.word, b.cap, words);
		a.len = b.len = words;
		for (size_t i = 0; i < words; i++) {
			a.word[i].hash = b.word[i].hash = ll_random64(7, 3, ll_random_below(7, 4, r++, 5000));
			if (ll_random_unit(7, 5, r++) < share)
				b.word[i].hash = ll_random64(7, 6, r++);
		}
		ll_shingles_of_words(&ga, &a, 5);
		ll_shingles_of_words(&gb, &b, 5);
		double similarity = jaccard(&ga, &gb), expected = ll_minhash_recall(similarity, bands, rows);
		size_t bin = LL_MIN((size_t)(similarity * BINS), (size_t)BINS - 1);
		bool hit = false;
		bands_of(&s, &ga, one);
		bands_of(&s, &gb, two);
		for (uint32_t k = 0; k < bands; k++)
			hit |= one[k] == two[k];
		mean[bin] += expected;
		variance[bin] += expected * (1 - expected);
		found[bin] += hit;
		pairs[bin]++;
	}
	for (size_t i = 4; i < BINS; i++) {
		double off = (double)found[i] - mean[i];
		ok(pairs[i] > 200 && off * off <= 9 * variance[i] + 1, "%ux%u, similarity %.1f to %.1f: %u of %u found, %.1f expected", bands,
		   rows, (double)i / BINS, (double)(i + 1) / BINS, found[i], pairs[i], mean[i]);
	}
	ll_words_free(&a);
	ll_words_free(&b);
	ll_ngrams_free(&ga);
	ll_ngrams_free(&gb);
	ll_minhash_free(&s.m);
}

/* Of sets drawn at random, small and large, the entries that agree are as many, spread as far about their mean, as with as
 * many independent permutations: the binomial distribution. */
static void entries_are_independent(void)
{
	enum { N = 112, BOTH = 4, ALL = 5 }; /* Jaccard similarity 4/5 */
	static const struct {
		size_t unit, pairs;
	} sizes[] = { { 1, 20000 }, { 4, 20000 }, { 20, 8000 }, { 200, 1500 } };
	static uint64_t a[1000], b[1000];
	static uint32_t of_a[N], of_b[N];
	const double s = (double)BOTH / ALL, mean = N * s, variance = N * s * (1 - s);
	struct ll_minhash m;
	uint64_t r = 0;

	ll_minhash_init(&m, N);
	for (size_t k = 0; k < LL_COUNT(sizes); k++) {
		double sum = 0, squares = 0, pairs = (double)sizes[k].pairs;
		for (size_t p = 0; p < sizes[k].pairs; p++) {
			size_t n = BOTH * sizes[k].unit, rest = sizes[k].unit, half = rest / 2;
			for (size_t i = 0; i < n; i++)
				a[i] = b[i] = ll_random64(9, 1, r++);
			for (size_t i = 0; i < rest; i++)
				*(i < half ? &a[n + i] : &b[n + i - half]) = ll_random64(9, 1, r++);
			ll_minhash_sign(&m, a, n + half, of_a);
			ll_minhash_sign(&m, b, n + rest - half, of_b);
			double agree = 0;
			for (size_t i = 0; i < N; i++)
				agree += of_a[i] == of_b[i];
			sum += agree - mean;
			squares += (agree - mean) * (agree - mean);
		}
		/* the variance of a squared deviation is near 2 variance^2 */
		double off = sum / pairs, ratio = squares / pairs / variance;
		ok(off * off < 9 * variance / pairs, "sets of %zu in all: %.3f entries agree, %.3f expected", ALL * sizes[k].unit, mean + off, mean);
		ok((ratio - 1) * (ratio - 1) < 9 * 2 / pairs, "their variance is %.3f of the binomial's", ratio);
	}
	ll_minhash_free(&m);
}

static bool near(double a, double b)
{
	return a - b < 5e-4 && b - a < 5e-4;
}

static void recall(void)
{
	/* FineWeb's 14 bands of 8 rows and Lee et al. 2021's 450 of 20, to three digits */
	ok(near(ll_minhash_recall(0.7, 14, 8), 0.565) && near(ll_minhash_recall(0.75, 14, 8), 0.772) &&
	   near(ll_minhash_recall(0.8, 14, 8), 0.924) && near(ll_minhash_recall(0.85, 14, 8), 0.988), "recall of 14x8");
	ok(near(ll_minhash_recall(0.7, 450, 20), 0.302) && near(ll_minhash_recall(0.75, 450, 20), 0.761), "recall of 450x20");
	ok(ll_minhash_recall(1, 1, 1) == 1 && ll_minhash_recall(0, 14, 8) == 0, "recall at the ends");
}

int main(void)
{
	versions_agree();
	recall();
	entries_are_independent();
	s_curve(14, 8);
	s_curve(20, 5);
	s_curve(9, 13);
	return test_done();
}
