/* SPDX-License-Identifier: MIT */
/* gemm_lanes_avx512.h - panels of AVX-512 registers: 16 rows of 16 words turned, and masks of what there is (gemm_impl.h). */
#include <immintrin.h>

#include "kernels/gemm_tile.h"

#define MR 8
#define NR 48
#define LANES 16
#define AT_ONCE 1
#define WIDTH 16
typedef __m512 sums;
_Static_assert(LL_GEMM_PANEL % LANES == 0 && LL_GEMM_PANEL % NR == 0, "panels fill blocks");

static inline __mmask16 first(int64_t n)
{
	return n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16)((1u << n) - 1);
}

/* r[i] word j becomes r[j] word i. */
static inline void turn(__m512i r[16])
{
	__m512i t[16];
	for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	for (int i = 0; i < 16; i += 4)
		for (int k = 0; k < 2; k++) {
			r[i + 2 * k] = _mm512_unpacklo_epi64(t[i + k], t[i + k + 2]);
			r[i + 2 * k + 1] = _mm512_unpackhi_epi64(t[i + k], t[i + k + 2]);
		}
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 2; k++) {
			t[i + 8 * k] = _mm512_shuffle_i32x4(r[i + 8 * k], r[i + 8 * k + 4], 0x88);
			t[i + 8 * k + 4] = _mm512_shuffle_i32x4(r[i + 8 * k], r[i + 8 * k + 4], 0xdd);
		}
	for (int i = 0; i < 8; i++) {
		r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
	}
}

/* The sums of a tile go to C: 16 columns at `j` of row `i`. */
static inline void put(const struct corner *c, int64_t i, int64_t j, sums sum)
{
	__mmask16 mask = first(c->n - j);
	float *at = c->c + i * c->ldc + j;
	if (c->bias)
		sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, c->bias + j), sum);
	else if (c->add)
		sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, at), sum);
	_mm512_mask_storeu_ps(at, mask, sum);
}
