/* SPDX-License-Identifier: MIT */
/* adamw.c - the optimizer step and the norm of a gradient (ops.h). Memory-bound: one pass, no instruction set of its own. */
#include <math.h>

#include "base/memory.h"
#include "kernels/ops.h"

#define BLOCK 65536u

struct adamw_job {
	float *p, *m, *v;
	const float *g;
	size_t n;
	float lr, beta1, beta2, eps, decay, scale, root_correction;
};

static void adamw_task(void *context, size_t task, int thread)
{
	const struct adamw_job *j = context;
	(void)thread;
	size_t start = task * BLOCK, n = LL_MIN((size_t)BLOCK, j->n - start);
	float *restrict p = j->p + start, *restrict m = j->m + start, *restrict v = j->v + start;
	const float *restrict g = j->g + start;
	const float beta1 = j->beta1, beta2 = j->beta2, scale = j->scale, lr = j->lr, eps = j->eps, decay = j->decay;
	const float root_correction = j->root_correction;
	for (size_t i = 0; i < n; i++) {
		float d = g[i] * scale;
		m[i] = beta1 * m[i] + (1 - beta1) * d;
		v[i] = beta2 * v[i] + (1 - beta2) * d * d;
		p[i] = p[i] * decay - lr * m[i] / (sqrtf(v[i]) * root_correction + eps);
	}
}

void ll_adamw(struct ll_pool *pool, const struct ll_adamw *a, float *p, const float *g, float *m, float *v, size_t n)
{
	double c1 = 1 - pow(a->beta1, (double)a->step), c2 = 1 - pow(a->beta2, (double)a->step);
	struct adamw_job j = { .p = p, .m = m, .v = v, .g = g, .n = n, .lr = (float)(a->lr / c1), .beta1 = (float)a->beta1,
			       .beta2 = (float)a->beta2, .eps = (float)a->eps, .decay = (float)(1 - a->lr * a->weight_decay),
			       .scale = (float)a->scale, .root_correction = (float)(1 / sqrt(c2)) };
	ll_pool_run(pool, (n + BLOCK - 1) / BLOCK, adamw_task, &j);
}

struct squares_job {
	const float *x;
	size_t n;
	double *sum;
};

static void squares_task(void *context, size_t task, int thread)
{
	const struct squares_job *j = context;
	(void)thread;
	size_t start = task * BLOCK, n = LL_MIN((size_t)BLOCK, j->n - start);
	const float *x = j->x + start;
	double lane[8] = { 0 };
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		for (int k = 0; k < 8; k++)
			lane[k] += (double)x[i + k] * x[i + k];
	for (; i < n; i++)
		lane[0] += (double)x[i] * x[i];
	j->sum[task] = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double ll_sum_of_squares(struct ll_pool *pool, const float *x, size_t n)
{
	size_t tasks = (n + BLOCK - 1) / BLOCK;
	struct squares_job j = { x, n, ll_malloc((tasks + 1) * sizeof(double)) };
	double sum = 0;
	ll_pool_run(pool, tasks, squares_task, &j);
	for (size_t i = 0; i < tasks; i++)
		sum += j.sum[i];
	ll_free(j.sum);
	return sum;
}
