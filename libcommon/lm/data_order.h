/* SPDX-License-Identifier: MIT */
/*
 * data_order.h - which tokens a sample is made of, as a pure function of (seed, cursor). The cursor is the global
 * sample index: it counts samples from the start of the run whatever the batch, the accumulation or the number of
 * threads. Every epoch is a permutation of the dataset's samples of its own.
 */
#ifndef LL_DATA_ORDER_H
#define LL_DATA_ORDER_H

#include "base/random.h"

struct ll_data_order {
	uint64_t length;  /* tokens a sample predicts; it reads one more */
	uint64_t samples; /* an epoch: (tokens - 1) / length; what remains at the end of the dataset is left out */
	uint64_t seed;
	uint64_t epoch; /* the one `permutation` belongs to */
	struct ll_permutation permutation;
};

/* -1 when the dataset is too short for one sample. */
int ll_data_order_init(struct ll_data_order *o, uint64_t tokens, uint64_t length, uint64_t seed) LL_MUST_CHECK;
/* The first token of the sample at `cursor`: it covers [result, result + length]. One thread at a time. */
uint64_t ll_data_order_at(struct ll_data_order *o, uint64_t cursor);

#endif
