/* SPDX-License-Identifier: MIT */
/*
 * noise_scale.h - the gradient noise scale of McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", appendix A.1:
 * about the batch up to which doubling it nearly halves the steps that are needed. B_simple = tr(S) / |G|^2, S the covariance of a
 * sample's gradient and G the true gradient, from the squared norms at two batch sizes b < B, of which
 *
 *   E |G_b|^2 = |G|^2 + tr(S) / b,
 *
 * so that (B |G_B|^2 - b |G_b|^2) / (B - b) and (|G_b|^2 - |G_B|^2) / (1/b - 1/B) are without bias. Both are noisy, and their ratio
 * would not be: each is averaged by itself, with a weight that decays by 0.95 a measurement. A pure function of the norms in order.
 */
#ifndef LL_NOISE_SCALE_H
#define LL_NOISE_SCALE_H

/* Zeroed: nothing seen. */
struct ll_noise_scale {
	double gradient, covariance; /* running sums of both, not divided by the sum of their weights */
};

/* The scale, in what batches are counted in, after norms at `small` and `large` (> small); NaN while the noise leaves no gradient
 * to be seen, and for norms that are not finite, which are not taken. */
double ll_noise_scale_add(struct ll_noise_scale *n, double small, double norm_small, double large, double norm_large);

#endif
