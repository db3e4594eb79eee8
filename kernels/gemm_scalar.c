/* SPDX-License-Identifier: MIT */
/* gemm_scalar.c - products in plain C. Products of bfloat16 are exact, so multiplying and adding gives the bits of a fused one. */
#include "kernels/gemm_tile.h"

typedef float unit;
#define TERMS 1
#define MR 4
#define NR 8
#define LANES 4
#define AT_ONCE 1

static void pack_along(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	for (int64_t l = 0; l < lanes; l++)
		for (int64_t t = 0; t < depth; t++)
			if (bf16)
				panel[(t ^ 1) * lanes + l] = l < rows ? ll_bf16_round(x[l * ld + t]) : 0;
			else
				panel[t * lanes + l] = l < rows ? x[l * ld + t] : 0;
	for (int64_t l = 0; bf16 && depth % 2 && l < lanes; l++)
		panel[(depth - 1) * lanes + l] = 0;
}

static void pack_across(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	for (int64_t t = 0; t < depth; t++) {
		unit *to = panel + (bf16 ? t ^ 1 : t) * lanes;
		const float *row = x + t * ld;
		for (int64_t l = 0; l < rows; l++)
			to[l] = bf16 ? ll_bf16_round(row[l]) : row[l];
		for (int64_t l = rows; l < lanes; l++)
			to[l] = 0;
	}
	for (int64_t l = 0; bf16 && depth % 2 && l < lanes; l++)
		panel[(depth - 1) * lanes + l] = 0;
}

static inline void tile(int64_t steps, const unit *a, const unit *b, const struct corner *c,
			struct ahead next[3])
{
	float sum[MR][NR] = { 0 };
	for (int64_t s = 0; s < steps;) {
		int64_t end = LL_MIN(steps, s + AHEAD_STEPS);
		fetch_ahead(next);
		for (; s < end; s++, a += LANES, b += NR)
			for (int i = 0; i < MR; i++)
				for (int j = 0; j < NR; j++)
					sum[i][j] += a[i] * b[j];
	}
	for (int64_t i = 0; i < c->m; i++)
		for (int64_t j = 0; j < c->n; j++) {
			float *at = c->c + i * c->ldc + j;
			*at = c->bias ? c->bias[j] + sum[i][j] : c->add ? *at + sum[i][j] : sum[i][j];
		}
}

#include "kernels/gemm_impl.h"

const struct ll_gemm_kernel ll_gemm_f32_scalar = { "scalar", TERMS, block_f32 };
const struct ll_gemm_kernel ll_gemm_bf16_scalar = { "scalar", TERMS, block_bf16 };
