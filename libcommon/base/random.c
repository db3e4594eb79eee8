/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <math.h>

void ll_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
	uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
	for (int round = 0; round < 10; round++) {
		uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
		uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
		c1 = (uint32_t)p1;
		c3 = (uint32_t)p0;
		c0 = n0;
		c2 = n2;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

static void block(uint64_t seed, uint64_t purpose, uint64_t index, uint32_t out[4])
{
	uint32_t counter[4] = { (uint32_t)index, (uint32_t)(index >> 32), (uint32_t)purpose, (uint32_t)(purpose >> 32) };
	uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	ll_philox(counter, key, out);
}

uint64_t ll_random64(uint64_t seed, uint64_t purpose, uint64_t index)
{
	uint32_t w[4];
	block(seed, purpose, index, w);
	return (uint64_t)w[1] << 32 | w[0];
}

double ll_random_unit(uint64_t seed, uint64_t purpose, uint64_t index)
{
	return (double)(ll_random64(seed, purpose, index) >> 11) * 0x1p-53;
}

uint64_t ll_random_below(uint64_t seed, uint64_t purpose, uint64_t index, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)ll_random64(seed, purpose, index) * n) >> 64);
}

double ll_random_normal(uint64_t seed, uint64_t purpose, uint64_t index)
{
	uint32_t w[4];
	block(seed, purpose, index, w);
	uint64_t a = (uint64_t)w[1] << 32 | w[0], b = (uint64_t)w[3] << 32 | w[2];
	double u = ((double)(a >> 11) + 1) * 0x1p-53, v = (double)(b >> 11) * 0x1p-53; /* u in (0, 1] */
	return sqrt(-2 * log(u)) * cos(6.283185307179586476925 * v);
}

void ll_permutation_init(struct ll_permutation *p, uint64_t n, uint64_t seed, uint64_t purpose)
{
	unsigned bits = 1;
	while (bits < 32 && n > (uint64_t)1 << (2 * bits))
		bits++;
	p->n = n;
	p->half_bits = bits;
	for (uint64_t i = 0; i < 8; i++)
		p->key[i] = (uint32_t)ll_random64(seed, purpose, i);
}

uint64_t ll_permutation_at(const struct ll_permutation *p, uint64_t index)
{
	const uint32_t mask = p->half_bits == 32 ? UINT32_MAX : ((uint32_t)1 << p->half_bits) - 1;
	do {
		uint32_t left = (uint32_t)(index >> p->half_bits) & mask, right = (uint32_t)index & mask;
		for (int round = 0; round < 8; round++) {
			uint64_t mixed = ((uint64_t)right ^ p->key[round]) * 0x9E3779B97F4A7C15u;
			mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9u;
			uint32_t next = left ^ ((uint32_t)(mixed >> 32) & mask);
			left = right;
			right = next;
		}
		index = (uint64_t)left << p->half_bits | right;
	} while (index >= p->n); /* cycle walking: at most a few turns, the domain is under 4n */
	return index;
}
