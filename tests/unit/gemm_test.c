/* SPDX-License-Identifier: MIT */
/*
 * gemm_test.c - the matrix products of kernels/gemm.h: every kernel against float64, within the bound that rounding allows, at odd
 * shapes and every layout; equal bits at 1, 2, 3 and 19 threads, and of bf16 on every kernel; the rounding to bfloat16 itself.
 */
#include "test.h"

#include <math.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/gemm.h"

static struct ll_pool *pools[4];

static const struct {
	const struct ll_gemm_kernel *kernel;
	enum ll_cpu cpu;
	bool bf16, instruction;
} kernels[] = {
	{ &ll_gemm_f32_scalar, LL_CPU_SCALAR, false, false },
	{ &ll_gemm_bf16_scalar, LL_CPU_SCALAR, true, false },
#ifdef HAVE_AVX
	{ &ll_gemm_f32_avx2, LL_CPU_AVX2, false, false },	{ &ll_gemm_bf16_avx2, LL_CPU_AVX2, true, false },
	{ &ll_gemm_f32_avx512, LL_CPU_AVX512, false, false },	{ &ll_gemm_bf16_avx512, LL_CPU_AVX512, true, false },
	{ &ll_gemm_bf16_avx512bf16, LL_CPU_AVX512, true, true },
#endif
};

static bool runs(size_t i)
{
	return ll_cpu() >= kernels[i].cpu && (!kernels[i].instruction || ll_cpu_has_avx512_bf16());
}

/* The nearer of the two bfloat16 around x, in float64; of two as near the one whose last bit is 0. */
static float nearest(float x)
{
	uint32_t u;
	float below, above;
	memcpy(&u, &x, sizeof(u));
	if (isnan(x) || isinf(x))
		return x;
	if (fabsf(x) < 0x1p-126f)
		return copysignf(0, x);
	uint32_t low = u & 0xffff0000u, high = low + 0x10000u;
	memcpy(&below, &low, sizeof(low));
	memcpy(&above, &high, sizeof(high));
	double down = fabs((double)x - (double)below), up = fabs((isinf(above) ? copysign(0x1p128, (double)x) : (double)above) - (double)x);
	return down < up || (down == up && !(low & 0x10000u)) ? below : above;
}

/* What the product should be, and the sum of the terms' magnitudes. */
static void oracle(const struct ll_gemm *g, const float *was, bool rounded, int64_t i, int64_t j, double *want, double *size)
{
	*want = g->bias ? (double)g->bias[j] : g->add ? (double)was[i * g->ldc + j] : 0;
	*size = fabs(*want);
	for (int64_t t = 0; t < g->k; t++) {
		float a = g->a_across ? g->a[t * g->lda + i] : g->a[i * g->lda + t], b = g->b_across ? g->b[t * g->ldb + j] : g->b[j * g->ldb + t];
		double term = rounded ? (double)nearest(a) * (double)nearest(b) : (double)a * (double)b;
		*want += term;
		*size += fabs(term);
	}
}

static const struct shape {
	int64_t m, n, k;
} shapes[] = { { 1, 1, 1 }, { 1, 1, 2 }, { 7, 5, 3 }, { 8, 48, 32 }, { 17, 49, 31 }, { 9, 97, 33 }, { 1, 131, 257 }, { 67, 37, 131 },
	       { 300, 401, 5 }, { 16, 50, 769 }, { 5, 7, 1601 }, { 259, 53, 64 }, { 3, 1009, 40 }, { 1009, 53, 40 },
	       /* one panel of columns, and more rows than four blocks a thread have */
	       { 961, 48, 40 }, { 2017, 3, 9 }, { 7681, 32, 5 }, { 11521, 1, 2 }, { 73000, 2, 1 } };

/* Worst excess of |product - oracle| over what is allowed, over a sample of C that includes its corners; <= 0 is right. */
static double excess(const struct ll_gemm *g, const float *was, bool rounded, double per_input)
{
	double worst = -1;
	for (uint64_t s = 0; s < 400; s++) {
		int64_t i = s < 4 ? (int64_t)(s & 1) * (g->m - 1) : (int64_t)ll_random_below(1, 1, s, (uint64_t)g->m);
		int64_t j = s < 4 ? (int64_t)(s >> 1) * (g->n - 1) : (int64_t)ll_random_below(1, 2, s, (uint64_t)g->n);
		double want, size;
		oracle(g, was, rounded, i, j, &want, &size);
		worst = fmax(worst, fabs((double)g->c[i * g->ldc + j] - want) - size * (per_input + (double)(g->k + 3) * 0x1p-24));
	}
	return worst;
}

static void check_shape(const struct shape *s)
{
	int64_t gap = 3, ldc = s->n + gap;
	size_t na = (size_t)((s->m + gap) * (s->k + gap)), nb = (size_t)((s->n + gap) * (s->k + gap)), nc = (size_t)(ldc * s->m);
	float *a = ll_calloc(na, 4), *b = ll_calloc(nb, 4), *bias = ll_calloc((size_t)s->n, 4), *was = ll_calloc(nc, 4);
	float *c = ll_calloc(nc, 4), *first = ll_calloc(nc, 4), *f32 = ll_calloc(nc, 4), *bf16 = ll_calloc(nc, 4);
	bool right[LL_COUNT(kernels)], same[LL_COUNT(kernels)], alike = true, untouched = true;
	for (size_t i = 0; i < na; i++)
		a[i] = (float)ll_random_normal(2, 1, i);
	for (size_t i = 0; i < nb; i++)
		b[i] = (float)ll_random_normal(2, 2, i);
	for (size_t i = 0; i < (size_t)s->n; i++)
		bias[i] = (float)ll_random_normal(2, 3, i);
	for (size_t i = 0; i < nc; i++)
		was[i] = (float)ll_random_normal(2, 4, i);
	for (size_t k = 0; k < LL_COUNT(kernels); k++)
		right[k] = same[k] = true;
	for (int way = 0; way < 12; way++) { /* layouts of A and B; plain, with a bias, added */
		int64_t lda = (way & 1 ? s->m : s->k) + gap, ldb = (way & 2 ? s->n : s->k) + gap;
		struct ll_gemm g = { s->m, s->n, s->k, a, b, lda, ldb, way & 1, way & 2, c, ldc, way / 4 == 1 ? bias : NULL, way / 4 == 2 };
		for (size_t k = 0; k < LL_COUNT(kernels); k++) {
			if (!runs(k))
				continue;
			for (int t = 0; t < 4; t++) {
				memcpy(c, was, nc * 4);
				ll_gemm_run(kernels[k].kernel, pools[t], &g);
				if (t == 0)
					memcpy(first, c, nc * 4);
				same[k] = same[k] && memcmp(c, first, nc * 4) == 0;
			}
			right[k] = right[k] && excess(&g, was, kernels[k].bf16, 0) <= 0;
			if (kernels[k].bf16) /* two inputs, each off by 2^-8 at most */
				right[k] = right[k] && excess(&g, was, false, 0x1p-7 + 0x1p-16) <= 0;
			for (int64_t i = 0; i < s->m; i++)
				untouched = untouched && memcmp(c + i * ldc + s->n, was + i * ldc + s->n, (size_t)gap * 4) == 0;
			if (!kernels[k].bf16 && kernels[k].cpu == LL_CPU_SCALAR)
				continue; /* it has no fused multiply-add */
			float *other = kernels[k].bf16 ? bf16 : f32;
			if (k == 1 || k == 2)
				memcpy(other, c, nc * 4);
			alike = alike && memcmp(other, c, nc * 4) == 0;
		}
	}
	for (size_t k = 0; k < LL_COUNT(kernels); k++)
		if (runs(k))
			ok(right[k] && same[k], "%lld x %lld x %lld, %s %s: within rounding of float64%s, equal bits at 1, 2, 3, 19 threads",
			   (long long)s->m, (long long)s->n, (long long)s->k, kernels[k].bf16 ? "bf16" : "f32", kernels[k].kernel->name,
			   kernels[k].bf16 ? ", of rounded inputs and, by 2^-8 an input, of the inputs" : "");
	ok(alike && untouched, "%lld x %lld x %lld: bf16 has the same bits on every kernel, f32 on avx2 and avx512; nothing beyond the edge",
	   (long long)s->m, (long long)s->n, (long long)s->k);
	void *all[] = { a, b, bias, was, c, first, f32, bf16 };
	for (size_t i = 0; i < LL_COUNT(all); i++)
		ll_free(all[i]);
}

/* Some number up to `most`, as likely small as large. */
static int64_t any_up_to(double most, uint64_t stream, uint64_t i)
{
	return (int64_t)pow(most, (double)ll_random_below(5, stream, i, 1u << 20) / (1u << 20));
}

/* However a product is cut into blocks: every element is computed, once, of products of ones. */
static void check_cover(const struct ll_gemm_kernel *kernel)
{
	enum { SHAPES = 300, LONGEST = 20000 };
	const double most = 2e6; /* multiplications */
	float *ones = ll_calloc((size_t)most, 4), *c = ll_calloc((size_t)most, 4);
	size_t bad = 0;
	for (size_t i = 0; i < (size_t)most; i++)
		ones[i] = 1;
	for (uint64_t i = 0; i < SHAPES; i++) {
		int64_t k = any_up_to(2000, 1, i), m = any_up_to(fmin(LONGEST, most / (double)k), 2, i), n = any_up_to(fmin(LONGEST, most / (double)(k * m)), 3, i);
		bool turned = ll_random_below(5, 4, i, 2);
		struct ll_gemm g = { turned ? n : m, turned ? m : n, k, ones, ones, k, k, false, false, c, turned ? m : n, NULL, false };
		for (size_t t = 0; t < LL_COUNT(pools); t++) {
			size_t wrong = 0;
			memset(c, 0xff, (size_t)(m * n) * 4);
			ll_gemm_run(kernel, pools[t], &g);
			for (int64_t e = 0; e < m * n; e++)
				wrong += c[e] != (float)k;
			if (wrong && bad++ == 0)
				diag("", "%lld x %lld x %lld: %zu elements are wrong at %d threads", (long long)g.m, (long long)g.n, (long long)k, wrong, ll_pool_threads(pools[t]));
		}
	}
	ok(bad == 0, "%s: all of the product, of %d shapes", kernel->name, (int)SHAPES);
	ll_free(ones);
	ll_free(c);
}

/* x times 1 is x, rounded. */
static void check_rounding(size_t k)
{
	enum { N = 6000 };
	float *x = ll_calloc(N, 4), *y = ll_calloc(N, 4), one = 1;
	bool good = true;
	for (uint64_t i = 0; i < N; i++) {
		uint32_t u = (uint32_t)ll_random_below(3, 1, i, (uint64_t)1 << 32);
		if (i % 3 == 0)
			u = (u & 0xffff0000u) | 0x8000u; /* halfway */
		if (i % 7 == 0)
			u |= i % 2 ? 0x7f800000u : 0; /* NaN */
		if (i % 11 == 0)
			u &= 0x80ffffffu; /* small */
		memcpy(&x[i], &u, sizeof(u));
	}
	x[0] = 0, x[1] = -0.0f, x[2] = INFINITY, x[3] = -INFINITY, x[4] = 0x1.fffffep127f, x[5] = 0x1p-126f, x[6] = 0x1.fffffcp-127f;
	struct ll_gemm g = { N, 1, 1, x, &one, 1, 1, false, false, y, 1, NULL, false };
	ll_gemm_run(kernels[k].kernel, pools[1], &g);
	for (int i = 0; i < N; i++) {
		float want = nearest(x[i]);
		if (!(isnan(want) ? isnan(y[i]) : want == y[i]) && good) {
			good = false;
			diag("", "%a: %a, should be %a", (double)x[i], (double)y[i], (double)want);
		}
	}
	ok(good, "bf16 %s rounds to the nearest, ties to even; infinities and NaN stay, below 2^-126 is zero", kernels[k].kernel->name);
	ll_free(x);
	ll_free(y);
}

int main(void)
{
	for (int i = 0; i < 4; i++)
		pools[i] = ll_pool_new(i < 3 ? i + 1 : 19);
	for (size_t i = 0; i < LL_COUNT(shapes); i++)
		check_shape(&shapes[i]);
	for (size_t k = 0; k < LL_COUNT(kernels); k++)
		if (kernels[k].bf16 && runs(k))
			check_rounding(k);
	check_cover(ll_gemm_f32_best());
	check_cover(ll_gemm_bf16_best());
	if (!ll_cpu_has_avx512_bf16())
		diag("", "no avx512_bf16 here: vdpbf16ps was not tried");
	for (int i = 0; i < 4; i++)
		ll_pool_free(pools[i]);
	return test_done();
}
