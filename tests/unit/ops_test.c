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

/* Rows are B x T of them; what N and K are, inputs_of and outputs_of say. Of attention N is the band, and kind has a bit each for
 * alibi, a scale, a cap and dropout. */
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
	{ "attention in a band", ATTENTION, 2, 19, 5, 6, 2, 1, 0 },
	{ "attention in a band over blocks", ATTENTION, 1, 301, 130, 4, 1, 1, 0 },
	{ "attention in a narrow band over blocks, alibi", ATTENTION, 1, 270, 3, 4, 2, 1, 1 },
	{ "attention, capped", ATTENTION, 2, 13, 0, 8, 3, 1, 4 },
	{ "attention, dropout", ATTENTION, 2, 13, 0, 8, 3, 1, 8 },
	{ "attention, everything, over blocks", ATTENTION, 2, 140, 21, 4, 2, 2, 15 },
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
	{ "embeddings, tokens and positions apart", EMBED, 3, 29, 17, 71, 0, 0, 1 },
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
	static const struct ll_ops_f32 *const tables[] = {
		&ll_ops_f32_reference, &ll_ops_f32_scalar,
#ifdef HAVE_AVX
		&ll_ops_f32_avx2, &ll_ops_f32_avx512,
#endif
	};
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

/* The definition, one query and key after the other, with a mask in place of the band. */
static void attend_by_definition(const struct ll_op_attention *s, double *out, const double *qkv)
{
	for (int64_t b = 0; b < s->batch; b++)
		for (int64_t h = 0; h < s->heads; h++)
			for (int64_t i = 0; i < s->seq_len; i++) {
				double sum = 0, *o = out + ((b * s->seq_len + i) * s->heads + h) * s->head_dim;
				const double *rows = qkv + b * s->seq_len * s->stride, *q = rows + i * s->stride + h * s->head_dim;
				for (int64_t d = 0; d < s->head_dim; d++)
					o[d] = 0;
				for (int64_t j = 0; j < s->seq_len; j++) {
					bool meets = j <= i && (s->band == 0 || i - j < s->band) && (!s->start || j >= s->start[b * s->seq_len + i]);
					const double *k = rows + j * s->stride + (s->heads + h / (s->heads / s->kv_heads)) * s->head_dim;
					const double *v = k + s->kv_heads * s->head_dim;
					double score = 0;
					for (int64_t d = 0; d < s->head_dim; d++)
						score += q[d] * k[d];
					score /= sqrt((double)s->head_dim);
					score = s->cap != 0 ? s->cap * tanh(score / s->cap) : score;
					double weight = meets ? exp(score) : 0;
					sum += weight;
					for (int64_t d = 0; d < s->head_dim; d++)
						o[d] += weight * v[d];
				}
				for (int64_t d = 0; d < s->head_dim; d++)
					o[d] /= sum;
			}
}

static void bands(struct ll_pool *pool)
{
	static const int64_t band[] = { 0, 1, 2, 37, 63, 64, 65, 127, 128, 129, 256, 299, 300, 1000 };
	enum { T = 300, HD = 4, N = 2 * T * 2 * HD };
	struct ll_op_attention s = { .batch = 2, .seq_len = T, .heads = 2, .kv_heads = 1, .head_dim = HD, .stride = 4 * HD };
	double *qkv = ll_calloc(2 * N, 8), *a = ll_calloc(N, 8), *b = ll_calloc(N, 8), *lse = ll_calloc(N, 8), worst = 0;
	double *scratch = ll_calloc(6 * T * LL_ATTENTION_BLOCK, 8);
	for (uint64_t i = 0; i < 2 * N; i++)
		qkv[i] = 4 * ll_random_unit(5, 5, i) - 2;
	for (size_t n = 0; n < LL_COUNT(band); n++)
		for (int capped = 0; capped < 2; capped++) {
			s.band = band[n];
			s.cap = capped ? 2 : 0;
			ll_ops_f64_reference.attention(pool, &s, a, lse, qkv, scratch);
			attend_by_definition(&s, b, qkv);
			for (size_t i = 0; i < N; i++)
				worst = fmax(worst, fabs(a[i] - b[i]));
		}
	ok(worst < 1e-13, "bands of %zu widths are dense attention under a mask (%.1e)", LL_COUNT(band), worst);
	int32_t start[2 * T];
	worst = 0;
	for (uint64_t n = 0; n < 8; n++) { /* documents of a token, a few, and more than a block */
		for (int64_t i = 0; i < 2 * T; i++) {
			bool begins = i % T == 0 || ll_random_below(6, n, (uint64_t)i, n < 4 ? 6 : 90) == 0;
			start[i] = begins ? (int32_t)(i % T) : start[i - 1];
		}
		s.start = start;
		s.band = n % 2 ? 37 : 0;
		ll_ops_f64_reference.attention(pool, &s, a, lse, qkv, scratch);
		attend_by_definition(&s, b, qkv);
		for (size_t i = 0; i < N; i++)
			worst = fmax(worst, fabs(a[i] - b[i]));
	}
	ok(worst < 1e-13, "so are documents that do not meet (%.1e)", worst);
	void *all[] = { qkv, a, b, lse, scratch };
	for (size_t i = 0; i < LL_COUNT(all); i++)
		ll_free(all[i]);
}

/* Values that are unit vectors: what comes out, [2, T, 3, 64], are the probabilities themselves. */
static void probabilities(struct ll_pool *pool, int64_t T, double dropout, double *out)
{
	enum { HD = 64, ROW = 9 * HD };
	struct ll_op_attention s = { .batch = 2, .seq_len = T, .heads = 3, .kv_heads = 3, .head_dim = HD, .stride = ROW, .dropout = dropout,
				     .seed = 1, .site = 2, .step = 3, .first = 0xffffffff };
	double *qkv = ll_calloc((size_t)(2 * T * ROW), 8), *lse = ll_calloc((size_t)(2 * T * 3), 8), *scratch = ll_calloc((size_t)(6 * T * T), 8);
	for (int64_t r = 0; r < 2 * T; r++)
		for (int64_t k = 0; k < ROW; k++)
			qkv[r * ROW + k] = k < 6 * HD ? ll_random_unit(6, 6, (uint64_t)(r % T * ROW + k)) : k % HD == r % T;
	ll_ops_f64_reference.attention(pool, &s, out, lse, qkv, scratch);
	ll_free(qkv);
	ll_free(lse);
	ll_free(scratch);
}

static void dropped_probabilities(struct ll_pool *pool)
{
	enum { T = 60, SHORT = 41, N = 2 * T * 3 * 64 };
	static double whole[N], dropped[N], shorter[N];
	int64_t kept = 0, all = 0, wrong = 0, heads = 0, samples = 0;
	probabilities(pool, T, 0, whole);
	probabilities(pool, T, 0.3, dropped);
	probabilities(pool, SHORT, 0.3, shorter);
#define AT(b, i, h) ((((b) * T + (i)) * 3 + (h)) * 64 + j)
	for (int64_t b = 0; b < 2; b++)
		for (int64_t i = 0; i < T; i++)
			for (int64_t h = 0; h < 3; h++)
				for (int64_t j = 0; j <= i; j++) {
					double p = whole[AT(b, i, h)], d = dropped[AT(b, i, h)];
					bool is_kept = d != 0;
					all++;
					kept += is_kept;
					wrong += is_kept && fabs(d - p / 0.7) > 1e-12;
					heads += is_kept == (dropped[AT(b, i, (h + 1) % 3)] != 0);
					samples += is_kept == (dropped[AT(1 - b, i, h)] != 0);
					wrong += i < SHORT && fabs(shorter[((b * SHORT + i) * 3 + h) * 64 + j] - d) > 1e-12;
				}
#undef AT
	double n = (double)all, alike = 0.7 * 0.7 + 0.3 * 0.3;
	ok(wrong == 0, "a probability is dropped or divided by 1 - p, whatever the length of the sequence");
	ok(fabs((double)kept / n - 0.7) < 0.02, "as many as p says are dropped (%.3f kept)", (double)kept / n);
	ok(fabs((double)heads / n - alike) < 0.02 && fabs((double)samples / n - alike) < 0.02, "heads and samples drop independently");
}

/* What goes through exp: a NaN stays one, and where it is; under a sanitizer also by no undefined arithmetic. */
static void not_a_number(struct ll_pool *pool)
{
	enum { N = 37, AT = 20 };
	float in[N], whole[N], out[N];
	size_t wrong = 0;
	for (int i = 0; i < N; i++)
		in[i] = 0.25f * (float)(i - AT);
	ll_ops_f32_best()->act(pool, LL_OP_GELU_TANH, whole, in, 1, N);
	in[AT] = NAN;
	ll_ops_f32_best()->act(pool, LL_OP_GELU_TANH, out, in, 1, N);
	for (int i = 0; i < N; i++)
		wrong += i == AT ? !isnan(out[i]) : out[i] != whole[i];
	ok(wrong == 0, "a NaN stays one, and alone");
}

int main(void)
{
	struct ll_pool *pools[3];
	for (int i = 0; i < 3; i++)
		pools[i] = ll_pool_new(i + 1);
	ll_ops_f32_best(); /* one thread of the BLAS's own */
	for (size_t i = 0; i < LL_COUNT(cases); i++)
		check_case(pools, &cases[i]);
	bands(pools[1]);
	dropped_probabilities(pools[1]);
	not_a_number(pools[1]);
	for (int i = 0; i < 3; i++)
		ll_pool_free(pools[i]);
	return test_done();
}
