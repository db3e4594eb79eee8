/* SPDX-License-Identifier: MIT */
/* clip.c - elements of a gradient cut to a size (optimizers.h). Memory-bound: one pass each. */
#include "kernels/optimizers_impl.h"

#include <math.h>

struct clip_job {
	float *g;
	const float *v;
	size_t n;
	float max, ratio;
};

static void clamp_task(void *context, size_t task, int thread)
{
	const struct clip_job *j = context;
	size_t start = task * BLOCK, n = LL_MIN((size_t)BLOCK, j->n - start);
	float *g = j->g + start, max = j->max;
	(void)thread;
	for (size_t i = 0; i < n; i++)
		g[i] = g[i] > max ? max : g[i] < -max ? -max : g[i];
}

static void spikes_task(void *context, size_t task, int thread)
{
	const struct clip_job *j = context;
	size_t start = task * BLOCK, n = LL_MIN((size_t)BLOCK, j->n - start);
	float *restrict g = j->g + start, ratio = j->ratio;
	const float *restrict v = j->v + start;
	(void)thread;
	for (size_t i = 0; i < n; i++) {
		float max = v[i] > 0 ? sqrtf(ratio * v[i]) : INFINITY;
		g[i] = g[i] > max ? max : g[i] < -max ? -max : g[i];
	}
}

void ll_clip_values(struct ll_pool *pool, float *g, size_t n, double max)
{
	struct clip_job j = { .g = g, .n = n, .max = (float)max };
	ll_pool_run(pool, blocks(n), clamp_task, &j);
}

void ll_clip_spikes(struct ll_pool *pool, float *g, const float *v, size_t n, double theta, double scale)
{
	struct clip_job j = { .g = g, .v = v, .n = n, .ratio = (float)(theta / (scale * scale)) };
	ll_pool_run(pool, blocks(n), spikes_task, &j);
}
