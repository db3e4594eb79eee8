/* SPDX-License-Identifier: MIT */
#include "lm/generate.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

#define PURPOSE 0x67656e

struct candidate {
	float logit;
	int32_t id;
};

struct ll_lm_generator {
	struct ll_lm *model;
	struct ll_lm_cache *cache;
	float *logits;
	struct candidate *candidate;
};

/* Largest logit first, ties by id. */
static int by_logit(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return x->logit != y->logit ? (x->logit > y->logit ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

static int32_t likeliest(const float *logits, int64_t n)
{
	int64_t best = 0;
	for (int64_t i = 1; i < n; i++)
		best = logits[i] > logits[best] ? i : best;
	return (int32_t)best;
}

static int32_t choose(const struct ll_lm_generator *g, const struct ll_lm_generation *how, uint64_t position)
{
	int64_t n = LL_MIN(how->vocabulary, g->model->config.vocabulary), k = how->top_k > 0 ? LL_MIN(how->top_k, n) : n;
	struct candidate *c = g->candidate;
	double sum = 0, at;
	if (how->temperature <= 0)
		return likeliest(g->logits, n);
	for (int64_t i = 0; i < n; i++)
		c[i] = (struct candidate){ g->logits[i], (int32_t)i };
	qsort(c, (size_t)n, sizeof(*c), by_logit);
	for (int64_t i = 0; i < k; i++)
		sum += exp((double)(c[i].logit - c[0].logit) / how->temperature);
	at = sum * ll_random_unit(how->seed, PURPOSE, position);
	for (int64_t i = 0; i < k; i++) {
		at -= exp((double)(c[i].logit - c[0].logit) / how->temperature);
		if (at < 0)
			return c[i].id;
	}
	return c[k - 1].id;
}

uint64_t ll_lm_generator_bytes(const struct ll_lm_config *c)
{
	uint64_t cache = 2 * (uint64_t)(c->layers * c->context * c->kv_heads * c->head_dim) * sizeof(float);
	return cache + (uint64_t)c->vocabulary * (sizeof(float) + sizeof(struct candidate));
}

struct ll_lm_generator *ll_lm_generator_new(struct ll_lm *m)
{
	struct ll_lm_generator *g = ll_calloc(1, sizeof(*g));
	size_t V = (size_t)m->config.vocabulary;
	*g = (struct ll_lm_generator){ m, ll_lm_cache_new(m), ll_calloc(V, sizeof(*g->logits)), ll_calloc(V, sizeof(*g->candidate)) };
	return g;
}

void ll_lm_generate(struct ll_lm_generator *g, const struct ll_lm_generation *how, void (*token)(void *context, int32_t id), void *context)
{
	LL_ASSERT(how->prompt_n >= 1 && (int64_t)how->prompt_n < g->model->config.context);
	ll_lm_cache_reset(g->cache);
	for (size_t i = 0; i < how->prompt_n; i++)
		ll_lm_decode(g->model, g->cache, how->prompt[i], i + 1 < how->prompt_n ? NULL : g->logits);
	for (int64_t i = 0; i < how->tokens && ll_lm_cache_length(g->cache) < g->model->config.context; i++) {
		int32_t id = choose(g, how, (uint64_t)i);
		if (id == how->end)
			return;
		token(context, id);
		if (i + 1 < how->tokens)
			ll_lm_decode(g->model, g->cache, id, g->logits);
	}
}

void ll_lm_generator_free(struct ll_lm_generator *g)
{
	if (!g)
		return;
	ll_lm_cache_free(g->cache);
	ll_free(g->logits);
	ll_free(g->candidate);
	ll_free(g);
}
