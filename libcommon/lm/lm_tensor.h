/* SPDX-License-Identifier: MIT */
/* lm_tensor.h - the plain structs of model.h that do not depend on the working precision. */
#ifndef LL_LM_TENSOR_H
#define LL_LM_TENSOR_H

#include "lm/lm_config.h"

enum ll_lm_tensor_kind {
	LL_LM_EMBEDDING, LL_LM_MATRIX, LL_LM_RESIDUAL_MATRIX, /* initialised with init_std; the last scaled by depth */
	LL_LM_GAIN, LL_LM_BIAS,                               /* ones; zeros */
	LL_LM_STATISTIC,                                      /* a running mean or variance: not learned; zeros or ones */
};

struct ll_lm_tensor {
	char name[40];
	int ndim;
	int64_t shape[2];
	size_t offset, size; /* in elements of the arenas */
	enum ll_lm_tensor_kind kind;
	bool decay;          /* weight decay applies: matrices and embeddings */
	double rate;         /* what the learning rate is multiplied by, 1 unless the initialisation asks; not weight decay's */
};

/* The matrices that stand one below the other in a tensor: query, key and value in qkv, gate and up in up; the rows of each, and
 * how many they are. How they are stored must decide neither initial values nor what an optimizer learns. */
size_t ll_lm_matrices(const struct ll_lm_config *c, const struct ll_lm_tensor *t, int64_t rows[3]);

/*
 * What a pass keeps of every layer for the way back. Training keeps everything; the others compute a part of it again, to the same
 * bits, layer by layer (Chen et al. 2016): selective what passes over rows cost, the outputs of norms and activation; full
 * everything but the input of the layer.
 */
enum ll_lm_mode { LL_LM_INFERENCE, LL_LM_TRAINING, LL_LM_TRAINING_SELECTIVE, LL_LM_TRAINING_FULL };
/* Operations a token that a mode computes again in products, beside ll_lm_config_flops. */
double ll_lm_recompute_flops(const struct ll_lm_config *c, uint64_t seq_len, enum ll_lm_mode mode);

/* What ll_lm_new takes, bytes; and panels, what the threads of the pool will take for products. */
struct ll_lm_plan {
	uint64_t parameters, gradients, activations, panels, total;
};

/* What dropout masks are keyed with; ignored when dropout is 0. */
struct ll_lm_step {
	uint64_t seed, step, first_sample; /* global index of the sample in row 0 */
};

#endif
