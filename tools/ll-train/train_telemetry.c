/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_telemetry.h"

#include <inttypes.h>
#include <math.h>

#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "kernels/ops.h"
#include "lm/generate.h"

#define NORMS_HEAD "step\tpart\tgrad_norm\tweight_norm\tupdate_norm\n"
#define BLOCK ((size_t)1 << 16)

static bool due(int64_t every, uint64_t step)
{
	return every && step % (uint64_t)every == 0;
}

static size_t largest_tensor(const struct ll_lm_config *c)
{
	size_t n, largest = 0;
	struct ll_lm_tensor *w = ll_lm_tensors(c, &n);
	for (size_t i = 0; i < n; i++)
		largest = LL_MAX(largest, w[i].size);
	ll_free(w);
	return largest;
}

uint64_t ll_train_telemetry_bytes(const struct ll_train_settings *s)
{
	uint64_t norms = s->norms_every ? largest_tensor(&s->model) * sizeof(float) : 0;
	return norms + (s->sample_every ? ll_lm_generator_bytes(&s->model) : 0);
}

/* Opened where rows are to come, and where there are rows that a checkpoint may not have seen. */
static struct ll_train_table *table(const char *run, const char *name, bool asked, const char *heading)
{
	char *path = ll_path_join(run, name);
	bool exists = ll_path_exists(path);
	ll_free(path);
	return asked || exists ? ll_train_table_open(run, name, heading) : NULL;
}

static char *experts_head(int64_t experts)
{
	struct ll_buf head = { 0 };
	ll_buf_puts(&head, "step\tlayer\tdropped");
	for (int64_t e = 0; e < experts; e++)
		ll_buf_printf(&head, "\te%" PRId64, e);
	ll_buf_putc(&head, '\n');
	return ll_buf_steal(&head);
}

/* ---- norms ---- */

struct blocks {
	float *to;
	const float *from;
	size_t n;
	bool subtract;
};

static void block_task(void *context, size_t task, int thread)
{
	const struct blocks *b = context;
	size_t end = LL_MIN(b->n, (task + 1) * BLOCK);
	(void)thread;
	for (size_t i = task * BLOCK; i < end; i++)
		b->to[i] = b->subtract ? b->from[i] - b->to[i] : b->from[i];
}

/* Around the update of a tensor: what it was, then by how much it has moved. */
static void watch(void *context, size_t i, bool done)
{
	struct ll_train_telemetry *y = context;
	const struct ll_lm *m = y->trainer->model;
	struct blocks b = { y->before, m->param + m->tensor[i].offset, m->tensor[i].size, done };
	ll_pool_run(m->pool, (b.n + BLOCK - 1) / BLOCK, block_task, &b);
	if (done)
		y->updates[i] = ll_sum_of_squares(m->pool, y->before, b.n);
}

/* "h.3" of "h.3.qkv.w", "wte" of "wte". */
static size_t layer_name(const char *tensor)
{
	const char *dot = strchr(tensor, '.');
	if (dot && strncmp(tensor, "h.", 2) == 0)
		dot = strchr(dot + 1, '.');
	return dot ? (size_t)(dot - tensor) : strlen(tensor);
}

static void norms_row(struct ll_buf *rows, uint64_t step, struct ll_str name, const double squares[3])
{
	ll_buf_printf(rows, "%" PRIu64 "\t%.*s", step, (int)name.len, name.data);
	for (int k = 0; k < 3; k++) {
		ll_buf_putc(rows, '\t');
		ll_put_double(rows, sqrt(squares[k]));
	}
	ll_buf_putc(rows, '\n');
}

static void write_norms(struct ll_train_telemetry *y, uint64_t step)
{
	const struct ll_lm *m = y->trainer->model;
	bool by_layer = strcmp(y->settings->norms_by, "layer") == 0;
	struct ll_buf rows = { 0 };
	for (size_t i = 0, next; i < m->tensors; i = next) {
		const char *name = m->tensor[i].name;
		size_t len = by_layer ? layer_name(name) : strlen(name);
		double squares[3] = { 0 };
		for (next = i; next < m->tensors; next++) {
			const char *other = m->tensor[next].name;
			if (next > i && !(by_layer && layer_name(other) == len && strncmp(name, other, len) == 0))
				break;
			squares[0] += y->trainer->squares[next];
			squares[1] += y->weights[next];
			squares[2] += y->updates[next];
		}
		norms_row(&rows, step, ll_str(name, len), squares);
	}
	ll_train_table_add(y->norms, ll_buf_str(&rows));
	ll_buf_free(&rows);
}

/* ---- experts ---- */

static void write_experts(struct ll_train_telemetry *y, uint64_t step)
{
	const struct ll_lm_config *c = &y->settings->model;
	struct ll_buf rows = { 0 };
	for (int64_t l = 0; l < c->layers; l++) {
		const uint64_t *n = y->routed + l * (c->experts + 1);
		double all = 0;
		for (int64_t e = 0; e < c->experts; e++)
			all += (double)n[e];
		ll_buf_printf(&rows, "%" PRIu64 "\t%" PRId64 "\t", step, l);
		ll_put_double(&rows, (double)n[c->experts] / all);
		for (int64_t e = 0; e < c->experts; e++) {
			ll_buf_putc(&rows, '\t');
			ll_put_double(&rows, (double)n[e] / all);
		}
		ll_buf_putc(&rows, '\n');
	}
	ll_train_table_add(y->experts, ll_buf_str(&rows));
	ll_buf_free(&rows);
}

/* ---- the run's ---- */

static void write_samples(struct ll_train_telemetry *y, uint64_t step)
{
	struct ll_buf lines = { 0 };
	ll_train_samples_make(y->sampler, step, &lines);
	ll_train_table_add(y->samples, ll_buf_str(&lines));
	ll_buf_free(&lines);
}

void ll_train_telemetry_open(struct ll_train_telemetry *y, const char *run, const struct ll_train_settings *s, struct ll_trainer *t)
{
	size_t n = t->model->tensors;
	char *head = experts_head(s->model.experts);
	*y = (struct ll_train_telemetry){ .settings = s, .trainer = t };
	y->sampler = s->sample_every ? ll_train_samples_open(s, t) : NULL;
	y->weights = ll_calloc(n, sizeof(*y->weights));
	y->updates = ll_calloc(n, sizeof(*y->updates));
	if (s->norms_every)
		y->before = ll_alloc_aligned(64, largest_tensor(&s->model) * sizeof(float));
	if (s->experts_every)
		y->routed = ll_calloc((size_t)(s->model.layers * (s->model.experts + 1)), sizeof(*y->routed));
	y->norms = table(run, "norms.tsv", s->norms_every, NORMS_HEAD);
	y->experts = table(run, "experts.tsv", s->experts_every, head);
	y->samples = table(run, "samples.jsonl", s->sample_every, "");
	ll_free(head);
}

void ll_train_telemetry_begin(struct ll_train_telemetry *y, uint64_t step)
{
	ll_train_table_begin(y->norms, step);
	ll_train_table_begin(y->experts, step);
	ll_train_table_begin(y->samples, step);
}

void ll_train_telemetry_gradient(struct ll_train_telemetry *y, uint64_t step)
{
	const struct ll_lm_config *c = &y->settings->model;
	y->trainer->routed = due(y->settings->experts_every, step) ? y->routed : NULL;
	if (y->trainer->routed)
		memset(y->routed, 0, (size_t)(c->layers * (c->experts + 1)) * sizeof(*y->routed));
}

void ll_train_telemetry_update(struct ll_train_telemetry *y, uint64_t step)
{
	struct ll_lm *m = y->trainer->model;
	struct ll_optimizer *o = y->trainer->optimizer;
	bool wanted = due(y->settings->norms_every, step);
	o->watch = wanted ? watch : NULL;
	o->watching = y;
	for (size_t i = 0; wanted && i < m->tensors; i++) {
		y->weights[i] = ll_sum_of_squares(m->pool, m->param + m->tensor[i].offset, m->tensor[i].size);
		y->updates[i] = 0; /* of a tensor that is left as it is */
	}
}

void ll_train_telemetry_done(struct ll_train_telemetry *y, uint64_t step)
{
	if (due(y->settings->norms_every, step))
		write_norms(y, step);
	if (due(y->settings->experts_every, step))
		write_experts(y, step);
	if (due(y->settings->sample_every, step) || (y->sampler && step == (uint64_t)y->settings->steps))
		write_samples(y, step);
}

void ll_train_telemetry_sync(const struct ll_train_telemetry *y)
{
	ll_train_table_sync(y->norms);
	ll_train_table_sync(y->experts);
	ll_train_table_sync(y->samples);
}

void ll_train_telemetry_cut(struct ll_train_telemetry *y, uint64_t step)
{
	ll_train_table_cut(y->norms, step);
	ll_train_table_cut(y->experts, step);
	ll_train_table_cut(y->samples, step);
}

void ll_train_telemetry_close(struct ll_train_telemetry *y)
{
	ll_train_table_close(y->norms);
	ll_train_table_close(y->experts);
	ll_train_table_close(y->samples);
	ll_train_samples_close(y->sampler);
	ll_free(y->weights);
	ll_free(y->updates);
	ll_free(y->before);
	ll_free(y->routed);
}
