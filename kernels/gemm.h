/* SPDX-License-Identifier: MIT */
/*
 * gemm.h - matrix products by tiles of our own: C[m,n] = A[m,k] B[k,n], from float32 to float32 in memory, on packed panels.
 *
 *   f32   the inputs as they are; every element is one chain of fused multiply-adds over k in ascending order (the scalar
 *         kernel multiplies and adds), cut every LL_GEMM_DEPTH terms; the parts are added in order.
 *   bf16  the inputs rounded to bfloat16, to the nearest, ties to even; values below 2^-126 become zeros, a NaN stays one.
 *         Products are exact in float32, sums float32 in the order of vdpbf16ps, which is that of Intel's and AMD's
 *         definition: of each pair of terms the second, then the first. So the bits of a product are the same on every
 *         processor and kernel as long as no sum falls below 2^-126 (vdpbf16ps makes zero of those). Parts as for f32.
 *
 * An element is the same sum however the work is cut, so results are equal to the bit at any number of threads. Against exact
 * arithmetic a bf16 product is off by at most |A| |B| (2^-7 + k 2^-24) or so, element by element: 2^-8 an input, and the rounding
 * of sums.
 */
#ifndef LL_GEMM_H
#define LL_GEMM_H

#include "base/thread.h"

/* Terms of a sum between two additions to C. */
#define LL_GEMM_DEPTH 768
/* Rows of A that a task packs: they stay in the second-level cache. */
#define LL_GEMM_ROWS 256
/* And of fewer terms than LL_GEMM_DEPTH: as many as take no more room, but no more than this. */
#define LL_GEMM_TALLEST 960
/* Columns of C that a task computes: few enough that no thread waits long for the last of them. */
#define LL_GEMM_COLUMNS 768

/* What a thread needs: packed panels of a whole block of A, whose last one may go beyond it, and of the columns of B at hand (at most
 * LL_GEMM_PANEL of them). */
#define LL_GEMM_PANEL 48
struct ll_gemm_scratch {
	int64_t row; /* of the block whose panels `a` holds */
	_Alignas(64) float a[(LL_GEMM_ROWS + 8) * LL_GEMM_DEPTH];
	_Alignas(64) float b[LL_GEMM_PANEL * LL_GEMM_DEPTH];
};

struct ll_gemm {
	int64_t m, n, k;
	const float *a, *b;      /* rows lda and ldb apart */
	int64_t lda, ldb;
	bool a_across, b_across; /* k runs across rows: a is A^T [k,m], b is B [k,n]; else along them: a is A, b is B^T [n,k] */
	float *c;                /* rows ldc apart */
	int64_t ldc;
	const float *bias;       /* [n] to begin with, or NULL */
	bool add;                /* to what C holds; not with a bias */
};

struct ll_gemm_kernel {
	const char *name;
	int64_t terms; /* that take the room of a float in a panel */
	/* One block, k <= LL_GEMM_DEPTH, of rows of A that fit s->a, on the calling thread. `packed`: s->a holds the panels of A
	 * already. next_b (or NULL): where B of the block begins that will probably come next, to be fetched early. */
	void (*block)(const struct ll_gemm *g, struct ll_gemm_scratch *s, bool packed, const float *next_b);
};

extern const struct ll_gemm_kernel ll_gemm_f32_scalar, ll_gemm_f32_avx2, ll_gemm_f32_avx512;
extern const struct ll_gemm_kernel ll_gemm_bf16_scalar, ll_gemm_bf16_avx2, ll_gemm_bf16_avx512, ll_gemm_bf16_avx512bf16;

/* The best for this processor (base/cpu.h). */
const struct ll_gemm_kernel *ll_gemm_f32_best(void);
const struct ll_gemm_kernel *ll_gemm_bf16_best(void);

/* The whole product, on the calling thread: for small ones inside a task. */
void ll_gemm_here(const struct ll_gemm_kernel *kernel, struct ll_gemm_scratch *s, const struct ll_gemm *g);
/* The whole product, over the pool. */
void ll_gemm_run(const struct ll_gemm_kernel *kernel, struct ll_pool *pool, const struct ll_gemm *g);

#endif
