/* SPDX-License-Identifier: MIT */
/* adafactor.c - Adafactor (optimizers.h). A matrix is cut into at most 64 runs of rows, each with its own sums of columns. */
#include <math.h>

#include "kernels/optimizers_impl.h"

#define RUNS_MAX 64
#define LANES 8
#define EPS_MIN 1e-37 /* the least that no product of factors overflows with */

struct adafactor_job {
	struct update_job u;
	size_t rows, columns, run; /* rows a task */
	float *row, *column;
	float decay, eps;	/* of the second moment: beta2 of this step */
	double *column_sum;	/* [tasks, columns] */
	double *square;		/* [tasks] sums of squares of the gradient over its root */
	double *p_square;	/* [blocks] of the parameters */
	float *column_factor;	/* [columns] 1 / sqrt(column) */
	double row_mean;
	float step; /* lr of this step after clipping */
};

static size_t run_of(size_t rows, size_t columns)
{
	return LL_MAX((BLOCK + columns - 1) / columns, (rows + RUNS_MAX - 1) / RUNS_MAX);
}

static size_t tasks_of(size_t rows, size_t columns)
{
	return rows ? (rows + run_of(rows, columns) - 1) / run_of(rows, columns) : blocks(columns);
}

size_t ll_adafactor_scratch(size_t rows, size_t columns)
{
	size_t tasks = tasks_of(rows, columns);
	size_t doubles = tasks + blocks((rows ? rows : 1) * columns) + (rows ? tasks * columns : 0);
	return 2 * doubles + (rows ? columns : 0);
}

static double lanes(const double *x)
{
	return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

INLINE void moments(const struct adafactor_job *j, size_t task, bool regularised)
{
	size_t first = task * j->run, end = LL_MIN(first + j->run, j->rows), C = j->columns;
	double *restrict sum = j->column_sum + task * C;
	const struct update_job u = j->u;
	memset(sum, 0, C * sizeof(*sum));
	for (size_t r = first; r < end; r++) {
		const float *restrict g = u.g + r * C, *restrict p = u.p + r * C;
		double lane[LANES] = { 0 };
		size_t c = 0;
		for (; c + LANES <= C; c += LANES)
			for (size_t k = 0; k < LANES; k++) {
				double d = gradient(&u, g[c + k], p[c + k], regularised), square = d * d;
				sum[c + k] += square;
				lane[k] += square;
			}
		for (; c < C; c++) {
			double d = gradient(&u, g[c], p[c], regularised);
			sum[c] += d * d;
			lane[0] += d * d;
		}
		j->row[r] = j->decay * j->row[r] + (1 - j->decay) * ((float)(lanes(lane) / (double)C) + j->eps);
	}
}

static void moments_task(void *context, size_t task, int thread)
{
	const struct adafactor_job *j = context;
	(void)thread;
	if (j->u.regularised)
		moments(j, task, true);
	else
		moments(j, task, false);
}

static void columns_task(void *context, size_t task, int thread)
{
	const struct adafactor_job *j = context;
	size_t tasks = tasks_of(j->rows, j->columns), end = LL_MIN((task + 1) * 256, j->columns);
	(void)thread;
	for (size_t c = task * 256; c < end; c++) {
		double sum = 0;
		for (size_t t = 0; t < tasks; t++)
			sum += j->column_sum[t * j->columns + c];
		j->column[c] = j->decay * j->column[c] + (1 - j->decay) * ((float)(sum / (double)j->rows) + j->eps);
		j->column_factor[c] = 1 / sqrtf(j->column[c]);
	}
}

/* What a row of the gradient is multiplied with beside the factors of the columns. */
static float row_factor(const struct adafactor_job *j, size_t r)
{
	return (float)(1 / sqrt(j->row[r] / j->row_mean));
}

INLINE void squares(const struct adafactor_job *j, size_t task, bool regularised)
{
	size_t first = task * j->run, end = LL_MIN(first + j->run, j->rows), C = j->columns;
	const struct update_job u = j->u;
	double lane[LANES] = { 0 };
	for (size_t r = first; r < end; r++) {
		const float *restrict g = u.g + r * C, *restrict p = u.p + r * C, *restrict column = j->column_factor;
		float factor = row_factor(j, r);
		size_t c = 0;
		for (; c + LANES <= C; c += LANES)
			for (size_t k = 0; k < LANES; k++) {
				double x = gradient(&u, g[c + k], p[c + k], regularised) * factor * column[c + k];
				lane[k] += x * x;
			}
		for (; c < C; c++) {
			double x = gradient(&u, g[c], p[c], regularised) * factor * column[c];
			lane[0] += x * x;
		}
	}
	j->square[task] = lanes(lane);
}

static void squares_task(void *context, size_t task, int thread)
{
	const struct adafactor_job *j = context;
	(void)thread;
	if (j->u.regularised)
		squares(j, task, true);
	else
		squares(j, task, false);
}

INLINE void apply(const struct adafactor_job *j, size_t task, bool regularised)
{
	size_t first = task * j->run, end = LL_MIN(first + j->run, j->rows), C = j->columns;
	const struct update_job u = j->u;
	for (size_t r = first; r < end; r++) {
		float *restrict p = u.p + r * C;
		const float *restrict g = u.g + r * C, *restrict column = j->column_factor;
		float factor = j->step * row_factor(j, r);
		for (size_t c = 0; c < C; c++)
			p[c] = p[c] * u.keep - gradient(&u, g[c], p[c], regularised) * factor * column[c];
	}
}

static void apply_task(void *context, size_t task, int thread)
{
	const struct adafactor_job *j = context;
	(void)thread;
	if (j->u.regularised)
		apply(j, task, true);
	else
		apply(j, task, false);
}

/* Vectors: second moments of their own, in `column`. */
static void vector_moments_task(void *context, size_t task, int thread)
{
	const struct adafactor_job *j = context;
	size_t end = LL_MIN((task + 1) * BLOCK, j->columns);
	double square = 0;
	(void)thread;
	for (size_t i = task * BLOCK; i < end; i++) {
		float d = gradient(&j->u, j->u.g[i], j->u.p[i], true), *v = &j->column[i];
		*v = j->decay * *v + (1 - j->decay) * (d * d + j->eps);
		square += (double)d * d / *v;
	}
	j->square[task] = square;
}

static void vector_apply_task(void *context, size_t task, int thread)
{
	const struct adafactor_job *j = context;
	size_t end = LL_MIN((task + 1) * BLOCK, j->columns);
	(void)thread;
	for (size_t i = task * BLOCK; i < end; i++) {
		float d = gradient(&j->u, j->u.g[i], j->u.p[i], true);
		j->u.p[i] = j->u.p[i] * j->u.keep - j->step * (d / sqrtf(j->column[i]));
	}
}

/* Blocks of all elements: scratch has room for them, though tasks are other ones. */
static void size_task(void *context, size_t task, int thread)
{
	const struct adafactor_job *j = context;
	size_t end = LL_MIN((task + 1) * BLOCK, j->u.n);
	double lane[LANES] = { 0 };
	(void)thread;
	for (size_t i = task * BLOCK; i < end; i++)
		lane[i % LANES] += (double)j->u.p[i] * j->u.p[i];
	j->p_square[task] = lanes(lane);
}

static double total(const double *x, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum;
}

/* The relative step, and the clipping of the update, whose squares are known. */
static void set_step(struct ll_pool *pool, struct adafactor_job *j, const struct ll_update *u, size_t tasks)
{
	double lr = u->lr, n = (double)j->u.n;
	if (u->relative_step) {
		ll_pool_run(pool, blocks(j->u.n), size_task, j);
		lr *= fmax(1e-3, sqrt(total(j->p_square, blocks(j->u.n)) / n));
	}
	j->step = (float)(lr / fmax(1, sqrt(total(j->square, tasks) / n)));
}

void ll_update_adafactor(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *row,
			 float *column, size_t rows, size_t columns, float *scratch)
{
	size_t tasks = tasks_of(rows, columns), n = (rows ? rows : 1) * columns;
	struct adafactor_job j = { .u = update_job(u, p, g, n), .rows = rows, .columns = columns, .row = row,
				   .column = column, .eps = (float)fmax(u->eps, EPS_MIN),
				   .decay = (float)(1 - pow((double)u->step, -0.8)) };
	j.square = (double *)(void *)scratch;
	j.p_square = j.square + tasks;
	if (rows == 0) {
		ll_pool_run(pool, tasks, vector_moments_task, &j);
		set_step(pool, &j, u, tasks);
		ll_pool_run(pool, tasks, vector_apply_task, &j);
		return;
	}
	j.run = run_of(rows, columns);
	j.column_sum = j.p_square + blocks(n);
	j.column_factor = (float *)(void *)(j.column_sum + tasks * columns);
	ll_pool_run(pool, tasks, moments_task, &j);
	ll_pool_run(pool, (columns + 255) / 256, columns_task, &j);
	for (size_t r = 0; r < rows; r++)
		j.row_mean += row[r];
	j.row_mean /= (double)rows;
	ll_pool_run(pool, tasks, squares_task, &j);
	set_step(pool, &j, u, tasks);
	ll_pool_run(pool, tasks, apply_task, &j);
}
