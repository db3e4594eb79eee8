/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-train/train_control.h"
#include "ll-train/train_guard.h"
#include "ll-train/train_ramp.h"
#include "text/json.h"

/* ---- control ---- */

/* Whether the optimizer in force has made no update up to `step`, though others may have. */
static bool begins_here(const struct ll_train_loop *r, uint64_t step)
{
	return r->course.optimizer_set && r->course.optimizer_from >= step;
}

/* Of another optimizer the copy that is saved has another size. */
static int change(struct ll_train_loop *r, struct ll_err *err)
{
	bool other = ll_trainer_changes(&r->trainer, &r->course.now, r->course.optimizer_set);
	if (other)
		ll_train_saver_close(r);
	int rc = ll_trainer_change(&r->trainer, &r->course.now, r->course.optimizer_set, err);
	if (rc == 0 && begins_here(r, r->state.step))
		memset(r->trainer.optimizer->state, 0, r->trainer.optimizer->floats * sizeof(float));
	if (other)
		ll_train_saver_open(r);
	return rc;
}

void ll_train_loop_follow(struct ll_train_loop *r)
{
	struct ll_err err;
	if (change(r, &err) < 0)
		ll_die(LL_EXIT_RESOURCE, "%s", err.text);
}

int ll_train_loop_load(struct ll_train_loop *r, uint64_t step, struct ll_err *err)
{
	struct ll_lm_config saved;
	struct ll_lm *m = r->trainer.model;
	char *dir = ll_checkpoint_path(r->dir, step);
	int rc = ll_checkpoint_config(dir, &saved, err);
	if (rc == 0) {
		m->config.ffn = saved.ffn; /* what was changed since stays in force */
		rc = ll_checkpoint_load(dir, m, begins_here(r, step) ? NULL : r->trainer.optimizer, &r->state, err);
	}
	m->config.ffn = r->course.now.model.ffn;
	ll_free(dir);
	return rc;
}

/* The line is refused when memory or data lack for it, too: not when it comes true again. */
static int obey(struct ll_train_loop *r, const char *text, enum ll_train_command *what, struct ll_err *err)
{
	struct ll_train_course before = r->course;
	if (ll_train_course_command(&r->course, r->state.step, text, ll_train_data_samples(&r->data), what, err) < 0)
		return -1;
	if (strcmp(before.now.optimizer, r->course.now.optimizer) == 0 && before.now.model.ffn == r->course.now.model.ffn)
		return 0;
	if (change(r, err) == 0)
		return 0;
	r->course = before; /* nothing but keys has changed */
	return -1;
}

/* Puts one line of the control file into force and into the journal. */
static void command(struct ll_train_loop *r, const char *text, bool *save, bool *stop)
{
	enum ll_train_command what;
	struct ll_err err;
	struct ll_buf line = { 0 };
	int rc = obey(r, text, &what, &err);
	ll_buf_printf(&line, "{\"step\":%" PRIu64 ",\"kind\":\"%s\",\"text\":", r->state.step + 1,
		      rc < 0 ? "refused" : "control");
	ll_json_escape(&line, ll_cstr(text), false);
	if (rc < 0) {
		ll_buf_puts(&line, ",\"cause\":");
		ll_json_escape(&line, ll_cstr(err.text), false);
		ll_warn("%s/control: %s: %s", r->dir, text, err.text);
	} else {
		ll_note("step %" PRIu64 ": control: %s", r->state.step + 1, text);
		*save = *save || what == LL_TRAIN_SAVE;
		*stop = *stop || what == LL_TRAIN_EXIT;
		if (what == LL_TRAIN_ACCEPT)
			ll_train_guard_rebuild(r);
	}
	ll_buf_puts(&line, "}\n");
	ll_train_journal_add(r->journal, ll_buf_str(&line));
	ll_buf_free(&line);
}

/* Lines that are pending come true again; "save" and "exit" did their work the first time. */
static void repeat(struct ll_train_loop *r)
{
	struct ll_train_entry e;
	ll_train_guard_shortcut(r);
	while (ll_train_journal_next(r->journal, r->state.step + 1, false, &e)) {
		ll_train_journal_advance(r->journal, NULL);
		uint64_t accepted = r->course.accepted;
		ll_train_course_apply(&r->course, &e);
		ll_train_loop_follow(r);
		if (r->course.accepted != accepted)
			ll_train_guard_rebuild(r);
		ll_train_entry_free(&e);
	}
}

bool ll_train_loop_control(struct ll_train_loop *r)
{
	struct ll_buf lines = { 0 };
	bool save = false, stop = false;
	repeat(r);
	if (!ll_train_journal_pending(r->journal) &&
	    ll_train_control_take(r->dir, ll_train_journal_text(r->journal), &lines)) {
		char *at = ll_buf_cstr(&lines), *line;
		while ((line = strsep(&at, "\n")))
			if (*line)
				command(r, line, &save, &stop);
		ll_train_control_done();
	}
	if (stop)
		ll_train_loop_save(r, false);
	else if (save)
		ll_train_loop_save_beside(r);
	ll_buf_free(&lines);
	return stop;
}

/* ---- a step ---- */

/* What grows slowly is warned of, at most every thousand steps. */
static void tell_growth(struct ll_train_loop *r, const struct ll_train_row *row)
{
	unsigned flags = ll_detect_growth(row->attention_lse, row->log_z);
	if (!flags || (r->warned && row->step < r->warned + 1000))
		return;
	r->warned = row->step;
	ll_hint("a smaller --lr, z_loss, or norms on queries and keys keep it down");
	if (flags & LL_DETECT_ATTENTION)
		ll_warn("step %" PRIu64 ": attention scores have grown to %.4g", row->step, row->attention_lse);
	else
		ll_warn("step %" PRIu64 ": the mean log Z of the logits is %.4g", row->step, row->log_z);
}

static void log_timing(struct ll_train_loop *r, const struct ll_train_row *row, uint64_t tokens, double seconds)
{
	const struct ll_train_settings *s = &r->settings;
	uint64_t length = (uint64_t)ll_train_ramp_length(s, row->sample);
	double rate = (double)tokens / seconds, reached = ll_lm_config_flops(&s->model, length) * rate;
	ll_train_resident(&r->memory);
	ll_train_roof_learn(&r->roof, r->trainer.pool, ll_precision_ops(ll_train_precision(s)), reached);
	struct ll_train_timing t = { .step = row->step, .seconds = seconds, .tokens_per_second = rate,
				     .share = reached / r->roof.rate,
				     .resident = r->memory.now, .peak = r->memory.peak };
	ll_train_log_timing(r->log, &t);
}

static void tell(struct ll_train_loop *r, const struct ll_train_row *row, uint64_t tokens, double seconds)
{
	double now = ll_seconds();
	r->tokens_made += tokens;
	log_timing(r, row, tokens, seconds);
	if (now - r->last_note < 10 && isnan(row->valid) && row->step != (uint64_t)r->settings.steps)
		return;
	r->last_note = now;
	char valid[40] = "";
	if (!isnan(row->valid))
		snprintf(valid, sizeof(valid), ", valid %.4f", row->valid);
	ll_note("step %" PRIu64 "/%" PRId64 ": loss %.4f%s, lr %.3g, %.0f tokens/s", row->step, r->settings.steps,
		row->loss, valid, row->rate, (double)r->tokens_made / (now - r->started));
}

/* By the schedule, and rising anew after a reset of the moments (SPAM, section 3.2: half a cosine). */
static double rate_of(const struct ll_train_loop *r, uint64_t step)
{
	const struct ll_train_settings *now = &r->course.now;
	uint64_t updates = ll_train_course_updates(&r->course, step), every = (uint64_t)now->moment_reset;
	double rate = ll_train_course_rate(&r->course, step);
	if (every && updates >= every && updates % every < (uint64_t)now->reset_warmup)
		rate *= 0.5 * (1 - cos(acos(-1.0) * (double)(updates % every + 1) / (double)now->reset_warmup));
	return rate;
}

/* What the gradient is scaled by: its elements cut, then its norm. */
static double clip(struct ll_train_loop *r, double norm)
{
	const struct ll_train_settings *now = &r->course.now;
	double limit = now->clip > 0 ? now->clip : INFINITY, cut = norm;
	if (now->clip_value > 0)
		cut = ll_trainer_clip_values(&r->trainer, now->clip_value);
	if (now->zclip > 0)
		limit = fmin(limit, ll_zclip_limit(&r->zclip, norm, now->zclip));
	return cut > limit ? limit / cut : 1;
}

double ll_train_loop_noise(struct ll_train_loop *r, const struct ll_train_row *row)
{
	return ll_noise_scale_add(&r->noise, (double)r->settings.noise_batch, row->gradient_small,
				  (double)ll_train_course_batch(&r->course, row->step - 1), row->gradient);
}

bool ll_train_loop_step(struct ll_train_loop *r)
{
	const struct ll_train_settings *s = &r->settings;
	double start = ll_seconds();
	uint64_t step = r->state.step;
	int64_t batch = ll_train_course_batch(&r->course, step);
	uint64_t tokens = (uint64_t)(batch * s->seq_len);
	r->trainer.model->embedding_gradient = r->course.now.embedding_shrink;
	double small = NAN;
	if (s->noise_every && (step + 1) % (uint64_t)s->noise_every == 0)
		small = ll_trainer_small_gradient(&r->trainer, step, r->state.cursor, batch, s->noise_batch);
	ll_train_telemetry_gradient(&r->telemetry, step + 1);
	struct ll_train_result done = ll_trainer_gradient(&r->trainer, step, r->state.cursor, batch);
	if (done.left) /* nothing of the step has happened: it is made when the run goes on */
		return true;
	struct ll_train_row row = { .step = step + 1,
				    .tokens = r->state.tokens + tokens,
				    .loss = done.loss,
				    .rate = rate_of(r, step),
				    .gradient = done.gradient,
				    .valid = NAN,
				    .sample = r->state.cursor,
				    .attention_lse = done.attention_lse,
				    .log_z = done.log_z,
				    .gradient_small = small };
	row.noise_scale = ll_train_loop_noise(r, &row);
	enum ll_train_decision d = ll_train_guard_decide(r, &row);
	if (d == LL_TRAIN_STOP || d == LL_TRAIN_BACK)
		return d == LL_TRAIN_BACK;
	row.skipped = d == LL_TRAIN_SKIP;
	ll_train_telemetry_update(&r->telemetry, step + 1);
	if (!row.skipped)
		ll_trainer_update(&r->trainer, &r->course.now, row.rate, clip(r, done.gradient),
				  ll_train_course_updates(&r->course, step) + 1);
	r->state.step++;
	r->state.cursor = ll_train_course_cursor(&r->course, r->state.step);
	r->state.tokens = row.tokens;
	bool last = r->state.step == (uint64_t)s->steps;
	double seconds = ll_seconds() - start;
	if (r->data.valid && (last || (s->valid_every && r->state.step % (uint64_t)s->valid_every == 0)))
		r->state.valid_loss = row.valid = ll_trainer_validate(&r->trainer);
	r->state.loss = row.loss;
	ll_train_log_row(r->log, &row);
	ll_train_telemetry_done(&r->telemetry, step + 1);
	ll_progress_add((uint64_t)batch, 0);
	tell(r, &row, tokens, seconds);
	tell_growth(r, &row);
	if (!last && ll_train_save_due(s, r->state.step))
		ll_train_loop_save_beside(r);
	return true;
}
