/* SPDX-License-Identifier: MIT */
/* optimizers_impl.h - what the files behind optimizers.h share: numbers of an update as floats, and the gradient. */
#ifndef LL_OPTIMIZERS_IMPL_H
#define LL_OPTIMIZERS_IMPL_H

#include "base/memory.h"
#include "kernels/optimizers.h"

#define BLOCK 65536u
#define INLINE static inline __attribute__((always_inline))

struct update_job {
	float *p, *m, *v;
	const float *g;
	size_t n;
	float lr, keep; /* keep: 1 - lr weight_decay */
	float scale, l1, l2, beta1, beta2, eps, momentum;
	float root_correction; /* of the second moment: Adam */
	bool nesterov, regularised;
};

static inline struct update_job update_job(const struct ll_update *u, float *p, const float *g, size_t n)
{
	return (struct update_job){ .p = p, .g = g, .n = n, .lr = (float)u->lr, .keep = (float)(1 - u->lr * u->weight_decay),
				    .scale = (float)u->scale, .l1 = (float)u->l1, .l2 = (float)u->l2, .beta1 = (float)u->beta1,
				    .beta2 = (float)u->beta2, .eps = (float)u->eps, .momentum = (float)u->momentum,
				    .nesterov = u->nesterov, .regularised = u->l1 != 0 || u->l2 != 0 };
}

static inline size_t blocks(size_t n)
{
	return (n + BLOCK - 1) / BLOCK;
}

/* `regularised` is a constant where this is called, so that the loops without it do not pay for it. */
INLINE float gradient(const struct update_job *j, float g, float p, bool regularised)
{
	float d = g * j->scale;
	return regularised ? d + j->l2 * p + j->l1 * (float)((p > 0) - (p < 0)) : d;
}

/* Defines NAME_task, which calls the inline NAME(job, start, n, regularised) on its block. */
#define UPDATE_TASK(name)                                                                         \
	static void name##_task(void *context, size_t task, int thread)                           \
	{                                                                                         \
		const struct update_job *j = context;                                             \
		size_t start = task * BLOCK, n = LL_MIN((size_t)BLOCK, j->n - start);             \
		(void)thread;                                                                     \
		if (j->regularised)                                                               \
			name(j, start, n, true);                                                  \
		else                                                                              \
			name(j, start, n, false);                                                 \
	}

#endif
