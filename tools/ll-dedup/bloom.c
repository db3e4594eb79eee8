/* SPDX-License-Identifier: MIT */
#include "ll-dedup/bloom.h"

#include "base/error.h"
#include "base/memory.h"

#define BLOCK_BITS 512u
#define PROBES_MAX 14u /* positions of 9 bits: 7 from each of two words */
#define LOAD_MAX 256u  /* digests in a block that the sum below looks at */

struct bloom {
	struct bloom_plan plan;
	uint64_t len;
	uint64_t (*block)[BLOCK_BITS / 64];
};

/* ---- sizes ---- */

/* set[n] = E[(bits set / 512)^probes] after n digests of `probes` throws each, by the distribution of the number of bits set. */
static void rates_by_count(unsigned probes, double set[LOAD_MAX + 1])
{
	double p[BLOCK_BITS + 1] = { 1 };

	for (unsigned n = 0; n <= LOAD_MAX; n++) {
		set[n] = 0;
		for (unsigned x = 0; x <= BLOCK_BITS; x++) {
			double all = p[x];
			for (unsigned k = 0; k < probes; k++)
				all *= x / (double)BLOCK_BITS;
			set[n] += all;
		}
		for (unsigned k = 0; k < probes; k++) {
			for (unsigned x = BLOCK_BITS; x > 0; x--)
				p[x] = p[x] * x / BLOCK_BITS + p[x - 1] * (BLOCK_BITS - x + 1) / BLOCK_BITS;
			p[0] = 0;
		}
	}
}

/* The mean of set[n] where n is Poisson with mean `load`. e^-load by products, so that no libm decides a size. */
static double mean_rate(double load, const double set[LOAD_MAX + 1])
{
	double term = 1, sum = 0, total = 0;

	for (int i = 0; i < 1024; i++)
		term *= 1 - load / 1024 + load * load / (2.0 * 1024 * 1024);
	for (unsigned n = 0; n <= LOAD_MAX; n++) {
		sum += term * set[n];
		total += term;
		term *= load / (n + 1);
	}
	return sum / total;
}

double bloom_rate(double load, unsigned probes)
{
	double set[LOAD_MAX + 1];

	rates_by_count(probes, set);
	return mean_rate(load, set);
}

/* The most digests a block at that rate, over all numbers of probes. */
static double best_load(double rate, unsigned *probes)
{
	double best = 0;

	for (unsigned k = 1; k <= PROBES_MAX; k++) {
		double set[LOAD_MAX + 1], low = 0, high = 150;
		rates_by_count(k, set);
		for (int i = 0; i < 40; i++) {
			double middle = (low + high) / 2;
			if (mean_rate(middle, set) <= rate)
				low = middle;
			else
				high = middle;
		}
		if (low > best) {
			best = low;
			*probes = k;
		}
	}
	if (best < 1e-3)
		ll_die(LL_EXIT_USAGE, "--bloom=%g: this rate is out of reach", rate);
	return best;
}

struct bloom_plan bloom_plan_items(uint64_t items, double rate)
{
	struct bloom_plan p = { .items = items };
	double load = best_load(rate, &p.probes);

	p.blocks = (uint64_t)((double)items / load) + 1;
	return p;
}

struct bloom_plan bloom_plan_bytes(uint64_t bytes, double rate)
{
	struct bloom_plan p = { .blocks = LL_MAX(bytes / BLOOM_BLOCK_BYTES, 1) };
	double load = best_load(rate, &p.probes);

	p.items = (uint64_t)((double)p.blocks * load);
	return p;
}

/* ---- the filter ---- */

struct bloom *bloom_new(const struct bloom_plan *plan)
{
	struct bloom *b = ll_calloc(1, sizeof(*b));

	b->plan = *plan;
	ll_memory_claim(plan->blocks * BLOOM_BLOCK_BYTES, "the Bloom filter");
	b->block = ll_alloc_pages(plan->blocks * BLOOM_BLOCK_BYTES); /* what no digest falls into is never touched */
	return b;
}

static uint64_t *block_of(const struct bloom *b, struct ll_id digest)
{
	return b->block[(unsigned __int128)ll_get64(digest.byte) * b->plan.blocks >> 64];
}

static void bits_of(const struct bloom *b, struct ll_id digest, uint64_t mask[BLOCK_BITS / 64])
{
	uint64_t word = ll_get64(digest.byte + 8);

	memset(mask, 0, BLOOM_BLOCK_BYTES);
	for (unsigned k = 0; k < b->plan.probes; k++) {
		if (k == 7)
			word = ll_hash64(digest.byte, sizeof(digest.byte));
		mask[word >> 6 & 7] |= (uint64_t)1 << (word & 63);
		word >>= 9;
	}
}

static bool has(const uint64_t *block, const uint64_t *mask)
{
	uint64_t missing = 0;

	for (unsigned i = 0; i < BLOCK_BITS / 64; i++)
		missing |= mask[i] & ~block[i];
	return missing == 0;
}

#define AHEAD 24u

void bloom_add_all(struct bloom *b, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first)
{
	static const struct ll_id zero;
	uint64_t mask[BLOCK_BITS / 64];

	for (size_t i = 0; i < LL_MIN(n, AHEAD); i++)
		__builtin_prefetch(block_of(b, digest[i]), 1);
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			__builtin_prefetch(block_of(b, digest[i + AHEAD]), 1);
		if (ll_id_eq(digest[i], zero))
			continue;
		uint64_t *block = block_of(b, digest[i]);
		bits_of(b, digest[i], mask);
		if (has(block, mask)) {
			there[(first + i) / 64] |= (uint64_t)1 << ((first + i) % 64);
			continue;
		}
		for (unsigned w = 0; w < BLOCK_BITS / 64; w++)
			block[w] |= mask[w];
		b->len++;
	}
}

bool bloom_has(const struct bloom *b, struct ll_id digest)
{
	uint64_t mask[BLOCK_BITS / 64];

	bits_of(b, digest, mask);
	return has(block_of(b, digest), mask);
}

uint64_t bloom_len(const struct bloom *b)
{
	return b->len;
}

void bloom_free(struct bloom *b)
{
	if (!b)
		return;
	ll_free_pages(b->block, b->plan.blocks * BLOOM_BLOCK_BYTES);
	ll_memory_release(b->plan.blocks * BLOOM_BLOCK_BYTES);
	ll_free(b);
}
