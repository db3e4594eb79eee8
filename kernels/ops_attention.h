/* SPDX-License-Identifier: MIT */
/*
 * ops_attention.h - causal attention in blocks of rows: the upper triangle is skipped, the forward keeps log-sum-exp a row, the
 * backward recomputes the probabilities from it (Dao et al. 2022, section 3 and appendix B). One task is one sequence and one
 * key/value head with its group of query heads (ops_impl.h).
 */

#define ATTENTION_BLOCK 128

struct attention_job {
	const struct ll_op_attention *s;
	real *out, *lse, *scratch;
	const real *qkv, *dout;
	real *dqkv;
};

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

/* Scores of query rows [i0, i1) against keys [0, i1): scale q k + bias. */
static void scores(const struct ll_op_attention *s, real *S, const real *q, const real *k, int64_t i0, int64_t i1, int64_t head)
{
	gemm(false, true, i1 - i0, i1, s->head_dim, score_scale(s), q + i0 * s->stride, s->stride, k, s->stride,
	     0, S, i1);
	if (s->alibi) {
		real slope = (real)alibi_slope(head, s->heads);
		for (int64_t i = i0; i < i1; i++)
			for (int64_t j = 0; j <= i; j++)
				S[(i - i0) * i1 + j] += slope * (real)(j - i);
	}
}

/* Turns a row of scores into exp(s - shift), zero after `last`; returns the sum. */
static real exp_row(real *row, int64_t last, int64_t n, real shift)
{
	for (int64_t j = 0; j <= last; j++)
		row[j] = real_exp(row[j] - shift);
	for (int64_t j = last + 1; j < n; j++)
		row[j] = 0;
	return sum_of(row, last + 1);
}

static void attention_task(void *context, size_t task, int thread)
{
	const struct attention_job *a = context;
	const struct ll_op_attention *s = a->s;
	int64_t T = s->seq_len, hd = s->head_dim, group = s->heads / s->kv_heads, width = s->heads * hd;
	int64_t b = (int64_t)task / s->kv_heads, kv = (int64_t)task % s->kv_heads;
	const real *rows = a->qkv + b * T * s->stride, *k = rows + (s->heads + kv) * hd, *v = k + s->kv_heads * hd;
	real *S = a->scratch + thread * 2 * T * LL_MIN(T, ATTENTION_BLOCK);
	for (int64_t h = kv * group; h < (kv + 1) * group; h++) {
		real *lse = a->lse + (b * s->heads + h) * T;
		for (int64_t i0 = 0; i0 < T; i0 += ATTENTION_BLOCK) {
			int64_t i1 = LL_MIN(T, i0 + ATTENTION_BLOCK);
			scores(s, S, rows + h * hd, k, i0, i1, h);
			for (int64_t i = i0; i < i1; i++) {
				real *row = S + (i - i0) * i1, max = row[0];
				for (int64_t j = 1; j <= i; j++)
					max = row[j] > max ? row[j] : max;
				real sum = exp_row(row, i, i1, max);
				for (int64_t j = 0; j <= i; j++)
					row[j] /= sum;
				lse[i] = max + (real)log((double)sum);
			}
			gemm(false, false, i1 - i0, hd, i1, 1, S, i1, v, s->stride, 0, a->out + (b * T + i0) * width + h * hd, width);
		}
	}
}

static void attention(struct ll_pool *pool, const struct ll_op_attention *s, real *out, real *lse, const real *qkv, real *scratch)
{
	struct attention_job a = { .s = s, .out = out, .lse = lse, .qkv = qkv, .scratch = scratch };
	ll_pool_run(pool, (size_t)(s->batch * s->kv_heads), attention_task, &a);
}

static void attention_back_head(const struct attention_job *a, int64_t b, int64_t kv, int64_t h, real *P, real *dP)
{
	const struct ll_op_attention *s = a->s;
	int64_t T = s->seq_len, hd = s->head_dim, stride = s->stride, width = s->heads * hd;
	const real *rows = a->qkv + b * T * stride, *q = rows + h * hd, *k = rows + (s->heads + kv) * hd, *v = k + s->kv_heads * hd;
	real *drows = a->dqkv + b * T * stride, *dq = drows + h * hd, *dk = drows + (s->heads + kv) * hd, *dv = dk + s->kv_heads * hd;
	const real *out = a->out + b * T * width + h * hd, *dout = a->dout + b * T * width + h * hd;
	const real *lse = a->lse + (b * s->heads + h) * T;
	real factor = score_scale(s);
	for (int64_t i0 = 0; i0 < T; i0 += ATTENTION_BLOCK) {
		int64_t i1 = LL_MIN(T, i0 + ATTENTION_BLOCK), n = i1 - i0;
		scores(s, P, q, k, i0, i1, h);
		for (int64_t i = i0; i < i1; i++)
			exp_row(P + (i - i0) * i1, i, i1, lse[i]);
		gemm(false, true, n, i1, hd, 1, dout + i0 * width, width, v, stride, 0, dP, i1);
		gemm(true, false, i1, hd, n, 1, P, i1, dout + i0 * width, width, 1, dv, stride);
		for (int64_t i = i0; i < i1; i++) {
			real *p = P + (i - i0) * i1, *dp = dP + (i - i0) * i1, d = dot(dout + i * width, out + i * width, hd);
			for (int64_t j = 0; j < i1; j++)
				dp[j] = p[j] * (dp[j] - d);
		}
		gemm(false, false, n, hd, i1, factor, dP, i1, k, stride, 0, dq + i0 * stride, stride);
		gemm(true, false, i1, hd, n, factor, dP, i1, q + i0 * stride, stride, 1, dk, stride);
	}
}

static void attention_back_task(void *context, size_t task, int thread)
{
	const struct attention_job *a = context;
	const struct ll_op_attention *s = a->s;
	int64_t T = s->seq_len, hd = s->head_dim, group = s->heads / s->kv_heads;
	int64_t b = (int64_t)task / s->kv_heads, kv = (int64_t)task % s->kv_heads;
	int64_t room = T * LL_MIN(T, ATTENTION_BLOCK);
	real *P = a->scratch + thread * 2 * room;
	real *drows = a->dqkv + b * T * s->stride;
	for (int64_t t = 0; t < T; t++)
		for (int part = 0; part < 2; part++)
			memset(drows + t * s->stride + (s->heads + kv + part * s->kv_heads) * hd, 0, (size_t)hd * sizeof(real));
	for (int64_t h = kv * group; h < (kv + 1) * group; h++)
		attention_back_head(a, b, kv, h, P, P + room);
}

static void attention_back(struct ll_pool *pool, const struct ll_op_attention *s, real *dqkv, const real *dout, const real *qkv,
			   const real *out, const real *lse, real *scratch)
{
	struct attention_job a = { .s = s, .out = (real *)out, .lse = (real *)lse, .qkv = qkv, .dout = dout, .dqkv = dqkv,
				   .scratch = scratch };
	ll_pool_run(pool, (size_t)(s->batch * s->kv_heads), attention_back_task, &a);
}

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
