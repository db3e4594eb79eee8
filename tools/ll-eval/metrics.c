/* SPDX-License-Identifier: MIT */
#include "ll-eval/metrics.h"

#include <math.h>

const char *const norm_names[NORMS] = { "acc", "acc_norm", "acc_bytes", "acc_tokens" };

size_t best_choice(const struct choice *c, size_t n, enum norm norm)
{
	size_t best = 0;
	double most = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t length = norm == NORM_CHARACTERS ? c[i].characters : norm == NORM_BYTES ? c[i].bytes : norm == NORM_TOKENS ? c[i].tokens : 1;
		double value = c[i].log_likelihood / (double)LL_MAX(length, 1);
		if (i == 0 || value > most) {
			most = value;
			best = i;
		}
	}
	return best;
}

double standard_error(uint64_t right, uint64_t n)
{
	double p = n ? (double)right / (double)n : 0;
	return n < 2 ? 0 : sqrt(p * (1 - p) / (double)(n - 1));
}

void wilson(uint64_t right, uint64_t n, double *low, double *high)
{
	const double z = 1.95996398454;
	*low = 0, *high = 1;
	if (n == 0)
		return;
	double p = (double)right / (double)n, zz = z * z / (double)n;
	double half = z * sqrt(p * (1 - p) / (double)n + z * z / (4.0 * (double)n * (double)n));
	*low = (p + zz / 2 - half) / (1 + zz);
	*high = (p + zz / 2 + half) / (1 + zz);
}
