/* SPDX-License-Identifier: MIT */
/* gemm_avx512.c - products in float32 with AVX-512, and bf16 ones for processors that have no instruction for them. */
#include "kernels/gemm_lanes_avx512.h"

typedef float unit;
#define TERMS 1

static inline __m512 rounded(__m512 x)
{
	__m512i u = _mm512_castps_si512(x), one = _mm512_set1_epi32(1), high = _mm512_set1_epi32((int)0xffff0000);
	__m512i size = _mm512_and_si512(u, _mm512_set1_epi32(0x7fffffff));
	__m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), one);
	__m512i r = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7fff)), odd);
	__mmask16 nan = _mm512_cmpgt_epi32_mask(size, _mm512_set1_epi32(0x7f800000));
	__mmask16 tiny = _mm512_cmplt_epi32_mask(size, _mm512_set1_epi32(0x00800000));
	r = _mm512_mask_or_epi32(r, nan, u, _mm512_set1_epi32(0x00400000));
	r = _mm512_and_si512(r, high);
	return _mm512_castsi512_ps(_mm512_mask_and_epi32(r, tiny, u, _mm512_set1_epi32((int)0x80000000)));
}

static void pack_along(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	for (int64_t t = 0; t < depth; t += 16) {
		__mmask16 mask = first(depth - t);
		int64_t steps = LL_MIN(16, bf16 ? (depth - t + 1) / 2 * 2 : depth - t);
		for (int64_t l = 0; l < lanes; l += 16) {
			__m512i r[16];
			for (int i = 0; i < 16; i++) {
				__m512 v = l + i < rows ? _mm512_maskz_loadu_ps(mask, x + (l + i) * ld + t) : _mm512_setzero_ps();
				r[i] = _mm512_castps_si512(bf16 ? rounded(v) : v);
			}
			turn(r);
			unit *to = panel + t * lanes + l;
			for (int i = 0; i < 16; i++)
				if (i < steps)
					_mm512_store_si512(to + (i ^ (bf16 ? 1 : 0)) * lanes, r[i]);
		}
	}
}

static void pack_across(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	for (int64_t t = 0; t < depth; t++)
		for (int64_t l = 0; l < lanes; l += 16) {
			__m512 v = _mm512_maskz_loadu_ps(first(rows - l), x + t * ld + l);
			_mm512_store_ps(panel + (t ^ (bf16 ? 1 : 0)) * lanes + l, bf16 ? rounded(v) : v);
		}
	for (int64_t l = 0; bf16 && depth % 2 && l < lanes; l += 16)
		_mm512_store_ps(panel + (depth - 1) * lanes + l, _mm512_setzero_ps());
}

typedef __m512 vec;

static inline vec load(const unit *b)
{
	return _mm512_load_ps(b);
}

static inline vec spread(unit a)
{
	return _mm512_set1_ps(a);
}

static inline sums multiply_add(sums sum, vec a, vec b)
{
	return _mm512_fmadd_ps(a, b, sum);
}

#include "kernels/gemm_tile_vector.h"

#include "kernels/gemm_impl.h"

const struct ll_gemm_kernel ll_gemm_f32_avx512 = { "avx512", TERMS, block_f32 };
const struct ll_gemm_kernel ll_gemm_bf16_avx512 = { "avx512", TERMS, block_bf16 };
