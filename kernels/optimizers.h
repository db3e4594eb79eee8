/* SPDX-License-Identifier: MIT */
/*
 * optimizers.h - what one update does to one tensor. The tables of which optimizer does what to which tensor are in
 * lm/optimizer.h.
 *
 * All kernels cut their work by shape alone and combine partial sums in a fixed order: equal bits at any number of
 * threads. Updates change p and the state in place and read g. The gradient that counts, d below, is
 *
 *   d = scale g + l2 p + l1 sign(p)
 *
 * and "decay" is decoupled: p (1 - lr weight_decay) (Loshchilov and Hutter 2019). Nothing is allocated.
 */
#ifndef LL_OPTIMIZERS_H
#define LL_OPTIMIZERS_H

#include "kernels/ops.h"

struct ll_update {
	double lr, weight_decay, l1, l2;
	double scale; /* of the gradient: clipping */
	double beta1, beta2, eps, momentum;
	bool nesterov;
	bool relative_step; /* Adafactor: lr counts in units of the tensor's root mean square */
	double spikes;	    /* Adam: elements whose square is above so many times their second moment are cut to that; 0: none is */
	uint64_t step;	    /* from 1 */
};

/* ---- before an update, in place: elements of the gradient g[0 .. n) cut ---- */

/* Every element to [-max, max]. */
void ll_clip_values(struct ll_pool *pool, float *g, size_t n, double max);
/* Elements of scale g whose square is above theta v, where v (the second moment, [n], read) is not 0, to that (SPAM: Huang et al. 2025, "SPAM: Spike-Aware
 * Adam with Momentum Reset for Stable LLM Training"). */
void ll_clip_spikes(struct ll_pool *pool, float *g, const float *v, size_t n, double theta, double scale);

/* ---- updates of p[0 .. n) ---- */

/* Adam with bias correction (Kingma and Ba 2015, algorithm 1), with decoupled decay AdamW (Loshchilov and Hutter 2019,
 * algorithm 2). beta1, beta2, eps. */
void ll_update_adam(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *m, float *v,
		    size_t n);
/* m = momentum m + d, p -= lr m, or, by Nesterov, lr (d + momentum m) (Sutskever et al. 2013, section 2, in the form of
 * PyTorch, whose m is not scaled by the rate). m NULL: no momentum. */
void ll_update_sgd(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *m, size_t n);
/* Lion (Chen et al. 2023, algorithm 2). beta1, beta2. */
void ll_update_lion(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *m, size_t n);
/*
 * Adafactor without momentum (Shazeer and Stern 2018): second moments of a matrix as their means over rows and columns
 * (algorithm 4), of a vector each (algorithm 5; `rows` 0), decaying with 1 - step^-0.8 (section 7.2), the update clipped
 * to a root mean square of 1 (section 6); with relative_step, lr times the root mean square of p, at least 1e-3 (section
 * 8). eps is the first epsilon, at least 1e-37. row: [rows], column: [columns]. scratch: ll_adafactor_scratch(...) floats, 8-aligned.
 */
void ll_update_adafactor(struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *row,
			 float *column, size_t rows, size_t columns, float *scratch);
size_t ll_adafactor_scratch(size_t rows, size_t columns);
/*
 * Muon on one matrix (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"): the momentum, by
 * Nesterov or not, made orthogonal by five Newton-Schulz steps of degree five, in float32. Its update is scaled by
 * 0.2 sqrt(max(rows, columns)), so that learning rate and decay are those of AdamW (Liu et al. 2025, "Muon is Scalable
 * for LLM Training", section 2.2). m: [rows, columns], the running mean (1 - momentum) d + momentum m. scratch:
 * ll_muon_scratch(...) floats, 64-aligned.
 */
void ll_update_muon(struct ll_pool *pool, const struct ll_ops_f32 *ops, const struct ll_update *u, float *p,
		    const float *g, float *m, int64_t rows, int64_t columns, float *scratch);
size_t ll_muon_scratch(size_t rows, size_t columns);

#endif
