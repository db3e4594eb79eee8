/* SPDX-License-Identifier: MIT */
/* optimizers.c - updates that look at one element at a time (optimizers.h). Memory-bound: one pass, no instruction set of
 * its own. */
#include "kernels/optimizers_impl.h"

#include <math.h>

INLINE void adam(const struct update_job *j, size_t start, size_t n, bool regularised)
{
	float *restrict p = j->p + start, *restrict m = j->m + start, *restrict v = j->v + start;
	const float *restrict g = j->g + start;
	const float beta1 = j->beta1, beta2 = j->beta2, lr = j->lr, eps = j->eps, keep = j->keep;
	const float root_correction = j->root_correction;
	const struct update_job u = *j;
	for (size_t i = 0; i < n; i++) {
		float d = gradient(&u, g[i], p[i], regularised);
		m[i] = beta1 * m[i] + (1 - beta1) * d;
		v[i] = beta2 * v[i] + (1 - beta2) * d * d;
		p[i] = p[i] * keep - lr * m[i] / (sqrtf(v[i]) * root_correction + eps);
	}
}
UPDATE_TASK(adam)

void ll_update_adam(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *m, float *v,
		    size_t n)
{
	double c1 = 1 - pow(u->beta1, (double)u->step), c2 = 1 - pow(u->beta2, (double)u->step);
	struct update_job j = update_job(u, p, g, n);
	j.m = m, j.v = v;
	j.lr = (float)(u->lr / c1);
	j.root_correction = (float)(1 / sqrt(c2));
	ll_pool_run(pool, blocks(n), adam_task, &j);
}

INLINE void sgd(const struct update_job *j, size_t start, size_t n, bool regularised)
{
	float *restrict p = j->p + start, *restrict m = j->m + start;
	const float *restrict g = j->g + start;
	const float lr = j->lr, momentum = j->momentum, keep = j->keep;
	const struct update_job u = *j;
	if (j->nesterov) {
		for (size_t i = 0; i < n; i++) {
			float d = gradient(&u, g[i], p[i], regularised);
			m[i] = momentum * m[i] + d;
			p[i] = p[i] * keep - lr * (d + momentum * m[i]);
		}
	} else {
		for (size_t i = 0; i < n; i++) {
			m[i] = momentum * m[i] + gradient(&u, g[i], p[i], regularised);
			p[i] = p[i] * keep - lr * m[i];
		}
	}
}
UPDATE_TASK(sgd)

INLINE void descent(const struct update_job *j, size_t start, size_t n, bool regularised)
{
	float *restrict p = j->p + start;
	const float *restrict g = j->g + start;
	const float lr = j->lr, keep = j->keep;
	const struct update_job u = *j;
	for (size_t i = 0; i < n; i++)
		p[i] = p[i] * keep - lr * gradient(&u, g[i], p[i], regularised);
}
UPDATE_TASK(descent)

void ll_update_sgd(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *m, size_t n)
{
	struct update_job j = update_job(u, p, g, n);
	j.m = m;
	ll_pool_run(pool, blocks(n), m ? sgd_task : descent_task, &j);
}

INLINE void lion(const struct update_job *j, size_t start, size_t n, bool regularised)
{
	float *restrict p = j->p + start, *restrict m = j->m + start;
	const float *restrict g = j->g + start;
	const float beta1 = j->beta1, beta2 = j->beta2, lr = j->lr, keep = j->keep;
	const struct update_job u = *j;
	for (size_t i = 0; i < n; i++) {
		float d = gradient(&u, g[i], p[i], regularised), c = beta1 * m[i] + (1 - beta1) * d;
		p[i] = p[i] * keep - lr * (float)((c > 0) - (c < 0));
		m[i] = beta2 * m[i] + (1 - beta2) * d;
	}
}
UPDATE_TASK(lion)

void ll_update_lion(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *m, size_t n)
{
	struct update_job j = update_job(u, p, g, n);
	j.m = m;
	ll_pool_run(pool, blocks(n), lion_task, &j);
}
