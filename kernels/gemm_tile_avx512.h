/* SPDX-License-Identifier: MIT */
/*
 * gemm_tile_avx512.h - the tile of gemm_impl.h in AVX-512 registers: 8 x 48 sums, 24 of them. The file that includes it has defined
 * `vec`, what 16 lanes of a panel are; load(const unit *), 16 lanes; spread(unit), one in all lanes; and
 * multiply_add(__m512 sum, vec a, vec b).
 */
static inline __attribute__((always_inline)) void tile_of(const int groups, int64_t steps, const unit *a, const unit *b, const struct corner *c,
							  struct ahead next[3])
{
	__m512 sum[MR][NR / 16];
#pragma GCC unroll 8
	for (int i = 0; i < MR; i++)
#pragma GCC unroll 3
		for (int j = 0; j < groups; j++)
			sum[i][j] = _mm512_setzero_ps();
	for (int64_t s = 0; s < steps;) {
		int64_t end = LL_MIN(steps, s + AHEAD_STEPS);
		fetch_ahead(next);
		for (; s < end; s++, a += LANES, b += NR) {
			vec v[NR / 16];
#pragma GCC unroll 3
			for (int j = 0; j < groups; j++)
				v[j] = load(b + 16 * j);
#pragma GCC unroll 8
			for (int i = 0; i < MR; i++) {
				vec u = spread(a[i]);
#pragma GCC unroll 3
				for (int j = 0; j < groups; j++)
					sum[i][j] = multiply_add(sum[i][j], u, v[j]);
			}
		}
	}
#pragma GCC unroll 8
	for (int i = 0; i < MR; i++)
#pragma GCC unroll 3
		for (int j = 0; j < groups; j++)
			if (i < c->m)
				put(c, i, 16 * j, sum[i][j]);
}

/* As many groups of 16 columns as there are. */
static inline void tile(int64_t steps, const unit *a, const unit *b, const struct corner *c, struct ahead next[3])
{
	if (c->n > 32)
		tile_of(3, steps, a, b, c, next);
	else if (c->n > 16)
		tile_of(2, steps, a, b, c, next);
	else
		tile_of(1, steps, a, b, c, next);
}
