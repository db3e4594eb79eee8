/* SPDX-License-Identifier: MIT */
/*
 * gemm_impl.h - one block of gemm.h: pack, then tiles. Included by the file of every instruction set, which defines before
 *
 *   unit, TERMS    what a panel holds of a row at a step of the sum, and of how many terms: a float, 1; or a pair of bfloat16, 2
 *   MR, NR         rows and columns of a tile
 *   LANES          rows of A in a panel, a multiple of MR; a panel of B holds NR columns
 *   AT_ONCE        panels of A that pack_panels_across fills in one walk over k, where a panel is less than a cache line wide; else 1
 *   pack_along     (unit *panel, int64_t lanes, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16):
 *                  fills panel[step lanes + lane] from x[lane ld + t], zeros beyond `rows` and `depth`
 *   pack_across    the same from x[t ld + lane]
 *   pack_panels_across  (unit *panel, const float *x, int64_t ld, int64_t rows, int64_t depth, bool bf16), only with AT_ONCE > 1:
 *                  the same for as many panels of LANES as `rows` fill, one after the other
 *   tile           (int64_t steps, const unit *a, const unit *b, const struct corner *c, struct ahead next[3]): adds up
 *                  MR x NR sums and puts them where they go; a at a step is a[step LANES], b is b[step NR]
 *
 * A panel of float for bf16 holds rounded values, of each pair the second before the first.
 */

static inline int64_t steps_of(int64_t depth, bool bf16)
{
	return TERMS == 2 ? (depth + 1) / 2 : bf16 ? (depth + 1) / 2 * 2 : depth;
}

static inline void pack(unit *panel, int64_t lanes, const float *x, int64_t ld, bool across, int64_t rows, int64_t depth, bool bf16)
{
	if (across)
		pack_across(panel, lanes, x, ld, rows, depth, bf16);
	else
		pack_along(panel, lanes, x, ld, rows, depth, bf16);
}

/* Words of panels that are still in a first-level cache of 32 KiB when they are multiplied. */
#define NEAR_WORDS 6144

/* Rows of A to pack at once. */
static inline int64_t rows_at_once(const struct ll_gemm *g, int64_t steps)
{
	int64_t room = NEAR_WORDS / LL_MAX(steps * LANES, 1);
	return LANES * (g->a_across && AT_ONCE > 1 ? LL_MAX(1, LL_MIN(AT_ONCE, room)) : 1);
}

/* Panels of A, as many as `rows` fill, AT_ONCE at most. */
static inline void pack_rows(unit *panel, const struct ll_gemm *g, int64_t row, int64_t rows, bool bf16)
{
	const float *a = g->a + (g->a_across ? row : row * g->lda);
#if AT_ONCE > 1
	if (g->a_across) {
		pack_panels_across(panel, a, g->lda, rows, g->k, bf16);
		return;
	}
#endif
	for (int64_t i = 0; i < rows; i += LANES)
		pack(panel + i * steps_of(g->k, bf16), LANES, a + (g->a_across ? i : i * g->lda), g->lda, g->a_across, LL_MIN(LANES, rows - i), g->k, bf16);
}

/* Tiles of one panel of B; on the way the panels of A are packed, if they are not yet. */
static inline void columns(const struct ll_gemm *g, struct ll_gemm_scratch *s, bool packed, int64_t j, bool bf16, struct ahead next[3])
{
	int64_t steps = steps_of(g->k, bf16), group = rows_at_once(g, steps), per_group = group / MR * steps;
	for (int64_t i = 0; i < g->m; i += MR) {
		unit *panel = (unit *)s->a + i / LANES * LANES * steps;
		if (!packed && i % group == 0) {
			int64_t left = g->m - i;
			pack_rows(panel, g, i, LL_MIN(group, left), bf16);
			if (left > group)
				next[0] = ahead_of(g->a + (i + group) * (g->a_across ? 1 : g->lda), g->lda, g->a_across, LL_MIN(group, left - group), g->k, per_group);
		}
		if (i + MR < g->m)
			next[2] = ahead_of(g->c + (i + MR) * g->ldc + j, g->ldc, false, LL_MIN(MR, g->m - i - MR), LL_MIN(NR, g->n - j), steps);
		struct corner c = { .c = g->c + i * g->ldc + j,
				    .ldc = g->ldc,
				    .bias = g->bias ? g->bias + j : NULL,
				    .add = g->add,
				    .m = LL_MIN(MR, g->m - i),
				    .n = LL_MIN(NR, g->n - j) };
		tile(steps, panel + i % LANES, (unit *)s->b, &c, next);
	}
}

static inline void block(const struct ll_gemm *g, struct ll_gemm_scratch *s, bool packed, const float *next, bool bf16)
{
	int64_t steps = (g->m + MR - 1) / MR * steps_of(g->k, bf16);
	for (int64_t j = 0; j < g->n; j += NR) {
		int64_t left = g->n - j;
		const float *b = g->b + (g->b_across ? j : j * g->ldb);
		struct ahead ahead[3] = { 0 };
		if (left > NR)
			next = b + (g->b_across ? NR : NR * g->ldb);
		pack((unit *)s->b, NR, b, g->ldb, g->b_across, LL_MIN(NR, left), g->k, bf16);
		if (left > NR || next)
			ahead[1] = ahead_of(next, g->ldb, g->b_across, LL_MIN(NR, left > NR ? left - NR : left), g->k, steps);
		columns(g, s, packed || j > 0, j, bf16, ahead);
	}
}

static void block_bf16(const struct ll_gemm *g, struct ll_gemm_scratch *s, bool packed, const float *next)
{
	block(g, s, packed, next, true);
}

#if TERMS == 1
static void block_f32(const struct ll_gemm *g, struct ll_gemm_scratch *s, bool packed, const float *next)
{
	block(g, s, packed, next, false);
}
#endif
