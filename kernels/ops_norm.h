/* SPDX-License-Identifier: MIT */
/*
 * ops_norm.h - layer norm (Ba et al. 2016) and RMS norm (Zhang and Sennrich 2019; epsilon on the mean square) (ops_impl.h).
 */

struct norm_job {
	enum ll_op_norm kind;
	real *out, *mean, *rstd, *partial;
	const real *in, *dout, *w, *b;
	int64_t M, C;
	double eps;
};

static real sum_of(const real *x, int64_t n)
{
	real lane[LANES] = { 0 };
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++)
			lane[k] += x[i + k];
	for (int k = 0; i < n; i++, k++)
		lane[k] += x[i];
	return lanes_sum(lane);
}

static real sum_of_square_distances(const real *x, real from, int64_t n)
{
	real lane[LANES] = { 0 };
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES)
		for (int k = 0; k < LANES; k++)
			lane[k] += (x[i + k] - from) * (x[i + k] - from);
	for (int k = 0; i < n; i++, k++)
		lane[k] += (x[i] - from) * (x[i] - from);
	return lanes_sum(lane);
}

static void norm_task(void *context, size_t task, int thread)
{
	const struct norm_job *j = context;
	(void)thread;
	int64_t C = j->C, end = LL_MIN(j->M, ((int64_t)task + 1) * ROWS);
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
		const real *x = j->in + r * C;
		real *y = j->out + r * C;
		real mean = j->kind == LL_OP_NORM_LAYER ? sum_of(x, C) / (real)C : 0;
		real rstd = 1 / (real)sqrt((double)(sum_of_square_distances(x, mean, C) / (real)C) + j->eps);
		for (int64_t c = 0; c < C; c++)
			y[c] = (x[c] - mean) * rstd * j->w[c];
		if (j->b)
			for (int64_t c = 0; c < C; c++)
				y[c] += j->b[c];
		j->mean[r] = mean;
		j->rstd[r] = rstd;
	}
}

static void norm(struct ll_pool *pool, enum ll_op_norm kind, real *out, real *mean, real *rstd, const real *in, const real *w,
		 const real *b, int64_t M, int64_t C, double eps)
{
	struct norm_job j = { .kind = kind, .out = out, .mean = mean, .rstd = rstd, .in = in, .w = w, .b = b, .M = M, .C = C,
			      .eps = eps };
	ll_pool_run(pool, (size_t)ceil_div(M, ROWS), norm_task, &j);
}

/* din += rstd (g - mean(g) - xhat mean(g xhat)), g = dout w; without the mean(g) term for RMS. */
static void norm_back_task(void *context, size_t task, int thread)
{
	const struct norm_job *j = context;
	(void)thread;
	int64_t C = j->C, end = LL_MIN(j->M, ((int64_t)task + 1) * ROWS);
	real *dw = j->partial + (int64_t)task * 2 * C, *db = dw + C;
	memset(dw, 0, (size_t)(2 * C) * sizeof(real));
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
		const real *x = j->in + r * C, *dy = j->dout + r * C;
		real *dx = j->out + r * C, mean = j->mean[r], rstd = j->rstd[r];
		real lane_g[LANES] = { 0 }, lane_gx[LANES] = { 0 };
		for (int64_t c = 0; c < C; c += LANES)
			for (int k = 0; k < LANES && c + k < C; k++) {
				real g = dy[c + k] * j->w[c + k];
				lane_g[k] += g;
				lane_gx[k] += g * (x[c + k] - mean) * rstd;
			}
		real mean_g = j->kind == LL_OP_NORM_LAYER ? lanes_sum(lane_g) / (real)C : 0, mean_gx = lanes_sum(lane_gx) / (real)C;
		for (int64_t c = 0; c < C; c++) {
			real xhat = (x[c] - mean) * rstd;
			dx[c] += rstd * (dy[c] * j->w[c] - mean_g - xhat * mean_gx);
			dw[c] += dy[c] * xhat;
			db[c] += dy[c];
		}
	}
}

static void norm_back(struct ll_pool *pool, enum ll_op_norm kind, real *din, real *dw, real *db, const real *dout, const real *in,
		      const real *mean, const real *rstd, const real *w, int64_t M, int64_t C, real *scratch)
{
	struct norm_job j = { .kind = kind, .out = din, .dout = dout, .in = in, .mean = (real *)mean, .rstd = (real *)rstd, .w = w,
			      .M = M, .C = C, .partial = scratch };
	int64_t tasks = ceil_div(M, ROWS);
	ll_pool_run(pool, (size_t)tasks, norm_back_task, &j);
	for (int64_t t = 0; t < tasks; t++) {
		const real *part = scratch + t * 2 * C;
		for (int64_t c = 0; c < C; c++)
			dw[c] += part[c];
		for (int64_t c = 0; db && c < C; c++)
			db[c] += part[C + c];
	}
}
