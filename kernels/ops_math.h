/* SPDX-License-Identifier: MIT */
/* ops_math.h - exponential, sums and the matrix product under the backends of ops_impl.h. */
#if !defined(OPS_TILES) && OPS_GEMM
#include <cblas.h>
#endif

#define IS_FLOAT (sizeof(real) == 4)

/*
 * exp in the working precision. For float: range reduction by ln 2 in two parts (Cody and Waite) and a polynomial of degree 6
 * on [-ln2/2, ln2/2]; relative error below 2e-7, no branches, so loops over it vectorise. Clamped to [-87, 88].
 */
static inline real real_exp(real x)
{
	if (!IS_FLOAT)
		return (real)exp((double)x);
	float v = (float)x;
	v = v < -87.0f ? -87.0f : v;
	v = v > 88.0f ? 88.0f : v;
	float n = (v * 1.44269504088896341f + 12582912.0f) - 12582912.0f; /* round to the nearest integer */
	float r = (v - n * 0.693359375f) - n * -2.12194440e-4f;
	float p = 1.0f / 720;
	p = p * r + 1.0f / 120;
	p = p * r + 1.0f / 24;
	p = p * r + 1.0f / 6;
	p = p * r + 0.5f;
	p = p * r + 1.0f;
	p = p * r + 1.0f;
	union {
		uint32_t u;
		float f;
	} scale = { .u = ((uint32_t)(int32_t)n + 127) << 23 }; /* unsigned: of a NaN n is anything */
	return (real)(p * scale.f);
}

static inline real real_tanh(real x)
{
	return IS_FLOAT ? 1 - 2 / (real_exp(2 * x) + 1) : (real)tanh((double)x);
}

/*
 * Sums in 16 lanes that are combined pairwise: the order does not depend on the width of vectors. `wide` is those lanes in as many
 * registers as they take, vectors of GCC and clang: of wider ones GCC makes code that goes through memory, or element by element.
 */
#define LANES 16
#ifdef __AVX512F__
#define REGISTER 64
#elif defined(__AVX__)
#define REGISTER 32
#else
#define REGISTER 16
#endif
typedef real lanes __attribute__((vector_size(REGISTER)));
typedef real lanes_anywhere __attribute__((vector_size(REGISTER), aligned(sizeof(real)), may_alias));
typedef __typeof__((lanes){ 0 } > (lanes){ 0 }) lanes_mask;
#define REGISTERS ((int)(LANES * sizeof(real) / REGISTER))
typedef struct {
	lanes of[REGISTERS];
} wide;
#define EACH_REGISTER(k) _Pragma("GCC unroll 8") for (int k = 0; k < REGISTERS; k++)

static inline void wide_load(wide *v, const real *x)
{
	EACH_REGISTER(k) v->of[k] = *(const lanes_anywhere *)(const void *)(x + k * (LANES / REGISTERS));
}

/* The first n < LANES; zeros beyond. */
static inline void wide_load_part(wide *v, const real *x, int64_t n)
{
	real lane[LANES] = { 0 };
	memcpy(lane, x, (size_t)n * sizeof(real));
	wide_load(v, lane);
}

static inline void wide_add(wide *sum, const wide *v)
{
	EACH_REGISTER(k) sum->of[k] += v->of[k];
}

static inline void wide_add_product(wide *sum, const wide *u, const wide *v)
{
	EACH_REGISTER(k) sum->of[k] += u->of[k] * v->of[k];
}

static inline real wide_sum(const wide *v)
{
	real lane[LANES];
	memcpy(lane, v, sizeof(lane));
	for (int width = LANES / 2; width; width /= 2)
		for (int i = 0; i < width; i++)
			lane[i] += lane[i + width];
	return lane[0];
}

static inline real sum_of(const real *x, int64_t n)
{
	wide sum = { 0 }, v;
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		wide_load(&v, x + i);
		wide_add(&sum, &v);
	}
	wide_load_part(&v, x + i, n - i);
	wide_add(&sum, &v);
	return wide_sum(&sum);
}

/* The largest of n > 0 numbers; NaN if the first is, other NaN are passed over. */
static inline real max_of(const real *x, int64_t n)
{
	wide most, v;
	real lane[LANES];
	int64_t i = 0;
	EACH_REGISTER(k) most.of[k] = x[0] - (lanes){ 0 };
	for (; i + LANES <= n; i += LANES) {
		wide_load(&v, x + i);
		EACH_REGISTER(k)
		{
			lanes_mask larger = v.of[k] > most.of[k];
			most.of[k] = (lanes)((larger & (lanes_mask)v.of[k]) | (~larger & (lanes_mask)most.of[k]));
		}
	}
	memcpy(lane, &most, sizeof(lane));
	for (int k = 0; i < n; i++, k++)
		lane[k] = x[i] > lane[k] ? x[i] : lane[k];
	for (int k = 1; k < LANES; k++)
		lane[0] = lane[k] > lane[0] ? lane[k] : lane[0];
	return lane[0];
}

static inline real dot(const real *a, const real *b, int64_t n)
{
	wide sum = { 0 }, u, v;
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		wide_load(&u, a + i);
		wide_load(&v, b + i);
		wide_add_product(&sum, &u, &v);
	}
	wide_load_part(&u, a + i, n - i);
	wide_load_part(&v, b + i, n - i);
	wide_add_product(&sum, &u, &v);
	return wide_sum(&sum);
}

#ifndef OPS_TILES
/* C[m,n] = alpha op(A) op(B) + beta C, on the calling thread. */
static void gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, real alpha, const real *a, int64_t lda, const real *b,
		 int64_t ldb, real beta, real *c, int64_t ldc)
{
#if !defined(OPS_TILES) && OPS_GEMM
	cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, alpha, a,
		    (int)lda, b, (int)ldb, beta, c, (int)ldc);
#else
	for (int64_t i = 0; i < m; i++) {
		real *row = c + i * ldc;
		for (int64_t j = 0; j < n; j++)
			row[j] = beta == 0 ? 0 : beta * row[j];
		if (tb && !ta) {
			for (int64_t j = 0; j < n; j++)
				row[j] += alpha * dot(a + i * lda, b + j * ldb, k);
			continue;
		}
		for (int64_t l = 0; l < k; l++) {
			real v = alpha * (ta ? a[l * lda + i] : a[i * lda + l]);
			if (tb)
				for (int64_t j = 0; j < n; j++)
					row[j] += v * b[j * ldb + l];
			else
				for (int64_t j = 0; j < n; j++)
					row[j] += v * b[l * ldb + j];
		}
	}
#endif
}
#endif

static inline int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

#define ROWS 64 /* token rows in one task of a row-wise operation */
