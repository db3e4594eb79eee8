/* SPDX-License-Identifier: MIT */
/*
 * ops_test.c - every operation of kernels/ops.h by itself: its gradient in float64 against central differences, every
 * float32 backend against float64, equal bits at 1, 2 and 3 threads; odd shapes (one token, head sizes 40, 80,
 * 96, primes).
 */
#include "test.h"

#include <math.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/ops_dispatch.h"

/* Rows are B x T of them; what N and K are, inputs_of and outputs_of say. */
static const struct op_case {
	const char *name;
	enum op { LINEAR, NORM, ATTENTION, ROTARY, ACT, CROSS_ENTROPY, EMBED, DROPOUT, ADD, SCALE } op;
	int64_t B, T, N, K, heads, kv_heads;
	int kind;
} cases[] = {
	{ "linear 1x1x1", LINEAR, 1, 1, 1, 1, 0, 0, 0 },
	{ "linear, one row", LINEAR, 1, 1, 37, 53, 0, 0, 0 },
	{ "linear of primes", LINEAR, 1, 67, 37, 131, 0, 0, 0 },
	{ "linear of several tiles", LINEAR, 1, 521, 277, 3, 0, 0, 0 },
	{ "layer norm", NORM, 2, 67, 0, 37, 0, 0, LL_OP_NORM_LAYER },
	{ "layer norm, one row of 2", NORM, 1, 1, 0, 2, 0, 0, LL_OP_NORM_LAYER },
	{ "rms norm", NORM, 2, 67, 0, 37, 0, 0, LL_OP_NORM_RMS },
	{ "rms norm, one row of 1", NORM, 1, 1, 0, 1, 0, 0, LL_OP_NORM_RMS },
	{ "attention, one token", ATTENTION, 2, 1, 0, 40, 3, 3, false },
	{ "attention, head size 80, grouped", ATTENTION, 1, 11, 0, 80, 4, 2, false },
	{ "attention, head size 96, one kv head", ATTENTION, 2, 7, 0, 96, 3, 1, false },
	{ "attention over blocks", ATTENTION, 1, 259, 0, 5, 2, 1, false },
	{ "attention, alibi of 3 heads", ATTENTION, 2, 13, 0, 4, 3, 3, true },
	{ "attention, alibi of 8 heads over blocks", ATTENTION, 1, 131, 0, 3, 8, 4, true },
	{ "attention, alibi and a scale of its own", ATTENTION, 1, 17, 0, 12, 2, 2, 3 },
	{ "rotary by halves", ROTARY, 2, 5, 10, 10, 3, 0, false },
	{ "rotary by pairs, a part", ROTARY, 2, 67, 4, 10, 3, 0, true },
	{ "gelu", ACT, 2, 67, 0, 37, 0, 0, LL_OP_GELU },
	{ "gelu-tanh", ACT, 2, 67, 0, 37, 0, 0, LL_OP_GELU_TANH },
	{ "relu", ACT, 2, 67, 0, 37, 0, 0, LL_OP_RELU },
	{ "swiglu", ACT, 2, 67, 0, 37, 0, 0, LL_OP_SWIGLU },
	{ "geglu", ACT, 2, 67, 0, 37, 0, 0, LL_OP_GEGLU },
	{ "cross-entropy, prime vocabulary", CROSS_ENTROPY, 1, 11, 0, 997, 0, 0, 0 },
	{ "cross-entropy, one word", CROSS_ENTROPY, 1, 3, 0, 1, 0, 0, 0 },
	{ "label smoothing", CROSS_ENTROPY, 1, 11, 0, 997, 0, 0, 1 },
	{ "z-loss", CROSS_ENTROPY, 1, 11, 0, 97, 0, 0, 2 },
	{ "label smoothing and z-loss, one word", CROSS_ENTROPY, 1, 3, 0, 1, 0, 0, 3 },
	{ "embeddings", EMBED, 3, 29, 17, 71, 0, 0, 0 },
	{ "dropout", DROPOUT, 3, 29, 0, 71, 0, 0, 0 },
	{ "add", ADD, 3, 29, 0, 271, 0, 0, 0 },
	{ "scale", SCALE, 3, 29, 0, 271, 0, 0, 0 },
};

static size_t inputs_of(const struct op_case *c)
{
	int64_t M = c->B * c->T;
	switch (c->op) {
	case LINEAR: return (size_t)(M * c->K + c->N * c->K + c->N);
	case NORM: return (size_t)(M * c->K + (c->kind == LL_OP_NORM_LAYER ? 2 : 1) * c->K);
	case ATTENTION: return (size_t)(M * (c->heads + 2 * c->kv_heads) * c->K);
	case ROTARY: return (size_t)(M * (c->heads * c->K + 3));
	case ACT: return (size_t)(M * c->K * (c->kind == LL_OP_SWIGLU || c->kind == LL_OP_GEGLU ? 2 : 1));
	case EMBED: return (size_t)((c->N + c->T) * c->K);
	case ADD: return (size_t)(2 * M * c->K);
	default: return (size_t)(M * c->K);
	}
}

static size_t outputs_of(const struct op_case *c)
{
	int64_t M = c->B * c->T;
	switch (c->op) {
	case LINEAR: return (size_t)(M * c->N);
	case ATTENTION: return (size_t)(M * c->heads * c->K);
	case ROTARY: return inputs_of(c);
	case CROSS_ENTROPY: return (size_t)(2 * M);
	default: return (size_t)(M * c->K);
	}
}

static int32_t *make_ids(int64_t n, int64_t below, bool some_ignored)
{
	int32_t *id = ll_calloc((size_t)n, sizeof(*id));
	for (int64_t i = 0; i < n; i++)
		id[i] = some_ignored && i % 4 == 1 ? -1 : (int32_t)ll_random_below(3, 3, (uint64_t)i, (uint64_t)below);
	return id;
}

#define real double
#define OPS struct ll_ops_f64
#define RUN run_f64
#include "ops_run.h"

#define real float
#define OPS struct ll_ops_f32
#define RUN run_f32
#include "ops_run.h"

struct values {
	double *x, *r, *y, *g;
	float *xf, *rf, *yf, *gf;
};

static double objective(struct ll_pool *pool, const struct op_case *c, struct values *v, double *g)
{
	double sum = 0;
	run_f64(&ll_ops_f64_reference, pool, c, v->x, v->r, v->y, g);
	for (size_t i = 0; i < outputs_of(c); i++)
		sum += v->r[i] * v->y[i];
	return sum;
}

/* Relative to the largest gradient. */
static double worst_difference(struct ll_pool *pool, const struct op_case *c, struct values *v)
{
	size_t n = inputs_of(c);
	double *other = ll_calloc(n, sizeof(double)), worst = 0, scale = 1e-3, h = 1e-5;
	for (size_t i = 0; i < n; i++)
		scale = fmax(scale, fabs(v->g[i]));
	for (uint64_t k = 0; k < 60; k++) {
		size_t i = ll_random_below(7, 7, k, n);
		if (k < 16) /* both ends, too */
			i = k < 8 ? LL_MIN(n - 1, k) : n - LL_MIN(n, k - 7);
		double keep = v->x[i];
		v->x[i] = keep + h;
		double up = objective(pool, c, v, other);
		v->x[i] = keep - h;
		double down = objective(pool, c, v, other);
		v->x[i] = keep;
		worst = fmax(worst, fabs((up - down) / (2 * h) - v->g[i]) / scale);
	}
	ll_free(other);
	objective(pool, c, v, v->g);
	return worst;
}

static double distance(const float *a, const double *b, size_t n)
{
	double d = 0, s = 1e-12;
	for (size_t i = 0; i < n; i++) {
		d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
		s += b[i] * b[i];
	}
	return sqrt(d / s);
}

static void check_case(struct ll_pool *const *pools, const struct op_case *c)
{
	static const struct ll_ops_f32 *const tables[] = { &ll_ops_f32_reference, &ll_ops_f32_scalar, &ll_ops_f32_avx2,
							   &ll_ops_f32_avx512 };
	size_t n = inputs_of(c), m = outputs_of(c);
	struct values v = { ll_calloc(n, 8), ll_calloc(m, 8), ll_calloc(m, 8), ll_calloc(n, 8),
			    ll_calloc(n, 4), ll_calloc(m, 4), ll_calloc(m, 4), ll_calloc(n, 4) };
	float *y1 = ll_calloc(m, 4), *g1 = ll_calloc(n, 4);
	for (size_t i = 0; i < n; i++)
		v.x[i] = v.xf[i] = (float)(4 * ll_random_unit(1, 1, i) - 2);
	for (size_t i = 0; i < m; i++)
		v.r[i] = v.rf[i] = c->op == CROSS_ENTROPY ? 0.75f : (float)(2 * ll_random_unit(1, 2, i) - 1);
	objective(pools[1], c, &v, v.g);
	double worst = worst_difference(pools[1], c, &v);
	ok(worst < 1e-6, "%s: central differences agree to 1e-6 (%.1e)", c->name, worst);
	for (size_t k = 0; k < LL_COUNT(tables); k++) {
		if (k >= 2 && (int)ll_cpu() < (int)k - 1)
			continue;
		bool same = true;
		run_f32(tables[k], pools[0], c, v.xf, v.rf, y1, g1);
		for (int threads = 2; threads <= 3; threads++) {
			run_f32(tables[k], pools[threads - 1], c, v.xf, v.rf, v.yf, v.gf);
			same = same && memcmp(v.yf, y1, m * sizeof(float)) == 0 && memcmp(v.gf, g1, n * sizeof(float)) == 0;
		}
		double off = fmax(distance(y1, v.y, m), distance(g1, v.g, n));
		ok(off < 3e-6 && same, "%s: %s is within 3e-6 of float64 (%.1e), with equal bits at 1, 2, 3 threads", c->name,
		   tables[k]->name, off);
	}
	void *all[] = { v.x, v.r, v.y, v.g, v.xf, v.rf, v.yf, v.gf, y1, g1 };
	for (size_t i = 0; i < LL_COUNT(all); i++)
		ll_free(all[i]);
}

int main(void)
{
	struct ll_pool *pools[3];
	for (int i = 0; i < 3; i++)
		pools[i] = ll_pool_new(i + 1);
	ll_ops_f32_best(); /* one thread of the BLAS's own */
	for (size_t i = 0; i < LL_COUNT(cases); i++)
		check_case(pools, &cases[i]);
	for (int i = 0; i < 3; i++)
		ll_pool_free(pools[i]);
	return test_done();
}
