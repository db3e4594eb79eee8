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

static real sum_of_square_distances(const real *x, real from, int64_t n)
{
	wide sum = { 0 }, v;
	real lane[LANES];
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		wide_load(&v, x + i);
		EACH_REGISTER(k) sum.of[k] += (v.of[k] - from) * (v.of[k] - from);
	}
	memcpy(lane, &sum, sizeof(lane));
	for (int k = 0; i < n; i++, k++)
		lane[k] += (x[i] - from) * (x[i] - from);
	memcpy(&sum, lane, sizeof(lane));
	return wide_sum(&sum);
}

static inline __attribute__((always_inline)) void norm_row(real *restrict y, const real *restrict x, const real *restrict w, const real *restrict b,
							   real mean, real rstd, int64_t C)
{
	for (int64_t c = 0; c < C; c++)
		y[c] = b ? (x[c] - mean) * rstd * w[c] + b[c] : (x[c] - mean) * rstd * w[c];
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
		if (j->b)
			norm_row(y, x, j->w, j->b, mean, rstd, C);
		else
			norm_row(y, x, j->w, NULL, mean, rstd, C);
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

/* Sums over c of g = dy w and of g xhat. */
static void norm_back_sums(const real *x, const real *dy, const real *w, real mean, real rstd, int64_t C, real *sum_g, real *sum_gx)
{
	wide g = { 0 }, gx = { 0 }, u, v, d;
	for (int64_t c = 0; c < C; c += LANES) {
		if (c + LANES <= C) {
			wide_load(&u, x + c);
			wide_load(&v, w + c);
			wide_load(&d, dy + c);
		} else {
			wide_load_part(&u, x + c, C - c);
			wide_load_part(&v, w + c, C - c);
			wide_load_part(&d, dy + c, C - c);
		}
		EACH_REGISTER(k)
		{
			lanes product = d.of[k] * v.of[k];
			g.of[k] += product;
			gx.of[k] += product * (u.of[k] - mean) * rstd;
		}
	}
	*sum_g = wide_sum(&g);
	*sum_gx = wide_sum(&gx);
}

static void norm_back_row(real *restrict dx, real *restrict dw, real *restrict db, const real *restrict x, const real *restrict dy,
			  const real *restrict w, real mean, real rstd, real mean_g, real mean_gx, int64_t C)
{
	for (int64_t c = 0; c < C; c++) {
		real xhat = (x[c] - mean) * rstd;
		dx[c] += rstd * (dy[c] * w[c] - mean_g - xhat * mean_gx);
		dw[c] += dy[c] * xhat;
		db[c] += dy[c];
	}
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
		real mean = j->mean[r], rstd = j->rstd[r], g, gx;
		norm_back_sums(x, dy, j->w, mean, rstd, C, &g, &gx);
		norm_back_row(j->out + r * C, dw, db, x, dy, j->w, mean, rstd, j->kind == LL_OP_NORM_LAYER ? g / (real)C : 0, gx / (real)C, C);
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
