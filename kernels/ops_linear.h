/* SPDX-License-Identifier: MIT */
/*
 * ops_linear.h - matrix products, cut into tiles by shape alone (ops_impl.h): by gemm() of ops_math.h, or, where OPS_TILES or
 * OPS_TABLE_BF16 is defined, by the kernels of gemm.h.
 */

struct linear_job {
	real *out;
	const real *a, *b, *bias;
	int64_t M, N, K;
	int64_t tile_m, tile_n, tiles_n;
	bool add;
};

static void column_sums_task(void *context, size_t i, int thread)
{
	const struct linear_job *j = context;
	(void)thread;
	int64_t n0 = (int64_t)i * 128, n = LL_MIN(128, j->N - n0);
	real sum[128];
	memcpy(sum, j->out + n0, (size_t)n * sizeof(real));
	for (int64_t r = 0; r < j->M; r++) {
		const real *row = j->a + r * j->N + n0;
		if (n == 128)
			for (int c = 0; c < 128; c++)
				sum[c] += row[c];
		else
			for (int64_t c = 0; c < n; c++)
				sum[c] += row[c];
	}
	memcpy(j->out + n0, sum, (size_t)n * sizeof(real));
}

static void column_sums(struct ll_pool *pool, real *db, const real *dout, int64_t M, int64_t N)
{
	struct linear_job j = { .out = db, .a = dout, .M = M, .N = N };
	if (db)
		ll_pool_run(pool, (size_t)ceil_div(N, 128), column_sums_task, &j);
}

#ifndef OPS_TILES
/* Tiles of at most 512 rows and enough columns that a small product still has about eight tiles. */
static void set_tiles(struct linear_job *j, int64_t rows, int64_t columns)
{
	j->tile_m = LL_MIN(rows, 512);
	int64_t down = ceil_div(rows, j->tile_m), across = ceil_div(8, down);
	j->tile_n = ceil_div(ceil_div(columns, across), 32) * 32;
	j->tile_n = LL_MIN(j->tile_n, 1024);
	j->tiles_n = ceil_div(columns, j->tile_n);
}

static void linear_task(void *context, size_t i, int thread)
{
	const struct linear_job *j = context;
	(void)thread;
	int64_t m0 = (int64_t)i / j->tiles_n * j->tile_m, n0 = (int64_t)i % j->tiles_n * j->tile_n;
	int64_t m = LL_MIN(j->tile_m, j->M - m0), n = LL_MIN(j->tile_n, j->N - n0);
	real *out = j->out + m0 * j->N + n0;
	if (j->bias)
		for (int64_t r = 0; r < m; r++)
			memcpy(out + r * j->N, j->bias + n0, (size_t)n * sizeof(real));
	gemm(false, true, m, n, j->K, 1, j->a + m0 * j->K, j->K, j->b + n0 * j->K, j->K, j->bias ? 1 : 0, out, j->N);
}

static void linear(struct ll_pool *pool, real *out, const real *in, const real *w, const real *bias, int64_t M, int64_t N, int64_t K)
{
	struct linear_job j = { .out = out, .a = in, .b = w, .bias = bias, .M = M, .N = N, .K = K };
	set_tiles(&j, M, N);
	ll_pool_run(pool, (size_t)(ceil_div(M, j.tile_m) * j.tiles_n), linear_task, &j);
}

static void linear_din_task(void *context, size_t i, int thread)
{
	const struct linear_job *j = context;
	(void)thread;
	int64_t m0 = (int64_t)i / j->tiles_n * j->tile_m, k0 = (int64_t)i % j->tiles_n * j->tile_n;
	int64_t m = LL_MIN(j->tile_m, j->M - m0), k = LL_MIN(j->tile_n, j->K - k0);
	gemm(false, false, m, k, j->N, 1, j->a + m0 * j->N, j->N, j->b + k0, j->K, j->add ? 1 : 0, j->out + m0 * j->K + k0, j->K);
}

static void linear_din(struct ll_pool *pool, real *din, const real *dout, const real *w, int64_t M, int64_t N, int64_t K, bool add)
{
	struct linear_job j = { .out = din, .a = dout, .b = w, .M = M, .N = N, .K = K, .add = add };
	set_tiles(&j, M, K);
	ll_pool_run(pool, (size_t)(ceil_div(M, j.tile_m) * j.tiles_n), linear_din_task, &j);
}

static void linear_dw_task(void *context, size_t i, int thread)
{
	const struct linear_job *j = context;
	(void)thread;
	int64_t n0 = (int64_t)i / j->tiles_n * j->tile_m, k0 = (int64_t)i % j->tiles_n * j->tile_n;
	int64_t n = LL_MIN(j->tile_m, j->N - n0), k = LL_MIN(j->tile_n, j->K - k0);
	gemm(true, false, n, k, j->M, 1, j->a + n0, j->N, j->b + k0, j->K, j->add ? 1 : 0, j->out + n0 * j->K + k0, j->K);
}

static void linear_dw(struct ll_pool *pool, real *dw, real *db, const real *dout, const real *in, int64_t M, int64_t N, int64_t K,
		      bool add)
{
	struct linear_job j = { .out = dw, .a = dout, .b = in, .M = M, .N = N, .K = K, .add = add };
	set_tiles(&j, N, K);
	ll_pool_run(pool, (size_t)(ceil_div(N, j.tile_m) * j.tiles_n), linear_dw_task, &j);
	column_sums(pool, db, dout, M, N);
}
#endif

/* ---- by tiles of our own ---- */

#if defined(OPS_TILES) || defined(OPS_TABLE_BF16)
static void linear_by(const struct ll_gemm_kernel *kernel, struct ll_pool *pool, real *out, const real *in, const real *w,
		      const real *bias, int64_t M, int64_t N, int64_t K)
{
	struct ll_gemm g = { .m = M, .n = N, .k = K, .a = in, .lda = K, .b = w, .ldb = K, .c = out, .ldc = N, .bias = bias };
	ll_gemm_run(kernel, pool, &g);
}

static void linear_din_by(const struct ll_gemm_kernel *kernel, struct ll_pool *pool, real *din, const real *dout, const real *w,
			  int64_t M, int64_t N, int64_t K, bool add)
{
	struct ll_gemm g = { .m = M, .n = K, .k = N, .a = dout, .lda = N, .b = w, .ldb = K, .b_across = true, .c = din, .ldc = K,
			     .add = add };
	ll_gemm_run(kernel, pool, &g);
}

static void linear_dw_by(const struct ll_gemm_kernel *kernel, struct ll_pool *pool, real *dw, real *db, const real *dout,
			 const real *in, int64_t M, int64_t N, int64_t K, bool add)
{
	struct ll_gemm g = { .m = N, .n = K, .k = M, .a = dout, .lda = N, .a_across = true, .b = in, .ldb = K, .b_across = true,
			     .c = dw, .ldc = K, .add = add };
	ll_gemm_run(kernel, pool, &g);
	column_sums(pool, db, dout, M, N);
}
#endif

#ifdef OPS_TILES
static void linear(struct ll_pool *pool, real *out, const real *in, const real *w, const real *bias, int64_t M, int64_t N, int64_t K)
{
	linear_by(&OPS_TILES, pool, out, in, w, bias, M, N, K);
}

static void linear_din(struct ll_pool *pool, real *din, const real *dout, const real *w, int64_t M, int64_t N, int64_t K, bool add)
{
	linear_din_by(&OPS_TILES, pool, din, dout, w, M, N, K, add);
}

static void linear_dw(struct ll_pool *pool, real *dw, real *db, const real *dout, const real *in, int64_t M, int64_t N, int64_t K,
		      bool add)
{
	linear_dw_by(&OPS_TILES, pool, dw, db, dout, in, M, N, K, add);
}
#endif

#ifdef OPS_TABLE_BF16
static void linear_bf16(struct ll_pool *pool, real *out, const real *in, const real *w, const real *bias, int64_t M, int64_t N,
			int64_t K)
{
	linear_by(ll_gemm_bf16_best(), pool, out, in, w, bias, M, N, K);
}

static void linear_din_bf16(struct ll_pool *pool, real *din, const real *dout, const real *w, int64_t M, int64_t N, int64_t K,
			    bool add)
{
	linear_din_by(ll_gemm_bf16_best(), pool, din, dout, w, M, N, K, add);
}

static void linear_dw_bf16(struct ll_pool *pool, real *dw, real *db, const real *dout, const real *in, int64_t M, int64_t N,
			   int64_t K, bool add)
{
	linear_dw_by(ll_gemm_bf16_best(), pool, dw, db, dout, in, M, N, K, add);
}
#endif
