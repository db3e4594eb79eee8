/* SPDX-License-Identifier: MIT */
/* train_settings_check.c - what the keys of a run mean together: defaults that follow from others, and what is impossible. */
#include "base/base.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "ll-train/train_groups.h"
#include "ll-train/train_ramp.h"
#include "ll-train/train_settings.h"
#include "lm/optimizer.h"

static int64_t ceil_div(int64_t a, int64_t b)
{
	return a / b + (a % b != 0);
}

/* The number of steps that a step or a number of tokens, less than 0, stands for: as many as reach them. */
static int64_t steps_of(const struct ll_train_settings *s, int64_t n)
{
	return n >= 0 ? n : (int64_t)ll_train_ramp_steps(s, (uint64_t)ceil_div(-n, s->seq_len));
}

/* step-at with tokens resolved. */
static void resolve_falls(struct ll_train_settings *s)
{
	struct ll_buf text = { 0 };
	char *given = s->step_at ? ll_strdup(s->step_at) : NULL;
	int64_t before = -1, n;
	size_t count = 0;
	for (char *rest = s->step_at, *one; rest && (one = strsep(&rest, ",")); before = n) {
		if (ll_train_parse_steps(one, &n) < 0)
			ll_train_settings_refuse("step-at", given, "%.60s is not a number of steps, nor tokens such as 10Mtok", one);
		n = steps_of(s, n);
		if (n <= before)
			ll_train_settings_refuse("step-at", given, "step %lld comes after step %lld", (long long)n, (long long)before);
		if (++count > LL_SCHEDULE_STEPS_MAX)
			ll_train_settings_refuse("step-at", given, "more than %d steps", LL_SCHEDULE_STEPS_MAX);
		ll_buf_printf(&text, "%s%lld", text.len ? "," : "", (long long)n);
	}
	if (text.len) {
		ll_free(s->step_at);
		s->step_at = ll_strdup(ll_buf_cstr(&text));
	}
	ll_buf_free(&text);
	ll_free(given);
}

/* One of "a|b|c". */
static void check_word(const char *key, const char *value, const char *words)
{
	size_t len = value ? strlen(value) : 0;
	for (const char *w = words; len && w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL)
		if (strcspn(w, "|") == len && memcmp(w, value, len) == 0)
			return;
	ll_train_settings_refuse(key, value, "not one of %s", words);
}

static void check_ramp(const struct ll_train_settings *s)
{
	size_t n;
	check_word("batch-ramp-lr", s->batch_ramp_lr, "none|sqrt|linear");
	ll_free(ll_train_ramp(s, &n));
	ll_train_ramp_length(s, 0);
}

static void check_groups(const struct ll_train_settings *s)
{
	size_t n;
	struct ll_train_group *g = ll_train_groups(s, &n);
	ll_train_groups_free(g, n);
}

static void check_schedule(struct ll_train_settings *s)
{
	enum ll_schedule_kind kind;
	if (!s->schedule || ll_schedule_kind(s->schedule, &kind) < 0)
		ll_train_settings_refuse("schedule", s->schedule, "not one of " LL_SCHEDULE_NAMES);
	if ((kind == LL_SCHEDULE_STEP) != (s->step_at != NULL))
		ll_die(LL_EXIT_USAGE, s->step_at ? "step-at is of --schedule=step alone" : "--schedule=step asks for --step-at=N,N...");
	s->steps = steps_of(s, s->steps);
	s->warmup = steps_of(s, s->warmup);
	if (s->decay_steps < 0) /* the last ones: with the full batch */
		s->decay_steps = ceil_div(-s->decay_steps, s->batch * s->seq_len);
	s->power_from = steps_of(s, s->power_from);
	resolve_falls(s);
}

/* The optimizer's own values where none was given; a value that it has no use for is an error. */
void ll_train_settings_check_optimizer(struct ll_train_settings *s)
{
	const struct ll_optimizer_kind *kind = s->optimizer ? ll_optimizer_kind(s->optimizer) : NULL;
	if (!kind)
		ll_train_settings_refuse("optimizer", s->optimizer, "not one of " LL_OPTIMIZER_NAMES);
	const struct ll_update *d = &kind->defaults;
	const struct {
		enum ll_optimizer_key key;
		const char *name;
		double *number, otherwise;
		int64_t *flag;
	} own[] = {
		{ LL_OPTIMIZER_BETA1, "beta1", &s->beta1, d->beta1, NULL },
		{ LL_OPTIMIZER_BETA2, "beta2", &s->beta2, d->beta2, NULL },
		{ LL_OPTIMIZER_EPS, "eps", &s->eps, d->eps, NULL },
		{ LL_OPTIMIZER_MOMENTUM, "momentum", &s->momentum, d->momentum, NULL },
		{ LL_OPTIMIZER_NESTEROV, "nesterov", NULL, d->nesterov, &s->nesterov },
		{ LL_OPTIMIZER_RELATIVE_STEP, "relative-step", NULL, d->relative_step, &s->relative_step },
	};
	for (size_t i = 0; i < LL_COUNT(own); i++) {
		bool given = own[i].number ? *own[i].number >= 0 : *own[i].flag >= 0, has = kind->keys & own[i].key;
		if (given && !has)
			ll_die(LL_EXIT_USAGE, "%s is no key of --optimizer=%s", own[i].name, kind->name);
		if (!given && has && own[i].number)
			*own[i].number = own[i].otherwise;
		else if (!given && has)
			*own[i].flag = (int64_t)own[i].otherwise;
	}
	if (s->weight_decay < 0)
		s->weight_decay = kind->coupled ? 0 : 0.1;
}

static void check_telemetry(const struct ll_train_settings *s)
{
	if (!s->norms_by || !(strcmp(s->norms_by, "layer") == 0 || strcmp(s->norms_by, "tensor") == 0))
		ll_train_settings_refuse("norms-by", s->norms_by, "neither layer nor tensor");
	if (s->noise_every && s->noise_batch >= s->batch)
		ll_die(LL_EXIT_USAGE, "--noise-batch=%lld: must be smaller than the batch of %lld", (long long)s->noise_batch, (long long)s->batch);
	const char *p = s->sample_prompt;
	if (p && (*p == '\n' || strstr(p, "\n\n") || (*p && p[strlen(p) - 1] == '\n')))
		ll_die(LL_EXIT_USAGE, "--sample-prompt: an empty prompt stands alone");
	if (s->experts_every && !s->model.experts)
		ll_die(LL_EXIT_USAGE, "--experts-every: the model has no experts; --set=experts=N gives it some");
}

/* ---- while a run runs ---- */

void ll_train_settings_optimizer(struct ll_train_settings *s, const char *name)
{
	s->beta1 = s->beta2 = s->eps = s->momentum = s->weight_decay = -1;
	s->nesterov = s->relative_step = -1;
	s->optimizer = ll_strdup(name);
}

bool ll_train_takes_spam(const char *optimizer)
{
	return strcmp(optimizer, "adamw") == 0 || strcmp(optimizer, "adam") == 0;
}

int ll_train_settings_change_optimizer(struct ll_train_settings *s, const char *value, struct ll_err *err)
{
	const struct ll_optimizer_kind *kind = ll_optimizer_kind(value);
	if (!kind)
		return ll_err_set(err, "not one of " LL_OPTIMIZER_NAMES);
	if (strcmp(kind->name, s->optimizer) == 0)
		return ll_err_set(err, "optimizer %s is in force", value);
	if (s->spam > 0 && !ll_train_takes_spam(value))
		return ll_err_set(err, "keeps no second moment of every element, which spam = %g asks for", s->spam);
	ll_train_settings_optimizer(s, value);
	ll_train_settings_check_optimizer(s);
	return 0;
}

int ll_train_settings_change_activation(struct ll_train_settings *s, const char *value, struct ll_err *err)
{
	struct ll_lm_config c = s->model;
	if (ll_lm_config_set(&c, "ffn", value, err) < 0 || ll_lm_config_check(&c, err) < 0)
		return -1;
	if (c.ffn == s->model.ffn)
		return ll_err_set(err, "activation %s is in force", value);
	if (ll_lm_gated(&c) != ll_lm_gated(&s->model))
		return ll_err_set(err, "feed-forwards with a gate and without have other tensors; %s",
				  ll_lm_gated(&s->model) ? "swiglu or geglu can be" : "gelu, gelu-tanh or relu can be");
	s->model = c;
	return 0;
}

/* ---- all of them ---- */

void ll_train_settings_check(struct ll_train_settings *s)
{
	struct ll_err err;
	if (ll_lm_config_check(&s->model, &err) < 0)
		ll_die(LL_EXIT_USAGE, "%s", err.text);
	if (s->seq_len == 0)
		s->seq_len = s->model.context;
	if (s->seq_len > s->model.context) {
		ll_hint("--set context=%lld makes the model's context longer", (long long)s->seq_len);
		ll_die(LL_EXIT_USAGE, "--seq-len=%lld is longer than the model's context of %lld",
		       (long long)s->seq_len, (long long)s->model.context);
	}
	if (s->batch % s->accumulate) {
		int64_t near = s->accumulate;
		while (s->batch % near)
			near--;
		ll_die(LL_EXIT_USAGE, "a batch of %lld cannot be cut into %lld equal parts; --accumulate=%lld can, and a --batch=%lld can",
		       (long long)s->batch, (long long)s->accumulate, (long long)near,
		       (long long)(LL_MAX(s->batch / s->accumulate, 1) * s->accumulate));
	}
	check_ramp(s);
	check_groups(s);
	check_schedule(s);
	ll_train_settings_check_optimizer(s);
	enum ll_precision precision;
	if (!s->precision || ll_precision_named(s->precision, &precision) < 0)
		ll_train_settings_refuse("precision", s->precision, "not one of " LL_PRECISION_NAMES);
	if (s->spam > 0 && !ll_train_takes_spam(s->optimizer))
		ll_train_settings_refuse("spam", ll_format("%g", s->spam), "optimizer %s keeps no second moment of every element", s->optimizer);
	check_word("guard", s->guard, "off|skip|rollback");
	check_telemetry(s);
	check_word("async-save", s->async_save, LL_TRAIN_ASYNC_SAVE);
	check_word("recompute", s->recompute, LL_TRAIN_RECOMPUTE_KEY);
	s->mode = ll_train_mode(s->recompute);
	if ((uint64_t)s->steps < ll_train_first_step(s))
		ll_die(LL_EXIT_USAGE, "--steps=%lld: the run begins after step %lld, where %s stands", (long long)s->steps,
		       (long long)ll_train_first_step(s), s->fork);
	if (s->min_lr > s->lr)
		ll_die(LL_EXIT_USAGE, "min-lr is above lr");
}

void ll_train_schedule(const struct ll_train_settings *s, struct ll_schedule *out)
{
	*out = (struct ll_schedule){
		.rate = s->lr, .minimum = fmin(s->min_lr, s->lr), .warmup = (uint64_t)s->warmup, .steps = (uint64_t)s->steps
	};
	out->decay = (uint64_t)(s->decay_steps ? s->decay_steps : s->steps / 5);
	out->factor = s->step_factor;
	for (const char *at = s->step_at; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		out->step_at[out->falls++] = strtoull(at, NULL, 10);
	out->power = s->power;
	out->power_from = (uint64_t)(s->power_from ? s->power_from : s->warmup);
	if (ll_schedule_kind(s->schedule, &out->kind) < 0)
		LL_BUG("schedule %s was checked", s->schedule);
}
