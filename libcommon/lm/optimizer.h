/* SPDX-License-Identifier: MIT */
/*
 * optimizer.h - the optimizers of a model: which numbers each keeps for a tensor, and which update it makes
 * (kernels/optimizers.h).
 *
 *               first              second               decay of weights
 *   adamw       mean gradient      mean square          decoupled
 *   adam        mean gradient      mean square          in the gradient (L2)
 *   sgd         momentum, if any                        in the gradient (L2)
 *   lion        mean gradient                           decoupled
 *   adafactor   row means of the   column means         decoupled
 *               squares            (vectors: squares)
 *   muon        momentum           -                    decoupled: hidden matrices; all other tensors are those of adamw
 *
 * Query, key and value, and gate and up, which share a tensor, are matrices of their own to adafactor and muon.
 *
 * The state is one arena of floats: what is kept first of all tensors in the order of the parameters, then what is kept
 * second. optimizer.bin of a checkpoint is that arena.
 */
#ifndef LL_OPTIMIZER_H
#define LL_OPTIMIZER_H

#include "kernels/optimizers.h"
#include "lm/model.h"

/* What an optimizer is set by, beside lr, weight_decay, l1 and l2. */
enum ll_optimizer_key {
	LL_OPTIMIZER_BETA1 = 1, LL_OPTIMIZER_BETA2 = 2, LL_OPTIMIZER_EPS = 4, LL_OPTIMIZER_MOMENTUM = 8,
	LL_OPTIMIZER_NESTEROV = 16, LL_OPTIMIZER_RELATIVE_STEP = 32,
};

struct ll_optimizer;
struct ll_optimizer_kind {
	const char *name;
	unsigned keys;		     /* enum ll_optimizer_key */
	struct ll_update defaults;   /* of those keys */
	bool coupled;		     /* weight_decay is added to l2 */
	/* Floats kept for a tensor; `momentum`: whether it is not 0. */
	void (*size)(const struct ll_lm_config *c, const struct ll_lm_tensor *w, bool momentum, size_t kept[2]);
	size_t (*scratch)(const struct ll_lm_config *c, const struct ll_lm_tensor *w); /* NULL: none */
	void (*update)(const struct ll_optimizer *o, const struct ll_update *u, const struct ll_lm_tensor *w, float *p,
		       const float *g, float *first, float *second);
};
#define LL_OPTIMIZER_NAMES "adamw|adam|sgd|lion|adafactor|muon"
/* NULL: there is none of that name. */
const struct ll_optimizer_kind *ll_optimizer_kind(const char *name);

struct ll_optimizer {
	const struct ll_optimizer_kind *kind;
	struct ll_lm *model; /* borrowed */
	bool momentum;
	float *state;
	size_t floats;		/* of the state */
	size_t (*place)[2];	/* by tensor: where in the state */
	struct ll_optimizer_own {
		double lr;	     /* times that of the update */
		double weight_decay; /* in place of that of the update; NaN: not */
	} *own;			/* by tensor */
	float *scratch;
	void (*watch)(void *watching, size_t tensor, bool done); /* NULL, or called before and behind the update of every tensor */
	void *watching;
};

/* Bytes ll_optimizer_new takes (the table of places apart), of which *state are saved. */
uint64_t ll_optimizer_plan(const struct ll_optimizer_kind *k, const struct ll_lm_config *c, bool momentum, uint64_t *state);
/* With a state of zeros. `momentum`: whether it is to be other than 0, ever (sgd). */
struct ll_optimizer *ll_optimizer_new(const struct ll_optimizer_kind *k, struct ll_lm *m, bool momentum);
/* What the tensor of that index has of its own (ll_optimizer_own); a learning rate of 0 leaves it as it is. */
void ll_optimizer_set(struct ll_optimizer *o, size_t tensor, double lr, double weight_decay);
/* All tensors of the model, with its gradients; weight_decay, l1 and l2 are for matrices and embeddings alone, unless set. */
void ll_optimizer_update(struct ll_optimizer *o, const struct ll_update *u);
void ll_optimizer_free(struct ll_optimizer *o);

#endif
