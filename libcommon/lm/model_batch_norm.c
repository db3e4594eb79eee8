/* SPDX-License-Identifier: MIT */
/*
 * model_batch_norm.c - batch normalisation (Ioffe and Szegedy 2015), for ablations alone: in training every feature is normed by its
 * mean and variance over all positions of all sequences of the pass, so that what a position gives depends on those behind it and
 * on other sequences. Outside training running means stand in their place, which nothing of the pass changes: means that decay by
 * 0.9 a pass, of the variance the unbiased one, as PyTorch's BatchNorm1d has them.
 *
 * A column is computed by one task in the order of its rows, in double.
 */
#include <math.h>

#include "lm/model.h"
#include "lm/model_memory.h"

enum { COLUMNS = 16 }; /* a task */
#define KEEP 0.9 /* of a running mean */

static int64_t columns_of(const struct ll_lm_batch_norm *n, size_t task)
{
	return LL_MIN(n->C - (int64_t)task * COLUMNS, COLUMNS);
}

static void measure(const struct ll_lm_batch_norm *n, int64_t first, int64_t count)
{
	double sum[COLUMNS] = { 0 }, squares[COLUMNS] = { 0 };
	for (int64_t r = 0; r < n->M; r++)
		for (int64_t k = 0; k < count; k++)
			sum[k] += (double)n->in[r * n->C + first + k];
	for (int64_t r = 0; r < n->M; r++)
		for (int64_t k = 0; k < count; k++) {
			double d = (double)n->in[r * n->C + first + k] - sum[k] / (double)n->M;
			squares[k] += d * d;
		}
	for (int64_t k = 0; k < count; k++) {
		double mean = sum[k] / (double)n->M, variance = squares[k] / (double)n->M, unbiased = squares[k] / (double)LL_MAX(n->M - 1, 1);
		float *running = n->running + first + k;
		n->mean[first + k] = (float)mean;
		n->rstd[first + k] = (float)(1 / sqrt(variance + n->eps));
		if (n->again)
			continue;
		running[0] = (float)(KEEP * (double)running[0] + (1 - KEEP) * mean);
		running[n->C] = (float)(KEEP * (double)running[n->C] + (1 - KEEP) * unbiased);
	}
}

static void forward_task(void *context, size_t task, int thread)
{
	const struct ll_lm_batch_norm *n = context;
	int64_t first = (int64_t)task * COLUMNS, count = columns_of(n, task);
	(void)thread;
	if (n->training) {
		measure(n, first, count);
	} else {
		for (int64_t c = first; c < first + count; c++) {
			n->mean[c] = n->running[c];
			n->rstd[c] = (float)(1 / sqrt((double)n->running[n->C + c] + n->eps));
		}
	}
	for (int64_t r = 0; r < n->M; r++)
		for (int64_t c = first; c < first + count; c++)
			n->out[r * n->C + c] = (n->in[r * n->C + c] - n->mean[c]) * n->rstd[c] * n->w[c] + (n->b ? n->b[c] : 0);
}

void ll_lm_batch_norm(struct ll_pool *pool, struct ll_lm_batch_norm *n)
{
	ll_pool_run(pool, (size_t)((n->C + COLUMNS - 1) / COLUMNS), forward_task, n);
}

static void back_task(void *context, size_t task, int thread)
{
	const struct ll_lm_batch_norm *n = context;
	int64_t first = (int64_t)task * COLUMNS, count = columns_of(n, task);
	double sum[COLUMNS] = { 0 }, along[COLUMNS] = { 0 };
	(void)thread;
	for (int64_t r = 0; r < n->M; r++)
		for (int64_t k = 0, at = r * n->C + first; k < count; k++, at++) {
			sum[k] += (double)n->dout[at];
			along[k] += (double)(n->dout[at] * (n->in[at] - n->mean[first + k]) * n->rstd[first + k]);
		}
	for (int64_t k = 0; k < count; k++) {
		n->dw[first + k] += (float)along[k];
		if (n->db)
			n->db[first + k] += (float)sum[k];
	}
	for (int64_t r = 0; r < n->M; r++)
		for (int64_t k = 0, at = r * n->C + first; k < count; k++, at++) {
			float normed = (n->in[at] - n->mean[first + k]) * n->rstd[first + k];
			float d = n->dout[at] - (float)(sum[k] / (double)n->M) - normed * (float)(along[k] / (double)n->M);
			n->din[at] += n->w[first + k] * n->rstd[first + k] * d;
		}
}

void ll_lm_batch_norm_back(struct ll_pool *pool, struct ll_lm_batch_norm *n)
{
	ll_pool_run(pool, (size_t)((n->C + COLUMNS - 1) / COLUMNS), back_task, n);
}
