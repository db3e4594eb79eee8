/* SPDX-License-Identifier: MIT */
/*
 * generate.h - a text of the model's own, token by token: the likeliest, or by chance. Chance at the k-th token is a function of
 * (seed, k), so equal weights, prompt and seed give equal tokens.
 */
#ifndef LL_GENERATE_H
#define LL_GENERATE_H

#include "lm/model.h"

struct ll_lm_generator;
struct ll_lm_generator *ll_lm_generator_new(struct ll_lm *m);
/* Bytes that it takes: above all the cache of keys and values. */
uint64_t ll_lm_generator_bytes(const struct ll_lm_config *c);
void ll_lm_generator_free(struct ll_lm_generator *g);

struct ll_lm_generation {
	const int32_t *prompt; /* at least one token */
	size_t prompt_n;       /* fewer than the context */
	int64_t tokens;	       /* at most so many */
	int64_t vocabulary;    /* ids below are chosen */
	int32_t end;	       /* ends it, and is not given; -1: none */
	double temperature;    /* 0: the largest logit, of equals the lowest id */
	int64_t top_k;	       /* of so many largest; 0: of all */
	uint64_t seed;
};
/* Calls back with each token as soon as it is chosen; ends where the context does. */
void ll_lm_generate(struct ll_lm_generator *g, const struct ll_lm_generation *how, void (*token)(void *context, int32_t id), void *context);

#endif
