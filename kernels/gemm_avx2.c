/* SPDX-License-Identifier: MIT */
/* gemm_avx2.c - products with AVX2 and FMA: tiles of 4 x 24, twelve sums in registers. */
#include <immintrin.h>

#include "kernels/gemm_lanes.h"

#define MR 4
#define NR 24
#define LANES 4

static inline void put(const struct corner *c, int64_t i, int64_t j, const float *sum, int64_t n)
{
	float *at = c->c + i * c->ldc + j;
	for (int64_t k = 0; k < n; k++)
		at[k] = c->bias ? c->bias[j + k] + sum[k] : c->add ? at[k] + sum[k] : sum[k];
}

static inline __attribute__((always_inline)) void tile_of(const int groups, int64_t steps, const unit *a, const unit *b, const struct corner *c,
							  struct ahead next[3])
{
	__m256 sum[MR][NR / 8];
	float out[8];
#pragma GCC unroll 4
	for (int i = 0; i < MR; i++)
#pragma GCC unroll 3
		for (int j = 0; j < groups; j++)
			sum[i][j] = _mm256_setzero_ps();
	for (int64_t s = 0; s < steps;) {
		int64_t end = LL_MIN(steps, s + AHEAD_STEPS);
		fetch_ahead(next);
		for (; s < end; s++, a += LANES, b += NR) {
			__m256 v[NR / 8];
#pragma GCC unroll 3
			for (int j = 0; j < groups; j++)
				v[j] = _mm256_load_ps(b + 8 * j);
#pragma GCC unroll 4
			for (int i = 0; i < MR; i++) {
				__m256 u = _mm256_broadcast_ss(a + i);
#pragma GCC unroll 3
				for (int j = 0; j < groups; j++)
					sum[i][j] = _mm256_fmadd_ps(u, v[j], sum[i][j]);
			}
		}
	}
#pragma GCC unroll 4
	for (int i = 0; i < MR; i++)
#pragma GCC unroll 3
		for (int j = 0; j < groups; j++)
			if (i < c->m) {
				_mm256_storeu_ps(out, sum[i][j]);
				put(c, i, 8 * j, out, LL_MIN(8, c->n - 8 * j));
			}
}

/* As many groups of 8 columns as there are. */
static inline void tile(int64_t steps, const unit *a, const unit *b, const struct corner *c, struct ahead next[3])
{
	if (c->n > 16)
		tile_of(3, steps, a, b, c, next);
	else if (c->n > 8)
		tile_of(2, steps, a, b, c, next);
	else
		tile_of(1, steps, a, b, c, next);
}

#include "kernels/gemm_impl.h"

const struct ll_gemm_kernel ll_gemm_f32_avx2 = { "avx2", block_f32 };
const struct ll_gemm_kernel ll_gemm_bf16_avx2 = { "avx2", block_bf16 };
