/* SPDX-License-Identifier: MIT */
/* gemm_avx512bf16.c - bf16 products by vdpbf16ps: 64 operations an instruction, twice what float32 has. */
#include "kernels/gemm_lanes_avx512.h"

typedef uint32_t unit;
#define TERMS 2

static inline __m512i rounded(__m512 low, __m512 high)
{
	return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

static void pack_along(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	(void)bf16;
	for (int64_t t = 0; t < depth; t += 32) {
		__mmask16 low = first(depth - t), high = first(depth - t - 16);
		int64_t steps = LL_MIN(16, (depth - t + 1) / 2);
		for (int64_t l = 0; l < lanes; l += 16) {
			__m512i r[16];
			for (int i = 0; i < 16; i++) {
				const float *row = x + (l + i) * ld + t;
				r[i] = l + i < rows ? rounded(_mm512_maskz_loadu_ps(low, row), _mm512_maskz_loadu_ps(high, row + 16))
						    : _mm512_setzero_si512();
			}
			turn(r);
			unit *to = panel + t / 2 * lanes + l;
			if (steps == 16)
				for (int i = 0; i < 16; i++)
					_mm512_store_si512(to + i * lanes, r[i]);
			else
				for (int i = 0; i < 16; i++)
					if (i < steps)
						_mm512_store_si512(to + i * lanes, r[i]);
		}
	}
}

static void pack_across(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	(void)bf16;
	const __m512i pairs = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4,
					       19, 3, 18, 2, 17, 1, 16, 0);
	for (int64_t t = 0; t < depth; t += 2)
		for (int64_t l = 0; l < lanes; l += 16) {
			__mmask16 mask = first(rows - l);
			__m512 low = _mm512_maskz_loadu_ps(mask, x + t * ld + l);
			__m512 high = t + 1 < depth ? _mm512_maskz_loadu_ps(mask, x + (t + 1) * ld + l) : _mm512_setzero_ps();
			_mm512_store_si512(panel + t / 2 * lanes + l, _mm512_permutexvar_epi16(pairs, rounded(low, high)));
		}
}

typedef __m512i vec;

static inline vec load(const unit *b)
{
	return _mm512_load_si512(b);
}

static inline vec spread(unit a)
{
	return _mm512_set1_epi32((int)a);
}

static inline sums multiply_add(sums sum, vec a, vec b)
{
	return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

#include "kernels/gemm_tile_vector.h"

#include "kernels/gemm_impl.h"

const struct ll_gemm_kernel ll_gemm_bf16_avx512bf16 = { "avx512_bf16", TERMS, block_bf16 };
