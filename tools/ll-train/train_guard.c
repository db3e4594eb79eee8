/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_guard.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "text/json.h"

#define BEFORE_ONSET 100 /* steps that a rollback goes back before the trouble, at least; twice that when it comes again */
#define FARTHEST 2000	 /* and the most */
#define WITHIN 1000	 /* steps from whose checkpoints a rollback chooses, when --keep leaves fewer */
#define MARGIN 100	 /* batches left out before the trouble and after it */
#define SKIP_LEAST 200	 /* and in all */
#define SKIP_MOST 500
#define DOCUMENTS_MAX 8

static enum ll_guard_verdict feed(struct ll_train_loop *r, const struct ll_train_row *row)
{
	uint64_t tokens = (uint64_t)(ll_train_course_batch(&r->course, row->step - 1) * r->settings.seq_len);
	struct ll_guard_row g = { row->step, tokens, row->loss, row->gradient };
	return ll_guard_row(&r->guard, &g);
}

static void feed_row(void *context, const struct ll_train_row *row)
{
	struct ll_train_loop *r = context;
	if (row->step > r->course.accepted)
		feed(r, row);
	ll_train_loop_noise(r, row);
	if (!row->skipped && r->settings.zclip > 0)
		ll_zclip_limit(&r->zclip, row->gradient, r->settings.zclip);
}

void ll_train_guard_rebuild(struct ll_train_loop *r)
{
	r->guard = (struct ll_guard){ 0 };
	r->zclip = (struct ll_zclip){ 0 };
	r->noise = (struct ll_noise_scale){ 0 };
	ll_train_log_rows(r->log, feed_row, r);
}

static bool has_mode(const struct ll_train_loop *r, const char *name)
{
	return strcmp(r->settings.guard, name) == 0;
}

/* ---- lines ---- */

static void begin_line(struct ll_buf *line, uint64_t step, const char *kind, const char *text)
{
	ll_buf_printf(line, "{\"step\":%" PRIu64 ",\"kind\":\"%s\",\"text\":", step, kind);
	ll_json_escape(line, ll_cstr(text), false);
}

static void end_line(struct ll_train_loop *r, struct ll_buf *line)
{
	ll_buf_puts(line, "}\n");
	ll_train_journal_add(r->journal, ll_buf_str(line));
	ll_buf_free(line);
}

/* What is wrong with the row, for people. */
static void describe(const struct ll_guard *g, const struct ll_train_row *row, char *out, size_t size)
{
	const struct ll_detect *d = &g->detect;
	if (g->flags & LL_DETECT_NOT_FINITE)
		snprintf(out, size, "loss %g, gradient norm %g: not finite", row->loss, row->gradient);
	else if (g->flags & LL_DETECT_LOSS)
		snprintf(out, size, "loss %.4g is above %.4g", row->loss, d->loss.limit);
	else if (g->flags & LL_DETECT_GRADIENT)
		snprintf(out, size, "gradient norm %.4g is above %.4g", row->gradient, d->gradient.limit);
	else
		snprintf(out, size, "mean loss %.4g has left its best of %.4g", d->mean, d->best);
}

/* ---- rungs ---- */

/* The update of `step` is left out; its checkpoint before, which was saved, is kept in place of the one kept so far. */
static void note_skip(struct ll_train_loop *r, uint64_t step, bool pin)
{
	uint64_t before = r->course.pinned;
	ll_train_course_skip(&r->course, step - 1);
	if (!pin)
		return;
	char *old = ll_checkpoint_path(r->dir, before);
	r->course.pinned = step - 1;
	if (before != step - 1 && !ll_train_save_due(&r->settings, before) && ll_path_exists(old))
		ll_checkpoint_withdraw(r->dir, before, NULL);
	ll_free(old);
}

/* One line decides: it names the documents of the sample with the largest loss. */
static void skip(struct ll_train_loop *r, const struct ll_train_row *row, bool pin)
{
	char why[160];
	struct ll_buf line = { 0 };
	double loss;
	size_t n;
	int64_t batch = ll_train_course_batch(&r->course, row->step - 1);
	uint64_t sample = r->state.cursor + (uint64_t)ll_trainer_worst(&r->trainer, r->state.cursor, batch, &loss);
	struct ll_dataset_document *doc = ll_train_data_documents(&r->data, sample, &n);
	if (pin)
		ll_train_loop_save(r, false);
	describe(&r->guard, row, why, sizeof(why));
	ll_warn("step %" PRIu64 ": %s: no update is made; the largest loss is that of sample %" PRIu64 ", document %s%s",
		row->step, why, sample, n ? doc[0].id : "-", n > 1 ? " and others" : "");
	begin_line(&line, row->step, "skip", why);
	ll_buf_printf(&line, ",\"pin\":%s,\"sample\":%" PRIu64 ",\"loss\":", pin ? "true" : "false", sample);
	if (isfinite(loss))
		ll_put_double(&line, loss);
	else
		ll_buf_puts(&line, "null");
	ll_buf_puts(&line, ",\"documents\":[");
	for (size_t i = 0; i < n && i < DOCUMENTS_MAX; i++) {
		ll_buf_puts(&line, i ? "," : "");
		ll_json_escape(&line, ll_cstr(doc[i].id), false);
	}
	ll_buf_puts(&line, "]");
	end_line(r, &line);
	ll_dataset_documents_free(doc, n);
	note_skip(r, row->step, pin);
}

/* The newest checkpoint that was due, and lies before `step`; where the run began when there is none (that can always be made
 * again). */
static uint64_t newest_before(const struct ll_train_loop *r, uint64_t step)
{
	size_t n;
	uint64_t *list = ll_checkpoint_list(r->dir, &n);
	uint64_t found = ll_train_first_step(&r->settings);
	for (size_t i = 0; i < n; i++)
		if (ll_train_save_due(&r->settings, list[i]) && list[i] < step)
			found = list[i];
	ll_free(list);
	return found;
}

uint64_t ll_train_guard_anchor(const struct ll_train_loop *r)
{
	uint64_t step = r->state.step;
	if (!has_mode(r, "rollback"))
		return UINT64_MAX;
	return newest_before(r, step > WITHIN ? step - WITHIN + 1 : 1);
}

uint64_t ll_train_guard_anchor_planned(const struct ll_train_settings *s, uint64_t step)
{
	uint64_t save = (uint64_t)s->save_every, milestone = (uint64_t)s->milestone_every, last = step > WITHIN ? step - WITHIN : 0;
	uint64_t found = LL_MAX(save ? last - last % save : 0, milestone ? last - last % milestone : 0);
	return strcmp(s->guard, "rollback") == 0 ? LL_MAX(found, ll_train_first_step(s)) : UINT64_MAX;
}

/* Where a run in trouble since `onset` goes, and what it does otherwise then: false when it has to stop. */
static bool plan_rollback(const struct ll_train_loop *r, const struct ll_train_row *row, struct ll_train_entry *e, const char **cause)
{
	unsigned before = ll_train_course_rollbacks(&r->course, r->guard.onset);
	uint64_t margin = BEFORE_ONSET * (before ? 2 : 1), onset = r->guard.onset;
	uint64_t batch = (uint64_t)ll_train_course_batch(&r->course, row->step - 1);
	*e = (struct ll_train_entry){ .step = row->step, .kind = LL_TRAIN_ROLLBACK, .onset = onset };
	e->to = newest_before(r, onset > margin ? onset - margin : 1);
	e->text = (char *)(uintptr_t)(before ? "lr*=0.5" : "");
	*cause = NULL;
	if (before >= (unsigned)r->course.now.rollbacks)
		*cause = "it has gone back as often as --rollbacks allows";
	else if (e->to + FARTHEST < onset)
		*cause = "no checkpoint lies near enough before it; --save-every=N makes some";
	if (*cause)
		return false;
	e->from = ll_train_course_cursor(&r->course, LL_MAX(e->to, onset > MARGIN + 1 ? onset - 1 - MARGIN : 0));
	e->until = LL_MAX(r->state.cursor + (1 + MARGIN) * batch, e->from + SKIP_LEAST * batch);
	e->until = LL_MIN(e->until, e->from + SKIP_MOST * batch);
	return true;
}

/* Steps made after `to` lose their checkpoints; one that was pinned stays under another name, in place of the last such. */
static void remove_after(struct ll_train_loop *r, uint64_t to)
{
	size_t n;
	uint64_t *list = ll_checkpoint_list(r->dir, &n);
	for (size_t i = n; i-- > 0 && list[i] > to;)
		ll_checkpoint_withdraw(r->dir, list[i], list[i] == r->course.pinned ? "before-rollback" : NULL);
	ll_free(list);
}

static void begin_again(struct ll_train_loop *r)
{
	char *latest = ll_path_join(r->dir, "latest");
	if (unlink(latest) < 0 && errno != ENOENT)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot remove", latest);
	ll_free(latest);
	r->trainer.model->config.ffn = r->settings.model.ffn; /* that of a fork's parent */
	ll_train_loop_begin(r);
}

/* The run stands after step `to` again, with its course as it is now. */
static void go_back(struct ll_train_loop *r, uint64_t to)
{
	char *dir = ll_checkpoint_path(r->dir, to);
	struct ll_err err;
	ll_train_loop_save_wait(r);
	bool exists = ll_path_exists(dir);
	if (exists)
		ll_checkpoint_point(r->dir, to);
	remove_after(r, to);
	ll_checkpoint_state_free(&r->state);
	if (!exists)
		begin_again(r);
	else if (ll_train_loop_load(r, to, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	ll_train_loop_follow(r);
	r->saved_step = exists ? to : UINT64_MAX;
	ll_train_log_cut(r->log, r->dir, r->state.log_bytes, exists ? &r->state.log_hash : NULL);
	ll_train_telemetry_cut(&r->telemetry, to);
	r->state.cursor = ll_train_course_cursor(&r->course, to);
	ll_train_guard_rebuild(r);
	ll_free(dir);
}

static void roll_back(struct ll_train_loop *r, const struct ll_train_row *row, struct ll_train_entry *e)
{
	char why[160];
	struct ll_buf line = { 0 };
	describe(&r->guard, row, why, sizeof(why));
	ll_warn("step %" PRIu64 ": %s, in trouble since step %" PRIu64 ": goes back to after step %" PRIu64 ", leaves out %" PRIu64 " samples%s%s", e->step, why,
		e->onset, e->to, e->until - e->from, *e->text ? " and sets " : "", e->text);
	begin_line(&line, e->step, "rollback", e->text);
	ll_buf_printf(&line, ",\"onset\":%" PRIu64 ",\"to\":%" PRIu64 ",\"from\":%" PRIu64 ",\"until\":%" PRIu64, e->onset, e->to,
		      e->from, e->until);
	ll_buf_puts(&line, ",\"cause\":");
	ll_json_escape(&line, ll_cstr(why), false);
	end_line(r, &line);
	ll_train_course_apply(&r->course, e);
	go_back(r, e->to);
}

static void stop(struct ll_train_loop *r, const struct ll_train_row *row, const char *cause)
{
	char why[160];
	struct ll_buf line = { 0 };
	describe(&r->guard, row, why, sizeof(why));
	begin_line(&line, row->step, "stop", why);
	end_line(r, &line);
	ll_train_loop_save(r, false);
	ll_train_log_row(r->log, row);
	ll_hint("'accept' in %s/control goes on from here, 'lr *= 0.5' there more carefully; ll-train batch --step=%" PRIu64
		" shows the data",
		r->dir, r->guard.onset);
	ll_warn("step %" PRIu64 ": %s, in trouble since step %" PRIu64 "%s%s: stopped, step %" PRIu64 " is saved", row->step, why,
		r->guard.onset, cause ? "; " : "", cause ? cause : "", r->state.step);
}

/* ---- the decision ---- */

static enum ll_train_decision repeat(struct ll_train_loop *r, uint64_t step)
{
	struct ll_train_entry e;
	enum ll_train_decision d = LL_TRAIN_SKIP;
	if (!ll_train_journal_next(r->journal, step, true, &e))
		return LL_TRAIN_UPDATE;
	if (e.kind == LL_TRAIN_SKIPPED && e.pin)
		ll_train_loop_save(r, false);
	ll_train_journal_advance(r->journal, NULL);
	if (e.kind == LL_TRAIN_SKIPPED) {
		note_skip(r, step, e.pin);
	} else {
		ll_train_course_apply(&r->course, &e);
		go_back(r, e.to);
		d = LL_TRAIN_BACK;
	}
	ll_train_entry_free(&e);
	return d;
}

enum ll_train_decision ll_train_guard_decide(struct ll_train_loop *r, const struct ll_train_row *row)
{
	struct ll_train_entry e;
	const char *cause = NULL;
	enum ll_guard_verdict v = feed(r, row);
	if (ll_train_journal_pending(r->journal))
		return repeat(r, row->step);
	if (has_mode(r, "off"))
		v = isfinite(row->loss) && isfinite(row->gradient) ? LL_GUARD_GO : LL_GUARD_GIVE_UP;
	switch (v) {
	case LL_GUARD_GO:
		return LL_TRAIN_UPDATE;
	case LL_GUARD_PIN:
	case LL_GUARD_SKIP:
		skip(r, row, v == LL_GUARD_PIN);
		return LL_TRAIN_SKIP;
	case LL_GUARD_GIVE_UP:
		ll_train_loop_save_wait(r); /* it may be the one to go back to */
		if (has_mode(r, "rollback") && plan_rollback(r, row, &e, &cause)) {
			roll_back(r, row, &e);
			return LL_TRAIN_BACK;
		}
		stop(r, row, cause);
		return LL_TRAIN_STOP;
	}
	LL_BUG("verdict %d", (int)v);
}

void ll_train_guard_shortcut(struct ll_train_loop *r)
{
	struct ll_train_entry e;
	size_t n = ll_train_journal_back_to(r->journal, r->state.step);
	if (n == 0)
		return;
	while (n-- > 0) {
		ll_train_journal_advance(r->journal, &e);
		ll_train_course_apply(&r->course, &e);
		ll_train_entry_free(&e);
	}
	ll_train_loop_save_wait(r);
	ll_train_loop_follow(r);
	r->state.cursor = ll_train_course_cursor(&r->course, r->state.step);
	remove_after(r, r->state.step);
	ll_train_guard_rebuild(r);
}
