/* SPDX-License-Identifier: MIT */
/* train_bench.c - ll-train bench: whole steps on made-up tokens beside the matrix products this machine can do at best.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "kernels/optimizers.h"
#include "ll-train/train.h"

static const char *preset = "gpt2-124m", *precision_name = "f32", *recompute = "none";
static int64_t seq_len = 64, batch = 4, steps = 10, layers, width, heads, vocabulary;

const struct ll_option ll_train_bench_own_options[] = {
	{ LL_OPT_STRING, 0, "preset", &preset, "NAME", "the architecture", 0, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "seq-len", &seq_len, "N", "tokens a sequence", 0, NULL, 1, 1 << 24 },
	{ LL_OPT_INT, 0, "batch", &batch, "N", "sequences a step", 0, NULL, 1, 1 << 24 },
	{ LL_OPT_CHOICE, 0, "precision", &precision_name, "f32|bf16", "of what products take", 0, LL_PRECISION_NAMES, 0, 0 },
	{ LL_OPT_CHOICE, 0, "recompute", &recompute, LL_TRAIN_RECOMPUTE, "what the way back computes again", 0, LL_TRAIN_RECOMPUTE, 0, 0 },
	{ LL_OPT_INT, 0, "steps", &steps, "N", "steps measured, after two that are not", 0, NULL, 1, 1 << 24 },
	{ LL_OPT_INT, 0, "layers", &layers, "N", "another number of layers than the preset's", 0, NULL, 1, 1 << 20 },
	{ LL_OPT_INT, 0, "width", &width, "N", "another width", 0, NULL, 1, 1 << 20 },
	{ LL_OPT_INT, 0, "heads", &heads, "N", "another number of heads", 0, NULL, 1, 1 << 20 },
	{ LL_OPT_INT, 0, "vocab", &vocabulary, "N", "another vocabulary", 0, NULL, 2, 1 << 28 },
	{ 0 },
};

static float *noise(size_t n, uint64_t purpose)
{
	float *x = ll_alloc_aligned(64, n * sizeof(float));
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(ll_random_unit(1, purpose, i) - 0.5);
	return x;
}

/* The head is taken in chunks of rows, as the step takes it (not exactly as many). */
enum { PRODUCTS = 5, SQUARE = 1536, HEAD_ROWS = 256 };

/* One weight of the model: [n, k] at `rows` token rows, and how often a step meets it. */
struct product {
	int64_t rows, n, k;
	double times;
	double best[3]; /* seconds of the fastest forward, gradient of the input, gradient of the weight */
};

/* The rate that the step is held against: each of the model's own products alone, at the step's shapes, by the step's own
 * kernels; and a large square product, should that be faster. Measured between the steps, the fastest of each counts. */
struct roof {
	struct product product[PRODUCTS];
	float *in, *dout, *result, *square; /* weights and their gradients are the model's own, which its next step writes anew */
	double square_best;
};

static size_t roof_elements(const struct ll_lm_config *c, int64_t rows)
{
	int64_t U = ll_lm_gated(c) ? 2 * c->ffn_width : c->ffn_width, wide = LL_MAX(U, ll_lm_qkv_width(c));
	return (size_t)LL_MAX(rows * LL_MAX(wide, c->width), LL_MIN(rows, HEAD_ROWS) * LL_MAX(c->vocabulary, c->embedding_width));
}

static struct roof roof_new(const struct ll_lm_config *c, int64_t rows)
{
	int64_t C = c->width, F = c->ffn_width, A = c->heads * c->head_dim, head = LL_MIN(rows, HEAD_ROWS);
	double L = (double)c->layers;
	size_t n = roof_elements(c, rows);
	return (struct roof){ .product = { { rows, ll_lm_qkv_width(c), C, L, { 0 } },
					   { rows, C, A, L, { 0 } },
					   { rows, ll_lm_gated(c) ? 2 * F : F, C, L, { 0 } },
					   { rows, C, F, L, { 0 } },
					   { head, c->vocabulary, c->embedding_width, (double)rows / (double)head, { 0 } } },
			      .in = noise(n, 1),
			      .dout = noise(n, 2),
			      .result = noise(n, 6),
			      .square = noise((size_t)3 * SQUARE * SQUARE, 5) };
}

static void keep_best(double *best, double start)
{
	double s = ll_seconds() - start;
	*best = *best == 0 || s < *best ? s : *best;
}

static void roof_round(struct roof *r, struct ll_lm *m, const struct ll_ops_f32 *o)
{
	for (struct product *p = r->product; p < r->product + PRODUCTS; p++) {
		double start = ll_seconds();
		o->linear(m->pool, r->result, r->in, m->param, NULL, p->rows, p->n, p->k);
		keep_best(&p->best[0], start);
		start = ll_seconds();
		o->linear_din(m->pool, r->result, r->dout, m->param, p->rows, p->n, p->k, false);
		keep_best(&p->best[1], start);
		start = ll_seconds();
		o->linear_dw(m->pool, m->grad, NULL, r->dout, r->in, p->rows, p->n, p->k, false);
		keep_best(&p->best[2], start);
	}
	size_t area = (size_t)SQUARE * SQUARE;
	double start = ll_seconds();
	o->linear(m->pool, r->square, r->square + area, r->square + 2 * area, NULL, SQUARE, SQUARE, SQUARE);
	keep_best(&r->square_best, start);
}

/* Operations a second. */
static double roof_rate(const struct roof *r)
{
	double work = 0, seconds = 0, square = 2.0 * SQUARE * SQUARE * SQUARE / r->square_best;
	for (const struct product *p = r->product; p < r->product + PRODUCTS; p++) {
		work += p->times * 6 * (double)p->rows * (double)p->n * (double)p->k;
		seconds += p->times * (p->best[0] + p->best[1] + p->best[2]);
	}
	return LL_MAX(work / seconds, square);
}

static void roof_free(struct roof *r)
{
	ll_free(r->in);
	ll_free(r->dout);
	ll_free(r->result);
	ll_free(r->square);
}

static void configure(struct ll_lm_config *c)
{
	struct ll_err err;
	if (ll_lm_preset(c, preset, &err) < 0)
		ll_die(LL_EXIT_USAGE, "--preset=%s: %s", preset, err.text);
	if (width && width != c->width) {
		c->width = width;
		c->ffn_width = c->head_dim = 0;
	}
	c->layers = layers ? layers : c->layers;
	c->vocabulary = vocabulary ? vocabulary : c->vocabulary;
	if (heads) {
		c->heads = heads;
		c->kv_heads = c->head_dim = 0;
	}
	c->context = LL_MAX(c->context, seq_len);
	if (ll_lm_config_check(c, &err) < 0)
		ll_die(LL_EXIT_USAGE, "%s", err.text);
}

static double one_step(struct ll_lm *m, float *moments, const int32_t *tokens, const int32_t *targets, uint64_t step)
{
	double start = ll_seconds();
	uint64_t count;
	ll_lm_loss(m, tokens, targets, batch, seq_len, (struct ll_lm_step){ 0, step, 0 },
		   1.0f / (float)(batch * seq_len), true, &count, NULL, NULL);
	ll_sum_of_squares(m->pool, m->grad, m->parameters);
	struct ll_update u = { .lr = 1e-4, .weight_decay = 0.1, .scale = 1, .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .step = step + 1 };
	ll_update_adam(m->pool, &u, m->param, m->grad, moments, moments + m->parameters, m->parameters);
	return ll_seconds() - start;
}

int ll_train_bench(int operands, char **operand)
{
	struct ll_lm_config c;
	enum ll_precision precision;
	(void)operands;
	(void)operand;
	configure(&c);
	if (ll_precision_named(precision_name, &precision) < 0)
		LL_BUG("--precision=%s was checked", precision_name);
	struct ll_lm_plan plan = ll_lm_plan(&c, batch, seq_len, ll_train_mode(recompute));
	ll_memory_claim(plan.total + 2 * plan.parameters + (3 * roof_elements(&c, batch * seq_len) + 3 * SQUARE * SQUARE) * sizeof(float),
			 "the model, its gradients, moments and activations");
	struct ll_pool *pool = ll_pool_new(ll_threads());
	struct ll_lm *m = ll_lm_new(&c, batch, seq_len, ll_train_mode(recompute), pool);
	ll_lm_set_precision(m, precision);
	float *moments = ll_alloc_aligned(64, 2 * m->parameters * sizeof(float));
	size_t n = (size_t)(batch * seq_len);
	int32_t *tokens = ll_calloc(n, sizeof(*tokens)), *targets = ll_calloc(n, sizeof(*targets));
	for (size_t i = 0; i < n; i++) {
		tokens[i] = (int32_t)ll_random_below(1, 3, i, (uint64_t)c.vocabulary);
		targets[i] = (int32_t)ll_random_below(1, 4, i, (uint64_t)c.vocabulary);
	}
	ll_lm_init(m, 1);
	struct roof roof = roof_new(&c, batch * seq_len);
	double *seconds = ll_calloc((size_t)steps, sizeof(*seconds));
	for (uint64_t i = 0; i < 2; i++) /* the first touches fresh memory, the second settles clocks and caches */
		one_step(m, moments, tokens, targets, i);
	roof_round(&roof, m, ll_precision_ops(precision));
	for (int64_t i = 0; i < steps; i++) {
		seconds[i] = one_step(m, moments, tokens, targets, (uint64_t)i + 2);
		roof_round(&roof, m, ll_precision_ops(precision));
		printf("step %" PRId64 "  %.1f ms\n", i + 1, 1e3 * seconds[i]);
	}
	double s = ll_median(seconds, (size_t)steps), rate = ll_lm_config_flops(&c, (uint64_t)seq_len) * (double)n / s;
	printf("ms=%.1f tokens_per_s=%.1f gflops=%.1f roof=%.1f share=%.2f\n", 1e3 * s, (double)n / s, rate / 1e9,
	       roof_rate(&roof) / 1e9, rate / roof_rate(&roof));
	roof_free(&roof);
	ll_free(seconds);
	ll_free(tokens);
	ll_free(targets);
	ll_free(moments);
	ll_lm_free(m);
	ll_pool_free(pool);
	return LL_EXIT_OK;
}
