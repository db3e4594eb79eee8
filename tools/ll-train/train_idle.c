/* SPDX-License-Identifier: MIT */
/*
 * train_idle.c - keys that are given and decide nothing, so that whoever gave them learns of it. On the command line they are a mistake
 * and end the run before it begins; a --config file may be meant for several runs, and is warned of. A key at the value that it has
 * when nobody names it is never told of: RUN/config.conf names them all, those of the model as the preset has them.
 */
#include "base/base.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "ll-train/train_keys.h"
#include "ll-train/train_ramp.h"

struct rule {
	const char *key;
	bool counts; /* in this configuration */
	const char *why;
	const char *neutral; /* of a key of the model: its value where it says nothing; NULL of one of the run: that of its table */
};

static bool equal(const char *a, const char *b)
{
	double x, y;
	return strcmp(a, b) == 0 || (ll_parse_double(ll_cstr(a), &x) == 0 && ll_parse_double(ll_cstr(b), &y) == 0 && x == y);
}

/* Whether the model has that value where nobody names the key. */
static bool is_ground(const struct ll_lm_config *ground, const char *key, const char *value)
{
	struct ll_lm_config c = *ground;
	struct ll_buf before = { 0 }, after = { 0 };
	struct ll_err err;
	bool same = ll_lm_config_set(&c, key, value, &err) == 0;
	ll_lm_config_print(ground, &before);
	ll_lm_config_print(&c, &after);
	same = same && ll_str_eq(ll_buf_str(&before), ll_buf_str(&after));
	ll_buf_free(&before);
	ll_buf_free(&after);
	return same;
}

static void judge(const struct ll_train_settings *of, const struct rule *r)
{
	const struct ll_train_key *k = ll_train_key_named(r->key);
	const char *neutral = r->neutral ? r->neutral : k ? k->otherwise : NULL;
	struct ll_train_source_of s;
	if (r->counts || !ll_train_settings_source(r->key, &s))
		return;
	if (*s.value && !(neutral && equal(s.value, neutral)) && !(s.in_file && !k && is_ground(&of->ground, r->key, s.value))) {
		if (!s.in_file)
			ll_die(LL_EXIT_USAGE, "%s has no effect: %s", s.spelled, r->why);
		ll_warn("%s has no effect: %s", s.spelled, r->why);
	}
	ll_free(s.value);
	ll_free(s.spelled);
}

static void judge_all(const struct ll_train_settings *s, const struct rule *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		judge(s, &r[i]);
}

static void judge_run(const struct ll_train_settings *s, enum ll_schedule_kind kind)
{
	bool ends = kind == LL_SCHEDULE_WSD || kind == LL_SCHEDULE_WSD_SQRT || kind == LL_SCHEDULE_POWER;
	static const char power[] = "it is of --schedule=power alone", samples[] = "--sample-every=N says when text is written", valid[] = "there is no --valid to measure on";
	const struct rule rules[] = {
		{ "decay-steps", ends, "only --schedule=wsd, wsd-sqrt and power have last steps of their own", NULL },
		{ "power", kind == LL_SCHEDULE_POWER, power, NULL },
		{ "power-from", kind == LL_SCHEDULE_POWER, power, NULL },
		{ "step-factor", kind == LL_SCHEDULE_STEP, "it is of --schedule=step alone", NULL },
		{ "min-lr", kind != LL_SCHEDULE_CONSTANT, "--schedule=constant never falls", NULL },
		{ "batch-ramp-lr", s->batch_ramp != NULL, "there is no --batch-ramp", NULL },
		{ "valid-every", s->valid != NULL, valid, NULL },
		{ "valid-batches", s->valid != NULL, valid, NULL },
		{ "reset-warmup", s->moment_reset > 0, "there is no --moment-reset", NULL },
		{ "rollbacks", strcmp(s->guard, "rollback") == 0, "only --guard=rollback goes back", NULL },
		{ "norms-by", s->norms_every > 0, "--norms-every=N says when norms are written", NULL },
		{ "noise-batch", s->noise_every > 0, "--noise-every=N says when the noise is measured", NULL },
		{ "sample-prompt", s->sample_every > 0, samples, NULL },
		{ "sample-tokens", s->sample_every > 0, samples, NULL },
		{ "sample-temperature", s->sample_every > 0, samples, NULL },
		{ "async-save", s->save_every || s->milestone_every || strcmp(s->async_save, "never") == 0, "--save-every=N says when checkpoints are written beside the training", NULL },
		{ "nesterov", strcmp(s->optimizer, "sgd") != 0 || s->momentum > 0, "with --momentum=0 there is none", "0" },
		{ "allow-missing", s->init_from != NULL, "there is no --init-from", NULL },
		{ "allow-unexpected", s->init_from != NULL, "there is no --init-from", NULL },
	};
	judge_all(s, rules, LL_COUNT(rules));
}

static void judge_model(const struct ll_train_settings *s)
{
	const struct ll_lm_config *m = &s->model;
	bool turns = m->position == LL_LM_POS_ROTARY, experts = m->experts > 0, norms = m->norm != LL_LM_NORM_NONE || m->qk_norm;
	bool own_std = m->init == LL_LM_INIT_SMALL || m->init == LL_LM_INIT_WANG || m->init == LL_LM_INIT_T_FIXUP;
	bool own_depth = m->init == LL_LM_INIT_WANG || m->init == LL_LM_INIT_T_FIXUP;
	static const char no_experts[] = "the model has no experts; --set=experts=N gives it some", not_rotary[] = "position is not rotary";
	const struct rule rules[] = {
		{ "band_every", m->band > 0 || m->band_every == 1, "there is no band; --set=band=N makes one", NULL },
		{ "experts_per_token", experts, no_experts, "0" },
		{ "expert_capacity", experts, no_experts, "0" },
		{ "expert_balance", experts, no_experts, "0" },
		{ "rotary_interleaved", turns, not_rotary, "false" },
		{ "rotary_fraction", turns, not_rotary, "1" },
		{ "rotary_base", turns, not_rotary, "10000" },
		{ "mup_base", m->init == LL_LM_INIT_MUP || m->mup_base == 256, "it is of init = mup alone", NULL },
		{ "init_std", !own_std, "init has deviations of its own", "0.02" },
		{ "init_scale_residual", !own_depth, "init has a factor of its own for these projections", NULL },
		{ "attention_bias", m->bias, "bias = false leaves none anywhere", "false" },
		{ "norm_eps", norms, "there are no norms", "1e-05" },
	};
	judge_all(s, rules, LL_COUNT(rules));
}

/* Whether this run was told any of these, rather than going on as it began. */
static bool told(const char *const *keys)
{
	bool found = false;
	for (; *keys; keys++) {
		struct ll_train_source_of s;
		found = ll_train_settings_source(*keys, &s) || found;
		ll_free(s.value);
		ll_free(s.spelled);
	}
	return found;
}

/* What begins or ends beyond the last step. */
static void warn_of_length(const struct ll_train_settings *s, enum ll_schedule_kind kind)
{
	struct ll_schedule plan;
	uint64_t steps = (uint64_t)s->steps;
	ll_train_schedule(s, &plan);
	if (plan.warmup > steps)
		ll_warn("the warm-up of %" PRIu64 " steps is longer than the run of %" PRIu64 ": the learning rate comes to %g of %g", plan.warmup, steps,
			ll_schedule_at(&plan, steps - 1), s->lr);
	uint64_t left = steps - LL_MIN(plan.warmup, steps);
	bool ends = kind == LL_SCHEDULE_WSD || kind == LL_SCHEDULE_WSD_SQRT || kind == LL_SCHEDULE_POWER;
	if (ends && s->decay_steps && plan.decay > left)
		ll_warn("--decay-steps=%" PRIu64 " is cut to the %" PRIu64 " steps behind the warm-up", plan.decay, left);
	if (kind == LL_SCHEDULE_POWER && plan.power_from >= steps - LL_MIN(plan.decay, left))
		ll_warn("--power-from=%" PRIu64 ": the last steps begin before that: the learning rate never falls by its power", plan.power_from);
	for (size_t i = 0; i < plan.falls; i++)
		if (plan.step_at[i] >= steps) {
			ll_warn("--step-at=%" PRIu64 ": the run ends after step %" PRIu64, plan.step_at[i], steps);
			break;
		}
}

static void warn_of_ramps(const struct ll_train_settings *s)
{
	size_t n;
	uint64_t steps = (uint64_t)s->steps;
	struct ll_train_batch_change *change = ll_train_ramp(s, &n);
	size_t last = n - 1;
	while (last > 0 && change[last].step >= steps)
		last--;
	if (last < n - 1)
		ll_warn("--batch-ramp: the run of %" PRIu64 " steps ends at a batch of %" PRId64 ", before it comes to %" PRId64, steps, change[last].batch, s->batch);
	ll_free(change);
	int64_t length = ll_train_ramp_length(s, ll_train_ramp_samples(s, steps) - 1);
	if (length < s->seq_len)
		ll_warn("--seq-ramp: the run of %" PRIu64 " steps ends with sequences of %" PRId64 ", before they come to %" PRId64, steps, length, s->seq_len);
}

/* What is done every so many steps, and comes to none of them. */
static void warn_of_every(const struct ll_train_settings *s)
{
	uint64_t first = ll_train_first_step(s), last = (uint64_t)s->steps;
	const struct {
		const char *key;
		int64_t every;
	} written[] = { { "norms-every", s->norms_every }, { "noise-every", s->noise_every }, { "experts-every", s->experts_every } };
	for (size_t i = 0; i < LL_COUNT(written); i++)
		if (written[i].every && first / (uint64_t)written[i].every == last / (uint64_t)written[i].every)
			ll_warn("--%s=%" PRId64 ": the run ends after step %" PRIu64 ", before anything is written", written[i].key, written[i].every, last);
	if (s->moment_reset && (uint64_t)s->moment_reset >= last)
		ll_warn("--moment-reset=%" PRId64 ": the run ends after step %" PRIu64, s->moment_reset, last);
	else if (s->moment_reset && s->reset_warmup > s->moment_reset)
		ll_warn("--reset-warmup=%" PRId64 " is longer than the %" PRId64 " updates to the next reset: the learning rate stays below that of the schedule",
			s->reset_warmup, s->moment_reset);
}

void ll_train_settings_idle(const struct ll_train_settings *s, uint64_t samples)
{
	static const char *const lengths[] = { "steps", "warmup", "schedule", "decay-steps", "power-from", "step-at", NULL };
	static const char *const ramps[] = { "steps", "batch", "batch-ramp", "seq-len", "seq-ramp", NULL };
	static const char *const every[] = { "steps", "norms-every", "noise-every", "experts-every", "moment-reset", "reset-warmup", NULL };
	static const char *const batches[] = { "batch", "data", "seq-len", NULL }, *const ends[] = { "fork", "steps", NULL };
	enum ll_schedule_kind kind;
	if (ll_schedule_kind(s->schedule, &kind) < 0)
		LL_BUG("schedule %s was checked", s->schedule);
	judge_run(s, kind);
	judge_model(s);
	if (s->steps > 0 && told(lengths))
		warn_of_length(s, kind);
	if (s->steps > 0 && told(ramps))
		warn_of_ramps(s);
	if (s->steps > 0 && told(every))
		warn_of_every(s);
	if (s->fork && (uint64_t)s->steps == ll_train_first_step(s) && told(ends))
		ll_warn("the fork begins after step %" PRId64 ", its last: --steps=N makes it longer", s->steps);
	if (samples && (uint64_t)s->batch > samples && told(batches))
		ll_warn("a batch of %" PRId64 " is more than the %" PRIu64 " samples of the datasets: a step takes some more than once", s->batch, samples);
}
