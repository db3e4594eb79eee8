/* SPDX-License-Identifier: MIT */
/*
 * lm_model_test.c - whole models: gradients against finite differences in float64, float32 backends against float64, threads,
 * causality, the memory plan, decoding against the forward pass.
 */
#include "lm_run.h"

#include "base/cpu.h"
#include "kernels/ops_dispatch.h"
#include "lm/model_memory.h"

/* Small models of every family and every choice; odd sizes on purpose. */
static const struct {
	const char *name, *preset, *settings;
} models[] = {
	{ "gpt2", "gpt2-tiny", "vocabulary=37 width=24 heads=3 layers=2 context=16" },
	{ "llama", "llama-tiny", "vocabulary=31 width=24 heads=3 layers=2 context=16 ffn_width=20" },
	{ "llama with grouped heads, interleaved rotary", "llama-tiny",
	  "vocabulary=31 width=24 heads=4 kv_heads=2 head_dim=10 layers=2 context=16 ffn_width=20 rotary_interleaved=true" },
	{ "llama with turning slowed as in yarn", "llama-tiny",
	  "vocabulary=31 width=24 heads=2 layers=1 context=64 ffn_width=20 rotary_base=100 rotary_scaling=yarn rotary_factor=4 rotary_fast=2" },
	{ "neox: parallel, rotary on a quarter, own head", "gpt2-tiny",
	  "vocabulary=29 width=32 heads=2 layers=2 context=16 position=rotary rotary_fraction=0.25 parallel_residual=true tied_head=false ffn=gelu" },
	{ "gpt-j: one norm for both branches, pairs turned, no bias in attention, one on the logits", "gpt-j-tiny",
	  "vocabulary=29 width=32 heads=2 layers=2 context=16" },
	{ "bloom: alibi, embedding norm", "gpt2-tiny",
	  "vocabulary=29 width=24 heads=3 layers=2 context=16 position=alibi embedding_norm=true" },
	{ "opt: relu", "gpt2-tiny", "vocabulary=29 width=16 heads=2 layers=2 context=16 ffn=relu" },
	{ "geglu, sinusoidal, no bias", "gpt2-tiny",
	  "vocabulary=29 width=16 heads=2 layers=1 context=16 ffn=geglu position=sinusoidal bias=false" },
	{ "no positions, parallel, rms", "llama-tiny",
	  "vocabulary=29 width=16 heads=1 layers=2 context=16 position=none parallel_residual=true ffn_width=24" },
	{ "banded and dense layers by turns", "gpt2-tiny", "vocabulary=29 width=16 heads=2 layers=4 context=16 band=3 band_every=2" },
	{ "dropout in attention, a cap on its scores", "llama-tiny",
	  "vocabulary=29 width=16 heads=2 kv_heads=1 layers=2 context=16 ffn_width=24 attention_dropout=0.3 attention_cap=2" },
	{ "queries and keys normed, grouped heads, rotary", "llama-tiny",
	  "vocabulary=29 width=24 heads=4 kv_heads=2 head_dim=10 layers=2 context=16 ffn_width=24 qk_norm=true" },
	{ "queries and keys normed by layer norm", "gpt2-tiny", "vocabulary=29 width=24 heads=2 layers=1 context=16 qk_norm=true" },
	{ "queries and keys normed, nothing else", "gpt2-tiny", "vocabulary=29 width=24 heads=2 layers=2 context=16 qk_norm=true norm=none" },
	{ "one expert of four a token, capacity and balance", "gpt2-tiny",
	  "vocabulary=29 width=16 heads=2 layers=2 context=16 experts=4 experts_per_token=1 expert_capacity=1 expert_balance=0.3" },
	{ "two gated experts of five a token, balance", "llama-tiny",
	  "vocabulary=29 width=16 heads=2 layers=2 context=16 ffn_width=24 experts=5 expert_balance=0.1 dropout=0.1" },
	{ "three experts of three a token, capacity, parallel", "gpt-j-tiny",
	  "vocabulary=29 width=16 heads=1 layers=1 context=16 ffn_width=24 experts=3 experts_per_token=3 expert_capacity=0.7" },
	{ "mup", "gpt2-tiny", "vocabulary=29 width=24 heads=2 layers=2 context=16 init=mup mup_base=8" },
	{ "mup, own head, no norms", "llama-tiny", "vocabulary=29 width=24 heads=2 layers=1 context=16 init=mup mup_base=8 norm=none ffn_width=20" },
	{ "batch norm, also of embeddings", "gpt2-tiny", "vocabulary=29 width=24 heads=2 layers=2 context=16 norm=batch embedding_norm=true dropout=0.2" },
	{ "batch norm, parallel, no biases, queries and keys normed", "llama-tiny",
	  "vocabulary=29 width=18 heads=1 layers=2 context=16 ffn_width=24 norm=batch parallel_residual=true qk_norm=true" },
	{ "batch norm, one for both branches", "gpt-j-tiny", "vocabulary=29 width=16 heads=1 layers=1 context=16 norm=batch dropout=0.1" },
	/* With relu bf16 puts 0 to 4 of its 2688 units on the other side of 0, and one may change a gradient by 5e-2. */
	{ "opt-350m but gelu: norms after the sums, narrow embeddings", "opt-tiny",
	  "ffn=gelu vocabulary=29 width=24 heads=2 layers=2 context=16 post_norm=true embedding_width=10" },
	{ "norms after the sums, rms, gated, wide embeddings, own head, queries and keys normed", "llama-tiny",
	  "vocabulary=29 width=16 heads=2 kv_heads=1 layers=2 context=16 ffn_width=24 post_norm=true embedding_width=20 qk_norm=true dropout=0.1" },
	{ "norms after the sums, embedding norm, narrow embeddings, experts, mup", "gpt2-tiny",
	  "vocabulary=29 width=16 heads=2 layers=2 context=16 position=sinusoidal embedding_norm=true embedding_width=12 experts=3 expert_capacity=1 "
	  "expert_balance=0.2 post_norm=true init=mup mup_base=8 dropout=0.1" },
	{ "batch norms after the sums, no positions, narrow embeddings", "gpt2-tiny",
	  "vocabulary=29 width=16 heads=1 layers=2 context=16 position=none norm=batch post_norm=true embedding_width=5 bias=false" },
	{ "no norms", "gpt2-tiny", "vocabulary=29 width=16 heads=2 layers=2 context=16 norm=none" },
	{ "no norms, parallel, rotary", "llama-tiny",
	  "vocabulary=29 width=16 heads=2 layers=2 context=16 norm=none parallel_residual=true ffn_width=24 dropout=0.1" },
	{ "dropout", "gpt2-tiny", "vocabulary=29 width=20 heads=2 layers=2 context=16 dropout=0.2" },
	{ "label smoothing and z-loss", "gpt2-tiny", "vocabulary=29 width=20 heads=2 layers=1 context=16 label_smoothing=0.1 z_loss=0.01" },
	{ "head sizes 40", "gpt2-tiny", "vocabulary=53 width=80 heads=2 layers=1 context=16" },
	{ "head sizes 80, one key for two heads", "llama-tiny", "vocabulary=53 width=40 heads=2 kv_heads=1 head_dim=80 layers=1 context=16 ffn_width=30" },
	{ "head sizes 96, two keys for four heads, normed", "llama-tiny",
	  "vocabulary=53 width=40 heads=4 kv_heads=2 head_dim=96 layers=1 context=16 ffn_width=30 qk_norm=true" },
};

static struct ll_pool *serial; /* of one thread: loops this short are over before a second one has begun */

static double objective(struct ll_lm_f64 *m, const int32_t *tokens, const int32_t *targets)
{
	uint64_t n;
	double sum = ll_lm_loss_f64(m, tokens, targets, B, T, step, 0.7, true, &n, NULL, NULL);
	return 0.7 * (sum + m->added);
}

/* Central differences at random elements of every tensor; relative to the largest gradient of the tensor. */
static double worst_difference(struct ll_lm_f64 *m, const int32_t *tokens, const int32_t *targets)
{
	double worst = 0, h = 1e-5;
	uint64_t n;
	ll_lm_loss_f64(m, tokens, targets, B, T, step, 0.7, true, &n, NULL, NULL);
	double *g = ll_malloc(m->parameters * sizeof(double));
	memcpy(g, m->grad, m->parameters * sizeof(double));
	for (size_t t = 0; t < m->tensors; t++) {
		const struct ll_lm_tensor *x = &m->tensor[t];
		double scale = 1e-3, off = 0;
		for (size_t i = 0; i < x->size; i++)
			scale = fmax(scale, fabs(g[x->offset + i]));
		for (uint64_t k = 0; k < 6; k++) {
			size_t i = x->offset + ll_random_below(9, t, k, x->size);
			double keep = m->param[i];
			m->param[i] = keep + h;
			double up = objective(m, tokens, targets);
			m->param[i] = keep - h;
			double down = objective(m, tokens, targets);
			m->param[i] = keep;
			off = fmax(off, fabs((up - down) / (2 * h) - g[i]) / scale);
		}
		if (off > 1e-6)
			diag("", "%s: %g", x->name, off);
		worst = fmax(worst, off);
	}
	ll_free(g);
	return worst;
}

/* || a - b || / || b || of one tensor. */
static double distance(const float *a, const double *b, size_t n)
{
	double d = 0, s = 1e-12;
	for (size_t i = 0; i < n; i++) {
		d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
		s += b[i] * b[i];
	}
	return sqrt(d / s);
}

static double difference(const float *a, const float *b, size_t n)
{
	double d = 0, s = 1e-12;
	for (size_t i = 0; i < n; i++) {
		d += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
		s += (double)b[i] * (double)b[i];
	}
	return sqrt(d / s);
}

static void check_model(size_t which)
{
	struct ll_lm_config c = make_config(models[which].preset, models[which].settings);
	int32_t tokens[B * T], targets[B * T];
	uint64_t n;
	make_batch(&c, B * T, tokens, targets);
	struct ll_lm_f64 *d = ll_lm_new_f64(&c, B, T, LL_LM_TRAINING, serial);
	ll_lm_init_f64(d, 1);
	for (size_t i = 0; i < d->parameters; i++) /* gains and biases away from ones and zeros */
		d->param[i] += 0.1 * (ll_random_unit(2, 2, i) - 0.5);
	double worst = worst_difference(d, tokens, targets);
	ok(worst < 1e-6, "%s: finite differences agree to 1e-6 (%.1e)", models[which].name, worst);

	double want = ll_lm_loss_f64(d, tokens, targets, B, T, step, 0.7, true, &n, NULL, NULL);
	static const struct ll_ops_f32 *const tables[] = {
		&ll_ops_f32_reference, &ll_ops_f32_scalar,
#ifdef HAVE_AVX
		&ll_ops_f32_avx2, &ll_ops_f32_avx512,
#endif
	};
	for (size_t k = 0; k < LL_COUNT(tables); k++) {
		if (k >= 2 && (int)ll_cpu() < (int)k - 1)
			continue;
		struct ll_lm *m = ll_lm_new(&c, B, T, LL_LM_TRAINING, pool);
		double off = 0;
		m->memory->ops = tables[k];
		for (size_t i = 0; i < m->parameters; i++)
			m->param[i] = (float)d->param[i];
		for (int twice = 0; twice < 2; twice++) { /* gradients add up */
			double loss = ll_lm_loss(m, tokens, targets, B, T, step, 0.35f, twice == 0, &n, NULL, NULL);
			off = fmax(off, fabs(loss / want - 1));
		}
		for (size_t t = 0; t < m->tensors; t++)
			off = fmax(off, distance(m->grad + m->tensor[t].offset, d->grad + m->tensor[t].offset, m->tensor[t].size));
		ok(off < 1e-5, "%s: %s loss and gradients are within 1e-5 of float64 (%.1e)", models[which].name, tables[k]->name, off);
		ll_lm_free(m);
	}
	for (int mode = LL_LM_TRAINING_SELECTIVE; mode <= LL_LM_TRAINING_FULL; mode++) { /* so finite differences judge these, too */
		struct ll_lm_f64 *r = ll_lm_new_f64(&c, B, T, (enum ll_lm_mode)mode, pool);
		memcpy(r->param, d->param, d->parameters * sizeof(double));
		ll_lm_loss_f64(d, tokens, targets, B, T, step, 0.7, true, &n, NULL, NULL);
		ll_lm_loss_f64(r, tokens, targets, B, T, step, 0.7, true, &n, NULL, NULL);
		ok(memcmp(r->grad, d->grad, d->parameters * sizeof(double)) == 0, "%s: recomputation, mode %d: the same gradients in float64", models[which].name,
		   mode);
		ll_lm_free_f64(r);
	}
	ll_lm_free_f64(d);
}

/* A gradient passes 4 products with weights a layer, the head and those around narrow embeddings, there and back; each rounds its inputs by 2^-8 at most. The model
 * has weights such as training begins with: others amplify what is put in. */
static void check_bf16(size_t which)
{
	static const struct ll_ops_f32 *const tables[] = {
		&ll_ops_bf16_scalar,
#ifdef HAVE_AVX
		&ll_ops_bf16_avx2, &ll_ops_bf16_avx512,
#endif
	};
	struct ll_lm_config c = make_config(models[which].preset, models[which].settings);
	int32_t tokens[B * T], targets[B * T];
	double depth = 2.0 * (4.0 * (double)c.layers + (ll_lm_projects(&c) ? 3 : 1));
	uint64_t n;
	c.init_std = 0.02;
	make_batch(&c, B * T, tokens, targets);
	struct ll_lm *f = ll_lm_new(&c, B, T, LL_LM_TRAINING, pool), *m = ll_lm_new(&c, B, T, LL_LM_TRAINING, pool);
	ll_lm_init(f, 1);
	memcpy(m->param, f->param, f->parameters * sizeof(float));
	double want = ll_lm_loss(f, tokens, targets, B, T, step, 0.7f, true, &n, NULL, NULL);
	for (int k = 0; k < (int)LL_COUNT(tables) && k <= (int)ll_cpu(); k++) {
		m->memory->ops = tables[k];
		double loss = ll_lm_loss(m, tokens, targets, B, T, step, 0.7f, true, &n, NULL, NULL), off = fabs(loss / want - 1);
		for (size_t t = 0; t < m->tensors; t++)
			off = fmax(off, difference(m->grad + m->tensor[t].offset, f->grad + m->tensor[t].offset, m->tensor[t].size));
		ok(off < 0x1p-8 * sqrt(depth) && off > 1e-5,
		   "%s: %s with bf16 products: loss and gradients within 2^-8 sqrt(depth) of float32 (%.1e)", models[which].name, tables[k]->name, off);
	}
	ll_lm_free(f);
	ll_lm_free(m);
}

static void threads_and_plan(void)
{
	struct ll_lm_config c = make_config("gpt2-tiny", "vocabulary=997 width=96 heads=3 layers=2 context=200 dropout=0.1 init_std=0.02");
	int32_t tokens[3 * 150], targets[3 * 150];
	float *grad = NULL;
	double loss = 0;
	uint64_t n;
	make_batch(&c, 3 * 150, tokens, targets);
	for (int threads = 1; threads <= 3; threads++) {
		struct ll_pool *p = ll_pool_new(threads);
		enum ll_lm_mode mode = (enum ll_lm_mode)(LL_LM_TRAINING + threads - 1); /* what is kept changes no bit either */
		struct ll_lm *m = ll_lm_new(&c, 3, 150, mode, p);
		ll_threads_set(threads);
		struct ll_lm_plan plan = ll_lm_plan(&c, 3, 150, mode);
		ok(plan.activations == m->memory->bytes && plan.parameters == m->parameters * sizeof(float) && plan.gradients == plan.parameters,
		   "the plan for %d threads, mode %d, is what is taken (%llu bytes)", threads, mode, (unsigned long long)plan.total);
		ll_lm_init(m, 1);
		double l = ll_lm_loss(m, tokens, targets, 3, 150, step, 1, true, &n, NULL, NULL);
		if (threads == 1) {
			loss = l;
			grad = ll_malloc(m->parameters * sizeof(float));
			memcpy(grad, m->grad, m->parameters * sizeof(float));
			ok(fabs(l / (double)n - log(997)) < 1.5, "the first loss is near ln V (%.3f)", l / (double)n);
		} else {
			ok(l == loss && memcmp(grad, m->grad, m->parameters * sizeof(float)) == 0, "equal bits at %d threads", threads);
		}
		ll_lm_free(m);
		ll_pool_free(p);
	}
	ll_free(grad);
}

/* What a pass leaves behind, in order: parameters (running means move), gradients, and the numbers beside them. */
static float *results(const struct ll_lm_config *c, enum ll_lm_mode mode, const struct ll_ops_f32 *ops, size_t *n, uint64_t *bytes)
{
	int32_t tokens[B * T], targets[B * T], start[B * T];
	uint64_t count, *routed = ll_calloc((size_t)(c->layers * (c->experts + 1)), sizeof(*routed));
	struct ll_lm *m = ll_lm_new(c, B, T, mode, pool);
	make_batch(c, B * T, tokens, targets);
	m->memory->ops = ops;
	m->routed = c->experts ? routed : NULL;
	ll_lm_init(m, 1);
	size_t routes = m->routed ? (size_t)(c->layers * (c->experts + 1)) : 0, at = 2 * m->parameters;
	*n = at + 6 + routes;
	*bytes = m->memory->bytes;
	float *all = ll_calloc(*n, sizeof(*all));
	for (int32_t i = 0; i < B * T; i++)
		start[i] = i % T < 4 ? 0 : 4;
	for (int twice = 0; twice < 2; twice++, m->start = start) /* gradients add up, then with two documents a sequence */
		all[at] += (float)ll_lm_loss(m, tokens, targets, B, T, step, 0.7f, twice == 0, &count, NULL, NULL);
	memcpy(all, m->param, m->parameters * sizeof(*all));
	memcpy(all + m->parameters, m->grad, m->parameters * sizeof(*all));
	all[++at] = (float)m->dropped, all[++at] = (float)m->balance, all[++at] = (float)m->added, all[++at] = (float)m->log_z;
	all[++at] = (float)m->attention_lse;
	for (size_t i = 0; i < routes; i++)
		all[++at] = (float)routed[i];
	ll_lm_free(m);
	ll_free(routed);
	return all;
}

static void recomputation(size_t which)
{
	static const char *const names[] = { "selective", "full" };
	const struct ll_ops_f32 *const tables[] = { ll_ops_f32_best(), ll_ops_bf16_best() };
	struct ll_lm_config c = make_config(models[which].preset, models[which].settings);
	c.layers = 3;
	for (size_t k = 0; k < LL_COUNT(tables); k++) {
		size_t n, other;
		uint64_t stored, bytes, before;
		float *want = results(&c, LL_LM_TRAINING, tables[k], &n, &stored);
		before = stored;
		for (int mode = 0; mode < 2; mode++, before = bytes) {
			float *got = results(&c, mode ? LL_LM_TRAINING_FULL : LL_LM_TRAINING_SELECTIVE, tables[k], &other, &bytes);
			ok(other == n && memcmp(want, got, n * sizeof(*got)) == 0, "%s, %s: recomputation, %s: equal bits", models[which].name,
			   tables[k]->name, names[mode]);
			ok(bytes < before, "in less memory (%.2f)", (double)bytes / (double)stored);
			ll_free(got);
		}
		ll_free(want);
	}
}

static void causality_and_decoding(size_t which)
{
	struct ll_lm_config c = make_config(models[which].preset, models[which].settings);
	int32_t tokens[B * T], targets[B * T];
	make_batch(&c, B * T, tokens, targets);
	struct ll_lm *m = ll_lm_new(&c, B, T, LL_LM_INFERENCE, pool);
	struct ll_lm_cache *k = ll_lm_cache_new(m);
	float *a = ll_malloc((size_t)c.vocabulary * 4), *b = ll_malloc((size_t)c.vocabulary * 4);
	double off = 0;
	/* With experts the rows of a product are others: BLAS, in the scalar backend, gives them other bits then. */
	double most = c.experts && m->memory->ops == &ll_ops_f32_scalar ? 1e-6 : 0, moved = 0;
	ll_lm_init(m, 1);
	for (size_t i = 0; i < m->tensors; i++)
		for (size_t e = 0; m->tensor[i].kind == LL_LM_STATISTIC && e < m->tensor[i].size; e++)
			m->param[m->tensor[i].offset + e] = (float)(0.5 + ll_random_unit(3, i, e));
	for (int t = 0; t < T; t++) {
		ll_lm_forward(m, tokens, B, T);
		ll_lm_logits(m, 0, t, a);
		ll_lm_decode(m, k, tokens[t], b);
		for (int64_t v = 0; v < c.vocabulary; v++)
			off = fmax(off, fabs((double)a[v] - (double)b[v]) / (1 + fabs((double)a[v])));
		int32_t keep = tokens[T - 1];
		tokens[T - 1] = (keep + 1) % (int32_t)c.vocabulary;
		ll_lm_forward(m, tokens, B, T);
		ll_lm_logits(m, 0, t, b);
		for (int64_t v = 0; t < T - 1 && v < c.vocabulary; v++)
			moved = fmax(moved, fabs((double)a[v] - (double)b[v]));
		tokens[T - 1] = keep;
	}
	ok(off < 1e-4, "%s: decoding with a cache gives the forward pass's logits (%.1e)", models[which].name, off);
	ok(moved <= most, "%s: a later token changes no earlier logit (%.1e)", models[which].name, moved);
	ll_free(a);
	ll_free(b);
	ll_lm_cache_free(k);
	ll_lm_free(m);
}

/* In training, what the losses of the first T - 1 positions of the first sequence change by when the last token of it is another
 * (its target is that of the last position alone), or, with `other`, the second sequence. */
static double leak(struct ll_lm_f64 *m, const int32_t *tokens, const int32_t *targets, bool other, float scale)
{
	int32_t changed[B * T];
	double before[B * T], after[B * T], most = 0;
	uint64_t n;
	memcpy(changed, tokens, sizeof(changed));
	for (int64_t i = other ? T : T - 1; i < (other ? 2 * T : T); i++)
		changed[i] = (tokens[i] + 5) % (int32_t)m->config.vocabulary;
	ll_lm_loss_f64(m, tokens, targets, B, T, step, (double)scale, true, &n, before, NULL);
	ll_lm_loss_f64(m, changed, targets, B, T, step, (double)scale, true, &n, after, NULL);
	for (int64_t i = 0; i < T - 1; i++)
		most += fabs(after[i] - before[i]); /* a sum, so that NaN stays */
	return most;
}

/* Why norm = batch is an ablation: in training it tells a position what comes after it and what stands in other sequences. */
static void leaks(size_t which)
{
	struct ll_lm_config c = make_config(models[which].preset, models[which].settings);
	int32_t tokens[B * T], targets[B * T];
	for (int64_t i = 0; i < B * T; i++) {
		tokens[i] = (int32_t)ll_random_below(11, 1, (uint64_t)i, (uint64_t)c.vocabulary);
		targets[i] = (int32_t)ll_random_below(11, 2, (uint64_t)i, (uint64_t)c.vocabulary);
	}
	struct ll_lm_f64 *m = ll_lm_new_f64(&c, B, T, LL_LM_TRAINING, pool);
	ll_lm_init_f64(m, 1);
	double later = leak(m, tokens, targets, false, 1), others = leak(m, tokens, targets, true, 1);
	if (c.norm == LL_LM_NORM_BATCH) {
		ok(later > 1e-4 && others > 1e-4, "%s: leaks in training, from a later token (%.1e) and from another sequence (%.1e)", models[which].name, later, others);
		later = leak(m, tokens, targets, false, 0), others = leak(m, tokens, targets, true, 0);
		ok(later == 0 && others == 0, "%s: and does not outside it", models[which].name);
	} else {
		ok(later == 0 && others == 0, "%s: in training no loss knows of a later token or of another sequence", models[which].name);
	}
	ll_lm_free_f64(m);
}

/* Running statistics are those of BatchNorm1d: 0.9 of what was and 0.1 of the pass, the variance unbiased. */
static void running_statistics(void)
{
	struct ll_lm_config c = make_config("gpt2-tiny", "vocabulary=29 width=24 heads=2 layers=1 context=16 norm=batch");
	int32_t tokens[B * T], targets[B * T];
	double off = 0;
	uint64_t n;
	make_batch(&c, B * T, tokens, targets);
	struct ll_lm_f64 *m = ll_lm_new_f64(&c, B, T, LL_LM_TRAINING, pool);
	ll_lm_init_f64(m, 1);
	const double *wte = m->param + ll_lm_find_f64(m, "wte")->offset, *wpe = m->param + ll_lm_find_f64(m, "wpe")->offset;
	for (int pass = 0; pass < 2; pass++)
		ll_lm_loss_f64(m, tokens, targets, B, T, step, 1, true, &n, NULL, NULL);
	ll_lm_loss_f64(m, tokens, targets, B, T, step, 0, true, &n, NULL, NULL); /* moves nothing */
	for (int64_t k = 0; k < c.width; k++) {
		double sum = 0, squares = 0;
		for (int64_t i = 0; i < B * T; i++)
			sum += wte[tokens[i] * c.width + k] + wpe[i % T * c.width + k];
		for (int64_t i = 0; i < B * T; i++)
			squares += pow(wte[tokens[i] * c.width + k] + wpe[i % T * c.width + k] - sum / (B * T), 2);
		off += fabs(m->param[ll_lm_find_f64(m, "h.0.norm1.mean")->offset + (size_t)k] - 0.19 * sum / (B * T)); /* a sum, so that NaN stays */
		off += fabs(m->param[ll_lm_find_f64(m, "h.0.norm1.var")->offset + (size_t)k] - 0.81 - 0.19 * squares / (B * T - 1));
	}
	ok(off < 1e-12, "running means and variances of two passes (%.1e)", off);
	ll_lm_free_f64(m);
}

/* Three documents in a sequence that do not attend to each other have the losses and gradients that they have alone, where the
 * positions are relative. */
static void documents(const char *preset, const char *settings)
{
	enum { N = 22 };
	static const int64_t length[] = { 1, 13, 8 };
	struct ll_lm_config c = make_config(preset, settings);
	struct ll_lm_f64 *together = ll_lm_new_f64(&c, 1, N, LL_LM_TRAINING, pool), *alone = ll_lm_new_f64(&c, 1, N, LL_LM_TRAINING, pool);
	int32_t tokens[N], targets[N], start[N];
	double loss[N], each[N], off = 0, off_gradient = 0, norm = 0;
	uint64_t count;
	make_batch(&c, N, tokens, targets);
	ll_lm_init_f64(together, 5);
	memcpy(alone->param, together->param, together->parameters * sizeof(double));
	for (int64_t d = 0, at = 0; d < 3; at += length[d++])
		for (int64_t i = 0; i < length[d]; i++)
			start[at + i] = (int32_t)at;
	together->start = start;
	ll_lm_loss_f64(together, tokens, targets, 1, N, (struct ll_lm_step){ 0 }, 1, true, &count, loss, NULL);
	for (int64_t d = 0, at = 0; d < 3; at += length[d++])
		ll_lm_loss_f64(alone, tokens + at, targets + at, 1, length[d], (struct ll_lm_step){ 0 }, 1, d == 0, &count, each + at, NULL);
	for (int64_t i = 0; i < N; i++)
		off = fmax(off, fabs(loss[i] - each[i]));
	for (size_t i = 0; i < together->parameters; i++) {
		off_gradient += pow(together->grad[i] - alone->grad[i], 2);
		norm += alone->grad[i] * alone->grad[i];
	}
	ok(off < 1e-12 && sqrt(off_gradient / norm) < 1e-12, "%s: documents in one sequence are computed as if alone (%.1e, %.1e)", settings, off,
	   sqrt(off_gradient / norm));
	ll_lm_free_f64(together);
	ll_lm_free_f64(alone);
}

int main(void)
{
	pool = ll_pool_new(2);
	serial = ll_pool_new(1);
	for (size_t i = 0; i < LL_COUNT(models); i++)
		check_model(i), check_bf16(i);
	for (size_t i = 0; i < LL_COUNT(models); i++)
		causality_and_decoding(i), leaks(i), recomputation(i);
	running_statistics();
	threads_and_plan();
	documents("llama-tiny", "vocabulary=31 width=24 heads=4 kv_heads=2 head_dim=10 layers=2 context=32 ffn_width=20");
	documents("gpt2-tiny", "vocabulary=29 width=24 heads=3 layers=3 context=32 position=alibi band=6 band_every=2");
	ll_pool_free(pool);
	ll_pool_free(serial);
	return test_done();
}
