/* SPDX-License-Identifier: MIT */
/* The gradient that reaches the embeddings, scaled (GLM-130B: e = a e + (1 - a) stopgrad(e)), with a head of its own and a tied one. */
#include "test.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "lm/model.h"

enum { B = 2, T = 8 };

static double loss_of(struct ll_lm *m, double a, float *grad)
{
	int32_t tokens[B * T], targets[B * T];
	uint64_t count;
	for (uint64_t i = 0; i < B * T; i++) {
		tokens[i] = (int32_t)ll_random_below(1, 2, i, 256);
		targets[i] = (int32_t)ll_random_below(1, 3, i, 256);
	}
	m->embedding_gradient = a;
	double loss = ll_lm_loss(m, tokens, targets, B, T, (struct ll_lm_step){ 0 }, 1, true, &count, NULL, NULL);
	memcpy(grad, m->grad, m->parameters * sizeof(float));
	return loss;
}

static void check(const char *preset, const char *key, const char *value)
{
	struct ll_pool *pool = ll_pool_new(1);
	struct ll_lm_config c;
	struct ll_err err;
	if (ll_lm_preset(&c, preset, &err) < 0 || ll_lm_config_set(&c, key, value, &err) < 0 || ll_lm_config_check(&c, &err) < 0)
		ll_die(LL_EXIT_BUG, "%s", err.text);
	struct ll_lm *m = ll_lm_new(&c, B, T, LL_LM_TRAINING, pool);
	float *g[3];
	static const double a[3] = { 1, 0, 0.25 };
	double loss[3], off = 0, whole = 0;
	bool others = true;
	ll_lm_init(m, 3);
	for (int i = 0; i < 3; i++) {
		g[i] = ll_calloc(m->parameters, sizeof(float));
		loss[i] = loss_of(m, a[i], g[i]);
	}
	for (size_t t = 0; t < m->tensors; t++) {
		const struct ll_lm_tensor *w = &m->tensor[t];
		for (size_t i = w->offset; i < w->offset + w->size; i++) {
			if (w->kind == LL_LM_EMBEDDING) { /* a line between the gradient without them and the whole */
				off = fmax(off, fabs(g[1][i] + 0.25 * (g[0][i] - g[1][i]) - g[2][i]));
				whole = fmax(whole, fabsf(g[0][i]));
				if (!c.tied_head || w->shape[0] != c.vocabulary)
					off = fmax(off, fabsf(g[1][i]));
			} else {
				others = others && g[0][i] == g[1][i] && g[0][i] == g[2][i];
			}
		}
	}
	ok(loss[0] == loss[1] && loss[0] == loss[2], "%s %s=%s: the loss is the same", preset, key, value);
	ok(others, "so are the gradients of all other tensors");
	ok(off <= 1e-6 * whole, "those of the embeddings are %s", c.tied_head ? "the head's, and the share of their own" : "the share");
	for (int i = 0; i < 3; i++)
		ll_free(g[i]);
	ll_lm_free(m);
	ll_pool_free(pool);
}

int main(void)
{
	check("gpt2-tiny", "tied_head", "true");
	check("gpt2-tiny", "tied_head", "false");
	check("llama-tiny", "tied_head", "false");
	check("bloom-tiny", "tied_head", "false");
	return test_done();
}
