/* SPDX-License-Identifier: MIT */
/* The gradient noise scale: by hand, and of made-up gradients whose covariance is known. */
#include "test.h"

#include <math.h>

#include "base/random.h"
#include "lm/noise_scale.h"

static bool near(double a, double b, double within)
{
	return fabs(a - b) <= within * fabs(b);
}

/* A sum of twelve uniform numbers less 6: mean 0, variance 1. */
static double noise(uint64_t sample, uint64_t element)
{
	double sum = -6;
	for (uint64_t i = 0; i < 12; i++)
		sum += ll_random_unit(7, element, sample * 12 + i);
	return sum;
}

/* Of `elements` numbers, of mean 0.5 and variance 4: tr(S) / |G|^2 = 16, whatever their number. */
static double simulated(uint64_t measurements, int small, int large)
{
	enum { ELEMENTS = 100 };
	struct ll_noise_scale n = { 0 };
	double scale = NAN;
	for (uint64_t k = 0; k < measurements; k++) {
		double part[ELEMENTS] = { 0 }, all[ELEMENTS] = { 0 }, squares = 0, whole = 0;
		for (int i = 0; i < large; i++) {
			for (uint64_t e = 0; e < ELEMENTS; e++) {
				double g = 0.5 + 2 * noise(k * (uint64_t)large + (uint64_t)i, e);
				part[e] += g / small;
				all[e] += g / large;
			}
			for (int e = 0; (i + 1) % small == 0 && e < ELEMENTS; e++) {
				squares += part[e] * part[e] * small / large;
				part[e] = 0;
			}
		}
		for (int e = 0; e < ELEMENTS; e++)
			whole += all[e] * all[e];
		scale = ll_noise_scale_add(&n, small, sqrt(squares), large, sqrt(whole));
	}
	return scale;
}

int main(void)
{
	struct ll_noise_scale n = { 0 };
	/* |G|^2 = (4 4 - 10) / 3 = 2, tr(S) = (10 - 4) / (1 - 1/4) = 8 */
	ok(near(ll_noise_scale_add(&n, 1, sqrt(10), 4, 2), 4, 1e-12), "by hand");
	ok(isnan(ll_noise_scale_add(&n, 1, NAN, 4, 2)) && isnan(ll_noise_scale_add(&n, 4, 1, 4, 2)), "what is no measurement is not taken");
	/* |G|^2 = (8 9 - 2 12) / 6 = 8, tr(S) = (12 - 9) / (1/2 - 1/8) = 8; with the first one 0.95 times as heavy */
	ok(near(ll_noise_scale_add(&n, 2, sqrt(12), 8, 3), (0.95 * 8 + 8) / (0.95 * 2 + 8), 1e-12), "both sums decay");
	struct ll_noise_scale hidden = { 0 };
	ok(isnan(ll_noise_scale_add(&hidden, 1, 4, 4, 1)), "noise that leaves no gradient");
	double one = simulated(200, 1, 16), four = simulated(200, 4, 16);
	ok(near(one, 16, 0.15), "samples against 16: %g of 16", one);
	ok(near(four, 16, 0.25), "fours against 16: %g of 16", four);
	return test_done();
}
