/* SPDX-License-Identifier: MIT */
/* model_decode.c - one token at a time with a key/value cache, for generation. */
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "lm/model.h"
#include "lm/model_memory.h"

struct ll_lm_cache {
	int64_t length, context, kv_width;
	float *keys, *values;  /* [layers, context, kv_heads head_dim] */
	float *x, *n, *qkv, *attention, *mid, *up, *act, *score, *one, *router, *narrow;
	float *base;
};

struct ll_lm_cache *ll_lm_cache_new(const struct ll_lm *m)
{
	const struct ll_lm_config *c = &m->config;
	struct ll_lm_cache *k = ll_calloc(1, sizeof(*k));
	size_t C = (size_t)c->width, Q = (size_t)ll_lm_qkv_width(c), A = (size_t)(c->heads * c->head_dim), F = (size_t)c->ffn_width;
	k->context = c->context;
	k->kv_width = c->kv_heads * c->head_dim;
	size_t cached = (size_t)(c->layers * c->context * k->kv_width);
	float *p = k->base = ll_alloc_aligned(64, (2 * cached + 3 * C + Q + A + 3 * F + (size_t)c->context + 2 * (size_t)c->heads + (size_t)c->experts + C +
						 (size_t)c->embedding_width) * sizeof(float));
	k->keys = p, p += cached;
	k->values = p, p += cached;
	k->x = p, p += C;
	k->n = p, p += C;
	k->mid = p, p += C;
	k->qkv = p, p += Q;
	k->attention = p, p += A;
	k->up = p, p += 2 * F;
	k->act = p, p += F;
	k->score = p, p += c->context;
	k->one = p, p += 2 * c->heads;
	k->router = p, p += c->experts + c->width; /* and what an expert answers */
	k->narrow = p;
	return k;
}

void ll_lm_cache_reset(struct ll_lm_cache *c)
{
	c->length = 0;
}

int64_t ll_lm_cache_length(const struct ll_lm_cache *c)
{
	return c->length;
}

void ll_lm_cache_free(struct ll_lm_cache *c)
{
	if (c)
		ll_free(c->base);
	ll_free(c);
}

static double slope_of(int64_t head, int64_t heads)
{
	int64_t power = 1;
	while (power * 2 <= heads)
		power *= 2;
	return head < power ? exp2(-8.0 * (double)(head + 1) / (double)power)
			    : exp2(-8.0 * (double)(2 * (head - power) + 1) / (double)(2 * power));
}

/* Attention of the newest position over the cache of one layer. */
static void attend(const struct ll_lm *m, struct ll_lm_cache *k, int64_t layer, const float *keys, const float *values)
{
	const struct ll_lm_config *c = &m->config;
	int64_t hd = c->head_dim, group = c->heads / c->kv_heads, n = k->length + 1, band = ll_lm_band(c, layer), first = band && n > band ? n - band : 0;
	float scale = (float)(c->attention_scale != 0 ? c->attention_scale : 1 / sqrt((double)hd));
	for (int64_t h = 0; h < c->heads; h++) {
		const float *q = k->qkv + h * hd;
		float *out = k->attention + h * hd, max = -INFINITY, sum = 0;
		double slope = c->position == LL_LM_POS_ALIBI ? slope_of(h, c->heads) : 0;
		for (int64_t t = first; t < n; t++) {
			const float *key = keys + t * k->kv_width + h / group * hd;
			float s = 0;
			for (int64_t i = 0; i < hd; i++)
				s += q[i] * key[i];
			k->score[t] = s * scale + (float)(slope * (double)(t - k->length));
			if (c->attention_cap != 0)
				k->score[t] = (float)(c->attention_cap * tanh((double)k->score[t] / c->attention_cap));
			max = k->score[t] > max ? k->score[t] : max;
		}
		for (int64_t t = first; t < n; t++)
			sum += k->score[t] = (float)exp((double)(k->score[t] - max));
		memset(out, 0, (size_t)hd * sizeof(float));
		for (int64_t t = first; t < n; t++)
			for (int64_t i = 0; i < hd; i++)
				out[i] += k->score[t] / sum * values[t * k->kv_width + h / group * hd + i];
	}
}

/* A norm that is not there has no w. */
static void normalise_one(const struct ll_lm *m, struct ll_lm_cache *k, const float *in, const float *w, const float *b)
{
	const struct ll_lm_config *c = &m->config;
	if (!w)
		memcpy(k->n, in, (size_t)c->width * sizeof(float));
	else if (c->norm == LL_LM_NORM_BATCH)
		ll_lm_batch_norm(m->pool, &(struct ll_lm_batch_norm){ .M = 1, .C = c->width, .eps = c->norm_eps, .in = in, .w = w, .b = b,
								      .running = (float *)(b ? b : w) + c->width, .out = k->n,
								      .mean = m->memory->mean_f, .rstd = m->memory->rstd_f });
	else
		m->memory->ops->norm(m->pool, c->norm == LL_LM_NORM_RMS ? LL_OP_NORM_RMS : LL_OP_NORM_LAYER, k->n, k->one, k->one + 1, in, w, b, 1,
				     c->width, c->norm_eps);
}

static void norm_heads_one(const struct ll_lm *m, struct ll_lm_cache *k, const struct ll_lm_layer *w)
{
	const struct ll_lm_config *c = &m->config;
	for (int part = 0; part < 2; part++) {
		int64_t heads = part ? c->kv_heads : c->heads, hd = c->head_dim;
		float *place = k->qkv + (part ? c->heads * hd : 0);
		m->memory->ops->norm(m->pool, c->norm == LL_LM_NORM_LAYER ? LL_OP_NORM_LAYER : LL_OP_NORM_RMS, k->attention, k->one, k->one + heads,
				     place, part ? w->k_norm_w : w->q_norm_w, NULL, heads, hd, c->norm_eps);
		memcpy(place, k->attention, (size_t)(heads * hd) * sizeof(float));
	}
}

static void decode_layer(struct ll_lm *m, struct ll_lm_cache *k, int64_t l)
{
	static const enum ll_op_act acts[] = { LL_OP_GELU, LL_OP_GELU_TANH, LL_OP_RELU, LL_OP_SWIGLU, LL_OP_GEGLU };
	const struct ll_lm_config *c = &m->config;
	const struct ll_ops_f32 *o = m->memory->ops;
	const struct ll_lm_layer *w = &m->memory->w.layer[l];
	int64_t C = c->width, Q = ll_lm_qkv_width(c), A = c->heads * c->head_dim, F = c->ffn_width;
	float *keys = k->keys + l * k->context * k->kv_width, *values = k->values + l * k->context * k->kv_width;
	normalise_one(m, k, k->x, c->post_norm ? NULL : w->norm1_w, w->norm1_b);
	o->linear(m->pool, k->qkv, k->n, w->qkv_w, w->qkv_b, 1, Q, C);
	if (c->qk_norm)
		norm_heads_one(m, k, w);
	if (m->memory->rotary)
		o->rotary(m->pool,
			  &(struct ll_op_rotary){ 1, 1, c->heads + c->kv_heads, c->head_dim, Q, m->memory->turning, c->rotary_interleaved, k->length },
			  k->qkv, m->memory->rotary, false);
	memcpy(keys + k->length * k->kv_width, k->qkv + A, (size_t)k->kv_width * sizeof(float));
	memcpy(values + k->length * k->kv_width, k->qkv + A + k->kv_width, (size_t)k->kv_width * sizeof(float));
	attend(m, k, l, keys, values);
	o->linear(m->pool, k->mid, k->attention, w->proj_w, w->proj_b, 1, C, A);
	o->add(m->pool, k->mid, k->mid, k->x, C);
	if (c->post_norm)
		normalise_one(m, k, k->mid, w->norm1_w, w->norm1_b);
	else if (!c->shared_norm)
		normalise_one(m, k, c->parallel_residual ? k->x : k->mid, w->norm2_w, w->norm2_b);
	if (c->experts) {
		ll_lm_experts_one(m, w, acts[c->ffn], k->n, k->up, k->act, k->router + c->experts, k->router, k->x);
	} else {
		o->linear(m->pool, k->up, k->n, w->up_w, w->up_b, 1, ll_lm_gated(c) ? 2 * F : F, C);
		o->act(m->pool, acts[c->ffn], k->act, k->up, 1, F);
		o->linear(m->pool, k->x, k->act, w->down_w, w->down_b, 1, C, F);
	}
	o->add(m->pool, k->x, k->x, c->post_norm ? k->n : k->mid, C);
	if (c->post_norm) {
		normalise_one(m, k, k->x, w->norm2_w, w->norm2_b);
		memcpy(k->x, k->n, (size_t)C * sizeof(float));
	}
}

/* The embedding of a token at the next position. */
static void embed_one(struct ll_lm *m, struct ll_lm_cache *k, int32_t token)
{
	const struct ll_lm_config *c = &m->config;
	const struct ll_lm_weights *w = &m->memory->w;
	const struct ll_ops_f32 *o = m->memory->ops;
	const float *positions = w->wpe ? w->wpe : m->memory->positions;
	if (w->emb_in) {
		o->embed(m->pool, k->narrow, &token, w->wte, NULL, 1, 1, c->embedding_width, 0);
		o->linear(m->pool, k->x, k->narrow, w->emb_in, NULL, 1, c->width, c->embedding_width);
		o->embed(m->pool, k->x, NULL, NULL, positions, 1, 1, c->width, k->length);
	} else {
		o->embed(m->pool, k->x, &token, w->wte, positions, 1, 1, c->width, k->length);
	}
}

void ll_lm_decode(struct ll_lm *m, struct ll_lm_cache *k, int32_t token, float *logits)
{
	const struct ll_lm_config *c = &m->config;
	struct ll_lm_memory *y = m->memory;
	const struct ll_ops_f32 *o = y->ops;
	LL_ASSERT(k->length < k->context && token >= 0 && token < c->vocabulary);
	embed_one(m, k, token);
	if (c->embedding_norm) {
		normalise_one(m, k, k->x, y->w.emb_norm_w, y->w.emb_norm_b);
		memcpy(k->x, k->n, (size_t)c->width * sizeof(float));
	}
	for (int64_t l = 0; l < c->layers; l++)
		decode_layer(m, k, l);
	k->length++;
	normalise_one(m, k, k->x, y->w.norm_f_w, y->w.norm_f_b);
	if (c->output_scale != 1)
		o->scale(m->pool, k->n, c->output_scale, c->width);
	if (logits && y->w.emb_out)
		o->linear(m->pool, k->narrow, k->n, y->w.emb_out, NULL, 1, c->embedding_width, c->width);
	if (logits)
		o->linear(m->pool, logits, y->w.emb_out ? k->narrow : k->n, y->w.head, y->w.head_b, 1, c->vocabulary, c->embedding_width);
}
