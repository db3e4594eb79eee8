/* SPDX-License-Identifier: MIT */
#include "lm/noise_scale.h"

#include <math.h>

#define DECAY 0.95

double ll_noise_scale_add(struct ll_noise_scale *n, double small, double norm_small, double large, double norm_large)
{
	double s = norm_small * norm_small, l = norm_large * norm_large;
	if (!isfinite(s) || !isfinite(l) || !(small < large))
		return NAN;
	n->gradient = DECAY * n->gradient + (1 - DECAY) * (large * l - small * s) / (large - small);
	n->covariance = DECAY * n->covariance + (1 - DECAY) * (s - l) / (1 / small - 1 / large);
	return n->gradient > 0 ? n->covariance / n->gradient : NAN;
}
