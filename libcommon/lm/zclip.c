/* SPDX-License-Identifier: MIT */
#include "lm/zclip.h"

#include <math.h>

#define DECAY 0.97

static void begin(struct ll_zclip *z)
{
	for (size_t i = 0; i < z->n; i++)
		z->mean += z->first[i] / (double)z->n;
	for (size_t i = 0; i < z->n; i++)
		z->variance += (z->first[i] - z->mean) * (z->first[i] - z->mean) / (double)z->n;
}

double ll_zclip_limit(struct ll_zclip *z, double norm, double threshold)
{
	if (z->n < LL_ZCLIP_WARMUP) {
		z->first[z->n++] = norm;
		if (z->n == LL_ZCLIP_WARMUP)
			begin(z);
		return norm;
	}
	double deviation = sqrt(z->variance), score = (norm - z->mean) / (deviation + 1e-6);
	double limit = score > threshold ? z->mean + deviation * threshold * threshold / score : norm;
	z->mean = DECAY * z->mean + (1 - DECAY) * limit;
	z->variance = DECAY * z->variance + (1 - DECAY) * (limit - z->mean) * (limit - z->mean);
	return limit;
}
