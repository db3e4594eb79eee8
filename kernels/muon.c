/* SPDX-License-Identifier: MIT */
/* muon.c - Muon on one matrix (optimizers.h). Products go through the table of operations, everything else is one pass. */
#include <math.h>

#include "kernels/optimizers_impl.h"

/* Jordan et al. 2024: chosen for the steepest slope at 0; singular values end between about 0.7 and 1.2. */
#define QUINTIC_A 3.4445f
#define QUINTIC_B (-4.7750f)
#define QUINTIC_C 2.0315f
#define STEPS 5

static size_t line(size_t n)
{
	return (n + 15) / 16 * 16;
}

size_t ll_muon_scratch(size_t rows, size_t columns)
{
	size_t small = LL_MIN(rows, columns);
	return 2 * line(rows * columns) + 2 * line(small * small) + 2 * blocks(rows * columns);
}

struct muon_job {
	struct update_job u;
	float *x, *y;
	double *square; /* a block */
	float a, b;	/* of x = a x + b y */
};

static void momentum_task(void *context, size_t task, int thread)
{
	const struct muon_job *j = context;
	size_t end = LL_MIN((task + 1) * BLOCK, j->u.n);
	const float momentum = j->u.momentum;
	double lane[8] = { 0 };
	(void)thread;
	for (size_t i = task * BLOCK; i < end; i++) {
		float d = gradient(&j->u, j->u.g[i], j->u.p[i], true), *m = &j->u.m[i];
		*m = momentum * *m + (1 - momentum) * d;
		j->x[i] = j->u.nesterov ? momentum * *m + (1 - momentum) * d : *m;
		lane[i % 8] += (double)j->x[i] * j->x[i];
	}
	j->square[task] = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static void combine_task(void *context, size_t task, int thread)
{
	const struct muon_job *j = context;
	size_t start = task * BLOCK, n = LL_MIN((size_t)BLOCK, j->u.n - start);
	float *restrict x = j->x + start;
	const float *restrict y = j->y + start, a = j->a, b = j->b;
	(void)thread;
	for (size_t i = 0; i < n; i++)
		x[i] = a * x[i] + b * y[i];
}

static void apply_task(void *context, size_t task, int thread)
{
	const struct muon_job *j = context;
	size_t start = task * BLOCK, n = LL_MIN((size_t)BLOCK, j->u.n - start);
	float *restrict p = j->u.p + start;
	const float *restrict x = j->x + start, keep = j->u.keep, lr = j->u.lr;
	(void)thread;
	for (size_t i = 0; i < n; i++)
		p[i] = p[i] * keep - lr * x[i];
}

/* x = a x + b y over n elements. */
static void combine(struct ll_pool *pool, float *x, const float *y, float a, float b, size_t n)
{
	struct muon_job j = { .u = { .n = n }, .x = x, .y = (float *)(uintptr_t)y, .a = a, .b = b };
	ll_pool_run(pool, blocks(n), combine_task, &j);
}

/* X = (a + b S + c S^2) X with S = X X^T, or, where X is tall, X (a + b S + c S^2) with S = X^T X. */
static void newton_schulz(struct ll_pool *pool, const struct ll_ops_f32 *ops, float *x, float *y, float *s, float *s2,
			  int64_t rows, int64_t columns)
{
	int64_t k = LL_MIN(rows, columns);
	size_t n = (size_t)rows * (size_t)columns, square = (size_t)k * (size_t)k;
	if (rows <= columns) {
		ops->linear(pool, s, x, x, NULL, rows, rows, columns);
	} else {
		ops->linear_dw(pool, s, NULL, x, x, rows, columns, columns, false);
	}
	ops->linear(pool, s2, s, s, NULL, k, k, k); /* S is symmetric */
	combine(pool, s, s2, QUINTIC_B, QUINTIC_C, square);
	if (rows <= columns)
		ops->linear_din(pool, y, s, x, rows, rows, columns, false);
	else
		ops->linear_din(pool, y, x, s, rows, columns, columns, false);
	combine(pool, x, y, QUINTIC_A, 1, n);
}

void ll_update_muon(struct ll_pool *pool, const struct ll_ops_f32 *ops, const struct ll_update *u, float *p,
		    const float *g, float *m, int64_t rows, int64_t columns, float *scratch)
{
	size_t n = (size_t)rows * (size_t)columns, small = (size_t)LL_MIN(rows, columns);
	struct muon_job j = { .u = update_job(u, p, g, n), .x = scratch, .y = scratch + line(n) };
	float *s = j.y + line(n), *s2 = s + line(small * small);
	double square = 0;
	j.u.m = m;
	j.u.lr = (float)(u->lr * 0.2 * sqrt((double)LL_MAX(rows, columns)));
	j.square = (double *)(void *)(s2 + line(small * small));
	ll_pool_run(pool, blocks(n), momentum_task, &j);
	for (size_t i = 0; i < blocks(n); i++)
		square += j.square[i];
	ops->scale(pool, j.x, 1 / fmax(sqrt(square), 1e-7), (int64_t)n);
	for (int i = 0; i < STEPS; i++)
		newton_schulz(pool, ops, j.x, j.y, s, s2, rows, columns);
	ll_pool_run(pool, blocks(n), apply_task, &j);
}
