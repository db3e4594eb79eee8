/* SPDX-License-Identifier: MIT */
/* sum_of_squares.c - for the norm of a gradient (ops.h). */
#include "base/memory.h"
#include "kernels/ops.h"

#define BLOCK 65536u

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
