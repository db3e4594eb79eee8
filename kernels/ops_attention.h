/* SPDX-License-Identifier: MIT */
/*
 * ops_attention.h - causal attention in blocks of rows: the upper triangle is skipped, the forward keeps log-sum-exp a row, the
 * backward recomputes the probabilities from it (Dao et al. 2022, section 3 and appendix B). One task is one sequence and one
 * key/value head with its group of query heads (ops_impl.h).
 */

struct attention_job {
	const struct ll_op_attention *s;
	real *out, *lse, *scratch;
	const real *qkv, *dout;
	real *dqkv;
	const struct ll_gemm_kernel *kernel; /* of the products; NULL: gemm() */
	struct ll_pool *pool;
};

/* C[m,n] = or += op(A) op(B), on the calling thread. */
static void multiply(const struct attention_job *job, int thread, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const real *a, int64_t lda,
		     const real *b, int64_t ldb, bool add, real *c, int64_t ldc)
{
#if defined(OPS_TILES) || defined(OPS_TABLE_BF16)
	if (job->kernel) {
		struct ll_gemm g = { .m = m, .n = n, .k = k, .a = a, .lda = lda, .a_across = ta, .b = b, .ldb = ldb, .b_across = !tb, .c = c,
				     .ldc = ldc, .add = add };
		ll_gemm_here(job->kernel, ll_pool_scratch(job->pool, thread, sizeof(struct ll_gemm_scratch)), &g);
		return;
	}
#endif
#ifndef OPS_TILES
	(void)job;
	(void)thread;
	gemm(ta, tb, m, n, k, 1, a, lda, b, ldb, add ? 1 : 0, c, ldc);
#endif
}

static double alibi_slope(int64_t head, int64_t heads)
{
	int64_t power = 1;
	while (power * 2 <= heads)
		power *= 2;
	if (head < power)
		return exp2(-8.0 * (double)(head + 1) / (double)power);
	return exp2(-8.0 * (double)(2 * (head - power) + 1) / (double)(2 * power));
}

static real score_scale(const struct ll_op_attention *s)
{
	return (real)(s->scale != 0 ? s->scale : 1 / sqrt((double)s->head_dim));
}

/* The first key that query i of a sequence meets; grows with i. */
static int64_t first_key(const struct ll_op_attention *s, int64_t b, int64_t i)
{
	int64_t band = s->band && i >= s->band ? i - s->band + 1 : 0;
	return s->start ? LL_MAX(band, (int64_t)s->start[b * s->seq_len + i]) : band;
}

/* Scores of query rows [i0, i1) against keys [j0, i1), rows of i1 - j0; what remains to multiply them by is returned: the scale, or 1
 * where a bias or a cap came upon the scaled ones. */
static real scores(const struct attention_job *a, int thread, real *S, const real *q, const real *k, int64_t i0, int64_t i1, int64_t j0, int64_t head)
{
	const struct ll_op_attention *s = a->s;
	int64_t n = i1 - j0;
	real scale = score_scale(s), cap = (real)s->cap;
	multiply(a, thread, false, true, i1 - i0, n, s->head_dim, q + i0 * s->stride, s->stride, k + j0 * s->stride, s->stride, false, S, n);
	if (!s->alibi && s->cap == 0)
		return scale;
	for (int64_t i = 0; i < (i1 - i0) * n; i++)
		S[i] *= scale;
	if (s->alibi) {
		real slope = (real)alibi_slope(head, s->heads);
		for (int64_t i = i0; i < i1; i++)
			for (int64_t j = j0; j <= i; j++)
				S[(i - i0) * n + j - j0] += slope * (real)(j - i);
	}
	for (int64_t i = 0; s->cap != 0 && i < (i1 - i0) * n; i++)
		S[i] = cap * real_tanh(S[i] / cap);
	return 1;
}

/* Turns a row of n scores into exp(scale s - shift) within [first, last], zero elsewhere. */
static void exp_row(real *row, int64_t first, int64_t last, int64_t n, real scale, real shift)
{
	for (int64_t j = 0; j < first; j++)
		row[j] = 0;
	for (int64_t j = first; j <= last; j++)
		row[j] = real_exp(row[j] * scale - shift);
	for (int64_t j = last + 1; j < n; j++)
		row[j] = 0;
}

/* Rows [i0, i1) of one head, which stand for keys [j0, i1): x *= mask / (1 - p). */
static void drop_probabilities(const struct ll_op_attention *s, real *x, int64_t i0, int64_t i1, int64_t j0, int64_t b, int64_t head)
{
	if (s->dropout == 0)
		return;
	uint64_t sample = s->first + (uint64_t)b, purpose = 0x61746472 + (sample >> 32 << 32);
	uint64_t key = ll_random64(s->seed, purpose, s->site * (uint64_t)s->heads + (uint64_t)head);
	uint32_t keys[2] = { (uint32_t)key, (uint32_t)(key >> 32) }, threshold = (uint32_t)(s->dropout * 4294967296.0), word[4];
	real keep = (real)(1 / (1 - s->dropout));
	for (int64_t i = i0; i < i1; i++, x += i1 - j0)
		for (int64_t j = first_key(s, b, i) / 4 * 4; j <= i; j += 4) {
			ll_philox((const uint32_t[]){ (uint32_t)i, (uint32_t)(j / 4), (uint32_t)sample, (uint32_t)s->step }, keys, word);
			for (int64_t k = LL_MAX(j, j0); k < LL_MIN(j + 4, i1); k++)
				x[k - j0] *= word[k - j] < threshold ? 0 : keep;
		}
}

static void scale_rows(real *x, const real *factor, int64_t rows, int64_t n, int64_t stride)
{
	for (int64_t i = 0; i < rows; i++) {
		real f = factor[i], *row = x + i * stride;
		for (int64_t j = 0; j < n; j++)
			row[j] *= f;
	}
}

static void attention_task(void *context, size_t task, int thread)
{
	const struct attention_job *a = context;
	const struct ll_op_attention *s = a->s;
	int64_t T = s->seq_len, hd = s->head_dim, group = s->heads / s->kv_heads, width = s->heads * hd;
	int64_t b = (int64_t)task / s->kv_heads, kv = (int64_t)task % s->kv_heads;
	const real *rows = a->qkv + b * T * s->stride, *k = rows + (s->heads + kv) * hd, *v = k + s->kv_heads * hd;
	real *S = a->scratch + thread * 2 * T * LL_MIN(T, LL_ATTENTION_BLOCK);
	for (int64_t h = kv * group; h < (kv + 1) * group; h++) {
		real *lse = a->lse + (b * s->heads + h) * T;
		for (int64_t i0 = 0; i0 < T; i0 += LL_ATTENTION_BLOCK) {
			int64_t i1 = LL_MIN(T, i0 + LL_ATTENTION_BLOCK), j0 = first_key(s, b, i0), n = i1 - j0;
			real scale = scores(a, thread, S, rows + h * hd, k, i0, i1, j0, h), inverse[LL_ATTENTION_BLOCK];
			for (int64_t i = i0; i < i1; i++) {
				int64_t first = first_key(s, b, i) - j0, last = i - j0;
				real *row = S + (i - i0) * n, max = max_of(row + first, last + 1 - first) * scale;
				exp_row(row, first, last, n, scale, max);
				real sum = sum_of(row + first, last + 1 - first);
				inverse[i - i0] = 1 / sum;
				lse[i] = max + (real)log((double)sum);
			}
			drop_probabilities(s, S, i0, i1, j0, b, h);
			real *out = a->out + (b * T + i0) * width + h * hd;
			multiply(a, thread, false, false, i1 - i0, hd, n, S, n, v + j0 * s->stride, s->stride, false, out, width);
			scale_rows(out, inverse, i1 - i0, hd, width);
		}
	}
}

static void attention_by(const struct ll_gemm_kernel *kernel, struct ll_pool *pool, const struct ll_op_attention *s, real *out, real *lse,
			 const real *qkv, real *scratch)
{
	struct attention_job a = { .s = s, .out = out, .lse = lse, .qkv = qkv, .scratch = scratch, .kernel = kernel, .pool = pool };
	ll_pool_run(pool, (size_t)(s->batch * s->kv_heads), attention_task, &a);
}

/* One head's query rows [i0, i1). With D = dout out, which is the sum over keys of P dP also where P is dropped, dS = P (dP - D). */
static void attention_back_block(const struct attention_job *a, int thread, int64_t b, int64_t kv, int64_t h, int64_t i0, int64_t i1, real *P,
				 real *dP)
{
	const struct ll_op_attention *s = a->s;
	int64_t T = s->seq_len, hd = s->head_dim, stride = s->stride, width = s->heads * hd, j0 = first_key(s, b, i0), n = i1 - j0, rows = i1 - i0;
	const real *first = a->qkv + b * T * stride, *q = first + h * hd, *k = first + (s->heads + kv) * hd, *v = k + s->kv_heads * hd;
	real *dfirst = a->dqkv + b * T * stride, *dq = dfirst + h * hd, *dk = dfirst + (s->heads + kv) * hd, *dv = dk + s->kv_heads * hd;
	const real *out = a->out + (b * T + i0) * width + h * hd, *dout = a->dout + (b * T + i0) * width + h * hd;
	const real *lse = a->lse + (b * s->heads + h) * T;
	real factor = score_scale(s), scale = scores(a, thread, P, q, k, i0, i1, j0, h);
	for (int64_t i = i0; i < i1; i++)
		exp_row(P + (i - i0) * n, first_key(s, b, i) - j0, i - j0, n, scale, lse[i]);
	multiply(a, thread, false, true, rows, n, hd, dout, width, v + j0 * stride, stride, false, dP, n);
	drop_probabilities(s, dP, i0, i1, j0, b, h);
	for (int64_t i = 0; i < rows; i++) {
		real *p = P + i * n, *dp = dP + i * n, d = dot(dout + i * width, out + i * width, hd);
		for (int64_t j = 0; j < n; j++)
			dp[j] = p[j] * (dp[j] - d) * factor;
	}
	drop_probabilities(s, P, i0, i1, j0, b, h);
	multiply(a, thread, true, false, n, hd, rows, P, n, dout, width, true, dv + j0 * stride, stride);
	if (s->cap != 0) { /* the slope of the cap, from the scores once more */
		real inverse = (real)(1 / s->cap);
		scores(a, thread, P, q, k, i0, i1, j0, h);
		for (int64_t j = 0; j < rows * n; j++)
			dP[j] *= 1 - P[j] * inverse * P[j] * inverse;
	}
	multiply(a, thread, false, false, rows, hd, n, dP, n, k + j0 * stride, stride, false, dq + i0 * stride, stride);
	multiply(a, thread, true, false, n, hd, rows, dP, n, q + i0 * stride, stride, true, dk + j0 * stride, stride);
}

static void attention_back_task(void *context, size_t task, int thread)
{
	const struct attention_job *a = context;
	const struct ll_op_attention *s = a->s;
	int64_t T = s->seq_len, hd = s->head_dim, group = s->heads / s->kv_heads;
	int64_t b = (int64_t)task / s->kv_heads, kv = (int64_t)task % s->kv_heads;
	int64_t room = T * LL_MIN(T, LL_ATTENTION_BLOCK);
	real *P = a->scratch + thread * 2 * room;
	real *drows = a->dqkv + b * T * s->stride;
	for (int64_t t = 0; t < T; t++)
		for (int part = 0; part < 2; part++)
			memset(drows + t * s->stride + (s->heads + kv + part * s->kv_heads) * hd, 0, (size_t)hd * sizeof(real));
	for (int64_t h = kv * group; h < (kv + 1) * group; h++)
		for (int64_t i0 = 0; i0 < T; i0 += LL_ATTENTION_BLOCK)
			attention_back_block(a, thread, b, kv, h, i0, LL_MIN(T, i0 + LL_ATTENTION_BLOCK), P, P + room);
}

static void attention_back_by(const struct ll_gemm_kernel *kernel, struct ll_pool *pool, const struct ll_op_attention *s, real *dqkv,
			      const real *dout, const real *qkv, const real *out, const real *lse, real *scratch)
{
	struct attention_job a = { .s = s, .out = (real *)out, .lse = (real *)lse, .qkv = qkv, .dout = dout, .dqkv = dqkv,
				   .scratch = scratch, .kernel = kernel, .pool = pool };
	ll_pool_run(pool, (size_t)(s->batch * s->kv_heads), attention_back_task, &a);
}

#ifdef OPS_TILES
#define ATTENTION_KERNEL &OPS_TILES
#else
#define ATTENTION_KERNEL NULL
#endif

static void attention(struct ll_pool *pool, const struct ll_op_attention *s, real *out, real *lse, const real *qkv, real *scratch)
{
	attention_by(ATTENTION_KERNEL, pool, s, out, lse, qkv, scratch);
}

static void attention_back(struct ll_pool *pool, const struct ll_op_attention *s, real *dqkv, const real *dout, const real *qkv,
			   const real *out, const real *lse, real *scratch)
{
	attention_back_by(ATTENTION_KERNEL, pool, s, dqkv, dout, qkv, out, lse, scratch);
}

#ifdef OPS_TABLE_BF16
static void attention_bf16(struct ll_pool *pool, const struct ll_op_attention *s, real *out, real *lse, const real *qkv, real *scratch)
{
	attention_by(ll_gemm_bf16_best(), pool, s, out, lse, qkv, scratch);
}

static void attention_back_bf16(struct ll_pool *pool, const struct ll_op_attention *s, real *dqkv, const real *dout, const real *qkv,
				const real *out, const real *lse, real *scratch)
{
	attention_back_by(ll_gemm_bf16_best(), pool, s, dqkv, dout, qkv, out, lse, scratch);
}
#endif

/* ---- rotary positions (Su et al. 2021) ---- */

struct rotary_job {
	const struct ll_op_rotary *s;
	real *qkv;
	const real *table;
	real sign;
};

static void rotary_task(void *context, size_t task, int thread)
{
	const struct rotary_job *j = context;
	const struct ll_op_rotary *s = j->s;
	(void)thread;
	int64_t half = s->turning / 2, end = LL_MIN(s->batch * s->seq_len, ((int64_t)task + 1) * ROWS);
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
		const real *cosine = j->table + (s->first + r % s->seq_len) * s->turning, *sine = cosine + half;
		for (int64_t h = 0; h < s->heads; h++) {
			real *x = j->qkv + r * s->stride + h * s->head_dim;
			for (int64_t i = 0; i < half; i++) {
				int64_t a = s->interleaved ? 2 * i : i, b = s->interleaved ? 2 * i + 1 : i + half;
				real u = x[a], v = x[b], w = sine[i] * j->sign;
				x[a] = u * cosine[i] - v * w;
				x[b] = v * cosine[i] + u * w;
			}
		}
	}
}

static void rotary(struct ll_pool *pool, const struct ll_op_rotary *s, real *qkv, const real *table, bool backward)
{
	struct rotary_job j = { s, qkv, table, backward ? -1 : 1 };
	ll_pool_run(pool, (size_t)ceil_div(s->batch * s->seq_len, ROWS), rotary_task, &j);
}
