/* SPDX-License-Identifier: MIT */
/* gemm_tile.h - what the kernels of gemm_impl.h share: where a tile goes, and the rounding to bfloat16. */
#ifndef LL_GEMM_TILE_H
#define LL_GEMM_TILE_H

#include <string.h>

#include "base/base.h"
#include "kernels/gemm.h"

/* Where a tile's sums go: rows and columns there are, m <= MR, n <= NR. */
struct corner {
	float *c;
	int64_t ldc;
	const float *bias;
	bool add;
	int64_t m, n;
};

/* What will be packed next is fetched into the second-level cache while tiles are computed, a few lines at a time: rows `stride`
 * bytes apart, of `lines` lines each. */
struct ahead {
	const char *row;
	int64_t stride, lines, line, rows, rate;
};

enum { AHEAD_STEPS = 16 }; /* steps of a tile between two fetches */

/* rows x depth floats as ll_gemm has them, to be there when `steps` steps are done. */
static inline struct ahead ahead_of(const float *x, int64_t ld, bool across, int64_t rows, int64_t depth, int64_t steps)
{
	int64_t inner = across ? rows : depth;
	const char *start = (const char *)((uintptr_t)x & ~(uintptr_t)63);
	struct ahead h = { start, ld * (int64_t)sizeof(float), ((const char *)(x + inner) - start + 63) / 64, 0, across ? depth : rows, 0 };
	h.rate = (h.rows * h.lines * AHEAD_STEPS + steps - 1) / LL_MAX(steps, 1);
	return h;
}

static inline void fetch_ahead(struct ahead next[3])
{
	for (struct ahead *h = next; h < next + 3; h++)
		for (int64_t n = h->rate; n > 0 && h->rows > 0; n--) {
			__builtin_prefetch(h->row + 64 * h->line, 0, 2);
			if (++h->line == h->lines) {
				h->line = 0;
				h->row += h->stride;
				h->rows--;
			}
		}
}

/* The nearest bfloat16, ties to even, as a float: what vcvtneps2bf16 gives. */
static inline float ll_bf16_round(float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof(u));
	uint32_t size = u & 0x7fffffffu, rounded = (u + 0x7fffu + ((u >> 16) & 1)) & 0xffff0000u;
	rounded = size > 0x7f800000u ? (u | 0x00400000u) & 0xffff0000u : rounded;
	rounded = size < 0x00800000u ? u & 0x80000000u : rounded;
	memcpy(&x, &rounded, sizeof(x));
	return x;
}

#endif
