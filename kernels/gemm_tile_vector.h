/* SPDX-License-Identifier: MIT */
/*
 * gemm_tile_vector.h - the tile of gemm_impl.h in vector registers: MR x NR sums. The file that includes it has defined WIDTH and
 * `sums`, a register of so many floats; `vec`, what as many lanes of a panel are; load(const unit *), those lanes; spread(unit), one
 * in all lanes; multiply_add(sums sum, vec a, vec b); and put(corner, i, j, sums), which stores them at row i, column j.
 */
static inline __attribute__((always_inline)) void tile_of(const int groups, int64_t steps, const unit *a, const unit *b, const struct corner *c,
							  struct ahead next[3])
{
	sums sum[MR][NR / WIDTH];
#pragma GCC unroll 8
	for (int i = 0; i < MR; i++)
#pragma GCC unroll 3
		for (int j = 0; j < groups; j++)
			sum[i][j] = (sums){ 0 };
	for (int64_t s = 0; s < steps;) {
		int64_t end = LL_MIN(steps, s + AHEAD_STEPS);
		fetch_ahead(next);
		for (; s < end; s++, a += LANES, b += NR) {
			vec v[NR / WIDTH];
#pragma GCC unroll 3
			for (int j = 0; j < groups; j++)
				v[j] = load(b + WIDTH * j);
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
				put(c, i, WIDTH * j, sum[i][j]);
}

/* As many groups of columns as there are. */
static inline void tile(int64_t steps, const unit *a, const unit *b, const struct corner *c, struct ahead next[3])
{
	if (NR / WIDTH > 2 && c->n > 2 * WIDTH)
		tile_of(NR / WIDTH, steps, a, b, c, next);
	else if (c->n > WIDTH)
		tile_of(2, steps, a, b, c, next);
	else
		tile_of(1, steps, a, b, c, next);
}
