/* SPDX-License-Identifier: MIT */
/*
 * zclip.h - how long a gradient may be by what its norms were so far (ZClip: Kumar et al. 2025, "ZClip: Adaptive Spike Mitigation
 * for LLM Pre-Training", section 3). Running mean and variance decay by 0.97 and begin with the first 25 norms; where
 * z = (norm - mean) / deviation is above the threshold t, the norm is cut to mean + deviation t^2 / z, and the statistics see
 * the cut one. A pure function of the norms in order.
 */
#ifndef LL_ZCLIP_H
#define LL_ZCLIP_H

#include "base/base.h"

#define LL_ZCLIP_WARMUP 25

/* Zeroed: nothing seen. */
struct ll_zclip {
	double first[LL_ZCLIP_WARMUP];
	size_t n;
	double mean, variance;
};

/* The longest that the next gradient, of that norm, may be: the norm itself when it is no outlier. */
double ll_zclip_limit(struct ll_zclip *z, double norm, double threshold);

#endif
