/* SPDX-License-Identifier: MIT */
/* Clipping: ZClip by values worked out by hand, elements by their definition. */
#include "test.h"

#include <math.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/optimizers.h"
#include "lm/zclip.h"

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-5 * fmax(fabs(a), fabs(b));
}

/* 24 norms of 1 and 3 and one of 2: mean 2, variance 24/25. */
static void zclip(void)
{
	struct ll_zclip z = { 0 };
	bool all = true;
	for (int i = 0; i < 25; i++) {
		double norm = i == 24 ? 2 : i % 2 ? 1 : 3;
		all = all && ll_zclip_limit(&z, norm, 2.5) == norm;
	}
	ok(all, "the first 25 are as they are");
	ok(near(z.mean, 2) && near(z.variance, 0.96), "mean and variance begin with them");
	ok(near(ll_zclip_limit(&z, 4, 2.5), 4), "z of 2.04: no outlier");
	/* mean 2.06, variance 0.97 0.96 + 0.03 1.94^2 = 1.044108, deviation 1.021816; z of 12: 9.727779 */
	ok(near(z.mean, 2.06) && near(z.variance, 1.044108), "the statistics follow");
	ok(near(ll_zclip_limit(&z, 12, 2.5), 2.06 + 1.021816 * 6.25 / 9.727779), "an outlier is cut the more the farther out");
	ok(near(z.mean, 0.97 * 2.06 + 0.03 * 2.716508), "they see what it was cut to");
}

static void elements(struct ll_pool *pool)
{
	size_t n = 100003;
	float *g = ll_calloc(n, sizeof(float)), *v = ll_calloc(n, sizeof(float)), *x = ll_calloc(n, sizeof(float));
	bool values = true, spikes = true;
	for (size_t i = 0; i < n; i++) {
		x[i] = (float)(4 * ll_random_unit(1, 1, i) - 2);
		v[i] = i % 7 ? (float)(1e-3 * ll_random_unit(1, 2, i)) : 0;
	}
	memcpy(g, x, n * sizeof(float));
	ll_clip_values(pool, g, n, 1.25);
	for (size_t i = 0; i < n; i++)
		values = values && g[i] == fmaxf(-1.25f, fminf(1.25f, x[i]));
	ok(values, "every element is cut to the size");
	memcpy(g, x, n * sizeof(float));
	ll_clip_spikes(pool, g, v, n, 500, 0.5); /* of 0.5 g, whose square is at most 500 v */
	for (size_t i = 0; i < n; i++) {
		double d = 0.5 * (double)x[i], want = v[i] > 0 && d * d > 500 * (double)v[i] ? copysign(sqrt(500 * (double)v[i]), d) : d;
		spikes = spikes && fabs(0.5 * (double)g[i] - want) <= 1e-6;
	}
	ok(spikes, "an element is cut to the root of so many times its second moment, where that is not 0");
	ll_free(g), ll_free(v), ll_free(x);
}

int main(void)
{
	struct ll_pool *pool = ll_pool_new(3);
	zclip();
	elements(pool);
	ll_pool_free(pool);
	return test_done();
}
