/* SPDX-License-Identifier: MIT */
/*
 * precision.h - what a model computes in. Weights, gradients, moments and activations are float32 in memory in any case; with bf16
 * all products, with weights and of attention, forward and backward, take their inputs rounded to bfloat16 and add in float32
 * (kernels/gemm.h).
 */
#ifndef LL_PRECISION_H
#define LL_PRECISION_H

#include "lm/model.h"

enum ll_precision { LL_PRECISION_F32, LL_PRECISION_BF16 };
#define LL_PRECISION_NAMES "f32|bf16"

/* -1: no such name. */
int ll_precision_named(const char *name, enum ll_precision *p) LL_MUST_CHECK;
/* For what the model does from now on. A new model computes in float32. */
void ll_lm_set_precision(struct ll_lm *m, enum ll_precision p);
const struct ll_ops_f32 *ll_precision_ops(enum ll_precision p);
/* What computes the products, for people: "avx512_bf16". */
const char *ll_precision_kernel(enum ll_precision p);

#endif
