/* SPDX-License-Identifier: MIT */
/* model.c - the tensors of a model and its memory. */
#include "lm/model.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "kernels/gemm.h"
#include "lm/model_memory.h"
#include "lm/rotary.h"

/* ---- tensors ---- */

static void add_tensor(struct ll_lm *m, size_t *cap, enum ll_lm_tensor_kind kind, int64_t rows, int64_t columns, int layer, const char *name)
{
	LL_GROW(m->tensor, *cap, m->tensors + 1);
	struct ll_lm_tensor *t = &m->tensor[m->tensors++];
	*t = (struct ll_lm_tensor){ .ndim = columns ? 2 : 1, .shape = { rows, columns }, .offset = m->parameters, .kind = kind, .rate = 1 };
	if (m->config.init == LL_LM_INIT_MUP && (kind == LL_LM_MATRIX || kind == LL_LM_RESIDUAL_MATRIX) && layer >= 0)
		t->rate = (double)m->config.mup_base / (double)m->config.width;
	t->size = (size_t)rows * (size_t)(columns ? columns : 1);
	t->decay = kind == LL_LM_EMBEDDING || kind == LL_LM_MATRIX || kind == LL_LM_RESIDUAL_MATRIX;
	if (layer >= 0)
		snprintf(t->name, sizeof(t->name), "h.%d.%s", layer, name);
	else
		snprintf(t->name, sizeof(t->name), "%s", name);
	m->parameters += t->size;
}

static void add_norm(struct ll_lm *m, size_t *cap, int layer, const char *norm)
{
	static const struct {
		const char *end;
		enum ll_lm_tensor_kind kind;
	} parts[] = { { "w", LL_LM_GAIN }, { "b", LL_LM_BIAS }, { "mean", LL_LM_STATISTIC }, { "var", LL_LM_STATISTIC } };
	for (size_t i = 0; m->config.norm != LL_LM_NORM_NONE && i < (m->config.norm == LL_LM_NORM_BATCH ? 4 : 2); i++) {
		char name[24];
		snprintf(name, sizeof(name), "%s.%s", norm, parts[i].end);
		if (parts[i].kind != LL_LM_BIAS || ll_lm_shifts(&m->config))
			add_tensor(m, cap, parts[i].kind, m->config.width, 0, layer, name);
	}
}

static void add_linear(struct ll_lm *m, size_t *cap, enum ll_lm_tensor_kind kind, int64_t out, int64_t in, int layer, const char *w, const char *b,
		       bool bias)
{
	add_tensor(m, cap, kind, out, in, layer, w);
	if (bias)
		add_tensor(m, cap, LL_LM_BIAS, out, 0, layer, b);
}

static void add_feed_forward(struct ll_lm *m, size_t *cap, int layer)
{
	const struct ll_lm_config *c = &m->config;
	int64_t U = (ll_lm_gated(c) ? 2 : 1) * c->ffn_width;
	if (c->experts)
		add_tensor(m, cap, LL_LM_MATRIX, c->experts, c->width, layer, "router.w");
	for (int64_t e = 0; e < LL_MAX(c->experts, 1); e++) {
		char expert[24] = "", name[4][32];
		if (c->experts)
			snprintf(expert, sizeof(expert), "e%d.", (int)e);
		static const char *const names[] = { "up.w", "up.b", "down.w", "down.b" };
		for (size_t i = 0; i < LL_COUNT(names); i++)
			snprintf(name[i], sizeof(name[i]), "%s%s", expert, names[i]);
		add_linear(m, cap, LL_LM_MATRIX, U, c->width, layer, name[0], name[1], c->bias);
		add_linear(m, cap, LL_LM_RESIDUAL_MATRIX, c->width, c->ffn_width, layer, name[2], name[3], c->bias);
	}
}

static void list_tensors(struct ll_lm *m)
{
	const struct ll_lm_config *c = &m->config;
	bool bias = c->bias, attention_bias = bias && c->attention_bias;
	size_t cap = 0;
	add_tensor(m, &cap, LL_LM_EMBEDDING, c->vocabulary, c->embedding_width, -1, "wte");
	if (ll_lm_projects(c))
		add_tensor(m, &cap, LL_LM_MATRIX, c->width, c->embedding_width, -1, "emb_in.w");
	if (c->position == LL_LM_POS_LEARNED)
		add_tensor(m, &cap, LL_LM_EMBEDDING, c->context, c->width, -1, "wpe");
	if (c->embedding_norm)
		add_norm(m, &cap, -1, "emb_norm");
	for (int l = 0; l < (int)c->layers; l++) {
		add_norm(m, &cap, l, "norm1");
		add_linear(m, &cap, LL_LM_MATRIX, ll_lm_qkv_width(c), c->width, l, "qkv.w", "qkv.b", attention_bias);
		if (c->qk_norm) {
			add_tensor(m, &cap, LL_LM_GAIN, c->head_dim, 0, l, "q_norm.w");
			add_tensor(m, &cap, LL_LM_GAIN, c->head_dim, 0, l, "k_norm.w");
		}
		add_linear(m, &cap, LL_LM_RESIDUAL_MATRIX, c->width, c->heads * c->head_dim, l, "proj.w", "proj.b", attention_bias);
		if (!c->shared_norm)
			add_norm(m, &cap, l, "norm2");
		add_feed_forward(m, &cap, l);
	}
	if (ll_lm_last_norm(c))
		add_norm(m, &cap, -1, "norm_f");
	if (ll_lm_projects(c))
		add_tensor(m, &cap, LL_LM_MATRIX, c->embedding_width, c->width, -1, "emb_out.w");
	if (!c->tied_head)
		add_tensor(m, &cap, LL_LM_MATRIX, c->vocabulary, c->embedding_width, -1, "head.w");
	if (c->head_bias)
		add_tensor(m, &cap, LL_LM_BIAS, c->vocabulary, 0, -1, "head.b");
}

struct ll_lm_tensor *ll_lm_tensors(const struct ll_lm_config *config, size_t *n)
{
	struct ll_lm m = { .config = *config };
	list_tensors(&m);
	*n = m.tensors;
	return m.tensor;
}

const struct ll_lm_tensor *ll_lm_find(const struct ll_lm *m, const char *name)
{
	for (size_t i = 0; i < m->tensors; i++)
		if (strcmp(m->tensor[i].name, name) == 0)
			return &m->tensor[i];
	return NULL;
}

static float *place(const struct ll_lm *m, float *arena, int layer, const char *name)
{
	char full[48];
	if (layer >= 0)
		snprintf(full, sizeof(full), "h.%d.%s", layer, name);
	else
		snprintf(full, sizeof(full), "%s", name);
	const struct ll_lm_tensor *t = ll_lm_find(m, full);
	return t ? arena + t->offset : NULL;
}

/* The tensors of a layer's experts follow its router, in order; their names need no search. */
static void point_experts(const struct ll_lm *m, float *arena, struct ll_lm_weights *w)
{
	int64_t E = m->config.experts, each = m->config.bias ? 4 : 2;
	struct ll_lm_expert *all = E ? ll_calloc((size_t)(m->config.layers * E), sizeof(*all)) : NULL;
	for (int l = 0; E && l < (int)m->config.layers; l++) {
		char name[40];
		snprintf(name, sizeof(name), "h.%d.router.w", l);
		const struct ll_lm_tensor *t = ll_lm_find(m, name) + 1;
		w->layer[l].expert = all + l * E;
		for (int64_t e = 0; e < E; e++, t += each)
			w->layer[l].expert[e] = (struct ll_lm_expert){ arena + t[0].offset, each == 4 ? arena + t[1].offset : NULL, arena + t[each / 2].offset,
								       each == 4 ? arena + t[3].offset : NULL };
	}
}

static void point(const struct ll_lm *m, float *arena, struct ll_lm_weights *w)
{
	*w = (struct ll_lm_weights){ place(m, arena, -1, "wte"), place(m, arena, -1, "wpe"), place(m, arena, -1, "emb_norm.w"),
				     place(m, arena, -1, "emb_norm.b"), place(m, arena, -1, "norm_f.w"), place(m, arena, -1, "norm_f.b"),
				     place(m, arena, -1, m->config.tied_head ? "wte" : "head.w"), place(m, arena, -1, "head.b"), place(m, arena, -1, "emb_in.w"),
				     place(m, arena, -1, "emb_out.w"), NULL };
	w->layer = ll_calloc((size_t)m->config.layers, sizeof(*w->layer));
	for (int l = 0; l < (int)m->config.layers; l++)
		w->layer[l] = (struct ll_lm_layer){
			place(m, arena, l, "norm1.w"), place(m, arena, l, "norm1.b"), place(m, arena, l, "qkv.w"), place(m, arena, l, "qkv.b"),
			place(m, arena, l, "q_norm.w"), place(m, arena, l, "k_norm.w"),
			place(m, arena, l, "proj.w"),  place(m, arena, l, "proj.b"),  place(m, arena, l, "norm2.w"), place(m, arena, l, "norm2.b"),
			place(m, arena, l, "up.w"),    place(m, arena, l, "up.b"),    place(m, arena, l, "down.w"), place(m, arena, l, "down.b"),
			place(m, arena, l, "router.w"), NULL,
		};
	point_experts(m, arena, w);
}

/* ---- memory: the same walk counts (base NULL) and hands out ---- */

struct walk {
	float *base;
	size_t used;
};

static float *take(struct walk *w, int64_t n)
{
	float *p = w->base ? w->base + w->used : NULL;
	w->used += ((size_t)n + 15) & ~(size_t)15; /* 64-byte lines for float */
	return p;
}

static int32_t *take_ids(struct walk *w, int64_t n)
{
	return (int32_t *)(void *)take(w, n);
}

/* What a pass over rows gives. */
static void take_cheap(struct walk *w, const struct ll_lm_config *c, int64_t M, struct ll_lm_kept *k)
{
	if (c->norm != LL_LM_NORM_NONE) {
		k->norm1 = c->post_norm ? NULL : take(w, M * c->width);
		k->norm2 = c->shared_norm ? k->norm1 : take(w, M * c->width);
	}
	k->act = take(w, M * LL_MAX(c->experts_per_token, 1) * c->ffn_width);
}

static void take_dear(struct walk *w, const struct ll_lm_config *c, int64_t M, struct ll_lm_kept *k)
{
	int64_t C = c->width, F = c->ffn_width;
	int64_t S = c->norm == LL_LM_NORM_BATCH ? C : M;
	k->mean1 = take(w, S), k->rstd1 = take(w, S);
	k->qkv = take(w, M * ll_lm_qkv_width(c)), k->attention = take(w, M * c->heads * c->head_dim), k->lse = take(w, M * c->heads);
	int64_t turned = c->qk_norm ? M * (c->heads + c->kv_heads) : 0;
	k->qk = take(w, turned * c->head_dim), k->qk_mean = take(w, turned), k->qk_rstd = take(w, turned);
	k->mid = take(w, M * C), k->sum = take(w, c->post_norm ? M * C : 0);
	k->mean2 = c->shared_norm ? k->mean1 : take(w, S), k->rstd2 = c->shared_norm ? k->rstd1 : take(w, S);
	int64_t N = c->experts_per_token, E = c->experts;
	k->up = take(w, M * LL_MAX(N, 1) * F * (ll_lm_gated(c) ? 2 : 1));
	k->probability = take(w, M * E), k->gate = take(w, M * N), k->answer = take(w, M * N * C);
	k->expert = take_ids(w, M * N), k->slot = take_ids(w, M * N), k->source = take_ids(w, M * N), k->first = take_ids(w, E ? 2 * E + 1 : 0);
}

/* Rows whose logits exist at a time: whole blocks of a product's rows (kernels/gemm.h) that fit into 32 Mi numbers, two at most. */
static int64_t rows_of_head(int64_t vocabulary)
{
	int64_t rows = ((int64_t)32 << 20) / vocabulary;
	return rows >= LL_GEMM_ROWS ? LL_MIN(rows / LL_GEMM_ROWS, 2) * LL_GEMM_ROWS : LL_MAX(32, rows / 32 * 32);
}

/* Of all layers; kept may be NULL when only counting. Returns where the last one's output goes. */
static float *take_layers(struct walk *w, const struct ll_lm_config *c, int64_t M, enum ll_lm_mode mode, struct ll_lm_kept *kept)
{
	bool cheap = mode == LL_LM_TRAINING, dear = cheap || mode == LL_LM_TRAINING_SELECTIVE, inputs = mode != LL_LM_INFERENCE;
	struct ll_lm_kept shared = { 0 };
	float *x[2] = { NULL, NULL };
	if (!inputs)
		x[0] = take(w, M * c->width), x[1] = take(w, M * c->width);
	if (!cheap)
		take_cheap(w, c, M, &shared);
	if (!dear)
		take_dear(w, c, M, &shared);
	for (int64_t l = 0; l < c->layers; l++) {
		struct ll_lm_kept k = shared;
		k.x = inputs ? take(w, M * c->width) : x[l % 2];
		if (cheap)
			take_cheap(w, c, M, &k);
		if (dear)
			take_dear(w, c, M, &k);
		if (c->norm == LL_LM_NORM_NONE || c->post_norm) /* their outputs are their inputs */
			k.norm1 = k.x;
		if (c->norm == LL_LM_NORM_NONE)
			k.norm2 = c->parallel_residual ? k.x : k.mid;
		if (kept)
			kept[l] = k;
	}
	return inputs ? take(w, M * c->width) : x[c->layers % 2];
}

/* Lays out everything for M = batch x T rows; kept may be NULL when only counting. */
static void take_all(struct walk *w, const struct ll_lm_config *c, int64_t batch, int64_t T, enum ll_lm_mode mode, int threads,
		     struct ll_lm_memory *y, struct ll_lm_kept *kept)
{
	int64_t M = batch * T, C = c->width, F = c->ffn_width, U = F * (ll_lm_gated(c) ? 2 : 1), A = c->heads * c->head_dim;
	int64_t E = c->experts, R = M * LL_MAX(c->experts_per_token, 1), S = c->norm == LL_LM_NORM_BATCH ? C : M;
	y->x_final = take_layers(w, c, M, mode, kept);
	y->embedded = c->embedding_norm ? take(w, M * C) : NULL;
	y->mean_e = take(w, S), y->rstd_e = take(w, S);
	y->norm_f = ll_lm_last_norm(c) || c->output_scale != 1 ? take(w, M * C) : y->x_final, y->mean_f = take(w, S), y->rstd_f = take(w, S);
	y->head_in = ll_lm_projects(c) ? take(w, M * c->embedding_width) : y->norm_f;
	y->chunk = LL_MIN(M, rows_of_head(c->vocabulary));
	y->logits = take(w, y->chunk * c->vocabulary), y->loss = take(w, M), y->added = take(w, M), y->log_z = take(w, M);
	y->positions = c->position == LL_LM_POS_SINUSOIDAL ? take(w, c->context * C) : NULL;
	y->turning = ll_lm_turning(c);
	y->rotary = y->turning ? take(w, c->context * y->turning) : NULL;
	if (mode != LL_LM_INFERENCE) {
		y->dx = take(w, M * C), y->dn1 = take(w, M * C), y->dn2 = take(w, M * C);
		y->dhead = ll_lm_projects(c) ? take(w, M * c->embedding_width) : y->dn1;
		y->dqkv = take(w, M * ll_lm_qkv_width(c)), y->dattention = take(w, M * A), y->dup = take(w, R * U), y->dact = take(w, R * F);
		y->danswer = take(w, E ? R * C : 0), y->drouter = take(w, M * E), y->load = take(w, M * E);
	}
	y->gathered = take(w, E ? R * C : 0);
	y->scratch = take(w, LL_MAX(threads * 2 * T * LL_MIN(T, LL_ATTENTION_BLOCK), LL_MAX(2 * C * ((M + 63) / 64), 2 * c->head_dim * ((M * c->heads + 63) / 64))));
	y->row = take(w, LL_MAX(c->vocabulary, 64));
}

struct ll_lm_plan ll_lm_plan(const struct ll_lm_config *config, int64_t batch, int64_t seq_len, enum ll_lm_mode mode)
{
	struct walk w = { NULL, 0 };
	struct ll_lm_memory y = { 0 };
	struct ll_lm_plan p = { .parameters = ll_lm_config_parameters(config) * sizeof(float) };
	take_all(&w, config, batch, seq_len, mode, ll_threads(), &y, NULL);
	p.gradients = mode == LL_LM_INFERENCE ? 0 : p.parameters;
	p.activations = w.used * sizeof(float);
	p.panels = (uint64_t)ll_threads() * sizeof(struct ll_gemm_scratch);
	p.total = p.parameters + p.gradients + p.activations + p.panels;
	return p;
}

static void fill_tables(struct ll_lm *m)
{
	const struct ll_lm_config *c = &m->config;
	struct ll_lm_memory *y = m->memory;
	for (int64_t i = 0; y->rotary && i < y->turning / 2; i++) {
		double frequency = ll_rotary_frequency(c, i), gain = ll_rotary_gain(c);
		for (int64_t t = 0; t < c->context; t++) {
			y->rotary[t * y->turning + i] = (float)(gain * cos((double)t * frequency));
			y->rotary[t * y->turning + y->turning / 2 + i] = (float)(gain * sin((double)t * frequency));
		}
	}
	/* Vaswani et al. 2017, section 3.5. */
	for (int64_t t = 0; y->positions && t < c->context; t++)
		for (int64_t i = 0; i < c->width; i++) {
			double angle = (double)t * pow(10000, -(double)(i / 2 * 2) / (double)c->width);
			y->positions[t * c->width + i] = (float)(i % 2 ? cos(angle) : sin(angle));
		}
}

struct ll_lm *ll_lm_new(const struct ll_lm_config *config, int64_t batch, int64_t seq_len, enum ll_lm_mode mode, struct ll_pool *pool)
{
	struct ll_lm *m = ll_calloc(1, sizeof(*m));
	struct ll_lm_memory *y = m->memory = ll_calloc(1, sizeof(*y));
	bool training = mode != LL_LM_INFERENCE;
	LL_ASSERT(seq_len >= 1 && seq_len <= config->context && batch >= 1);
	m->config = *config;
	m->batch = batch;
	m->seq_len = seq_len;
	m->pool = pool;
	list_tensors(m);
	LL_ASSERT(m->parameters == ll_lm_config_parameters(config));
	m->param = ll_alloc_aligned(64, m->parameters * sizeof(float));
	m->embedding_gradient = 1;
	m->grad = training ? ll_alloc_aligned(64, m->parameters * sizeof(float)) : NULL;
	y->ops = ll_ops_f32_best();
	y->mode = mode;
	point(m, m->param, &y->w);
	if (training)
		point(m, m->grad, &y->g);
	y->kept = ll_calloc((size_t)config->layers, sizeof(*y->kept));
	struct walk w = { NULL, 0 };
	take_all(&w, config, batch, seq_len, mode, ll_pool_threads(pool), y, NULL);
	y->bytes = w.used * sizeof(float);
	w = (struct walk){ ll_alloc_aligned(64, w.used * sizeof(float)), 0 };
	y->base = w.base;
	take_all(&w, config, batch, seq_len, mode, ll_pool_threads(pool), y, y->kept);
	fill_tables(m);
	return m;
}

void ll_lm_free(struct ll_lm *m)
{
	if (!m)
		return;
	ll_free(m->memory->base);
	ll_free(m->memory->kept);
	ll_free(m->memory->w.layer[0].expert);
	if (m->memory->g.layer)
		ll_free(m->memory->g.layer[0].expert);
	ll_free(m->memory->w.layer);
	ll_free(m->memory->g.layer);
	ll_free(m->memory);
	ll_free(m->tensor);
	ll_free(m->param);
	ll_free(m->grad);
	ll_free(m);
}
