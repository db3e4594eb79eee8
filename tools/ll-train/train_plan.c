/* SPDX-License-Identifier: MIT */
/* train_plan.c - what a configuration is and costs, before anything is computed. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/number.h"
#include "ll-train/train.h"
#include "ll-train/train_groups.h"
#include "ll-train/train_ramp.h"
#include "lm/gguf_model.h"
#include "lm/hf_names.h"

static void line(const char *what, uint64_t n)
{
	char human[16];
	printf("%-28s %16" PRIu64 "  %s\n", what, n, ll_human_bytes(human, (double)n));
}

static uint64_t samples_of_run(const struct ll_train_settings *s)
{
	return ll_train_ramp_samples(s, (uint64_t)s->steps) - ll_train_ramp_samples(s, ll_train_first_step(s));
}

static void print_ramp(const struct ll_train_settings *s)
{
	size_t n;
	struct ll_train_batch_change *change = ll_train_ramp(s, &n);
	for (size_t i = 0; n > 1 && i < n; i++)
		printf("%-28s %16" PRId64 "  from step %" PRIu64 "\n", "sequences a step", change[i].batch, change[i].step + 1);
	ll_free(change);
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

/* What the run takes of each dataset. */
static void print_data(const struct ll_train_settings *s, const struct ll_train_data *d)
{
	uint64_t *count = ll_calloc(d->sources, sizeof(*count));
	ll_data_mix_before(d->mix, samples_of_run(s), count);
	for (size_t i = 0; i < d->sources; i++) {
		const struct ll_train_source *source = &d->source[i];
		printf("%-28s %16" PRIu64 "  of %" PRIu64 ": %.3g epochs, after %" PRIu64 " before; share %.3g, %s\n",
		       "samples of a dataset", count[i], source->order.samples,
		       (double)count[i] / (double)source->order.samples, source->first, source->share, source->path);
	}
	ll_free(count);
}

void ll_train_dry_run(const struct ll_train_settings *s, const struct ll_train_data *d)
{
	uint64_t optimizer;
	struct ll_lm_plan plan = ll_trainer_plan(s, &optimizer);
	char human[16];
	uint64_t n = ll_lm_config_parameters(&s->model);
	double flops = ll_lm_config_flops(&s->model, (uint64_t)s->seq_len),
	       tokens = (double)s->batch * (double)s->seq_len, all = (double)samples_of_run(s) * (double)s->seq_len;
	printf("%-28s %16" PRIu64 "  %s\n", "parameters", n, ll_human_count(human, (double)n));
	print_groups(s);
	line("bytes of parameters", plan.parameters);
	line("bytes of gradients", plan.gradients);
	line("bytes of the optimizer", optimizer);
	line("bytes of activations", plan.activations);
	line("bytes together", plan.total + optimizer);
	printf("%-28s %16.0f  %s\n", "tokens a step", tokens, ll_human_count(human, tokens));
	print_ramp(s);
	printf("%-28s %16.0f  %s\n", "tokens of the run", all, ll_human_count(human, all));
	if (s->fork)
		printf("%-28s %16" PRIu64 "  %s\n", "begins after step", ll_train_first_step(s), s->fork);
	if (d)
		print_data(s, d);
	printf("%-28s %16.0f  %s\n", "operations a token", flops, ll_human_count(human, flops));
	printf("%-28s %16.3g\n", "operations of the run", flops * all);
	printf("%-28s %16s\n", "checkpoints as", ll_hf_family_name(ll_hf_family(&s->model)));
	struct ll_err err;
	const char *note, *gguf = ll_gguf_architecture(&s->model, &note, &err);
	printf("%-28s %16s%s%s\n", "GGUF as", gguf ? gguf : "none", !gguf || note ? "  " : "", !gguf ? err.text : note ? note : "");
}
