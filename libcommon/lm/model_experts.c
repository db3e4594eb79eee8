/* SPDX-License-Identifier: MIT */
/*
 * model_experts.c - a feed-forward of experts: a router gives every token to `experts_per_token` of them (Shazeer et al. 2017; Fedus
 * et al. 2022, "Switch Transformers"). Tokens are gathered expert by expert, so that each expert's products are dense.
 *
 * The router's p is the softmax of in W^T. With one expert a token its output is weighted by p; with more, by p over the sum of
 * the chosen p. In training an expert takes at most expert_capacity k T / experts tokens of a sequence, those that come first; to
 * the others it adds nothing. As later tokens never push out earlier ones, no token learns of those behind it.
 *
 * The balance loss of a sequence (Fedus et al., equation 4) is expert_balance experts times the sum over experts of f P, where f is
 * the share of the choices that fell on the expert, a constant on the way back, and P the mean of its p: expert_balance when all are
 * chosen alike.
 */
#include <math.h>

#include "lm/model.h"
#include "lm/model_memory.h"

#define ROWS 64

/* One direction over one layer, for the tasks. */
struct experts_job {
	const struct ll_lm_experts *x;
	int64_t E, N, C; /* experts, choices a token, width */
	float *out;
	const float *dout;
};

static int64_t rows_of(const struct ll_lm_experts *x)
{
	return x->batch * x->seq_len;
}

/* Softmax of a row of router logits, in place, and the N largest, of equals the first. */
static void choose(float *p, int64_t E, int64_t N, int32_t *expert, float *gate)
{
	double max = (double)p[0], sum = 0, chosen = 0;
	for (int64_t e = 1; e < E; e++)
		max = LL_MAX(max, (double)p[e]); /* not fmax: gcc 12 for ARM ends with an internal error there */
	for (int64_t e = 0; e < E; e++)
		sum += exp((double)p[e] - max);
	for (int64_t e = 0; e < E; e++)
		p[e] = (float)(exp((double)p[e] - max) / sum);
	for (int64_t j = 0; j < N; j++) {
		int64_t best = -1;
		for (int64_t e = 0; e < E; e++) {
			bool taken = false;
			for (int64_t i = 0; i < j; i++)
				taken = taken || expert[i] == e;
			if (!taken && (best < 0 || p[e] > p[best]))
				best = e;
		}
		expert[j] = (int32_t)best;
		gate[j] = p[best];
		chosen += (double)p[best];
	}
	for (int64_t j = 0; j < N && N > 1; j++)
		gate[j] = (float)((double)gate[j] / chosen);
}

static void choose_task(void *context, size_t task, int thread)
{
	const struct experts_job *j = context;
	const struct ll_lm_kept *k = j->x->k;
	int64_t end = LL_MIN(rows_of(j->x), ((int64_t)task + 1) * ROWS);
	(void)thread;
	for (int64_t r = (int64_t)task * ROWS; r < end; r++)
		choose(k->probability + r * j->E, j->E, j->N, k->expert + r * j->N, k->gate + r * j->N);
}

/* Gives every choice its row among those of its expert, or -1; k->first[e] becomes the first row of expert e. */
static uint64_t assign(const struct experts_job *j)
{
	const struct ll_lm_experts *x = j->x;
	const struct ll_lm_kept *k = x->k;
	const struct ll_lm_config *c = &x->m->config;
	int64_t each = x->seq_len * j->N, n = x->batch * each;
	bool limited = x->training && c->expert_capacity > 0;
	int64_t capacity = limited ? (int64_t)ceil(c->expert_capacity * (double)each / (double)j->E) : each;
	int32_t *used = k->first + j->E + 1;
	uint64_t dropped = 0, *routed = x->m->routed && !x->again ? x->m->routed + x->layer * (j->E + 1) : NULL;
	memset(k->first, 0, (size_t)(j->E + 1) * sizeof(*k->first));
	for (int64_t i = 0; i < n; i++) {
		if (i % each == 0)
			memset(used, 0, (size_t)j->E * sizeof(*used));
		int32_t e = k->expert[i];
		k->slot[i] = used[e] < capacity ? 0 : -1;
		dropped += used[e] >= capacity;
		k->first[e + 1] += used[e] < capacity;
		used[e]++;
		if (routed) {
			routed[e]++;
			routed[j->E] += k->slot[i] < 0;
		}
	}
	for (int64_t e = 0; e < j->E; e++) {
		used[e] = k->first[e];
		k->first[e + 1] += k->first[e];
	}
	for (int64_t i = 0; i < n; i++)
		if (k->slot[i] == 0) {
			k->slot[i] = used[k->expert[i]]++;
			k->source[k->slot[i]] = (int32_t)i;
		}
	return dropped;
}

static void gather_task(void *context, size_t task, int thread)
{
	const struct experts_job *j = context;
	const struct ll_lm_kept *k = j->x->k;
	int64_t end = LL_MIN(k->first[j->E], ((int64_t)task + 1) * ROWS);
	(void)thread;
	for (int64_t s = (int64_t)task * ROWS; s < end; s++)
		memcpy(j->x->m->memory->gathered + s * j->C, k->norm2 + k->source[s] / j->N * j->C, (size_t)j->C * sizeof(float));
}

static void gather(const struct experts_job *j)
{
	ll_pool_run(j->x->m->pool, (size_t)((j->x->k->first[j->E] + ROWS - 1) / ROWS), gather_task, (void *)(uintptr_t)j);
}

static void combine_task(void *context, size_t task, int thread)
{
	const struct experts_job *j = context;
	const struct ll_lm_kept *k = j->x->k;
	int64_t end = LL_MIN(rows_of(j->x), ((int64_t)task + 1) * ROWS);
	(void)thread;
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
		float *out = j->out + r * j->C;
		memset(out, 0, (size_t)j->C * sizeof(float));
		for (int64_t i = r * j->N; i < (r + 1) * j->N; i++) {
			const float *of = k->answer + LL_MAX(k->slot[i], 0) * j->C;
			for (int64_t c = 0; k->slot[i] >= 0 && c < j->C; c++)
				out[c] += k->gate[i] * of[c];
		}
	}
}

/* Choices of every expert, a sequence: y->load [sequences, E]. */
static void count_task(void *context, size_t b, int thread)
{
	const struct experts_job *j = context;
	float *load = j->x->m->memory->load + (int64_t)b * j->E;
	int64_t each = j->x->seq_len * j->N;
	(void)thread;
	memset(load, 0, (size_t)j->E * sizeof(float));
	for (int64_t i = (int64_t)b * each; i < ((int64_t)b + 1) * each; i++)
		load[j->x->k->expert[i]]++;
}

static double balance_loss(const struct experts_job *j)
{
	const struct ll_lm_experts *x = j->x;
	double sum = 0;
	ll_pool_run(x->m->pool, (size_t)x->batch, count_task, (void *)(uintptr_t)j);
	for (int64_t b = 0; b < x->batch; b++)
		for (int64_t e = 0; e < j->E; e++) {
			double mass = 0, share = (double)x->m->memory->load[b * j->E + e] / (double)(x->seq_len * j->N);
			for (int64_t t = 0; t < x->seq_len; t++)
				mass += (double)x->k->probability[(b * x->seq_len + t) * j->E + e];
			sum += share * mass; /* T f P */
		}
	return x->m->config.expert_balance * (double)j->E * sum;
}

static struct experts_job begin_job(const struct ll_lm_experts *x)
{
	const struct ll_lm_config *c = &x->m->config;
	return (struct experts_job){ .x = x, .E = c->experts, .N = c->experts_per_token, .C = c->width };
}

void ll_lm_experts_forward(const struct ll_lm_experts *x, float *out)
{
	struct experts_job j = begin_job(x);
	struct ll_lm *m = x->m;
	const struct ll_ops_f32 *o = m->memory->ops;
	struct ll_lm_kept *k = x->k;
	int64_t M = rows_of(x), F = m->config.ffn_width, U = ll_lm_gated(&m->config) ? 2 * F : F;
	j.out = out;
	o->linear(m->pool, k->probability, k->norm2, x->w->router_w, NULL, M, j.E, j.C);
	ll_pool_run(m->pool, (size_t)((M + ROWS - 1) / ROWS), choose_task, &j);
	uint64_t dropped = assign(&j);
	gather(&j);
	for (int64_t e = 0; e < j.E; e++) {
		const struct ll_lm_expert *w = &x->w->expert[e];
		int64_t first = k->first[e], n = k->first[e + 1] - first;
		if (n == 0)
			continue;
		o->linear(m->pool, k->up + first * U, m->memory->gathered + first * j.C, w->up_w, w->up_b, n, U, j.C);
		o->act(m->pool, x->act, k->act + first * F, k->up + first * U, n, F);
		o->linear(m->pool, k->answer + first * j.C, k->act + first * F, w->down_w, w->down_b, n, j.C, F);
	}
	if (!x->again || m->config.post_norm)
		ll_pool_run(m->pool, (size_t)((M + ROWS - 1) / ROWS), combine_task, &j);
	if (x->again)
		return;
	m->dropped += dropped;
	if (x->training && m->config.expert_balance > 0)
		m->balance += balance_loss(&j);
}

/* ---- the way back ---- */

/* Gradients of the answers, gate times that of the output, and of the router's logits. */
static void split_task(void *context, size_t task, int thread)
{
	const struct experts_job *j = context;
	const struct ll_lm_experts *x = j->x;
	const struct ll_lm_kept *k = x->k;
	struct ll_lm_memory *y = x->m->memory;
	double weight = x->m->config.expert_balance * (double)j->E * x->scale / (double)(x->seq_len * j->N);
	int64_t end = LL_MIN(rows_of(x), ((int64_t)task + 1) * ROWS);
	(void)thread;
	for (int64_t r = (int64_t)task * ROWS; r < end; r++) {
		const float *p = k->probability + r * j->E, *dout = j->dout + r * j->C, *load = y->load + r / x->seq_len * j->E;
		float *dp = y->drouter + r * j->E;
		double chosen = 0, inner = 0, mean = 0;
		for (int64_t e = 0; e < j->E; e++)
			dp[e] = 0;
		for (int64_t i = r * j->N; i < (r + 1) * j->N; i++) { /* dp holds the gradients of the gates first */
			double sum = 0;
			for (int64_t c = 0; k->slot[i] >= 0 && c < j->C; c++) {
				y->danswer[k->slot[i] * j->C + c] = k->gate[i] * dout[c];
				sum += (double)dout[c] * (double)k->answer[k->slot[i] * j->C + c];
			}
			dp[k->expert[i]] = (float)sum;
			chosen += (double)p[k->expert[i]];
			inner += sum * (double)k->gate[i];
		}
		for (int64_t i = r * j->N; j->N > 1 && i < (r + 1) * j->N; i++)
			dp[k->expert[i]] = (float)(((double)dp[k->expert[i]] - inner) / chosen);
		for (int64_t e = 0; weight > 0 && e < j->E; e++)
			dp[e] += (float)(weight * (double)load[e]);
		for (int64_t e = 0; e < j->E; e++)
			mean += (double)p[e] * (double)dp[e];
		for (int64_t e = 0; e < j->E; e++)
			dp[e] = (float)((double)p[e] * ((double)dp[e] - mean));
	}
}

/* What the experts send back is added up at the tokens; it lies where their inputs were. */
static void scatter_task(void *context, size_t task, int thread)
{
	const struct experts_job *j = context;
	const struct ll_lm_kept *k = j->x->k;
	int64_t end = LL_MIN(rows_of(j->x), ((int64_t)task + 1) * ROWS);
	(void)thread;
	for (int64_t r = (int64_t)task * ROWS; r < end; r++)
		for (int64_t i = r * j->N; i < (r + 1) * j->N; i++) {
			const float *from = j->x->m->memory->danswer + LL_MAX(k->slot[i], 0) * j->C;
			for (int64_t c = 0; k->slot[i] >= 0 && c < j->C; c++)
				j->out[r * j->C + c] += from[c];
		}
}

void ll_lm_experts_back(const struct ll_lm_experts *x, const float *dout, float *din)
{
	struct experts_job j = begin_job(x);
	struct ll_lm *m = x->m;
	struct ll_lm_memory *y = m->memory;
	const struct ll_ops_f32 *o = y->ops;
	struct ll_lm_kept *k = x->k;
	int64_t M = rows_of(x), F = m->config.ffn_width, U = ll_lm_gated(&m->config) ? 2 * F : F;
	j.out = din;
	j.dout = dout;
	gather(&j);
	ll_pool_run(m->pool, (size_t)x->batch, count_task, &j);
	ll_pool_run(m->pool, (size_t)((M + ROWS - 1) / ROWS), split_task, &j);
	for (int64_t e = 0; e < j.E; e++) {
		const struct ll_lm_expert *w = &x->w->expert[e], *g = &x->g->expert[e];
		int64_t first = k->first[e], n = k->first[e + 1] - first;
		float *danswer = y->danswer + first * j.C, *dact = y->dact + first * F, *dup = y->dup + first * U;
		if (n == 0)
			continue;
		o->linear_din(m->pool, dact, danswer, w->down_w, n, j.C, F, false);
		o->linear_dw(m->pool, g->down_w, g->down_b, danswer, k->act + first * F, n, j.C, F, true);
		o->act_back(m->pool, x->act, dup, dact, k->up + first * U, n, F);
		o->linear_din(m->pool, danswer, dup, w->up_w, n, U, j.C, false);
		o->linear_dw(m->pool, g->up_w, g->up_b, dup, y->gathered + first * j.C, n, U, j.C, true);
	}
	o->linear_din(m->pool, din, y->drouter, x->w->router_w, M, j.E, j.C, false);
	o->linear_dw(m->pool, x->g->router_w, NULL, y->drouter, k->norm2, M, j.E, j.C, true);
	ll_pool_run(m->pool, (size_t)((M + ROWS - 1) / ROWS), scatter_task, &j);
}

/* ---- one token ---- */

void ll_lm_experts_one(const struct ll_lm *m, const struct ll_lm_layer *w, enum ll_op_act act, const float *in, float *up, float *hidden,
		       float *answer, float *router, float *out)
{
	const struct ll_lm_config *c = &m->config;
	const struct ll_ops_f32 *o = m->memory->ops;
	int64_t C = c->width, F = c->ffn_width, U = ll_lm_gated(c) ? 2 * F : F, E = c->experts, N = c->experts_per_token;
	int32_t expert[LL_LM_EXPERTS_PER_TOKEN_MAX];
	float gate[LL_LM_EXPERTS_PER_TOKEN_MAX];
	o->linear(m->pool, router, in, w->router_w, NULL, 1, E, C);
	choose(router, E, N, expert, gate);
	memset(out, 0, (size_t)C * sizeof(float));
	for (int64_t j = 0; j < N; j++) {
		const struct ll_lm_expert *x = &w->expert[expert[j]];
		o->linear(m->pool, up, in, x->up_w, x->up_b, 1, U, C);
		o->act(m->pool, act, hidden, up, 1, F);
		o->linear(m->pool, answer, hidden, x->down_w, x->down_b, 1, C, F);
		for (int64_t i = 0; i < C; i++)
			out[i] += gate[j] * answer[i];
	}
}
