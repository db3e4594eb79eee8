/* SPDX-License-Identifier: MIT */
/* train_plan.c - what a configuration is and costs, before anything is computed. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/thread.h"
#include "kernels/ops.h"
#include "ll-train/train.h"
#include "ll-train/train_course.h"
#include "ll-train/train_disk.h"
#include "ll-train/train_groups.h"
#include "ll-train/train_ramp.h"
#include "ll-train/train_roof.h"
#include "ll-train/train_save.h"
#include "lm/gguf_model.h"
#include "lm/hf_names.h"

#define SHARE 0.85 /* of the roof that a step reaches */

static void line(const char *what, uint64_t n)
{
	char human[16];
	printf("%-28s %16" PRIu64 "  %s\n", what, n, ll_human_bytes(human, (double)n));
}

/* Samples that the steps after `from` take. */
static uint64_t samples_after(const struct ll_train_course *c, uint64_t from)
{
	return ll_train_course_cursor(c, (uint64_t)c->now.steps) - ll_train_course_cursor(c, from);
}

static void print_ramp(const struct ll_train_settings *s)
{
	size_t n;
	struct ll_train_batch_change *change = ll_train_ramp(s, &n);
	for (size_t i = 0; n > 1 && i < n; i++)
		printf("%-28s %16" PRId64 "  from step %" PRIu64 "\n", "sequences a step", change[i].batch, change[i].step + 1);
	ll_free(change);
}

/* The samples at which sequences grow longer; their number is a power of 2 apart. */
static void print_lengths(const struct ll_train_settings *s)
{
	for (int64_t length = ll_train_ramp_length(s, 0); length < s->seq_len; length *= 2) {
		uint64_t low = 0, high = UINT64_MAX / 2;
		while (low < high) { /* the first sample with longer ones */
			uint64_t middle = low + (high - low) / 2;
			if (ll_train_ramp_length(s, middle) > length)
				high = middle;
			else
				low = middle + 1;
		}
		printf("%-28s %16" PRId64 "  until sample %" PRIu64 "\n", "tokens a sequence", length, low);
	}
}

static void print_groups(const struct ll_train_settings *s)
{
	size_t n;
	struct ll_train_group *g = ll_train_groups(s, &n);
	for (size_t i = 0; i < n; i++) {
		printf("%-28s %16" PRIu64 "  in %zu tensors %s: lr x %g", "parameters of a group", g[i].parameters, g[i].tensors, g[i].pattern,
		       g[i].lr);
		printf(isnan(g[i].weight_decay) ? "\n" : ", weight decay %g\n", g[i].weight_decay);
	}
	ll_train_groups_free(g, n);
}

/* What the steps after `from` take of each dataset. */
static void print_data(const struct ll_train_course *c, uint64_t from, const struct ll_train_data *d)
{
	uint64_t *count = ll_calloc(2 * d->sources, sizeof(*count)), *before = count + d->sources;
	ll_data_mix_before(d->mix, ll_train_course_cursor(c, (uint64_t)c->now.steps) - d->origin, count);
	ll_data_mix_before(d->mix, ll_train_course_cursor(c, from) - d->origin, before);
	for (size_t i = 0; i < d->sources; i++) {
		const struct ll_train_source *source = &d->source[i];
		uint64_t n = count[i] - before[i];
		printf("%-28s %16" PRIu64 "  of %" PRIu64 ": %.3g epochs, after %" PRIu64 " before; share %.3g, %s\n",
		       "samples of a dataset", n, source->order.samples, (double)n / (double)source->order.samples,
		       source->first + before[i], source->share, source->path);
	}
	ll_free(count);
}

/* Of a run with another `accumulate`, and what it keeps. */
static uint64_t bytes_of(const struct ll_train_settings *s, int64_t accumulate, enum ll_lm_mode mode)
{
	struct ll_train_settings other = *s;
	uint64_t optimizer;
	other.accumulate = accumulate;
	other.mode = mode;
	uint64_t all = ll_trainer_plan(&other, &optimizer).total + optimizer;
	return all + ll_train_save_copy(s, 0);
}

/* The smallest number of equal parts of a batch that fits in memory; 0 when none does. */
static int64_t parts_that_fit(const struct ll_train_settings *s, enum ll_lm_mode mode)
{
	for (int64_t n = 1; n <= s->batch; n++)
		if (s->batch % n == 0 && bytes_of(s, n, mode) <= ll_memory_left())
			return n;
	return 0;
}

/* The least recomputation with which as many parts fit in memory; the most when none does. */
static enum ll_lm_mode mode_that_fits(const struct ll_train_settings *s)
{
	enum ll_lm_mode mode = LL_LM_TRAINING;
	while (mode < LL_LM_TRAINING_FULL && bytes_of(s, s->accumulate, mode) > ll_memory_left())
		mode++;
	return mode;
}

static void choose_micro_batch(struct ll_train_settings *s, const char *text)
{
	int64_t n;
	if (ll_parse_i64(ll_cstr(text), &n) < 0 || n < 1)
		ll_die(LL_EXIT_USAGE, "--micro-batch=%s: neither auto nor a number of sequences", text);
	if (s->batch % n) {
		int64_t near = LL_MIN(n, s->batch);
		while (s->batch % near)
			near--;
		ll_die(LL_EXIT_USAGE, "a batch of %lld is no multiple of %lld; --micro-batch=%lld, or --batch=%lld, can be", (long long)s->batch,
		       (long long)n, (long long)near, (long long)(LL_MAX(s->batch / n, 1) * n));
	}
	s->accumulate = s->batch / n;
}

void ll_train_choose_parts(struct ll_train_settings *s, const char *micro_batch)
{
	bool recompute = strcmp(s->recompute, "auto") == 0;
	if (micro_batch && strcmp(micro_batch, "auto") == 0) {
		int64_t fits = parts_that_fit(s, s->mode);
		while (recompute && !fits && s->mode < LL_LM_TRAINING_FULL)
			fits = parts_that_fit(s, ++s->mode);
		s->accumulate = fits ? fits : s->batch;
		return;
	}
	if (micro_batch)
		choose_micro_batch(s, micro_batch);
	if (recompute)
		s->mode = mode_that_fits(s);
}

/* Of a run that does not fit: what would, or what comes nearest. */
static void put_what_fits(const struct ll_train_settings *s, struct ll_buf *out)
{
	char human[16];
	int64_t fits = parts_that_fit(s, s->mode);
	enum ll_lm_mode mode = mode_that_fits(s);
	bool less = mode > s->mode && bytes_of(s, s->accumulate, mode) <= ll_memory_left(); /* kept of as many would do */
	if (fits)
		ll_buf_printf(out, "; --accumulate=%" PRId64 " needs %s", fits, ll_human_bytes(human, (double)bytes_of(s, fits, s->mode)));
	if (less)
		ll_buf_printf(out, "; --recompute=%s needs %s", ll_train_mode_name(mode),
			      ll_human_bytes(human, (double)bytes_of(s, s->accumulate, mode)));
	if (fits || less)
		return;
	ll_buf_puts(out, ", whatever --accumulate");
	if (s->mode < LL_LM_TRAINING_FULL) { /* at the least, whether that is there or not */
		fits = parts_that_fit(s, LL_LM_TRAINING_FULL);
		fits = fits ? fits : s->batch;
		ll_buf_printf(out, "; --recompute=full with --accumulate=%" PRId64 " needs %s", fits,
			      ll_human_bytes(human, (double)bytes_of(s, fits, LL_LM_TRAINING_FULL)));
	}
}

static void print_memory(const struct ll_train_settings *s, uint64_t total)
{
	char human[16];
	uint64_t left = ll_memory_left();
	struct ll_buf advice = { 0 };
	if (total > left)
		put_what_fits(s, &advice);
	printf("%-28s %16" PRIu64 "  %s: %s%s\n", "bytes of memory", left, ll_human_bytes(human, (double)left),
	       total <= left ? "enough" : "not enough", ll_buf_cstr(&advice));
	ll_buf_free(&advice);
}

void ll_train_check_memory(const struct ll_train_settings *s)
{
	uint64_t needed = bytes_of(s, s->accumulate, s->mode), left = ll_memory_left();
	char need[16], have[16];
	struct ll_buf advice = { 0 };
	uint64_t copy = ll_train_save_copy(s, 0); /* that must be */
	if (needed <= left)
		return;
	if (needed - copy <= left)
		ll_die(LL_EXIT_RESOURCE, "the copy that checkpoints are written from (--async-save) needs %s of memory, %s are left for it",
		       ll_human_bytes(need, (double)copy), ll_human_bytes(have, (double)(left - (needed - copy))));
	put_what_fits(s, &advice);
	ll_die(LL_EXIT_RESOURCE, "the run needs %s of memory, %s are there: not enough%s", ll_human_bytes(need, (double)needed),
	       ll_human_bytes(have, (double)left), ll_buf_cstr(&advice));
}

/* What checkpoints are written from, beside the training. */
static uint64_t print_copy(const struct ll_train_settings *s, uint64_t others)
{
	char human[16];
	uint64_t left = ll_memory_left(), wanted = ll_train_save_copy_wanted(s), copy = ll_train_save_copy(s, left > others ? left - others : 0);
	line("bytes of a copy to save", copy);
	if (copy < wanted)
		printf("%-28s %16s  memory lacks %s for a copy\n", "checkpoints are written", "between steps", ll_human_bytes(human, (double)wanted));
	return copy;
}

static void print_disk(const struct ll_train_course *c, const char *run, uint64_t from, bool going_on)
{
	char human[16], more[16];
	struct ll_train_disk d = ll_train_disk_plan(c, run, from, going_on);
	line("bytes of a checkpoint", d.checkpoint);
	line("bytes of checkpoints", d.standing * d.checkpoint);
	if (d.room == UINT64_MAX)
		return;
	printf("%-28s %16" PRIu64 "  %s: ", "bytes of disk", d.room, ll_human_bytes(human, (double)d.room));
	printf(d.more <= d.room ? "enough\n" : "not enough: %s are needed at once\n", ll_human_bytes(more, (double)d.more));
}

/* GFLOP/s of products of a size that this machine likes, over all threads. */
static double measure_roof(const struct ll_ops_f32 *ops)
{
	struct ll_pool *pool = ll_pool_new(ll_threads());
	double rate = ll_train_roof(pool, ops, 1024, 0.3);
	ll_pool_free(pool);
	return rate / 1e9;
}

static void print_seconds(const char *what, double seconds)
{
	static const char *const unit[] = { "days", "hours", "minutes", "seconds" };
	static const double size[] = { 86400, 3600, 60, 1 };
	size_t i = 0;
	while (i < 3 && seconds < 2 * size[i])
		i++;
	printf("%-28s %16.3g  %.3g %s\n", what, seconds, seconds / size[i], unit[i]);
}

/* flops: with those that are computed again. */
static void print_time(const struct ll_train_settings *s, double roof, double flops, double tokens, double all)
{
	bool given = roof > 0;
	char human[16];
	roof = given ? roof : measure_roof(ll_precision_ops(ll_train_precision(s)));
	double rate = SHARE * roof * 1e9 / flops;
	printf("%-28s %16.4g  GFLOP/s, %s\n", "roof", roof, given ? "as given" : "measured now");
	printf("%-28s %16.4g  %s, at %.2f of the roof\n", "tokens a second", rate, rate < 1 ? "less than 1" : ll_human_count(human, rate), SHARE);
	print_seconds("seconds a step", tokens / rate);
	print_seconds("seconds to the end", all / rate);
}

static void print_experts(const struct ll_lm_config *c)
{
	struct ll_lm_config one = *c;
	char human[16];
	one.experts = one.experts_per_token; /* and the rest of the router */
	uint64_t met = ll_lm_config_parameters(&one) + (uint64_t)(c->layers * (c->experts - one.experts) * c->width);
	if (c->experts)
		printf("%-28s %16" PRIu64 "  %s\n", "parameters a token meets", met, ll_human_count(human, (double)met));
}

void ll_train_dry_run(const struct ll_train_course *c, const char *run, bool going_on, uint64_t from, const struct ll_train_data *d, double roof)
{
	const struct ll_train_settings *s = &c->now;
	uint64_t optimizer, first = ll_train_first_step(s);
	struct ll_lm_plan plan = ll_trainer_plan(s, &optimizer);
	char human[16];
	uint64_t n = ll_lm_config_parameters(&s->model);
	double flops = ll_lm_config_flops(&s->model, (uint64_t)s->seq_len),
	       tokens = (double)s->batch * (double)s->seq_len, all = (double)samples_after(c, from) * (double)s->seq_len;
	printf("%-28s %16" PRIu64 "  %s\n", "parameters", n, ll_human_count(human, (double)n));
	print_experts(&s->model);
	print_groups(s);
	line("bytes of parameters", plan.parameters);
	line("bytes of gradients", plan.gradients);
	line("bytes of the optimizer", optimizer);
	line("bytes of activations", plan.activations);
	line("bytes of panels", plan.panels);
	uint64_t copy = print_copy(s, plan.total + optimizer), total = plan.total + optimizer + copy;
	line("bytes together", total);
	print_memory(s, total);
	print_disk(c, run, from, going_on);
	printf("%-28s %16.0f  %s\n", "tokens a step", tokens, ll_human_count(human, tokens));
	if (from == first) {
		print_ramp(s);
		print_lengths(s);
	}
	printf("%-28s %16.0f  %s\n", "tokens of the run", all, ll_human_count(human, all));
	if (from > first)
		printf("%-28s %16" PRIu64 "\n", "goes on after step", from);
	else if (s->fork)
		printf("%-28s %16" PRIu64 "  %s\n", "begins after step", first, s->fork);
	if (d)
		print_data(c, from, d);
	printf("%-28s %16.0f  %s\n", "operations a token", flops, ll_human_count(human, flops));
	printf("%-28s %16.3g\n", "operations of the run", flops * all);
	double again = ll_lm_recompute_flops(&s->model, (uint64_t)s->seq_len, s->mode);
	if (s->mode != LL_LM_TRAINING)
		printf("%-28s %16.0f  recompute %s\n", "computed again a token", again, ll_train_mode_name(s->mode));
	print_time(s, roof, flops + again, tokens, all);
	printf("%-28s %16s\n", "checkpoints as", ll_hf_family_name(ll_hf_family(&s->model)));
	struct ll_err err;
	const char *note, *gguf = ll_gguf_architecture(&s->model, &note, &err);
	printf("%-28s %16s%s%s\n", "GGUF as", gguf ? gguf : "none", !gguf || note ? "  " : "", !gguf ? err.text : note ? note : "");
}
