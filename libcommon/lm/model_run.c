/* SPDX-License-Identifier: MIT */
/* model_run.c - forward and backward over whole sequences. */
#include <math.h>

#include "base/error.h"
#include "lm/model.h"
#include "lm/model_memory.h"

/* One call's shape and the pieces every step of it needs. */
struct pass {
	struct ll_lm *m;
	const struct ll_lm_config *c;
	struct ll_lm_memory *y;
	const struct ll_ops_f32 *ops;
	struct ll_pool *pool;
	int64_t B, T, M, C;
	enum ll_op_norm norm;
	enum ll_op_act act;
	struct ll_op_attention attention;
	struct ll_op_rotary rotary;
	struct ll_lm_step step;
	double dropout, scale; /* 0 outside training; scale: of the loss */
	bool again; /* a layer once more, for the way back: nothing is counted twice, and its output is not needed */
	bool fresh; /* gradients begin with this pass: those of matrices are written where others are cleared and added to */
};

static struct pass begin(struct ll_lm *m, int64_t B, int64_t T)
{
	static const enum ll_op_act acts[] = { LL_OP_GELU, LL_OP_GELU_TANH, LL_OP_RELU, LL_OP_SWIGLU, LL_OP_GEGLU };
	const struct ll_lm_config *c = &m->config;
	LL_ASSERT(B >= 1 && T >= 1 && T <= m->seq_len && B * T <= m->batch * m->seq_len);
	struct pass p = { .m = m, .c = c, .y = m->memory, .ops = m->memory->ops, .pool = m->pool, .B = B, .T = T, .M = B * T, .C = c->width };
	p.norm = c->norm == LL_LM_NORM_RMS ? LL_OP_NORM_RMS : LL_OP_NORM_LAYER;
	p.act = acts[c->ffn];
	p.attention = (struct ll_op_attention){ .batch = B, .seq_len = T, .heads = c->heads, .kv_heads = c->kv_heads, .head_dim = c->head_dim,
						.stride = ll_lm_qkv_width(c), .alibi = c->position == LL_LM_POS_ALIBI,
						.scale = c->attention_scale, .cap = c->attention_cap };
	p.rotary = (struct ll_op_rotary){ B, T, c->heads + c->kv_heads, c->head_dim, ll_lm_qkv_width(c), m->memory->turning,
					  c->rotary_interleaved, 0 };
	return p;
}

/* Sites of dropout: 0 the embeddings, then two a layer. */
static void drop(const struct pass *p, float *x, int64_t site)
{
	if (p->dropout > 0)
		p->ops->dropout(p->pool, x, p->dropout, p->step.seed, (uint64_t)site, p->step.step, p->step.first_sample, p->M, p->T, p->C);
}

/* A norm that is not there has no w. */
static void normalise(const struct pass *p, float *out, float *mean, float *rstd, const float *in, const float *w, const float *b)
{
	if (w && p->c->norm == LL_LM_NORM_BATCH) {
		struct ll_lm_batch_norm n = { .M = p->M, .C = p->C, .eps = p->c->norm_eps, .training = p->scale != 0, .again = p->again, .in = in, .w = w, .b = b };
		n.running = (float *)(b ? b : w) + p->C, n.out = out, n.mean = mean, n.rstd = rstd;
		ll_lm_batch_norm(p->pool, &n);
	} else if (w)
		p->ops->norm(p->pool, p->norm, out, mean, rstd, in, w, b, p->M, p->C, p->c->norm_eps);
	else if (out != in)
		memcpy(out, in, (size_t)(p->M * p->C) * sizeof(float));
}

/* dx += ... */
static void normalise_back(const struct pass *p, float *dw, float *db, const float *dout, const float *in, const float *mean, const float *rstd,
			   const float *w)
{
	struct ll_lm_memory *y = p->y;
	if (!w)
		p->ops->add(p->pool, y->dx, y->dx, dout, p->M * p->C);
	else if (p->c->norm == LL_LM_NORM_BATCH)
		ll_lm_batch_norm_back(p->pool, &(struct ll_lm_batch_norm){ .M = p->M, .C = p->C, .in = in, .w = w, .mean = (float *)mean, .rstd = (float *)rstd,
									   .dout = dout, .din = y->dx, .dw = dw, .db = db });
	else
		p->ops->norm_back(p->pool, p->norm, y->dx, dw, db, dout, in, mean, rstd, w, p->M, p->C, y->scratch);
}

/* The same where the whole stream went through the norm: dx = of dx. */
static void stream_back(const struct pass *p, float *dw, float *db, const float *in, const float *mean, const float *rstd, const float *w)
{
	struct ll_lm_memory *y = p->y;
	size_t bytes = (size_t)(p->M * p->C) * sizeof(float);
	memcpy(y->dn1, y->dx, bytes);
	memset(y->dx, 0, bytes);
	normalise_back(p, dw, db, y->dn1, in, mean, rstd, w);
}

static enum ll_op_norm head_norm(const struct ll_lm_config *c)
{
	return c->norm == LL_LM_NORM_LAYER ? LL_OP_NORM_LAYER : LL_OP_NORM_RMS;
}

/* Queries, then keys: every head of every row is a row of its own. `room`: [M, heads head_dim]. */
static void norm_heads(const struct pass *p, const struct ll_lm_kept *k, const struct ll_lm_layer *w, float *room)
{
	int64_t hd = p->c->head_dim, Q = ll_lm_qkv_width(p->c), row = 0;
	for (int part = 0; part < 2; row += p->M * (part++ ? p->c->kv_heads : p->c->heads)) {
		int64_t heads = part ? p->c->kv_heads : p->c->heads;
		float *in = k->qk + row * hd, *place = k->qkv + (part ? p->c->heads * hd : 0);
		p->ops->copy_rows(p->pool, in, heads * hd, place, Q, p->M, heads * hd);
		p->ops->norm(p->pool, head_norm(p->c), room, k->qk_mean + row, k->qk_rstd + row, in, part ? w->k_norm_w : w->q_norm_w, NULL,
			     p->M * heads, hd, p->c->norm_eps);
		p->ops->copy_rows(p->pool, place, Q, room, heads * hd, p->M, heads * hd);
	}
}

static void norm_heads_back(const struct pass *p, const struct ll_lm_kept *k, const struct ll_lm_layer *w, const struct ll_lm_layer *g,
			    float *room, float *din)
{
	int64_t hd = p->c->head_dim, Q = ll_lm_qkv_width(p->c), row = 0;
	for (int part = 0; part < 2; row += p->M * (part++ ? p->c->kv_heads : p->c->heads)) {
		int64_t heads = part ? p->c->kv_heads : p->c->heads;
		float *place = p->y->dqkv + (part ? p->c->heads * hd : 0);
		p->ops->copy_rows(p->pool, room, heads * hd, place, Q, p->M, heads * hd);
		memset(din, 0, (size_t)(p->M * heads * hd) * sizeof(float));
		p->ops->norm_back(p->pool, head_norm(p->c), din, part ? g->k_norm_w : g->q_norm_w, NULL, room, k->qk + row * hd, k->qk_mean + row,
				  k->qk_rstd + row, part ? w->k_norm_w : w->q_norm_w, p->M * heads, hd, p->y->scratch);
		p->ops->copy_rows(p->pool, place, Q, din, heads * hd, p->M, heads * hd);
	}
}

static struct ll_op_attention attention_of(const struct pass *p, int64_t layer)
{
	struct ll_op_attention a = p->attention;
	a.band = ll_lm_band(p->c, layer);
	a.site = (uint64_t)layer;
	return a;
}

static struct ll_lm_experts experts_of(const struct pass *p, int64_t l)
{
	return (struct ll_lm_experts){ .m = p->m, .w = &p->y->w.layer[l], .g = p->y->g.layer ? &p->y->g.layer[l] : NULL, .k = &p->y->kept[l],
				       .layer = l, .batch = p->B, .seq_len = p->T, .act = p->act, .training = p->scale != 0, .again = p->again, .scale = p->scale };
}

static float *output_of(const struct pass *p, int64_t layer)
{
	return layer + 1 < p->c->layers ? p->y->kept[layer + 1].x : p->y->x_final;
}

static void embed(const struct pass *p, const int32_t *tokens)
{
	const struct ll_lm_weights *w = &p->y->w;
	float *x = p->y->kept[0].x, *first = p->y->embedded ? p->y->embedded : x;
	const float *positions = w->wpe ? w->wpe : p->y->positions;
	if (w->emb_in) {
		p->ops->embed(p->pool, p->y->head_in, tokens, w->wte, NULL, p->M, p->T, p->c->embedding_width, 0);
		p->ops->linear(p->pool, first, p->y->head_in, w->emb_in, NULL, p->M, p->C, p->c->embedding_width);
		p->ops->embed(p->pool, first, NULL, NULL, positions, p->M, p->T, p->C, 0);
	} else {
		p->ops->embed(p->pool, first, tokens, w->wte, positions, p->M, p->T, p->C, 0);
	}
	if (p->y->embedded)
		normalise(p, x, p->y->mean_e, p->y->rstd_e, first, w->emb_norm_w, w->emb_norm_b);
	drop(p, x, 0);
}

static void note_lse(const struct pass *p, const float *lse)
{
	for (int64_t i = 0; i < p->B * p->c->heads * p->T; i++)
		p->m->attention_lse = lse[i] > p->m->attention_lse ? lse[i] : p->m->attention_lse;
}

/* What the feed-forward takes. */
static void norm_of_feed_forward(const struct pass *p, int64_t l)
{
	const struct ll_lm_layer *w = &p->y->w.layer[l];
	const struct ll_lm_kept *k = &p->y->kept[l];
	if (p->c->post_norm)
		normalise(p, k->norm2, k->mean1, k->rstd1, k->mid, w->norm1_w, w->norm1_b);
	else if (!p->c->shared_norm)
		normalise(p, k->norm2, k->mean2, k->rstd2, p->c->parallel_residual ? k->x : k->mid, w->norm2_w, w->norm2_b);
}

static void forward_layer(const struct pass *p, int64_t l)
{
	const struct ll_ops_f32 *o = p->ops;
	const struct ll_lm_layer *w = &p->y->w.layer[l];
	struct ll_lm_kept *k = &p->y->kept[l];
	int64_t M = p->M, C = p->C, Q = ll_lm_qkv_width(p->c), A = p->c->heads * p->c->head_dim, F = p->c->ffn_width;
	bool post = p->c->post_norm, answers = !p->again || post; /* what the branch gives has to be normed, again too */
	if (!post)
		normalise(p, k->norm1, k->mean1, k->rstd1, k->x, w->norm1_w, w->norm1_b);
	o->linear(p->pool, k->qkv, k->norm1, w->qkv_w, w->qkv_b, M, Q, C);
	if (p->c->qk_norm)
		norm_heads(p, k, w, k->attention);
	if (p->y->rotary)
		o->rotary(p->pool, &p->rotary, k->qkv, p->y->rotary, false);
	struct ll_op_attention a = attention_of(p, l);
	o->attention(p->pool, &a, k->attention, k->lse, k->qkv, p->y->scratch);
	if (!p->again)
		note_lse(p, k->lse);
	o->linear(p->pool, k->mid, k->attention, w->proj_w, w->proj_b, M, C, A);
	drop(p, k->mid, 2 * l + 1);
	o->add(p->pool, k->mid, k->mid, k->x, M * C);
	norm_of_feed_forward(p, l);
	float *out = post ? k->sum : output_of(p, l);
	if (p->c->experts) {
		struct ll_lm_experts x = experts_of(p, l);
		ll_lm_experts_forward(&x, out);
	} else {
		o->linear(p->pool, k->up, k->norm2, w->up_w, w->up_b, M, ll_lm_gated(p->c) ? 2 * F : F, C);
		o->act(p->pool, p->act, k->act, k->up, M, F);
		if (answers)
			o->linear(p->pool, out, k->act, w->down_w, w->down_b, M, C, F);
	}
	if (!answers)
		return;
	drop(p, out, 2 * l + 2);
	o->add(p->pool, out, out, post ? k->norm2 : k->mid, M * C);
	if (post)
		normalise(p, output_of(p, l), k->mean2, k->rstd2, k->sum, w->norm2_w, w->norm2_b);
}

static void forward(const struct pass *p, const int32_t *tokens)
{
	struct ll_lm_memory *y = p->y;
	p->m->attention_lse = -INFINITY;
	p->m->dropped = 0;
	p->m->balance = 0;
	for (int64_t i = 0; i < p->M; i++)
		LL_ASSERT(tokens[i] >= 0 && tokens[i] < p->c->vocabulary);
	embed(p, tokens);
	for (int64_t l = 0; l < p->c->layers; l++)
		forward_layer(p, l);
	normalise(p, y->norm_f, y->mean_f, y->rstd_f, y->x_final, y->w.norm_f_w, y->w.norm_f_b);
	if (p->c->output_scale != 1)
		p->ops->scale(p->pool, y->norm_f, p->c->output_scale, p->M * p->C);
	if (y->w.emb_out)
		p->ops->linear(p->pool, y->head_in, y->norm_f, y->w.emb_out, NULL, p->M, p->c->embedding_width, p->C);
	y->last_seq_len = p->T;
}

/* The head and the loss in chunks of rows, so that the logits never exist whole; in training the gradient of the head's
 * input goes to dn1. */
static void head(const struct pass *p, const int32_t *targets, float scale, unsigned char *greedy)
{
	struct ll_lm_memory *y = p->y;
	int64_t V = p->c->vocabulary, E = p->c->embedding_width;
	struct ll_op_loss loss = { scale != 0 ? p->c->label_smoothing : 0, scale != 0 ? p->c->z_loss : 0 };
	for (int64_t r = 0; r < p->M; r += y->chunk) {
		int64_t n = LL_MIN(y->chunk, p->M - r);
		p->ops->linear(p->pool, y->logits, y->head_in + r * E, y->w.head, y->w.head_b, n, V, E);
		p->ops->cross_entropy(p->pool, &loss, y->logits, y->loss + r, y->added + r, y->log_z + r, greedy ? greedy + r : NULL, targets + r, n, V, scale);
		if (scale != 0) {
			p->ops->linear_din(p->pool, y->dhead + r * E, y->logits, y->w.head, n, V, E, false);
			p->ops->linear_dw(p->pool, y->g.head, y->g.head_b, y->logits, y->head_in + r * E, n, V, E, !p->fresh || r > 0);
		}
	}
	if (scale != 0 && y->w.emb_out) {
		p->ops->linear_din(p->pool, y->dn1, y->dhead, y->w.emb_out, p->M, E, p->C, false);
		p->ops->linear_dw(p->pool, y->g.emb_out, NULL, y->dhead, y->norm_f, p->M, E, p->C, !p->fresh);
	}
}

/* The gradient of a branch's output is that of the stream, masked as the branch was. */
static const float *branch_gradient(const struct pass *p, float *copy, int64_t site)
{
	if (p->dropout == 0)
		return p->y->dx;
	memcpy(copy, p->y->dx, (size_t)(p->M * p->C) * sizeof(float));
	drop(p, copy, site);
	return copy;
}

/* What the way back needs of a layer and the mode did not keep. */
static void recompute_layer(const struct pass *p, int64_t l)
{
	struct pass again = *p;
	const struct ll_lm_layer *w = &p->y->w.layer[l];
	const struct ll_lm_kept *k = &p->y->kept[l];
	again.again = true;
	if (p->y->mode == LL_LM_TRAINING_FULL) {
		forward_layer(&again, l);
	} else {
		if (!p->c->post_norm)
			normalise(&again, k->norm1, k->mean1, k->rstd1, k->x, w->norm1_w, w->norm1_b);
		norm_of_feed_forward(&again, l);
		p->ops->act(p->pool, p->act, k->act, k->up, p->c->experts ? k->first[p->c->experts] : p->M, p->c->ffn_width);
	}
}

static void backward_layer(const struct pass *p, int64_t l)
{
	const struct ll_ops_f32 *o = p->ops;
	struct ll_lm_memory *y = p->y;
	const struct ll_lm_layer *w = &y->w.layer[l], *g = &y->g.layer[l];
	struct ll_lm_kept *k = &y->kept[l];
	int64_t M = p->M, C = p->C, Q = ll_lm_qkv_width(p->c), A = p->c->heads * p->c->head_dim, F = p->c->ffn_width;
	int64_t U = ll_lm_gated(p->c) ? 2 * F : F;

	if (y->mode != LL_LM_TRAINING && l + 1 < p->c->layers)
		recompute_layer(p, l);
	if (p->c->post_norm)
		stream_back(p, g->norm2_w, g->norm2_b, k->sum, k->mean2, k->rstd2, w->norm2_w);
	const float *d = branch_gradient(p, y->dn1, 2 * l + 2);
	if (p->c->experts) {
		struct ll_lm_experts x = experts_of(p, l);
		ll_lm_experts_back(&x, d, y->dn2);
	} else {
		o->linear_din(p->pool, y->dact, d, w->down_w, M, C, F, false);
		o->linear_dw(p->pool, g->down_w, g->down_b, d, k->act, M, C, F, !p->fresh);
		o->act_back(p->pool, p->act, y->dup, y->dact, k->up, M, F);
		o->linear_din(p->pool, y->dn2, y->dup, w->up_w, M, U, C, false);
		o->linear_dw(p->pool, g->up_w, g->up_b, y->dup, k->norm2, M, U, C, !p->fresh);
	}
	if (p->c->post_norm) {
		o->add(p->pool, y->dx, y->dx, y->dn2, M * C);
		stream_back(p, g->norm1_w, g->norm1_b, k->mid, k->mean1, k->rstd1, w->norm1_w);
	} else if (!p->c->parallel_residual)
		normalise_back(p, g->norm2_w, g->norm2_b, y->dn2, k->mid, k->mean2, k->rstd2, w->norm2_w);

	d = branch_gradient(p, y->dn1, 2 * l + 1);
	o->linear_din(p->pool, y->dattention, d, w->proj_w, M, C, A, false);
	o->linear_dw(p->pool, g->proj_w, g->proj_b, d, k->attention, M, C, A, !p->fresh);
	struct ll_op_attention a = attention_of(p, l);
	o->attention_back(p->pool, &a, y->dqkv, y->dattention, k->qkv, k->attention, k->lse, y->scratch);
	if (y->rotary)
		o->rotary(p->pool, &p->rotary, y->dqkv, y->rotary, true);
	if (p->c->qk_norm) /* attention's output and its gradient are done with */
		norm_heads_back(p, k, w, g, y->dattention, k->attention);
	o->linear_din(p->pool, y->dn1, y->dqkv, w->qkv_w, M, Q, C, false);
	o->linear_dw(p->pool, g->qkv_w, g->qkv_b, y->dqkv, k->norm1, M, Q, C, !p->fresh);
	if (p->c->shared_norm)
		o->add(p->pool, y->dn1, y->dn1, y->dn2, M * C);
	else if (p->c->parallel_residual)
		normalise_back(p, g->norm2_w, g->norm2_b, y->dn2, k->x, k->mean2, k->rstd2, w->norm2_w);
	if (p->c->post_norm)
		o->add(p->pool, y->dx, y->dx, y->dn1, M * C);
	else
		normalise_back(p, g->norm1_w, g->norm1_b, y->dn1, k->x, k->mean1, k->rstd1, w->norm1_w);
}

/* From dx to the embeddings; what scales their gradient does not reach the projection. */
static void embed_back(const struct pass *p, const int32_t *tokens)
{
	struct ll_lm_memory *y = p->y;
	int64_t E = p->c->embedding_width;
	if (y->w.emb_in) {
		p->ops->embed(p->pool, y->dhead, tokens, y->w.wte, NULL, p->M, p->T, E, 0);
		p->ops->linear_dw(p->pool, y->g.emb_in, NULL, y->dx, y->dhead, p->M, p->C, E, !p->fresh);
	}
	if (p->m->embedding_gradient != 1)
		p->ops->scale(p->pool, y->dx, p->m->embedding_gradient, p->M * p->C);
	if (y->w.emb_in) {
		p->ops->linear_din(p->pool, y->dhead, y->dx, y->w.emb_in, p->M, p->C, E, false);
		p->ops->embed_back(p->pool, y->g.wte, NULL, y->dhead, tokens, p->M, p->T, E);
		p->ops->embed_back(p->pool, NULL, y->g.wpe, y->dx, NULL, p->M, p->T, p->C);
	} else {
		p->ops->embed_back(p->pool, y->g.wte, y->g.wpe, y->dx, tokens, p->M, p->T, p->C);
	}
}

static void backward(const struct pass *p, const int32_t *tokens)
{
	struct ll_lm_memory *y = p->y;
	memset(y->dx, 0, (size_t)(p->M * p->C) * sizeof(float));
	if (p->c->output_scale != 1)
		p->ops->scale(p->pool, y->dn1, p->c->output_scale, p->M * p->C);
	normalise_back(p, y->g.norm_f_w, y->g.norm_f_b, y->dn1, y->x_final, y->mean_f, y->rstd_f, y->w.norm_f_w);
	for (int64_t l = p->c->layers; l-- > 0;)
		backward_layer(p, l);
	drop(p, y->dx, 0);
	if (y->embedded)
		stream_back(p, y->g.emb_norm_w, y->g.emb_norm_b, y->embedded, y->mean_e, y->rstd_e, y->w.emb_norm_w);
	embed_back(p, tokens);
}

enum { ZERO_BLOCK = 1 << 20 };

struct zero_job {
	float *x;
	size_t n;
};

static void zero_task(void *context, size_t task, int thread)
{
	const struct zero_job *j = context;
	size_t start = task * ZERO_BLOCK, n = LL_MIN((size_t)ZERO_BLOCK, j->n - start);
	(void)thread;
	memset(j->x + start, 0, n * sizeof(float));
}

/* One product a pass gives the gradient whole, or the first part of it. */
static bool is_written(const struct ll_lm *m, const float *gradient)
{
	const struct ll_lm_weights *g = &m->memory->g;
	bool found = gradient == g->head || gradient == g->emb_in || gradient == g->emb_out;
	for (int64_t l = 0; l < m->config.layers && !found; l++) {
		const struct ll_lm_layer *y = &g->layer[l];
		found = gradient == y->qkv_w || gradient == y->proj_w || gradient == y->up_w || gradient == y->down_w;
	}
	return found;
}

static void clear_gradients(struct ll_lm *m)
{
	for (size_t i = 0; i < m->tensors; i++) {
		struct zero_job j = { m->grad + m->tensor[i].offset, m->tensor[i].size };
		if (!is_written(m, j.x))
			ll_pool_run(m->pool, (j.n + ZERO_BLOCK - 1) / ZERO_BLOCK, zero_task, &j);
	}
}

double ll_lm_loss(struct ll_lm *m, const int32_t *tokens, const int32_t *targets, int64_t batch, int64_t seq_len, struct ll_lm_step step,
		  float scale, bool zero_grad, uint64_t *count, float *token_loss, unsigned char *greedy)
{
	struct pass p = begin(m, batch, seq_len);
	bool training = m->grad != NULL && scale != 0;
	double sum = 0, added = 0, log_z = 0;
	uint64_t n = 0;
	p.step = step;
	p.scale = training ? (double)scale : 0;
	p.dropout = training ? m->config.dropout : 0;
	p.attention.dropout = training ? m->config.attention_dropout : 0;
	p.attention.seed = step.seed, p.attention.step = step.step, p.attention.first = step.first_sample;
	p.attention.start = m->start;
	for (int64_t i = 0; i < p.M; i++)
		LL_ASSERT(targets[i] < m->config.vocabulary && (!m->start || (m->start[i] >= 0 && m->start[i] <= i % p.T)));
	forward(&p, tokens);
	p.fresh = training && zero_grad;
	if (p.fresh)
		clear_gradients(m);
	head(&p, targets, training ? scale : 0, greedy);
	for (int64_t i = 0; i < p.M; i++) {
		n += targets[i] >= 0;
		sum += (double)p.y->loss[i];
		added += (double)p.y->added[i];
		log_z += (double)p.y->log_z[i];
		if (token_loss)
			token_loss[i] = p.y->loss[i];
	}
	m->added = added + m->balance;
	m->log_z = log_z;
	if (training)
		backward(&p, tokens);
	if (count)
		*count = n;
	return sum;
}

void ll_lm_forward(struct ll_lm *m, const int32_t *tokens, int64_t batch, int64_t seq_len)
{
	struct pass p = begin(m, batch, seq_len);
	forward(&p, tokens);
}

double ll_lm_activation(const struct ll_lm *m, int64_t place, int64_t batch)
{
	const struct ll_lm_memory *y = m->memory;
	int64_t L = m->config.layers, n = batch * y->last_seq_len * m->config.width;
	LL_ASSERT(m->grad && place >= 0 && place <= L);
	const float *x = place < L ? y->kept[place].x : y->x_final;
	double sum = 0;
	for (int64_t i = 0; i < n; i++)
		sum += fabs((double)x[i]);
	return sum / (double)n;
}

void ll_lm_logits(struct ll_lm *m, int64_t b, int64_t t, float *logits)
{
	struct ll_lm_memory *y = m->memory;
	int64_t E = m->config.embedding_width;
	y->ops->linear(m->pool, logits, y->head_in + (b * y->last_seq_len + t) * E, y->w.head, y->w.head_b, 1, m->config.vocabulary, E);
}
