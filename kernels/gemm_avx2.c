/* SPDX-License-Identifier: MIT */
/* gemm_avx2.c - products with AVX2 and FMA: tiles of 6 x 16, twelve sums in registers, and room for what they are made of. */
#include <immintrin.h>

#include "kernels/gemm_tile.h"

typedef float unit;
#define TERMS 1

#define MR 6
#define NR 16
#define LANES 6
#define AT_ONCE 8
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

/* ll_bf16_round of eight. */
static inline __m256 rounded(__m256 x)
{
	__m256i u = _mm256_castps_si256(x), size = _mm256_and_si256(u, _mm256_set1_epi32(0x7fffffff));
	__m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
	__m256i r = _mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7fff)), odd);
	__m256i nan = _mm256_cmpgt_epi32(size, _mm256_set1_epi32(0x7f800000));
	__m256i tiny = _mm256_cmpgt_epi32(_mm256_set1_epi32(0x00800000), size);
	r = _mm256_blendv_epi8(r, _mm256_or_si256(u, _mm256_set1_epi32(0x00400000)), nan);
	r = _mm256_and_si256(r, _mm256_set1_epi32((int)0xffff0000));
	return _mm256_castsi256_ps(_mm256_blendv_epi8(r, _mm256_and_si256(u, _mm256_set1_epi32(INT32_MIN)), tiny));
}

/* Eight lanes are stored also where a panel has six: the next step, or the next panel, overwrites the rest. So steps are written
 * in their order, and of a pair of bf16 the second comes first. */
static inline void pack_along(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	int64_t steps = bf16 ? (depth + 1) / 2 * 2 : depth;
	for (int64_t l = 0; l < lanes; l += 8)
		for (int64_t t = 0; t < steps; t += 8) {
			__m256 r[8];
			__m256i mask = first(depth - t);
			for (int i = 0; i < 8; i++) {
				__m256 v = l + i < rows ? _mm256_maskload_ps(x + (l + i) * ld + t, mask) : _mm256_setzero_ps();
				r[i] = bf16 ? rounded(v) : v;
			}
			turn(r);
			for (int i = 0; i < 8; i++)
				if (t + i < steps)
					_mm256_storeu_ps(panel + (t + i) * lanes + l, r[bf16 ? i ^ 1 : i]);
		}
}

static inline void pack_across(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	int64_t steps = bf16 ? (depth + 1) / 2 * 2 : depth;
	__m256i masks[2] = { first(rows), first(rows - 8) };
	for (int64_t s = 0; s < steps; s++) {
		int64_t t = bf16 ? s ^ 1 : s;
		for (int k = 0; 8 * k < lanes; k++) {
			__m256 v = t < depth ? _mm256_maskload_ps(x + t * ld + 8 * k, masks[k]) : _mm256_setzero_ps();
			_mm256_storeu_ps(panel + s * lanes + 8 * k, bf16 ? rounded(v) : v);
		}
	}
}

static inline void store_six(float *to, __m256 v)
{
	_mm_storeu_ps(to, _mm256_castps256_ps128(v));
	_mm_storel_pi((__m64 *)(void *)(to + 4), _mm256_extractf128_ps(v, 1));
}

/* Each line of A is read once for all panels that have part of it. The last step stores no more than six: behind it is the next
 * panel, begun already. */
static inline void pack_panels_across(unit *panel, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
{
	int64_t steps = bf16 ? (depth + 1) / 2 * 2 : depth;
	__m256i all = first(8);
	for (int64_t s = 0; s < steps; s++) {
		int64_t t = bf16 ? s ^ 1 : s;
		for (int64_t l = 0; l < rows; l += LANES) {
			__m256i mask = rows - l >= 8 ? all : first(rows - l);
			__m256 v = t < depth ? _mm256_maskload_ps(x + t * ld + l, mask) : _mm256_setzero_ps();
			unit *to = panel + l * steps + s * LANES;
			v = bf16 ? rounded(v) : v;
			if (s + 1 < steps)
				_mm256_storeu_ps(to, v);
			else
				store_six(to, v);
		}
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
