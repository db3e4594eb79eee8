/* SPDX-License-Identifier: MIT */
/*
 * rotary.h - how fast the dimensions of a head turn with the position (Su et al. 2021), and how they are slowed for a context longer
 * than the one trained on, as transformers defines it (modeling_rope_utils.py). Dimension pair i of n/2 turns by
 * base^(-2i/n) a position, which is L base^(-2i/n) / 2 pi turns in the original context L; divided by the factor f:
 *
 *   linear   all (Chen et al. 2023, position interpolation)
 *   yarn     those of less than `rotary_slow` turns; none of more than `rotary_fast`; between them by shares that are linear in i,
 *            from the whole i below the one bound to that above the other; queries and keys are multiplied by rotary_attention,
 *            0.1 ln f + 1 unless set (Peng et al. 2023)
 *   llama3   the same, with shares that are linear in the number of turns (Llama 3.1)
 */
#ifndef LL_ROTARY_H
#define LL_ROTARY_H

#include "lm/lm_config.h"

/* What a pair turns by, in radians a position; i < ll_lm_turning(c) / 2. */
double ll_rotary_frequency(const struct ll_lm_config *c, int64_t i);
/* The same before it is slowed. */
double ll_rotary_frequency_plain(const struct ll_lm_config *c, int64_t i);
/* What cosines and sines are multiplied by. */
double ll_rotary_gain(const struct ll_lm_config *c);
/* Fills in what is 0 by default and refuses what makes no sense; of a configuration whose context is known. */
int ll_rotary_check(struct ll_lm_config *c, struct ll_err *err) LL_MUST_CHECK;

#endif
