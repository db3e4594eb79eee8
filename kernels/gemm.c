/* SPDX-License-Identifier: MIT */
/* gemm.c - which kernel, and a product cut into blocks for the pool. */
#include "kernels/gemm.h"

#include "base/cpu.h"

const struct ll_gemm_kernel *ll_gemm_f32_best(void)
{
#ifdef HAVE_AVX
	if (ll_cpu() == LL_CPU_AVX512)
		return &ll_gemm_f32_avx512;
	if (ll_cpu() == LL_CPU_AVX2)
		return &ll_gemm_f32_avx2;
#endif
	return &ll_gemm_f32_scalar;
}

const struct ll_gemm_kernel *ll_gemm_bf16_best(void)
{
#ifdef HAVE_AVX
	if (ll_cpu_has_avx512_bf16())
		return &ll_gemm_bf16_avx512bf16;
	if (ll_cpu() == LL_CPU_AVX512)
		return &ll_gemm_bf16_avx512;
	if (ll_cpu() == LL_CPU_AVX2)
		return &ll_gemm_bf16_avx2;
#endif
	return &ll_gemm_bf16_scalar;
}

struct gemm_job {
	const struct ll_gemm_kernel *kernel;
	struct ll_gemm g; /* a slice of k */
	struct ll_pool *pool;
	int64_t rows, columns, across, blocks; /* of a block; blocks side by side and in all */
};

static const float *start_of_b(const struct gemm_job *j, int64_t block)
{
	int64_t n = block % j->across * j->columns;
	return j->g.b + (j->g.b_across ? n : n * j->g.ldb);
}

static void task(void *context, size_t i, int thread)
{
	const struct gemm_job *j = context;
	struct ll_gemm_scratch *s = ll_pool_scratch(j->pool, thread, sizeof(*s));
	struct ll_gemm g = j->g;
	int64_t row = (int64_t)i / j->across, m = row * j->rows, n = (int64_t)i % j->across * j->columns;
	int64_t next = (int64_t)i + ll_pool_threads(j->pool);
	g.m = LL_MIN(j->rows, g.m - m);
	g.n = LL_MIN(j->columns, g.n - n);
	g.a += g.a_across ? m : m * g.lda;
	g.b = start_of_b(j, (int64_t)i);
	g.c += m * g.ldc + n;
	g.bias = g.bias ? g.bias + n : NULL;
	j->kernel->block(&g, s, s->row == row, next < j->blocks ? start_of_b(j, next) : NULL);
	s->row = row;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

/* The terms from k on, as many as a block takes. */
static struct ll_gemm slice(const struct ll_gemm *g, int64_t k)
{
	struct ll_gemm part = *g;
	part.k = LL_MIN(LL_GEMM_DEPTH, g->k - k);
	part.a += g->a_across ? k * g->lda : k;
	part.b += g->b_across ? k * g->ldb : k;
	part.bias = k == 0 ? g->bias : NULL;
	part.add = g->add || k > 0;
	return part;
}

void ll_gemm_here(const struct ll_gemm_kernel *kernel, struct ll_gemm_scratch *s, const struct ll_gemm *g)
{
	for (int64_t k = 0; k < LL_MAX(g->k, 1); k += LL_GEMM_DEPTH)
		for (int64_t m = 0; m < g->m; m += LL_GEMM_ROWS) {
			struct ll_gemm part = slice(g, k);
			part.m = LL_MIN(LL_GEMM_ROWS, g->m - m);
			part.a += g->a_across ? m : m * g->lda;
			part.c += m * g->ldc;
			kernel->block(&part, s, false, NULL);
		}
	s->row = -1;
}

static int64_t panels(int64_t n)
{
	return ceil_div(n, LL_GEMM_PANEL) * LL_GEMM_PANEL;
}

/* What a cut costs, in terms added up: those of the thread that has most, and the packing, of A by every thread that has blocks of its
 * rows, of B for every row of blocks. A float takes about as long to pack as 16 terms to add up (measured: 10 to 25). */
static int64_t cost_of(const struct gemm_job *j, int64_t threads)
{
	int64_t down = ceil_div(j->g.m, j->rows), turns = ceil_div(down * j->across, threads);
	return turns * threads * j->rows * j->columns + 16 * (j->g.m * LL_MIN(threads, j->across) + j->g.n * down);
}

/* Cuts the product into blocks: at least four a thread where the shape has them, and of such cuts the cheapest. */
static void cut(struct gemm_job *j)
{
	int64_t m = j->g.m, n = j->g.n, threads = ll_pool_threads(j->pool), wanted = threads > 1 ? 4 * threads : 1, least = INT64_MAX;
	int64_t room = LL_GEMM_ROWS * LL_GEMM_DEPTH * j->kernel->terms / LL_MAX(j->g.k, 1);
	int64_t tallest = LL_MIN(LL_GEMM_TALLEST, room / LL_GEMM_PANEL * LL_GEMM_PANEL);
	int64_t fewest = ceil_div(n, LL_GEMM_COLUMNS), most = ceil_div(n, LL_GEMM_PANEL), across = most;
	struct gemm_job best = *j;
	tallest = LL_MAX(tallest, LL_GEMM_ROWS);
	for (int64_t down = ceil_div(m, tallest); down <= ceil_div(m, LL_GEMM_PANEL) && (least == INT64_MAX || across > fewest || down <= wanted); down++) {
		across = LL_MAX(fewest, LL_MIN(most, ceil_div(wanted, down)));
		for (int64_t more = 0; more < 2; more++) {
			j->rows = LL_MIN(tallest, panels(ceil_div(m, down)));
			j->columns = panels(ceil_div(n, across + more));
			j->across = ceil_div(n, j->columns);
			j->blocks = ceil_div(m, j->rows) * j->across;
			int64_t cost = cost_of(j, threads);
			if (cost < least) {
				least = cost;
				best = *j;
			}
		}
	}
	*j = best;
}

/* All blocks for a slice of k, then for the next: so a thread keeps the panels of A for every block of the same rows. */
void ll_gemm_run(const struct ll_gemm_kernel *kernel, struct ll_pool *pool, const struct ll_gemm *g)
{
	struct gemm_job j = { .kernel = kernel, .pool = pool };
	for (int64_t k = 0; k < LL_MAX(g->k, 1); k += LL_GEMM_DEPTH) {
		j.g = slice(g, k);
		cut(&j);
		for (int t = 0; t < ll_pool_threads(pool); t++)
			((struct ll_gemm_scratch *)ll_pool_scratch(pool, t, sizeof(struct ll_gemm_scratch)))->row = -1;
		ll_pool_run(pool, (size_t)j.blocks, task, &j);
	}
}
