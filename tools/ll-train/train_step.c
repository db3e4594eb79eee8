/* SPDX-License-Identifier: MIT */
/* train_step.c - one update: gradients of the parts of a batch added up, the norm clipped, the optimizer. */
#include "base/base.h"

#include <inttypes.h>
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/ops.h"
#include "ll-train/train.h"
#include "ll-train/train_groups.h"
#include "ll-train/train_ramp.h"
#include "ll-train/train_save.h"
#include "ll-train/train_telemetry.h"

struct ll_lm_plan ll_trainer_plan(const struct ll_train_settings *s, uint64_t *optimizer)
{
	struct ll_lm_plan plan = ll_lm_plan(&s->model, s->batch / s->accumulate, s->seq_len, s->mode);
	uint64_t state;
	uint64_t more = ll_train_telemetry_bytes(s);
	plan.activations += more;
	plan.total += more;
	*optimizer = ll_optimizer_plan(ll_optimizer_kind(s->optimizer), &s->model, s->momentum > 0, &state);
	return plan;
}

/* Running means to or from `values`, unless that is NULL; how many there are. */
static size_t statistics(struct ll_trainer *t, float *values, bool put)
{
	size_t n = 0;
	for (size_t i = 0; i < t->model->tensors; i++) {
		const struct ll_lm_tensor *w = &t->model->tensor[i];
		if (w->kind != LL_LM_STATISTIC)
			continue;
		float *at = t->model->param + w->offset;
		if (values)
			memcpy(put ? at : values + n, put ? values + n : at, (size_t)w->size * sizeof(float));
		n += (size_t)w->size;
	}
	return n;
}

void ll_trainer_open(struct ll_trainer *t, const struct ll_train_settings *s, struct ll_train_data *d)
{
	uint64_t optimizer;
	struct ll_lm_plan plan = ll_trainer_plan(s, &optimizer);
	*t = (struct ll_trainer){ .settings = s, .data = d, .micro = s->batch / s->accumulate };
	ll_hint("--accumulate=N computes a batch in smaller parts, --recompute=selective keeps less of them; --memory=SIZE allows more");
	ll_memory_claim(plan.total + optimizer, "the model, its gradients, optimizer and activations");
	ll_hint("%s", "");
	t->pool = ll_pool_new(ll_threads());
	t->model = ll_lm_new(&s->model, t->micro, s->seq_len, s->mode, t->pool);
	ll_lm_set_precision(t->model, ll_train_precision(s));
	t->optimizer = ll_optimizer_new(ll_optimizer_kind(s->optimizer), t->model, s->momentum > 0);
	ll_train_groups_apply(s, t->optimizer);
	t->tokens = ll_calloc((size_t)(t->micro * s->seq_len), sizeof(*t->tokens));
	t->targets = ll_calloc((size_t)(t->micro * s->seq_len), sizeof(*t->targets));
	t->squares = ll_calloc(t->model->tensors, sizeof(*t->squares));
	if (s->model.norm == LL_LM_NORM_BATCH) {
		t->held = ll_calloc(statistics(t, NULL, false), sizeof(*t->held));
		t->moved = ll_calloc(statistics(t, NULL, false), sizeof(*t->moved));
	}
	if (s->document_mask)
		t->model->start = t->start = ll_calloc((size_t)(t->micro * s->seq_len), sizeof(*t->start));
}

bool ll_trainer_changes(const struct ll_trainer *t, const struct ll_train_settings *now, bool set)
{
	return t->optimizer->kind != ll_optimizer_kind(now->optimizer) || (set && !t->optimizer->momentum);
}

int ll_trainer_change(struct ll_trainer *t, const struct ll_train_settings *now, bool set, struct ll_err *err)
{
	bool momentum = set || t->settings->momentum > 0;
	const struct ll_optimizer_kind *kind = ll_optimizer_kind(now->optimizer);
	struct ll_optimizer *o = t->optimizer;
	uint64_t state, left = ll_memory_left(), before = ll_optimizer_plan(o->kind, &t->model->config, o->momentum, &state);
	uint64_t after = ll_optimizer_plan(kind, &t->model->config, momentum, &state);
	uint64_t most = left > LL_MIB ? left : 0; /* 1 MiB is what it says at the least */
	uint64_t more = (after > before ? after - before : 0) + ll_train_save_copy(now, 0); /* a copy that has to be, too */
	if (ll_trainer_changes(t, now, set)) {
		if (more > most)
			return ll_err_set(err, "optimizer %s needs %" PRIu64 " bytes more, %" PRIu64 " of --memory are left", kind->name,
					  more, most);
		ll_optimizer_free(o);
		ll_memory_release(before);
		ll_memory_claim(after, "the optimizer");
		t->optimizer = ll_optimizer_new(kind, t->model, momentum);
		ll_train_groups_apply(t->settings, t->optimizer);
	}
	t->model->config.ffn = now->model.ffn;
	return 0;
}

/* A document begins with the sample and behind every end of text. */
static void mark_documents(struct ll_trainer *t, struct ll_dataset *set, int64_t rows, int64_t length)
{
	int64_t n = t->settings->seq_len, eot = ll_dataset_eot(set);
	for (int64_t i = 0; t->start && i < rows * n; i++)
		t->start[i] = i % length == 0 ? 0 : t->tokens[i - 1] == eot ? (int32_t)(i % length) : t->start[i - 1];
}

static void fill(struct ll_trainer *t, uint64_t cursor, int64_t rows, int64_t length)
{
	ll_train_data_fill(t->data, cursor, rows, t->tokens, t->targets);
	mark_documents(t, t->data->train, rows, length);
}

void ll_trainer_update(struct ll_trainer *t, const struct ll_train_settings *now, double rate, double scale, uint64_t number)
{
	if (now->moment_reset && number > 1 && (number - 1) % (uint64_t)now->moment_reset == 0)
		memset(t->optimizer->state, 0, t->optimizer->floats * sizeof(float));
	if (now->moment_reset)
		number = (number - 1) % (uint64_t)now->moment_reset + 1;
	struct ll_update u = { .lr = rate,
			       .weight_decay = now->weight_decay,
			       .l1 = now->l1,
			       .l2 = now->l2,
			       .scale = scale,
			       .beta1 = now->beta1,
			       .beta2 = now->beta2,
			       .eps = now->eps,
			       .momentum = now->momentum,
			       .nesterov = now->nesterov == 1,
			       .relative_step = now->relative_step == 1,
			       .spikes = now->spam,
			       .step = number };
	ll_optimizer_update(t->optimizer, &u);
	statistics(t, t->moved, true);
}

/* Of the gradient; its squares by tensor, unless that is NULL. */
static double norm(struct ll_trainer *t, double *by_tensor)
{
	double squares = 0;
	for (size_t i = 0; i < t->model->tensors; i++) {
		double of = ll_sum_of_squares(t->pool, t->model->grad + t->model->tensor[i].offset, t->model->tensor[i].size);
		squares += of;
		if (by_tensor)
			by_tensor[i] = of;
	}
	return sqrt(squares);
}

double ll_trainer_clip_values(struct ll_trainer *t, double max)
{
	ll_clip_values(t->pool, t->model->grad, t->model->parameters, max);
	return norm(t, NULL);
}

struct ll_train_result ll_trainer_gradient(struct ll_trainer *t, uint64_t step, uint64_t cursor, int64_t batch)
{
	const struct ll_train_settings *s = t->settings;
	struct ll_train_result r = { .attention_lse = -INFINITY };
	double tokens = (double)LL_MAX(ll_train_data_targets(t->data, cursor, batch), 1), sum = 0;
	int64_t length = ll_train_ramp_length(s, cursor), cut = s->seq_len / length; /* sequences that a sample is cut into */
	t->model->routed = t->routed;
	statistics(t, t->held, false);
	for (int64_t done = 0; done < batch && !r.left; done += t->micro) {
		int64_t rows = LL_MIN(t->micro, batch - done);
		uint64_t first = cursor + (uint64_t)done, count;
		struct ll_lm_step key = { (uint64_t)s->seed, step, first * (uint64_t)cut };
		fill(t, first, rows, length);
		sum += ll_lm_loss(t->model, t->tokens, t->targets, rows * cut, length, key, (float)(1 / tokens),
				  done == 0, &count, NULL, NULL);
		r.log_z += t->model->log_z;
		r.attention_lse = fmax(r.attention_lse, t->model->attention_lse);
		r.left = done + rows < batch && t->leave && t->leave();
	}
	t->model->routed = NULL;
	statistics(t, t->moved, false);
	statistics(t, t->held, true);
	r.loss = sum / tokens;
	r.log_z /= tokens;
	r.gradient = norm(t, t->squares);
	r.finite = isfinite(r.loss) && isfinite(r.gradient);
	return r;
}

double ll_trainer_small_gradient(struct ll_trainer *t, uint64_t step, uint64_t cursor, int64_t batch, int64_t part)
{
	const struct ll_train_settings *s = t->settings;
	int64_t length = ll_train_ramp_length(s, cursor), cut = s->seq_len / length, n = 0;
	double squares = 0;
	statistics(t, t->held, false);
	for (int64_t at = 0; at + part <= batch && part < batch; at += part) {
		uint64_t targets = ll_train_data_targets(t->data, cursor + (uint64_t)at, part), count;
		for (int64_t done = 0; targets && done < part; done += t->micro) {
			int64_t rows = LL_MIN(t->micro, part - done);
			uint64_t first = cursor + (uint64_t)(at + done);
			struct ll_lm_step key = { (uint64_t)s->seed, step, first * (uint64_t)cut };
			fill(t, first, rows, length);
			ll_lm_loss(t->model, t->tokens, t->targets, rows * cut, length, key, (float)(1 / (double)targets), done == 0, &count, NULL, NULL);
		}
		double of = targets ? norm(t, NULL) : 0;
		squares += of * of;
		n += targets > 0;
	}
	statistics(t, t->held, true);
	return n ? sqrt(squares / (double)n) : NAN;
}

/* Over the targets there are of n; NaN as infinity. */
static double mean(const float *loss, const int32_t *targets, int64_t n)
{
	double sum = 0, count = 0;
	for (int64_t i = 0; i < n; i++) {
		sum += loss[i];
		count += targets[i] >= 0;
	}
	return isnan(sum) ? INFINITY : sum / fmax(count, 1);
}

int64_t ll_trainer_worst(struct ll_trainer *t, uint64_t cursor, int64_t batch, double *loss)
{
	int64_t n = t->settings->seq_len, worst = 0;
	float *grad = t->model->grad, *each = ll_calloc((size_t)(t->micro * n), sizeof(*each));
	t->model->grad = NULL; /* forward only */
	*loss = -INFINITY;
	for (int64_t done = 0; done < batch; done += t->micro) {
		int64_t rows = LL_MIN(t->micro, batch - done);
		uint64_t count;
		fill(t, cursor + (uint64_t)done, rows, n);
		ll_lm_loss(t->model, t->tokens, t->targets, rows, n, (struct ll_lm_step){ 0 }, 0, false, &count, each, NULL);
		for (int64_t row = 0; row < rows; row++) {
			double m = mean(each + row * n, t->targets + row * n, n);
			if (m > *loss) {
				*loss = m;
				worst = done + row;
			}
		}
	}
	t->model->grad = grad;
	ll_free(each);
	return worst;
}

double ll_trainer_validate(struct ll_trainer *t)
{
	const struct ll_train_settings *s = t->settings;
	uint64_t samples = LL_MIN((uint64_t)s->valid_batches * (uint64_t)s->batch, ll_train_valid_samples(t->data)),
		 total = 0;
	float *grad = t->model->grad;
	double sum = 0;
	t->model->grad = NULL; /* forward only */
	for (uint64_t at = 0; at < samples; at += (uint64_t)t->micro) {
		int64_t rows = (int64_t)LL_MIN((uint64_t)t->micro, samples - at);
		uint64_t count;
		ll_train_data_fill_valid(t->data, at, rows, t->tokens, t->targets);
		mark_documents(t, t->data->valid, rows, s->seq_len);
		sum += ll_lm_loss(t->model, t->tokens, t->targets, rows, s->seq_len, (struct ll_lm_step){ 0 }, 0, false,
				  &count, NULL, NULL);
		total += count;
	}
	t->model->grad = grad;
	return sum / (double)total;
}

void ll_trainer_close(struct ll_trainer *t)
{
	ll_lm_free(t->model);
	ll_pool_free(t->pool);
	ll_optimizer_free(t->optimizer);
	ll_free(t->tokens);
	ll_free(t->targets);
	ll_free(t->start);
	ll_free(t->squares);
	ll_free(t->held);
	ll_free(t->moved);
	*t = (struct ll_trainer){ 0 };
}
