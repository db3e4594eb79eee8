/* SPDX-License-Identifier: MIT */
/* metrics.h - log-likelihoods to scores; pure functions. */
#ifndef LL_METRICS_H
#define LL_METRICS_H

#include "base/base.h"

enum norm { NORM_NONE, NORM_CHARACTERS, NORM_BYTES, NORM_TOKENS, NORMS };
extern const char *const norm_names[NORMS]; /* "acc", "acc_norm", "acc_bytes", "acc_tokens" */

struct choice {
	double log_likelihood;
	uint64_t characters, bytes, tokens; /* of the choice's text, without the space before it */
};
/* The choice of the largest log-likelihood over its length; the first of equals. */
size_t best_choice(const struct choice *c, size_t n, enum norm norm);
/* Sample standard deviation of a 0/1 mean over the root of n: sqrt(p (1 - p) / (n - 1)); 0 for n < 2. */
double standard_error(uint64_t right, uint64_t n);
/* Wilson's 95 % interval (Wilson 1927). */
void wilson(uint64_t right, uint64_t n, double *low, double *high);

#endif
