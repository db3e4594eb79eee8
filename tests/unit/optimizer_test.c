/* SPDX-License-Identifier: MIT */
/*
 * Optimizers against implementations in float64 written from the papers' algorithms, one element after the other; equal
 * bits at any number of threads; what each keeps for a tensor.
 */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/ops.h"
#include "lm/optimizer.h"

enum { STEPS = 12 };

static double noise(uint64_t purpose, uint64_t i)
{
	return 2 * ll_random_unit(7, purpose, i) - 1;
}

/* ---- the oracles: x, m, v and q have n = rows x columns elements ---- */

struct oracle {
	double *x, *m, *v, *d;
	size_t rows, columns, n; /* a vector has one row */
	bool vector;
};

static double sign(double x)
{
	return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/* Kingma and Ba, algorithm 1; Loshchilov and Hutter, algorithm 2. */
static void oracle_adam(struct oracle *o, const struct ll_update *u)
{
	for (size_t i = 0; i < o->n; i++) {
		o->m[i] = u->beta1 * o->m[i] + (1 - u->beta1) * o->d[i];
		o->v[i] = u->beta2 * o->v[i] + (1 - u->beta2) * o->d[i] * o->d[i];
		double m = o->m[i] / (1 - pow(u->beta1, (double)u->step)), v = o->v[i] / (1 - pow(u->beta2, (double)u->step));
		o->x[i] -= u->lr * (m / (sqrt(v) + u->eps) + u->weight_decay * o->x[i]);
	}
}

/* Sutskever et al., section 2, by its two positions: x there is x here plus momentum times the velocity. */
static void oracle_sgd(struct oracle *o, const struct ll_update *u)
{
	for (size_t i = 0; i < o->n; i++) {
		double before = u->momentum * o->m[i]; /* of the velocity, in units of -lr */
		o->x[i] -= u->lr * u->weight_decay * o->x[i];
		o->m[i] = before + o->d[i];
		o->x[i] -= u->lr * (u->nesterov ? o->m[i] + u->momentum * o->m[i] - before : o->m[i]);
	}
}

/* Chen et al., algorithm 2. */
static void oracle_lion(struct oracle *o, const struct ll_update *u)
{
	for (size_t i = 0; i < o->n; i++) {
		double c = u->beta1 * o->m[i] + (1 - u->beta1) * o->d[i];
		o->x[i] -= u->lr * (sign(c) + u->weight_decay * o->x[i]);
		o->m[i] = u->beta2 * o->m[i] + (1 - u->beta2) * o->d[i];
	}
}

static double rms(const double *x, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	return sqrt(sum / (double)n);
}

/* Shazeer and Stern, algorithms 4 and 5: m holds the row sums, v the column sums, or those of a vector. */
static void oracle_adafactor(struct oracle *o, const struct ll_update *u)
{
	double *U = ll_calloc(o->n, sizeof(double)), beta2 = 1 - pow((double)u->step, -0.8), all = 0;
	double *row = ll_calloc(o->rows, sizeof(double)), *column = ll_calloc(o->columns, sizeof(double));
	for (size_t i = 0; i < o->n; i++) {
		double square = o->d[i] * o->d[i] + u->eps;
		row[i / o->columns] += square;
		column[i % o->columns] += square;
	}
	for (size_t r = 0; r < o->rows; r++)
		all += o->m[r] = beta2 * o->m[r] + (1 - beta2) * row[r];
	for (size_t c = 0; c < o->columns; c++)
		o->v[c] = beta2 * o->v[c] + (1 - beta2) * column[c];
	for (size_t i = 0; i < o->n; i++)
		U[i] = o->d[i] / sqrt(o->vector ? o->v[i] : o->m[i / o->columns] * o->v[i % o->columns] / all);
	double alpha = u->lr * (u->relative_step ? fmax(1e-3, rms(o->x, o->n)) : 1), clip = fmax(1, rms(U, o->n) / 1.0);
	for (size_t i = 0; i < o->n; i++)
		o->x[i] -= u->lr * u->weight_decay * o->x[i] + alpha * U[i] / clip;
	ll_free(U), ll_free(row), ll_free(column);
}

/* c = a b, or a b^T, naively. */
static void multiply(double *c, const double *a, const double *b, size_t m, size_t n, size_t k, bool transposed)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++) {
			double sum = 0;
			for (size_t l = 0; l < k; l++)
				sum += a[i * k + l] * (transposed ? b[j * k + l] : b[l * n + j]);
			c[i * n + j] = sum;
		}
}

/* Jordan's post: always from the left, so that a tall matrix's Gram matrix is the large one, which changes nothing but time
 * in exact arithmetic. The momentum there is a sum; scale does not matter. */
static void oracle_muon(struct oracle *o, const struct ll_update *u)
{
	size_t R = o->rows, C = o->columns;
	double *X = ll_calloc(o->n, sizeof(double)), *Y = ll_calloc(o->n, sizeof(double)), *A = ll_calloc(R * R, sizeof(double)),
	       *B = ll_calloc(R * R, sizeof(double)), norm = 0;
	for (size_t i = 0; i < o->n; i++) {
		o->m[i] = u->momentum * o->m[i] + o->d[i];
		X[i] = u->nesterov ? o->d[i] + u->momentum * o->m[i] : o->m[i];
		norm += X[i] * X[i];
	}
	for (size_t i = 0; i < o->n; i++)
		X[i] /= sqrt(norm);
	for (int k = 0; k < 5; k++) {
		multiply(A, X, X, R, R, C, true);
		multiply(B, A, A, R, R, R, false);
		for (size_t i = 0; i < R * R; i++)
			B[i] = -4.7750 * A[i] + 2.0315 * B[i];
		multiply(Y, B, X, R, C, R, false);
		for (size_t i = 0; i < o->n; i++)
			X[i] = 3.4445 * X[i] + Y[i];
	}
	for (size_t i = 0; i < o->n; i++)
		o->x[i] -= u->lr * (u->weight_decay * o->x[i] + 0.2 * sqrt((double)LL_MAX(R, C)) * X[i]);
	ll_free(X), ll_free(Y), ll_free(A), ll_free(B);
}

/* ---- one tensor: [rows, columns], or, rows 0, a vector ---- */

static void kernel(const char *name, struct ll_pool *pool, const struct ll_update *u, float *p, const float *g, float *m, float *v,
		   size_t rows, size_t columns, float *scratch)
{
	size_t n = (rows ? rows : 1) * columns;
	if (strcmp(name, "adam") == 0)
		ll_update_adam(pool, u, p, g, m, v, n);
	else if (strcmp(name, "sgd") == 0)
		ll_update_sgd(pool, u, p, g, u->momentum > 0 ? m : NULL, n);
	else if (strcmp(name, "lion") == 0)
		ll_update_lion(pool, u, p, g, m, n);
	else if (strcmp(name, "adafactor") == 0)
		ll_update_adafactor(pool, u, p, g, m, v, rows, columns, scratch);
	else
		ll_update_muon(pool, ll_ops_f32_best(), u, p, g, m, (int64_t)rows, (int64_t)columns, scratch);
}

static void one(const char *name, void (*oracle)(struct oracle *, const struct ll_update *), struct ll_update u, size_t rows,
		size_t columns, double tolerance)
{
	struct ll_pool *pool[3] = { ll_pool_new(1), ll_pool_new(2), ll_pool_new(3) };
	struct oracle o = { .rows = rows ? rows : 1, .columns = columns, .vector = rows == 0 };
	size_t n = o.n = o.rows * o.columns, scratch = LL_MAX(ll_adafactor_scratch(rows, columns), rows ? ll_muon_scratch(rows, columns) : 0);
	float *p[3], *m[3], *v[3], *g = ll_calloc(n, sizeof(float)), *start = ll_calloc(n, sizeof(float)), *room = ll_alloc_aligned(64, scratch * sizeof(float));
	double difference = 0, way = 0, *before = ll_calloc(n, sizeof(double));
	bool equal = true;
	o.x = ll_calloc(n, sizeof(double)), o.m = ll_calloc(n, sizeof(double)), o.v = ll_calloc(n, sizeof(double)), o.d = ll_calloc(n, sizeof(double));
	for (size_t i = 0; i < n; i++)
		o.x[i] = start[i] = i % 17 == 3 ? 0 : (float)noise(1, i);
	for (int t = 0; t < 3; t++) {
		p[t] = ll_calloc(n, sizeof(float)), m[t] = ll_calloc(n, sizeof(float)), v[t] = ll_calloc(n, sizeof(float));
		memcpy(p[t], start, n * sizeof(float));
	}
	for (u.step = 1; u.step <= STEPS; u.step++) {
		for (size_t i = 0; i < n; i++) {
			g[i] = (float)(noise(2 + u.step, i) + (double)(i % 5) / 4) * (u.step == 7 ? 10 : 1);
			o.d[i] = (double)(float)u.scale * g[i] + u.l2 * o.x[i] + u.l1 * sign(o.x[i]);
		}
		memcpy(before, o.x, n * sizeof(double));
		oracle(&o, &u);
		for (size_t i = 0; i < n; i++)
			before[i] -= o.x[i];
		way += rms(before, n);
		for (int t = 0; t < 3; t++)
			kernel(name, pool[t], &u, p[t], g, m[t], v[t], rows, columns, room);
	}
	for (int t = 1; t < 3; t++)
		equal = equal && memcmp(p[0], p[t], n * sizeof(float)) == 0 && memcmp(m[0], m[t], n * sizeof(float)) == 0;
	for (size_t i = 0; i < n; i++)
		before[i] = p[0][i] - o.x[i];
	difference = rms(before, n) / way;
	ok(difference < tolerance, "%s [%d, %d]%s%s%s: float64 by the paper, to %.1e of the way gone", name, (int)rows, (int)columns,
	   u.nesterov ? " nesterov" : "", u.relative_step ? " relative" : "", u.l1 > 0 ? " l1 l2" : "", difference);
	ok(equal, "%s [%d, %d]: the same bits at 1, 2, 3 threads", name, (int)rows, (int)columns);
	for (int t = 0; t < 3; t++)
		ll_free(p[t]), ll_free(m[t]), ll_free(v[t]), ll_pool_free(pool[t]);
	ll_free(before), ll_free(g), ll_free(start), ll_free(room), ll_free(o.x), ll_free(o.m), ll_free(o.v), ll_free(o.d);
}

static void kernels(void)
{
	static const size_t shapes[][2] = { { 0, 1 }, { 0, 7 }, { 0, 140001 }, { 1, 5 }, { 13, 7 }, { 30, 31 }, { 67, 300 }, { 9000, 17 }, { 3, 70000 } };
	for (size_t i = 0; i < LL_COUNT(shapes); i++) {
		size_t rows = shapes[i][0], columns = shapes[i][1];
		struct ll_update u = { .lr = 0.01, .weight_decay = 0.1, .scale = 0.37, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .momentum = 0.9 };
		one("adam", oracle_adam, u, rows, columns, 1e-5);
		one("sgd", oracle_sgd, u, rows, columns, 1e-5);
		u.nesterov = true;
		one("sgd", oracle_sgd, u, rows, columns, 1e-5);
		u.eps = 1e-30;
		one("adafactor", oracle_adafactor, u, rows, columns, 1e-5);
		u.relative_step = true, u.l1 = 0.02, u.l2 = 0.3;
		one("adafactor", oracle_adafactor, u, rows, columns, 1e-5);
		u.eps = 1e-8;
		one("adam", oracle_adam, u, rows, columns, 1e-5);
		one("sgd", oracle_sgd, u, rows, columns, 1e-5);
		u.momentum = 0, u.nesterov = false;
		one("sgd", oracle_sgd, u, rows, columns, 1e-5);
		u.beta2 = 0.99, u.l1 = 0; /* a sign that rounding decides cannot be compared: L1 pushes to 0 */
		one("lion", oracle_lion, u, rows, columns, 1e-5);
		if (rows == 0 || rows * columns > 100000)
			continue;
		u.momentum = 0.95;
		one("muon", oracle_muon, u, rows, columns, 1e-5);
		u.nesterov = true;
		one("muon", oracle_muon, u, LL_MIN(rows, 400), columns, 1e-5);
	}
}

/* ---- models ---- */

/* One layer; of a llama, two heads share keys and values. */
static struct ll_lm *model_of(const char *preset, struct ll_pool *pool)
{
	struct ll_lm_config c;
	struct ll_err err;
	if (ll_lm_preset(&c, preset, &err) < 0 || ll_lm_config_set(&c, "layers", "1", &err) < 0 ||
	    (*preset == 'l' && ll_lm_config_set(&c, "kv_heads", "2", &err) < 0) || ll_lm_config_check(&c, &err) < 0)
		ll_die(LL_EXIT_BUG, "%s", err.text);
	struct ll_lm *m = ll_lm_new(&c, 1, 8, LL_LM_TRAINING, pool);
	ll_lm_init(m, 7);
	for (size_t i = 0; i < m->parameters; i++)
		m->grad[i] = (float)noise(9, i);
	return m;
}

static size_t kept(const char *name, struct ll_lm *m, bool momentum)
{
	uint64_t state;
	struct ll_optimizer *o = ll_optimizer_new(ll_optimizer_kind(name), m, momentum);
	size_t n = o->floats;
	ok(ll_optimizer_plan(o->kind, &m->config, momentum, &state) >= state && state == n * sizeof(float), "%s: planned as taken", name);
	ll_optimizer_free(o);
	return n;
}

/* gpt2-tiny with one layer: vocabulary 256, context 64, width 32, hidden 128. */
static void sizes(struct ll_pool *pool)
{
	struct ll_lm *m = model_of("gpt2-tiny", pool);
	size_t P = m->parameters, hidden = 96 * 32 + 32 * 32 + 128 * 32 + 32 * 128, vectors = 4 * 32 + 96 + 32 + 128 + 32 + 2 * 32;
	ok(P == (256 + 64) * 32 + hidden + vectors, "the model is as it is thought of");
	ok(kept("adamw", m, true) == 2 * P && kept("adam", m, true) == 2 * P, "adamw and adam keep two numbers a parameter");
	ok(kept("lion", m, true) == P && kept("sgd", m, true) == P, "lion and sgd one");
	ok(kept("sgd", m, false) == 0, "sgd without momentum none");
	ok(kept("adafactor", m, true) == (256 + 32) + (64 + 32) + (96 + 3 * 32) + (32 + 32) + (128 + 32) + (32 + 128) + vectors,
	   "adafactor rows and columns");
	ok(kept("muon", m, true) == 2 * P - hidden, "muon one for hidden matrices, else two");
	ll_lm_free(m);
}

/* What a whole update does to a piece of a tensor, against the kernel alone. */
static void piece(const char *name, const char *preset, const char *tensor, size_t row, size_t rows)
{
	struct ll_pool *pool = ll_pool_new(1);
	struct ll_lm *m = model_of(preset, pool);
	struct ll_optimizer *o = ll_optimizer_new(ll_optimizer_kind(name), m, true);
	struct ll_update u = { .lr = 0.01, .weight_decay = 0.1, .scale = 1, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .momentum = 0.95, .step = 1 };
	const struct ll_lm_tensor *w = ll_lm_find(m, tensor);
	size_t columns = (size_t)w->shape[1], n = rows * columns, at = w->offset + row * columns, scratch = LL_MAX(ll_muon_scratch(rows, columns), ll_adafactor_scratch(rows, columns));
	float *p = ll_calloc(n, sizeof(float)), *a = ll_calloc(n, sizeof(float)), *b = ll_calloc(n, sizeof(float)), *room = ll_alloc_aligned(64, scratch * sizeof(float));
	memcpy(p, m->param + at, n * sizeof(float));
	kernel(name, pool, &u, p, m->grad + at, a, b, rows, columns, room);
	ll_optimizer_update(o, &u);
	ok(memcmp(p, m->param + at, n * sizeof(float)) == 0, "%s takes rows %d to %d of %s of %s for one matrix", name, (int)row, (int)(row + rows), tensor, preset);
	ll_free(p), ll_free(a), ll_free(b), ll_free(room);
	ll_optimizer_free(o);
	ll_lm_free(m);
	ll_pool_free(pool);
}

static void pieces(const char *name)
{
	for (size_t i = 0; i < 3; i++)
		piece(name, "gpt2-tiny", "h.0.qkv.w", i * 32, 32);
	piece(name, "gpt2-tiny", "h.0.down.w", 0, 32);
	piece(name, "llama-tiny", "h.0.qkv.w", 32, 16);
	piece(name, "llama-tiny", "h.0.qkv.w", 48, 16);
	piece(name, "llama-tiny", "h.0.up.w", 0, 88);
	piece(name, "llama-tiny", "h.0.up.w", 88, 88);
}

/* Which tensors decay, and how. */
static void decay(const char *name, bool coupled)
{
	struct ll_pool *pool = ll_pool_new(1);
	struct ll_lm *m = model_of("gpt2-tiny", pool);
	struct ll_optimizer *o = ll_optimizer_new(ll_optimizer_kind(name), m, true);
	struct ll_update u = { .lr = 0.01, .weight_decay = 0.5, .scale = 1, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-30, .momentum = 0.9, .step = 1 };
	const struct ll_lm_tensor *w = ll_lm_find(m, "wte"), *b = ll_lm_find(m, "h.0.norm1.w");
	float wte = m->param[w->offset], gain = m->param[b->offset];
	memset(m->grad, 0, m->parameters * sizeof(float));
	ll_optimizer_update(o, &u);
	double want = coupled ? (strcmp(name, "sgd") == 0 ? 1 - 0.01 * 0.5 : 1 - 0.01 / fabs(wte)) : 1 - 0.01 * 0.5; /* Adam's first step is lr long */
	ok(fabs(m->param[w->offset] / wte / want - 1) < 1e-5 && m->param[b->offset] == gain, "%s: embeddings decay %s, gains do not", name,
	   coupled ? "by their gradient" : "beside it");
	ll_optimizer_free(o);
	ll_lm_free(m);
	ll_pool_free(pool);
}

int main(void)
{
	struct ll_pool *pool = ll_pool_new(1);
	kernels();
	sizes(pool);
	pieces("muon"), pieces("adafactor");
	decay("adamw", false), decay("lion", false), decay("adafactor", false), decay("muon", false);
	decay("adam", true), decay("sgd", true);
	ok(!ll_optimizer_kind("adamW") && ll_optimizer_kind("lion"), "names");
	ll_pool_free(pool);
	return test_done();
}
