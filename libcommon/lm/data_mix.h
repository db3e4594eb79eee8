/* SPDX-License-Identifier: MIT */
/*
 * data_mix.h - which dataset a sample comes from when a run has several with weights, as a pure function of (weights,
 * seed, cursor), at any cursor without going through those before.
 *
 * The cursor walks down a binary tree whose leaves are the datasets. At a node whose left half has the share p of the
 * weight, floor(m p + 1/2) of its first m samples go left: a line drawn as Bresenham draws it ("Algorithm for computer
 * control of a digital plotter", IBM Systems Journal 4, 1965). Every dataset has then had its share of any number of
 * samples to within one for each level of the tree (Tijdeman, "The chairman assignment problem", Discrete Mathematics
 * 32, 1980: less than 1 is the best there can be), and its own samples are numbered without a gap.
 * As such lines are periodic, the choices inside each block of LL_DATA_MIX_BLOCK samples are put into an order of their
 * own, by a permutation keyed with seed and block. One dataset is taken as it is.
 */
#ifndef LL_DATA_MIX_H
#define LL_DATA_MIX_H

#include "base/base.h"

#define LL_DATA_MIX_BLOCK 256

struct ll_data_mix;
struct ll_data_place {
	size_t set;
	uint64_t cursor; /* among the samples of this dataset: for data_order.h */
};

/* n >= 1 weights above 0; only their ratios count. */
struct ll_data_mix *ll_data_mix_new(const double *weight, size_t n, uint64_t seed);
/* One thread at a time. */
struct ll_data_place ll_data_mix_at(struct ll_data_mix *m, uint64_t cursor);
/* How many of the samples before `cursor` came from each dataset; count: [n]. */
void ll_data_mix_before(struct ll_data_mix *m, uint64_t cursor, uint64_t *count);
void ll_data_mix_free(struct ll_data_mix *m);

#endif
