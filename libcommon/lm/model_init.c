/* SPDX-License-Identifier: MIT */
/*
 * model_init.c - the initial values of a model (enum ll_lm_scheme in lm_config.h). Every value is a normal number keyed by (seed,
 * tensor, element) times the standard deviation of its place.
 */
#include <math.h>

#include "base/random.h"
#include "lm/model.h"

#define PIECE 16384u

struct init_job {
	float *p;
	size_t first, n, tensor;
	uint64_t seed;
	double std;
};

static void init_task(void *context, size_t task, int thread)
{
	const struct init_job *j = context;
	(void)thread;
	size_t end = j->first + LL_MIN(j->n, (task + 1) * PIECE);
	for (size_t i = j->first + task * PIECE; i < end; i++)
		j->p[i] = (float)(j->std * ll_random_normal(j->seed, 0x696e6974u + ((uint64_t)j->tensor << 32), i));
}

/* V, the output of attention and the feed-forward: what T-Fixup scales. `part`: of the matrices in the tensor. */
static bool is_value(const struct ll_lm_tensor *t, size_t part)
{
	if (strstr(t->name, ".qkv.w"))
		return part == 2;
	return strncmp(t->name, "h.", 2) == 0 && !strstr(t->name, ".router.w");
}

/* Before residual scaling. */
static double deviation(const struct ll_lm_config *c, const struct ll_lm_tensor *t, int64_t rows, bool value)
{
	double d = (double)c->width, layers = (double)c->layers, fans = (double)(rows + t->shape[1]);
	bool matrix = t->kind != LL_LM_EMBEDDING;
	switch ((enum ll_lm_scheme)c->init) {
	case LL_LM_INIT_SMALL:
		return sqrt(2 / (5 * d));
	case LL_LM_INIT_WANG:
		return t->kind == LL_LM_RESIDUAL_MATRIX ? 2 / (layers * sqrt(d)) : sqrt(2 / (5 * d));
	case LL_LM_INIT_XAVIER:
		return matrix ? sqrt(2 / fans) : c->init_std;
	case LL_LM_INIT_T_FIXUP:
		return matrix ? sqrt(2 / fans) * (value ? 0.67 * pow(layers, -0.25) : 1) : 1 / sqrt(d);
	case LL_LM_INIT_MUP:
		return c->init_std * sqrt(t->rate); /* 1 / m, for every matrix that mup scales */
	default:
		return c->init_std;
	}
}

static void init_matrix(struct ll_lm *m, size_t tensor, uint64_t seed)
{
	const struct ll_lm_config *c = &m->config;
	const struct ll_lm_tensor *t = &m->tensor[tensor];
	int64_t rows[3];
	size_t parts = ll_lm_matrices(c, t, rows);
	bool own_depth = c->init == LL_LM_INIT_WANG || c->init == LL_LM_INIT_T_FIXUP;
	bool scaled = t->kind == LL_LM_RESIDUAL_MATRIX && c->init_scale_residual && !own_depth;
	struct init_job j = { .p = m->param + t->offset, .tensor = tensor, .seed = seed };
	for (size_t i = 0; i < parts; i++, j.first += j.n) {
		j.std = deviation(c, t, rows[i], is_value(t, i)) / (scaled ? sqrt(2.0 * (double)c->layers) : 1);
		j.n = (size_t)(rows[i] * t->shape[1]);
		ll_pool_run(m->pool, (j.n + PIECE - 1) / PIECE, init_task, &j);
	}
}

void ll_lm_init(struct ll_lm *m, uint64_t seed)
{
	for (size_t i = 0; i < m->tensors; i++) {
		const struct ll_lm_tensor *t = &m->tensor[i];
		float *p = m->param + t->offset;
		bool constant = t->kind == LL_LM_GAIN || t->kind == LL_LM_BIAS || t->kind == LL_LM_STATISTIC;
		if (constant)
			for (size_t k = 0; k < t->size; k++)
				p[k] = t->kind == LL_LM_GAIN || strstr(t->name, ".var") ? 1 : 0;
		else
			init_matrix(m, i, seed);
	}
}
