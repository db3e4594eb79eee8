/* SPDX-License-Identifier: MIT */
/*
 * train_coordinates.c - ll-train coordinate-check: how large activations become in a few steps of training, over widths (Yang et al.
 * 2022, "Tensor Programs V", appendix D.1). Under mup they stay as they are; otherwise they grow or shrink with the width.
 */
#include "base/base.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "ll-train/train.h"
#include "lm/optimizer.h"

#define WIDTHS_MAX 32
#define LOGIT_ROWS 16

static const char *preset = "gpt2-tiny", *widths = "64,128,256";
static int64_t seq_len = 32, batch = 4, steps = 5, seed;
static double lr = 0.003, limit = INFINITY;
static struct ll_strings set;

const struct ll_option ll_train_coordinates_options[] = {
	{ LL_OPT_STRING, 0, "preset", &preset, "NAME", "the architecture", 0, NULL, 0, 0 },
	{ LL_OPT_LIST, 0, "set", &set, "KEY=VALUE", "a key of the model; may be repeated", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "widths", &widths, "N,...", "the widths compared, from small to large", 0, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "steps", &steps, "N", "steps of AdamW", 0, NULL, 0, 1 << 20 },
	{ LL_OPT_FLOAT, 0, "lr", &lr, "X", "the learning rate", 0, NULL, 0, 1e6 },
	{ LL_OPT_INT, 0, "batch", &batch, "N", "sequences of made-up tokens, the same every step", 0, NULL, 1, 1 << 20 },
	{ LL_OPT_INT, 0, "seq-len", &seq_len, "N", "tokens a sequence", 0, NULL, 1, 1 << 20 },
	{ LL_OPT_INT, 0, "seed", &seed, "N", "of initial weights and tokens", 0, NULL, 0, 0x1p53 },
	{ LL_OPT_FLOAT, 0, "limit", &limit, "X", "status 1 when an activation grows by more than this power of the width", 0, NULL, -1e6, 1e6 },
	{ 0 },
};

/* What one width gives: [steps + 1][places]. */
struct table {
	int64_t width, places;
	double *value;
};

static size_t parse_widths(int64_t width[WIDTHS_MAX])
{
	size_t n = 0;
	char *copy = ll_strdup(widths), *at = copy, *word;
	while ((word = strsep(&at, ","))) {
		if (n == WIDTHS_MAX || ll_parse_i64(ll_cstr(word), &width[n]) < 0 || width[n] < 1 || (n && width[n] <= width[n - 1]))
			ll_die(LL_EXIT_USAGE, "--widths=%s: not whole numbers from small to large", widths);
		n++;
	}
	ll_free(copy);
	if (n < 2)
		ll_die(LL_EXIT_USAGE, "--widths=%s: at least two are compared", widths);
	return n;
}

/* The model at a width: as wide a feed-forward in proportion; heads grow, or their number does where head_dim is set. */
static struct ll_lm_config configure(int64_t width, int64_t smallest)
{
	struct ll_lm_config c;
	struct ll_err err;
	if (ll_lm_preset(&c, preset, &err) < 0)
		ll_die(LL_EXIT_USAGE, "--preset=%s: %s", preset, err.text);
	int64_t own_width = c.width, own_ffn = c.ffn_width;
	c.head_dim = 0;
	c.mup_base = smallest;
	for (size_t i = 0; i < set.len; i++) {
		char *key = ll_strdup(set.item[i]), *value = strchr(key, '=');
		if (!value)
			ll_die(LL_EXIT_USAGE, "--set=%s: not KEY=VALUE", key);
		*value++ = '\0';
		if (strcmp(key, "width") == 0)
			ll_die(LL_EXIT_USAGE, "--set=width=%s: --widths says it", value);
		if (ll_lm_config_set(&c, key, value, &err) < 0)
			ll_die(LL_EXIT_USAGE, "--set=%s: %s", set.item[i], err.text);
		ll_free(key);
	}
	c.width = width;
	if (c.ffn_width == own_ffn && own_ffn)
		c.ffn_width = own_ffn * width / own_width;
	if (c.head_dim && width % c.head_dim == 0) {
		c.heads = width / c.head_dim;
		c.kv_heads = 0;
	}
	c.context = LL_MAX(c.context, seq_len);
	if (ll_lm_config_check(&c, &err) < 0)
		ll_die(LL_EXIT_USAGE, "width %" PRId64 ": %s", width, err.text);
	return c;
}

static double mean_logit(struct ll_lm *m)
{
	int64_t V = m->config.vocabulary, rows = LL_MIN(LOGIT_ROWS, batch * seq_len);
	float *logit = ll_malloc((size_t)V * sizeof(*logit));
	double sum = 0;
	for (int64_t r = 0; r < rows; r++) {
		int64_t row = r * (batch * seq_len) / rows;
		ll_lm_logits(m, row / seq_len, row % seq_len, logit);
		for (int64_t i = 0; i < V; i++)
			sum += fabs((double)logit[i]);
	}
	ll_free(logit);
	return sum / (double)(rows * V);
}

static struct table train(const struct ll_lm_config *c, struct ll_pool *pool)
{
	const struct ll_optimizer_kind *kind = ll_optimizer_kind("adamw");
	uint64_t state, bytes = ll_lm_plan(c, batch, seq_len, LL_LM_TRAINING).total + ll_optimizer_plan(kind, c, false, &state);
	ll_memory_claim(bytes, "the model, its gradients, moments and activations");
	struct ll_lm *m = ll_lm_new(c, batch, seq_len, LL_LM_TRAINING, pool);
	struct table t = { c->width, c->layers + 2, NULL };
	size_t n = (size_t)(batch * seq_len);
	struct ll_optimizer *adamw = ll_optimizer_new(kind, m, false);
	int32_t *tokens = ll_calloc(n + 1, sizeof(*tokens));
	for (size_t i = 0; i <= n; i++)
		tokens[i] = (int32_t)ll_random_below((uint64_t)seed, 3, i, (uint64_t)c->vocabulary);
	t.value = ll_calloc((size_t)((steps + 1) * t.places), sizeof(*t.value));
	ll_lm_init(m, (uint64_t)seed);
	for (int64_t s = 0; s <= steps; s++) {
		double *row = t.value + s * t.places;
		uint64_t count;
		ll_lm_loss(m, tokens, tokens + 1, batch, seq_len, (struct ll_lm_step){ (uint64_t)seed, (uint64_t)s, 0 }, 1.0f / (float)n, true,
			   &count, NULL, NULL);
		for (int64_t place = 0; place < t.places - 1; place++)
			row[place] = ll_lm_activation(m, place, batch);
		row[t.places - 1] = mean_logit(m);
		struct ll_update u = kind->defaults;
		u.lr = lr, u.scale = 1, u.step = (uint64_t)s + 1;
		ll_optimizer_update(adamw, &u);
	}
	ll_memory_release(bytes);
	ll_free(tokens);
	ll_optimizer_free(adamw);
	ll_lm_free(m);
	return t;
}

/* The power of the width that the activations follow: the slope of their logarithms. */
static double growth(const struct table *t, size_t n, int64_t at)
{
	double x = 0, y = 0, xx = 0, xy = 0;
	for (size_t i = 0; i < n; i++) {
		double u = log((double)t[i].width), v = log(t[i].value[at]);
		x += u, y += v, xx += u * u, xy += u * v;
	}
	return ((double)n * xy - x * y) / ((double)n * xx - x * x);
}

static void put_place(int64_t place, int64_t places)
{
	if (place > 0 && place < places - 1)
		printf("h.%" PRId64, place - 1);
	else
		printf(place ? "logits" : "embedding");
}

static bool print(const struct table *t, size_t n)
{
	bool within = true;
	printf("step\tplace");
	for (size_t i = 0; i < n; i++)
		printf("\t%" PRId64, t[i].width);
	printf("\tgrowth\n");
	for (int64_t at = 0; at < (steps + 1) * t->places; at++) {
		printf("%" PRId64 "\t", at / t->places);
		put_place(at % t->places, t->places);
		for (size_t i = 0; i < n; i++)
			printf("\t%.6g", t[i].value[at]);
		double g = growth(t, n, at);
		printf("\t%.3f\n", g);
		within = within && g <= limit;
	}
	return within;
}

int ll_train_coordinates(int operands, char **operand)
{
	int64_t width[WIDTHS_MAX];
	struct table table[WIDTHS_MAX];
	size_t n = parse_widths(width);
	struct ll_pool *pool = ll_pool_new(ll_threads());
	(void)operands;
	(void)operand;
	for (size_t i = 0; i < n; i++) {
		struct ll_lm_config c = configure(width[i], width[0]);
		table[i] = train(&c, pool);
	}
	bool within = print(table, n);
	for (size_t i = 0; i < n; i++)
		ll_free(table[i].value);
	ll_pool_free(pool);
	return within ? LL_EXIT_OK : LL_EXIT_NEGATIVE;
}
