/* SPDX-License-Identifier: MIT */
#include "ll-dedup/sketch.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "ll-dedup/sketch_scan.h"

static size_t words_of(uint32_t levels)
{
	size_t words = 0, more = FEWEST_CELLS / 64;

	for (; levels > 0; levels--, more *= 4)
		words += more;
	return words;
}

static void fill(struct sketch *s, const unsigned char *shingles, uint32_t n, uint32_t levels)
{
	size_t cells = (size_t)FEWEST_CELLS << 2 * (levels - 1);
	uint64_t *bits = s->bits + words_of(levels - 1);

	s->n = n;
	s->levels = levels;
	s->words = (uint32_t)words_of(levels);
	memset(s->bits, 0, s->words * sizeof(*s->bits));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t cell = ll_get64(shingles + 8 * (size_t)i) & (cells - 1);
		bits[cell / 64] ^= (uint64_t)1 << cell % 64;
	}
	while (--levels > 0) {
		size_t words = (cells /= 4) / 64;
		uint64_t *folded = bits - words;
		for (size_t i = 0; i < words; i++)
			folded[i] = bits[i] ^ bits[i + words] ^ bits[i + 2 * words] ^ bits[i + 3 * words];
		bits = folded;
	}
}

uint64_t sketches_add(struct sketches *s, uint32_t number, const unsigned char *shingles, uint32_t n)
{
	uint32_t levels = sketch_levels(n);
	size_t bytes = words_of(levels) * sizeof(uint64_t);

	LL_GROW(s->of, s->cap, (size_t)number + 1);
	while (s->len <= number)
		s->of[s->len++] = (struct sketch){ 0 };
	s->of[number].bits = ll_malloc(bytes);
	fill(&s->of[number], shingles, n, levels);
	return bytes + sizeof(struct sketch);
}

void sketches_ask(struct sketches *s, const unsigned char *shingles, uint32_t n)
{
	uint32_t levels = sketch_levels(n);

	if (set_is_large(n)) {
		s->asked.n = n;
		s->asked.levels = s->asked.words = 0;
		return;
	}
	LL_GROW(s->asked.bits, s->asked_cap, words_of(levels));
	fill(&s->asked, shingles, n, levels);
}

size_t sketches_next(const struct sketches *s, size_t from, size_t end, enum likeness how, double threshold)
{
#ifdef HAVE_AVX
	if (ll_cpu() >= LL_CPU_AVX2)
		return sketches_next_avx2(s, from, end, how, threshold);
#endif
	return sketches_scan(s, from, end, how, threshold);
}

void sketches_clear(struct sketches *s)
{
	for (size_t i = 0; i < s->len; i++)
		ll_free(s->of[i].bits);
	s->len = 0;
}

void sketches_free(struct sketches *s)
{
	sketches_clear(s);
	ll_free(s->of);
	ll_free(s->asked.bits);
	*s = (struct sketches){ 0 };
}
