/* SPDX-License-Identifier: MIT */
#include "lm/precision.h"

#include "kernels/gemm.h"
#include "lm/model_memory.h"

int ll_precision_named(const char *name, enum ll_precision *p)
{
	*p = strcmp(name, "bf16") == 0 ? LL_PRECISION_BF16 : LL_PRECISION_F32;
	return *p == LL_PRECISION_BF16 || strcmp(name, "f32") == 0 ? 0 : -1;
}

const struct ll_ops_f32 *ll_precision_ops(enum ll_precision p)
{
	return p == LL_PRECISION_BF16 ? ll_ops_bf16_best() : ll_ops_f32_best();
}

const char *ll_precision_kernel(enum ll_precision p)
{
	return p == LL_PRECISION_BF16 ? ll_gemm_bf16_best()->name : ll_ops_f32_best()->name;
}

void ll_lm_set_precision(struct ll_lm *m, enum ll_precision p)
{
	m->memory->ops = ll_precision_ops(p);
}
