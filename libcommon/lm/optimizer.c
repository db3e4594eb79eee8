/* SPDX-License-Identifier: MIT */
#include "lm/optimizer.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"

static void size_two(const struct ll_lm_config *c, const struct ll_lm_tensor *w, bool momentum, size_t kept[2])
{
	(void)c;
	(void)momentum;
	kept[0] = kept[1] = w->size;
}

static void size_one(const struct ll_lm_config *c, const struct ll_lm_tensor *w, bool momentum, size_t kept[2])
{
	(void)c;
	(void)momentum;
	kept[0] = w->size;
	kept[1] = 0;
}

static void size_momentum(const struct ll_lm_config *c, const struct ll_lm_tensor *w, bool momentum, size_t kept[2])
{
	(void)c;
	kept[0] = momentum ? w->size : 0;
	kept[1] = 0;
}

static void update_adam(const struct ll_optimizer *o, const struct ll_update *u, const struct ll_lm_tensor *w, float *p,
			const float *g, float *first, float *second)
{
	ll_update_adam(o->model->pool, u, p, g, first, second, w->size);
}

static void update_sgd(const struct ll_optimizer *o, const struct ll_update *u, const struct ll_lm_tensor *w, float *p,
		       const float *g, float *first, float *second)
{
	(void)second;
	ll_update_sgd(o->model->pool, u, p, g, first, w->size);
}

static void update_lion(const struct ll_optimizer *o, const struct ll_update *u, const struct ll_lm_tensor *w, float *p,
			const float *g, float *first, float *second)
{
	(void)second;
	ll_update_lion(o->model->pool, u, p, g, first, w->size);
}

/* ---- Adafactor ---- */

static void size_factors(const struct ll_lm_config *c, const struct ll_lm_tensor *w, bool momentum, size_t kept[2])
{
	int64_t rows[3];
	bool matrix = w->ndim > 1;
	(void)momentum;
	kept[0] = matrix ? (size_t)w->shape[0] : 0;
	kept[1] = matrix ? ll_lm_matrices(c, w, rows) * (size_t)w->shape[1] : w->size;
}

static size_t scratch_adafactor(const struct ll_lm_config *c, const struct ll_lm_tensor *w)
{
	int64_t rows[3];
	if (w->ndim == 1)
		return ll_adafactor_scratch(0, w->size);
	size_t need = 0, n = ll_lm_matrices(c, w, rows);
	for (size_t i = 0; i < n; i++)
		need = LL_MAX(need, ll_adafactor_scratch((size_t)rows[i], (size_t)w->shape[1]));
	return need;
}

static void update_adafactor(const struct ll_optimizer *o, const struct ll_update *u, const struct ll_lm_tensor *w,
			     float *p, const float *g, float *first, float *second)
{
	struct ll_pool *pool = o->model->pool;
	int64_t rows[3];
	if (w->ndim == 1) {
		ll_update_adafactor(pool, u, p, g, NULL, second, 0, w->size, o->scratch);
		return;
	}
	size_t n = ll_lm_matrices(&o->model->config, w, rows), columns = (size_t)w->shape[1], row = 0;
	for (size_t i = 0; i < n; row += (size_t)rows[i++])
		ll_update_adafactor(pool, u, p + row * columns, g + row * columns, first + row, second + i * columns,
				    (size_t)rows[i], columns, o->scratch);
}

/* ---- Muon ---- */

static bool is_hidden_matrix(const struct ll_lm_tensor *w)
{
	return (w->kind == LL_LM_MATRIX || w->kind == LL_LM_RESIDUAL_MATRIX) && strncmp(w->name, "h.", 2) == 0;
}

static void size_muon(const struct ll_lm_config *c, const struct ll_lm_tensor *w, bool momentum, size_t kept[2])
{
	(is_hidden_matrix(w) ? size_one : size_two)(c, w, momentum, kept);
}

static size_t scratch_muon(const struct ll_lm_config *c, const struct ll_lm_tensor *w)
{
	int64_t rows[3];
	size_t need = 0, n = is_hidden_matrix(w) ? ll_lm_matrices(c, w, rows) : 0;
	for (size_t i = 0; i < n; i++)
		need = LL_MAX(need, ll_muon_scratch((size_t)rows[i], (size_t)w->shape[1]));
	return need;
}

static void update_muon(const struct ll_optimizer *o, const struct ll_update *u, const struct ll_lm_tensor *w, float *p,
			const float *g, float *first, float *second)
{
	int64_t rows[3];
	if (!is_hidden_matrix(w)) {
		update_adam(o, u, w, p, g, first, second);
		return;
	}
	size_t n = ll_lm_matrices(&o->model->config, w, rows);
	for (size_t i = 0, at = 0; i < n; at += (size_t)(rows[i++] * w->shape[1]))
		ll_update_muon(o->model->pool, ll_ops_f32_best(), u, p + at, g + at, first + at, rows[i], w->shape[1],
			       o->scratch);
}

/* ---- the table ---- */

#define ADAM_KEYS (LL_OPTIMIZER_BETA1 | LL_OPTIMIZER_BETA2 | LL_OPTIMIZER_EPS)
#define MOMENTUM_KEYS (LL_OPTIMIZER_MOMENTUM | LL_OPTIMIZER_NESTEROV)

static const struct ll_optimizer_kind kinds[] = {
	{ .name = "adamw", .keys = ADAM_KEYS, .defaults = { .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8 }, .size = size_two,
	  .update = update_adam },
	{ .name = "adam", .keys = ADAM_KEYS, .defaults = { .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8 }, .coupled = true,
	  .size = size_two, .update = update_adam },
	{ .name = "sgd", .keys = MOMENTUM_KEYS, .defaults = { .momentum = 0.9 }, .coupled = true, .size = size_momentum,
	  .update = update_sgd },
	{ .name = "lion", .keys = LL_OPTIMIZER_BETA1 | LL_OPTIMIZER_BETA2, .defaults = { .beta1 = 0.9, .beta2 = 0.99 },
	  .size = size_one, .update = update_lion },
	{ .name = "adafactor", .keys = LL_OPTIMIZER_EPS | LL_OPTIMIZER_RELATIVE_STEP, .defaults = { .eps = 1e-30 },
	  .size = size_factors, .scratch = scratch_adafactor, .update = update_adafactor },
	{ .name = "muon", .keys = ADAM_KEYS | MOMENTUM_KEYS,
	  .defaults = { .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .momentum = 0.95, .nesterov = true }, .size = size_muon,
	  .scratch = scratch_muon, .update = update_muon },
};

const struct ll_optimizer_kind *ll_optimizer_kind(const char *name)
{
	for (size_t i = 0; i < LL_COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* Places of n tensors (may be NULL) and, in *scratch, the most floats an update takes; returns the floats of the state. */
static size_t lay_out(const struct ll_optimizer_kind *k, const struct ll_lm_config *c, const struct ll_lm_tensor *w, size_t n,
		      bool momentum, size_t (*place)[2], size_t *scratch)
{
	size_t at = 0, kept[2];
	*scratch = 0;
	for (size_t part = 0; part < 2; part++)
		for (size_t i = 0; i < n; i++) {
			k->size(c, &w[i], momentum, kept);
			if (place)
				place[i][part] = at;
			at += kept[part];
			if (k->scratch)
				*scratch = LL_MAX(*scratch, k->scratch(c, &w[i]));
		}
	return at;
}

uint64_t ll_optimizer_plan(const struct ll_optimizer_kind *k, const struct ll_lm_config *c, bool momentum, uint64_t *state)
{
	size_t n, scratch;
	struct ll_lm_tensor *w = ll_lm_tensors(c, &n);
	*state = lay_out(k, c, w, n, momentum, NULL, &scratch) * sizeof(float);
	ll_free(w);
	return *state + scratch * sizeof(float);
}

struct ll_optimizer *ll_optimizer_new(const struct ll_optimizer_kind *k, struct ll_lm *m, bool momentum)
{
	struct ll_optimizer *o = ll_calloc(1, sizeof(*o));
	size_t scratch;
	*o = (struct ll_optimizer){ .kind = k, .model = m, .momentum = momentum, .place = ll_calloc(m->tensors, sizeof(*o->place)) };
	o->floats = lay_out(k, &m->config, m->tensor, m->tensors, momentum, o->place, &scratch);
	o->own = ll_calloc(m->tensors, sizeof(*o->own));
	for (size_t i = 0; i < m->tensors; i++)
		ll_optimizer_set(o, i, 1, NAN);
	o->state = ll_alloc_aligned(64, o->floats * sizeof(float));
	o->scratch = scratch ? ll_alloc_aligned(64, scratch * sizeof(float)) : NULL;
	return o;
}

void ll_optimizer_set(struct ll_optimizer *o, size_t tensor, double lr, double weight_decay)
{
	o->own[tensor] = (struct ll_optimizer_own){ lr, weight_decay };
}

void ll_optimizer_update(struct ll_optimizer *o, const struct ll_update *u)
{
	const struct ll_lm *m = o->model;
	for (size_t i = 0; i < m->tensors; i++) {
		const struct ll_lm_tensor *w = &m->tensor[i];
		struct ll_update own = *u;
		size_t kept[2];
		if (o->own[i].lr == 0 || w->kind == LL_LM_STATISTIC)
			continue;
		o->kind->size(&m->config, w, o->momentum, kept);
		if (!w->decay)
			own.weight_decay = own.l1 = own.l2 = 0;
		if (!isnan(o->own[i].weight_decay))
			own.weight_decay = o->own[i].weight_decay;
		if (o->kind->coupled) {
			own.l2 += own.weight_decay;
			own.weight_decay = 0;
		}
		own.lr = u->lr * o->own[i].lr * w->rate; /* what decays keeps the run's own rate */
		own.weight_decay /= w->rate;
		if (own.spikes > 0 && kept[1] == w->size)
			ll_clip_spikes(m->pool, m->grad + w->offset, o->state + o->place[i][1], w->size, own.spikes, own.scale);
		if (o->watch)
			o->watch(o->watching, i, false);
		o->kind->update(o, &own, w, m->param + w->offset, m->grad + w->offset,
				kept[0] ? o->state + o->place[i][0] : NULL, kept[1] ? o->state + o->place[i][1] : NULL);
		if (o->watch)
			o->watch(o->watching, i, true);
	}
}

void ll_optimizer_free(struct ll_optimizer *o)
{
	if (!o)
		return;
	ll_free(o->state);
	ll_free(o->scratch);
	ll_free(o->place);
	ll_free(o->own);
	ll_free(o);
}
