/* SPDX-License-Identifier: MIT */
/* lm_learning_test.c - what models are made of and how they learn: presets, initial values, mixtures of experts, a batch learnt. */
#include "lm_run.h"

#include "kernels/optimizers.h"

/* A dense model's loss, and that of `settings` more, whose every expert is that model's feed-forward. */
static double experts_alike(const char *preset, const char *settings, double *dense)
{
	char text[200];
	int32_t tokens[B * T], targets[B * T];
	uint64_t n;
	snprintf(text, sizeof(text), "vocabulary=29 width=16 heads=2 layers=2 context=16 ffn_width=24 %s", settings);
	struct ll_lm_config with = make_config(preset, text), without = make_config(preset, "vocabulary=29 width=16 heads=2 layers=2 context=16 ffn_width=24");
	struct ll_lm_f64 *m = ll_lm_new_f64(&with, B, T, LL_LM_TRAINING, pool), *d = ll_lm_new_f64(&without, B, T, LL_LM_TRAINING, pool);
	make_batch(&with, B * T, tokens, targets);
	ll_lm_init_f64(m, 1);
	ll_lm_init_f64(d, 1);
	for (size_t i = 0; i < m->tensors; i++) {
		char name[40];
		snprintf(name, sizeof(name), "%s", m->tensor[i].name);
		char *at = strstr(name, ".e");
		if (at) /* h.1.e2.up.w: h.1.up.w */
			memmove(at, strchr(at + 1, '.'), strlen(strchr(at + 1, '.')) + 1);
		const struct ll_lm_tensor *t = ll_lm_find_f64(d, at || !strstr(name, "router") ? name : "none");
		if (t)
			memcpy(m->param + m->tensor[i].offset, d->param + t->offset, t->size * sizeof(double));
	}
	*dense = ll_lm_loss_f64(d, tokens, targets, B, T, step, 1, true, &n, NULL, NULL);
	double loss = ll_lm_loss_f64(m, tokens, targets, B, T, step, 1, true, &n, NULL, NULL);
	ll_lm_free_f64(m);
	ll_lm_free_f64(d);
	return loss;
}

/* Where all tokens are alike to the router, it sends all of layer l to expert l + 1 when that one's row says so. */
static void experts_counted(struct ll_lm *m, const int32_t *tokens, const int32_t *targets)
{
	enum { E = 4, L = 3 };
	uint64_t routed[L][E + 1] = { { 0 } }, n;
	bool as_told = true;
	for (size_t i = 0; i < m->tensors; i++) {
		const struct ll_lm_tensor *t = &m->tensor[i];
		float *p = m->param + t->offset;
		for (size_t k = 0; k < t->size; k++) {
			if (strstr(t->name, "norm2.w"))
				p[k] = 0;
			else if (strstr(t->name, "norm2.b"))
				p[k] = 1;
			else if (strstr(t->name, "router"))
				p[k] = k / (size_t)t->shape[1] == (size_t)(t->name[2] - '0') + 1;
		}
	}
	m->routed = routed[0];
	ll_lm_loss(m, tokens, targets, 4, 16, step, 1, true, &n, NULL, NULL);
	ll_lm_loss(m, tokens, targets, 4, 16, step, 1, true, &n, NULL, NULL);
	m->routed = NULL;
	for (size_t l = 0; l < L; l++)
		for (size_t e = 0; e <= E; e++)
			as_told &= routed[l][e] == (e == l + 1 ? 2 * 4 * 16U : 0) + (e == E ? 2 * 4 * (16 - 6U) : 0);
	ok(as_told, "choices are counted by layer and expert, and those that met a full one");
}

static void experts(void)
{
	static const char *const settings[] = { "experts=1", "experts=4", "experts=5 experts_per_token=3", "experts=2 expert_capacity=2" };
	for (size_t i = 0; i < LL_COUNT(settings); i++) {
		double dense, loss = experts_alike("llama-tiny", settings[i], &dense);
		ok(fabs(loss / dense - 1) < 1e-12, "%s, all alike, are the dense model (%.1e)", settings[i], fabs(loss / dense - 1));
	}

	/* A router of zeros finds all alike and takes the first: its expert is full after ceil(1.5 x 16 / 4) of 16 tokens. */
	struct ll_lm_config c = make_config("gpt2-tiny", "vocabulary=29 width=16 heads=2 layers=3 context=16 experts=4 experts_per_token=1 "
							  "expert_capacity=1.5 expert_balance=0.25");
	int32_t tokens[4 * 16], targets[4 * 16];
	uint64_t n, dropped[2];
	make_batch(&c, 4 * 16, tokens, targets);
	struct ll_lm *m = ll_lm_new(&c, 4, 16, LL_LM_TRAINING, pool);
	ll_lm_init(m, 1);
	for (size_t i = 0; i < m->tensors; i++)
		if (strstr(m->tensor[i].name, "router"))
			memset(m->param + m->tensor[i].offset, 0, m->tensor[i].size * sizeof(float));
	ll_lm_loss(m, tokens, targets, 4, 16, step, 1, true, &n, NULL, NULL);
	ok(m->dropped == 3 * 4 * (16 - 6), "a full expert turns %llu tokens away", (unsigned long long)m->dropped);
	ok(fabs(m->balance / (3 * 4 * 16) - 0.25) < 1e-6, "the balance loss of even probabilities is its weight (%g)", m->balance / (3 * 4 * 16));
	ll_lm_loss(m, tokens, targets, 4, 16, step, 0, false, &n, NULL, NULL);
	ok(m->dropped == 0 && m->balance == 0, "neither counts outside training");
	experts_counted(m, tokens, targets);
	ll_lm_free(m);

	/* What the balance loss is for. */
	for (int balanced = 0; balanced < 2; balanced++) {
		c = make_config("gpt2-tiny", "vocabulary=64 layers=2 context=16 experts=8 experts_per_token=1 expert_capacity=1 init_std=0.02");
		c.expert_balance = balanced ? 0.1 : 0;
		m = ll_lm_new(&c, 4, 16, LL_LM_TRAINING, pool);
		float *v = ll_calloc(2 * m->parameters, sizeof(float));
		make_batch(&c, 4 * 16, tokens, targets);
		ll_lm_init(m, 1);
		for (uint64_t s = 1; s <= 60; s++) {
			ll_lm_loss(m, tokens, targets, 4, 16, step, 1.0f / (4 * 16), true, &n, NULL, NULL);
			struct ll_update u = { .lr = 0.003, .scale = 1, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .step = s };
			ll_update_adam(pool, &u, m->param, m->grad, v, v + m->parameters, m->parameters);
		}
		dropped[balanced] = m->dropped;
		ll_free(v);
		ll_lm_free(m);
	}
	ok(dropped[1] < dropped[0] / 2, "with a balance loss fewer tokens are turned away (%llu, without %llu, of 128)",
	   (unsigned long long)dropped[1], (unsigned long long)dropped[0]);
}

/* The root of the mean square of rows [first, first + rows) of a tensor. */
static double spread(const struct ll_lm *m, const char *name, int64_t first, int64_t rows)
{
	const struct ll_lm_tensor *t = ll_lm_find(m, name);
	const float *p = m->param + t->offset + first * t->shape[1];
	double squares = 0;
	for (int64_t i = 0; i < rows * t->shape[1]; i++)
		squares += (double)p[i] * (double)p[i];
	return sqrt(squares / (double)(rows * t->shape[1]));
}

static void init_schemes(void)
{
	/* d = 64, L = 4, 8 heads of 8, 2 of them keys and values, a gated feed-forward of 96. */
	static const struct {
		const char *init;
		double embedding, query, value, proj, up, down, head;
	} want[] = {
		{ "normal", 0.02, 0.02, 0.02, 0.02 / 2.8284271, 0.02, 0.02 / 2.8284271, 0.02 },
		{ "small", 0.0790569, 0.0790569, 0.0790569, 0.0790569 / 2.8284271, 0.0790569, 0.0790569 / 2.8284271, 0.0790569 },
		{ "wang", 0.0790569, 0.0790569, 0.0790569, 0.0625, 0.0790569, 0.0625, 0.0790569 },
		{ "xavier", 0.02, 0.125, 0.1581139, 0.125 / 2.8284271, 0.1118034, 0.1118034 / 2.8284271, 0.0408248 },
		{ "mup mup_base=16", 0.02, 0.01, 0.01, 0.01 / 2.8284271, 0.01, 0.01 / 2.8284271, 0.02 },
		{ "t-fixup", 0.125, 0.125, 0.1581139 * 0.4737615, 0.125 * 0.4737615, 0.1118034 * 0.4737615, 0.1118034 * 0.4737615, 0.0408248 },
	};
	for (size_t i = 0; i < LL_COUNT(want); i++) {
		char settings[200];
		snprintf(settings, sizeof(settings), "vocabulary=1136 width=64 layers=4 heads=8 kv_heads=2 ffn_width=96 init_std=0.02 init=%s", want[i].init);
		struct ll_lm_config c = make_config("llama-tiny", settings);
		struct ll_lm *m = ll_lm_new(&c, 1, 1, LL_LM_INFERENCE, pool);
		ll_lm_init(m, 1);
		double found[] = { spread(m, "wte", 0, 1136), spread(m, "h.1.qkv.w", 0, 64), spread(m, "h.2.qkv.w", 80, 16), spread(m, "h.3.proj.w", 0, 64),
				   spread(m, "h.1.up.w", 96, 96), spread(m, "h.2.down.w", 0, 64), spread(m, "head.w", 0, 1136) };
		const double *expected = &want[i].embedding;
		double off = 0;
		for (size_t k = 0; k < LL_COUNT(found); k++)
			off = fmax(off, fabs(found[k] / expected[k] - 1));
		ok(off < 0.06, "init = %s has the deviations of its definition (within %.1f %%)", want[i].init, 100 * off);
		ll_lm_free(m);
	}
}

/* Loss a token after some steps on one batch, at once at the whole learning rate. */
static double deep(const char *settings, uint64_t steps)
{
	struct ll_lm_config c = make_config("gpt2-tiny", settings);
	int32_t tokens[4 * 32], targets[4 * 32];
	uint64_t n;
	double loss = 0;
	make_batch(&c, 4 * 32, tokens, targets);
	struct ll_lm *m = ll_lm_new(&c, 4, 32, LL_LM_TRAINING, pool);
	float *v = ll_calloc(2 * m->parameters, sizeof(float));
	ll_lm_init(m, 1);
	for (uint64_t s = 1; s <= steps; s++) {
		loss = ll_lm_loss(m, tokens, targets, 4, 32, step, 1.0f / (4 * 32), true, &n, NULL, NULL) / (double)n;
		struct ll_update u = { .lr = 0.002, .scale = 1, .beta1 = 0.9, .beta2 = 0.98, .eps = 1e-8, .step = s };
		ll_update_adam(pool, &u, m->param, m->grad, v, v + m->parameters, m->parameters);
	}
	ll_free(v);
	ll_lm_free(m);
	return loss;
}

/* Huang et al. 2020: what neither norms nor warm-up hold together, T-Fixup does. */
static void t_fixup(void)
{
	double fixup = deep("vocabulary=64 layers=12 width=64 norm=none init=t-fixup", 150),
	       xavier = deep("vocabulary=64 layers=12 width=64 norm=none init=xavier init_std=0.125 init_scale_residual=false", 20);
	ok(fixup < 0.1, "12 layers without norms and warm-up train with init = t-fixup (loss %.3f after 150 steps)", fixup);
	ok(!(xavier < fixup + 1), "and do not without its factor (loss %.3f)", xavier);
}

static void overfit(const char *preset)
{
	struct ll_lm_config c = make_config(preset, "vocabulary=64 layers=2 context=32");
	int32_t tokens[4 * 32], targets[4 * 32];
	uint64_t n;
	c.init_std = 0.02;
	make_batch(&c, 4 * 32, tokens, targets);
	struct ll_lm *m = ll_lm_new(&c, 4, 32, LL_LM_TRAINING, pool);
	float *v = ll_calloc(2 * m->parameters, sizeof(float));
	double loss = 0;
	ll_lm_init(m, 1);
	for (uint64_t s = 1; s <= 300; s++) {
		loss = ll_lm_loss(m, tokens, targets, 4, 32, step, 1.0f / (4 * 32), true, &n, NULL, NULL) / (double)n;
		struct ll_update u = { .lr = 0.01, .scale = 1, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .step = s };
		ll_update_adam(pool, &u, m->param, m->grad, v, v + m->parameters, m->parameters);
	}
	ok(loss < 0.01, "%s learns one batch by heart (loss %.5f)", preset, loss);
	ll_free(v);
	ll_lm_free(m);
}

static void presets(void)
{
	/* 124,439,808 for GPT-2 small and 6,738,415,616 for Llama 7B are the published counts. */
	static const struct {
		const char *name;
		uint64_t parameters;
	} known[] = { { "gpt2-124m", 124439808 }, { "gpt2-1558m", 1557611200 }, { "llama-7b", 6738415616 }, { "llama-13b", 13015864320 },
		      /* What transformers counts (tests/interop/transformers_presets.py); of OPT less the two rows of positions. */
		      { "gpt2-355m", 354823168 }, { "gpt2-774m", 774030080 }, { "llama-33b", 32528943616 }, { "llama-65b", 65285660672 },
		      { "opt-1.3b", 1315753984 }, { "opt-2.7b", 2651591680 }, { "opt-6.7b", 6658465792 }, { "opt-13b", 12853463040 },
		      { "opt-30b", 29974525952 }, { "opt-66b", 65719683072 }, { "opt-175b", 174604443648 },
		      /* The card of GPT-J 6B. */
		      { "gpt-j-6b", 6050882784 },
		      /* Black et al. 2022, section 2; OPT-125M has 125,239,296 with the two rows of positions that no token uses;
		       * the cards of BLOOM. */
		      { "neox-20b", 20554567680 }, { "opt-125m", 125239296 - 2 * 768 },
		      { "opt-350m", 331196416 - 2 * 1024 }, { "bloom-560m", 559214592 }, { "bloom-1b1", 1065314304 },
		      { "bloom-1b7", 1722408960 }, { "bloom-3b", 3002557440 }, { "bloom-7b1", 7069016064 }, { "bloom-176b", 176247271424 } };
	struct ll_err err;
	for (size_t i = 0; i < LL_COUNT(known); i++) {
		struct ll_lm_config c;
		ok(ll_lm_preset(&c, known[i].name, &err) == 0 && ll_lm_config_check(&c, &err) == 0 &&
			   ll_lm_config_parameters(&c) == known[i].parameters, "%s has %llu parameters", known[i].name,
		   (unsigned long long)known[i].parameters);
	}
	for (const char *const *name = ll_lm_preset_names(); *name; name++) {
		struct ll_lm_config c;
		ok(ll_lm_preset(&c, *name, &err) == 0 && ll_lm_config_check(&c, &err) == 0, "preset %s is sound", *name);
	}
	/* Brown et al. 2020, table 2.1: n_params. */
	static const struct {
		const char *name;
		double parameters;
	} gpt3[] = { { "gpt3-125m", 125e6 }, { "gpt3-350m", 350e6 }, { "gpt3-760m", 760e6 }, { "gpt3-1.3b", 1.3e9 }, { "gpt3-2.7b", 2.7e9 },
		     { "gpt3-6.7b", 6.7e9 }, { "gpt3-13b", 13e9 }, { "gpt3-175b", 175e9 } };
	struct ll_lm_config c;
	for (size_t i = 0; i < LL_COUNT(gpt3); i++)
		ok(ll_lm_preset(&c, gpt3[i].name, &err) == 0 && ll_lm_config_check(&c, &err) == 0 &&
			   fabs((double)ll_lm_config_parameters(&c) / gpt3[i].parameters - 1) < 0.02, "%s has about %g parameters", gpt3[i].name, gpt3[i].parameters);
	ok(ll_lm_preset(&c, "gpt2-124M", &err) < 0 && strstr(err.text, "gpt2-124m"), "a wrong preset names the nearest");
	ok(ll_lm_preset(&c, "demo", &err) == 0 && ll_lm_config_set(&c, "fnn", "relu", &err) < 0 && strstr(err.text, "ffn"),
	   "a wrong key names the nearest");
}

int main(void)
{
	pool = ll_pool_new(2);
	presets();
	experts();
	init_schemes();
	t_fixup();
	overfit("gpt2-tiny");
	overfit("llama-tiny");
	ll_pool_free(pool);
	return test_done();
}
