/* SPDX-License-Identifier: MIT */
/* gemm_avx2.c - products with AVX2 and FMA: tiles of 6 x 16, twelve sums in registers, and room for what they are made of. */
#include <immintrin.h>

#include "kernels/gemm_lanes.h"

#define MR 6
#define NR 16
#define LANES 6
#define WIDTH 8
typedef __m256 sums;

/* All bits of the first n of 8 lanes. */
static inline __m256i first(int64_t n)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)LL_MIN(LL_MAX(n, 0), 8)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* r[i] word j becomes r[j] word i. */
static inline void turn(__m256 r[8])
{
	__m256 t[8], u[8];
	for (int i = 0; i < 8; i += 2) {
		t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
	}
	for (int i = 0; i < 8; i += 4)
		for (int k = 0; k < 2; k++) {
			u[i + 2 * k] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0x44);
			u[i + 2 * k + 1] = _mm256_shuffle_ps(t[i + k], t[i + k + 2], 0xee);
		}
	for (int i = 0; i < 4; i++) {
		r[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
		r[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
	}
}

/* Eight lanes are stored also where a panel has six: the next step, or the next panel, overwrites the rest. */
static inline void pack_along(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	if (bf16) {
		plain_along(panel, lanes, x, ld, rows, depth, true);
		return;
	}
	for (int64_t l = 0; l < lanes; l += 8)
		for (int64_t t = 0; t < depth; t += 8) {
			__m256 r[8];
			__m256i mask = first(depth - t);
			for (int i = 0; i < 8; i++)
				r[i] = l + i < rows ? _mm256_maskload_ps(x + (l + i) * ld + t, mask) : _mm256_setzero_ps();
			turn(r);
			for (int i = 0; i < 8; i++)
				if (t + i < depth)
					_mm256_storeu_ps(panel + (t + i) * lanes + l, r[i]);
		}
}

static inline void pack_across(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	if (bf16) {
		plain_across(panel, lanes, x, ld, rows, depth, true);
		return;
	}
	__m256i low = first(rows), high = first(rows - 8);
	for (int64_t t = 0; t < depth; t++) {
		_mm256_storeu_ps(panel + t * lanes, _mm256_maskload_ps(x + t * ld, low));
		if (lanes > 8)
			_mm256_storeu_ps(panel + t * lanes + 8, _mm256_maskload_ps(x + t * ld + 8, high));
	}
}

/* The sums of a tile go to C: 8 columns at `j` of row `i`. */
static inline void put(const struct corner *c, int64_t i, int64_t j, sums sum)
{
	__m256i mask = first(c->n - j);
	float *at = c->c + i * c->ldc + j;
	if (c->bias)
		sum = _mm256_add_ps(_mm256_maskload_ps(c->bias + j, mask), sum);
	else if (c->add)
		sum = _mm256_add_ps(_mm256_maskload_ps(at, mask), sum);
	if (c->n - j >= 8)
		_mm256_storeu_ps(at, sum);
	else
		_mm256_maskstore_ps(at, mask, sum);
}

typedef __m256 vec;

static inline vec load(const unit *b)
{
	return _mm256_load_ps(b);
}

static inline vec spread(unit a)
{
	return _mm256_set1_ps(a);
}

static inline sums multiply_add(sums sum, vec a, vec b)
{
	return _mm256_fmadd_ps(a, b, sum);
}

#include "kernels/gemm_tile_vector.h"

#include "kernels/gemm_impl.h"

const struct ll_gemm_kernel ll_gemm_f32_avx2 = { "avx2", TERMS, block_f32 };
const struct ll_gemm_kernel ll_gemm_bf16_avx2 = { "avx2", TERMS, block_bf16 };
