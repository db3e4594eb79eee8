/* SPDX-License-Identifier: MIT */
/* gemm_lanes.h - panels of floats in plain C, for the kernels without AVX-512 (gemm_impl.h). */
#include "kernels/gemm_tile.h"

typedef float unit;
#define TERMS 1

static inline void plain_along(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
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

static inline void plain_across(unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16)
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
