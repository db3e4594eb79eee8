/* SPDX-License-Identifier: MIT */
/*
 * random.h - random numbers as pure functions of (seed, purpose, counters): the same at any number of threads, in any
 * order, after any resume. The generator is Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011, section 4 and table 2; tested against the published known-answer vectors).
 */
#ifndef LL_RANDOM_H
#define LL_RANDOM_H

#include "base/base.h"

/* One Philox 4x32-10 block: counter and key in, four uniform words out. */
void ll_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 64 uniform bits for (seed, purpose, index). `purpose` keeps independent uses apart; small constants per use. */
uint64_t ll_random64(uint64_t seed, uint64_t purpose, uint64_t index);
/* Uniform in [0, 1) with 53 bits. */
double ll_random_unit(uint64_t seed, uint64_t purpose, uint64_t index);
/* Uniform in [0, n), n > 0, without bias beyond 2^-64 (multiply-high). */
uint64_t ll_random_below(uint64_t seed, uint64_t purpose, uint64_t index, uint64_t n);
/* Standard normal (Box-Muller on one block; uses libm: model initialisation only, never data stages). */
double ll_random_normal(uint64_t seed, uint64_t purpose, uint64_t index);

/* A bijection of [0, n) chosen by seed: a format-preserving shuffle without memory. A Feistel network over the next even
 * power of two with cycle walking; 8 rounds keyed by Philox. */
struct ll_permutation {
	uint64_t n;
	unsigned half_bits;
	uint32_t key[8];
};
void ll_permutation_init(struct ll_permutation *p, uint64_t n, uint64_t seed, uint64_t purpose);
uint64_t ll_permutation_at(const struct ll_permutation *p, uint64_t index);

#endif
