/* SPDX-License-Identifier: MIT */
/* gemm_scalar.c - products in plain C. Products of bfloat16 are exact, so multiplying and adding gives the bits of a fused one. */
#include "kernels/gemm_lanes.h"

#define MR 4
#define NR 8
#define LANES 4
#define pack_along plain_along
#define pack_across plain_across

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
