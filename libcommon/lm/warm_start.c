/* SPDX-License-Identifier: MIT */
#include "lm/warm_start.h"

#include "base/memory.h"
#include "lm/checkpoint.h"

/* Every key but those that may differ. */
static int same_model(const struct ll_lm_config *ours, const struct ll_lm_config *theirs, const char *dir, struct ll_err *err)
{
	struct ll_lm_config c = *theirs;
	struct ll_buf a = { 0 }, b = { 0 };
	c.vocabulary = ours->vocabulary, c.context = ours->context, c.dropout = ours->dropout, c.attention_dropout = ours->attention_dropout, c.label_smoothing = ours->label_smoothing, c.z_loss = ours->z_loss, c.family = ours->family;
	c.expert_capacity = ours->expert_capacity, c.expert_balance = ours->expert_balance;
	c.init = ours->init, c.init_std = ours->init_std, c.mup_base = ours->mup_base, c.init_scale_residual = ours->init_scale_residual;
	c.rotary_base = ours->rotary_base, c.rotary_scaling = ours->rotary_scaling, c.rotary_factor = ours->rotary_factor;
	c.rotary_context = ours->rotary_context, c.rotary_fast = ours->rotary_fast, c.rotary_slow = ours->rotary_slow, c.rotary_attention = ours->rotary_attention;
	ll_lm_config_print(ours, &a);
	ll_lm_config_print(&c, &b);
	int rc = 0;
	for (const char *p = ll_buf_cstr(&a), *q = ll_buf_cstr(&b); *p && rc == 0;) {
		int m = (int)strcspn(p, "\n"), n = (int)strcspn(q, "\n");
		if (m != n || memcmp(p, q, (size_t)n) != 0)
			rc = ll_err_set(err, "%s: the model there has %.*s, this one %.*s", dir, n, q, m, p);
		p += m + 1, q += n + 1;
	}
	ll_buf_free(&a);
	ll_buf_free(&b);
	return rc;
}

/* Chen et al. 2023 (position interpolation), for a table: new position i stands at i (old - 1) / (new - 1) of the old. */
static void interpolate(float *to, int64_t rows, const float *from, int64_t old, int64_t columns)
{
	for (int64_t i = 0; i < rows; i++) {
		double at = rows > 1 ? (double)i * (double)(old - 1) / (double)(rows - 1) : 0;
		int64_t low = LL_MIN((int64_t)at, old - 1), high = LL_MIN(low + 1, old - 1);
		double share = at - (double)low;
		for (int64_t k = 0; k < columns; k++)
			to[i * columns + k] = (float)((1 - share) * (double)from[low * columns + k] + share * (double)from[high * columns + k]);
	}
}

/* The floats of `m` that stand for a piece of `o`: all of a tensor where the piece is all of o's. */
static size_t floats_of(const struct ll_lm *m, const struct ll_lm *o, const struct ll_hf_tensor *piece, float **at)
{
	const struct ll_lm_tensor *t = &m->tensor[piece->tensor];
	size_t columns = t->ndim > 1 ? (size_t)t->shape[1] : 1;
	bool whole = piece->rows == o->tensor[piece->tensor].shape[0];
	*at = m->param + t->offset + (whole ? 0 : (size_t)piece->row * columns);
	return whole ? t->size : (size_t)piece->rows * columns;
}

/* Exchanges those with `store`: twice is as if nothing had been written there meanwhile. */
static void keep(struct ll_lm *m, const struct ll_lm *o, const struct ll_lm_unmatched *u, float *store)
{
	float *at;
	for (size_t i = 0; u && i < u->missing_n; i++) {
		size_t n = floats_of(m, o, &u->missing[i], &at);
		for (size_t k = 0; k < n; k++, store++) {
			float v = at[k];
			at[k] = *store;
			*store = v;
		}
	}
}

void ll_lm_take_over(struct ll_lm *m, const struct ll_lm *o, const struct ll_lm_unmatched *u)
{
	size_t kept = 0;
	float *at;
	for (size_t i = 0; u && i < u->missing_n; i++)
		kept += floats_of(m, o, &u->missing[i], &at);
	float *store = ll_calloc(kept + 1, sizeof(*store));
	keep(m, o, u, store);
	for (size_t i = 0; i < m->tensors; i++) {
		const struct ll_lm_tensor *t = &m->tensor[i], *s = &o->tensor[i];
		float *to = m->param + t->offset;
		const float *from = o->param + s->offset;
		LL_ASSERT(strcmp(t->name, s->name) == 0);
		if (strcmp(t->name, "wpe") == 0 && t->shape[0] > s->shape[0])
			interpolate(to, t->shape[0], from, s->shape[0], t->shape[1]);
		else
			memcpy(to, from, LL_MIN(t->size, s->size) * sizeof(float));
	}
	keep(m, o, u, store);
	ll_free(store);
}

int ll_lm_warm_start(struct ll_lm *m, const char *dir, struct ll_lm_unmatched *u, struct ll_err *err)
{
	struct ll_lm *o = ll_lm_load_folder_with(dir, 1, 1, LL_LM_INFERENCE, m->pool, NULL, u);
	int rc = same_model(&m->config, &o->config, dir, err);
	if (rc == 0)
		ll_lm_take_over(m, o, u);
	ll_lm_free(o);
	return rc;
}
