/* SPDX-License-Identifier: MIT */
#include "ll-train/train_course.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"

#define SAME_TROUBLE 2000 /* steps */

static void leave_out(struct ll_train_course *c, uint64_t from, uint64_t until)
{
	if (from >= until)
		return;
	LL_GROW(c->range, c->range_cap, c->ranges + 1);
	c->range[c->ranges++] = (struct ll_train_samples_range){ from, until };
}

/* The key data-skip: A-B,A-B..., counted from the first sample of the run. */
static void leave_out_inherited(struct ll_train_course *c)
{
	for (const char *list = c->now.data_skip, *end; list; list = *end ? end + 1 : NULL) {
		size_t first = strcspn(list, "-,");
		uint64_t from, until;
		end = list + strcspn(list, ",");
		if (list + first == end || ll_parse_u64(ll_str(list, first), &from) < 0 ||
		    ll_parse_u64(ll_str(list + first + 1, (size_t)(end - list) - first - 1), &until) < 0 || from >= until || until > (uint64_t)1 << 53)
			ll_train_settings_refuse("data-skip", c->now.data_skip, "not ranges of samples such as 0-100,250-300");
		leave_out(c, c->begin + from, c->begin + until);
	}
}

void ll_train_course_begin(struct ll_train_course *c, const struct ll_train_settings *s)
{
	*c = (struct ll_train_course){ .now = *s, .pinned = UINT64_MAX, .full = s->batch };
	c->change = ll_train_ramp(s, &c->changes);
	c->change_cap = c->changes;
	c->begin = ll_train_course_cursor(c, ll_train_first_step(s));
	leave_out_inherited(c);
}

void ll_train_course_end(struct ll_train_course *c)
{
	ll_free(c->change);
	ll_free(c->skip);
	ll_free(c->range);
	ll_free(c->onset);
	*c = (struct ll_train_course){ 0 };
}

/* From `step` on; what was set for later steps goes. */
static void set_batch(struct ll_train_course *c, uint64_t step, int64_t batch)
{
	while (c->changes > 0 && c->change[c->changes - 1].step >= step)
		c->changes--;
	if (c->changes > 0 && c->change[c->changes - 1].batch == batch)
		return;
	LL_GROW(c->change, c->change_cap, c->changes + 1);
	c->change[c->changes++] = (struct ll_train_batch_change){ step, batch };
}

int64_t ll_train_course_batch(const struct ll_train_course *c, uint64_t step)
{
	size_t i = c->changes;
	while (i > 1 && c->change[i - 1].step > step)
		i--;
	return c->change[i - 1].batch;
}

double ll_train_course_rate(const struct ll_train_course *c, uint64_t step)
{
	struct ll_schedule schedule;
	double share = (double)ll_train_course_batch(c, step) / (double)c->full;
	ll_train_schedule(&c->now, &schedule);
	double rate = ll_schedule_at(&schedule, step);
	if (strcmp(c->now.batch_ramp_lr, "none") == 0)
		return rate;
	return rate * (strcmp(c->now.batch_ramp_lr, "sqrt") == 0 ? sqrt(share) : share);
}

/* Behind the ranges that a batch from `cursor` on would touch. */
static uint64_t past_ranges(const struct ll_train_course *c, uint64_t cursor, uint64_t batch)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < c->ranges; i++) {
			const struct ll_train_samples_range *r = &c->range[i];
			if (r->from < cursor + batch && cursor < r->until) {
				cursor = r->until;
				again = true;
			}
		}
	}
	return cursor;
}

/* Batches from `cursor` on before one would touch a range. */
static uint64_t batches_ahead(const struct ll_train_course *c, uint64_t cursor, uint64_t batch)
{
	uint64_t n = UINT64_MAX;
	for (size_t i = 0; i < c->ranges; i++)
		if (c->range[i].from >= cursor)
			n = LL_MIN(n, (c->range[i].from - cursor) / batch);
	return n;
}

uint64_t ll_train_course_cursor(const struct ll_train_course *c, uint64_t step)
{
	uint64_t cursor = 0;
	for (size_t i = 0; i < c->changes && c->change[i].step <= step; i++) {
		uint64_t end = i + 1 < c->changes ? LL_MIN(c->change[i + 1].step, step) : step;
		uint64_t batch = (uint64_t)c->change[i].batch, left = end - c->change[i].step;
		cursor = past_ranges(c, cursor, batch);
		while (left > 0) {
			uint64_t n = LL_MIN(left, batches_ahead(c, cursor, batch));
			cursor = past_ranges(c, cursor + n * batch, batch);
			left -= n;
		}
	}
	return cursor;
}

uint64_t ll_train_course_updates(const struct ll_train_course *c, uint64_t step)
{
	size_t n = c->skips;
	while (n > 0 && c->skip[n - 1] >= step)
		n--;
	return step - n - LL_MIN((uint64_t)c->now.optimizer_start, step - n);
}

unsigned ll_train_course_rollbacks(const struct ll_train_course *c, uint64_t onset)
{
	unsigned n = 0;
	for (size_t i = c->rollbacks; i-- > 0; n++) {
		uint64_t other = c->onset[i];
		if (LL_MAX(other, onset) - LL_MIN(other, onset) > SAME_TROUBLE)
			break;
		onset = other;
	}
	return n;
}

/* Steps up to the optimizer's first are no updates of it. */
static void begin_optimizer(struct ll_train_course *c, uint64_t step)
{
	size_t before = 0;
	while (before < c->skips && c->skip[before] < step)
		before++;
	c->optimizer_set = true;
	c->optimizer_from = step;
	c->now.optimizer_start = (int64_t)(step - before);
}

/* "KEY = VALUE", "KEY VALUE", "KEY *= FACTOR": cut in place. */
static const char *cut(char *text, char **key, bool *times)
{
	char *equals = strchr(text, '=');
	if (!equals)
		equals = strpbrk(text, " \t");
	if (!equals)
		return NULL;
	char *end = equals, *value = equals + 1;
	*times = end > text && end[-1] == '*';
	end -= *times;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char)*value))
		value++;
	*key = text;
	return value;
}

/* A factor of the batch is one of that in force, ramp or not. */
static int change(struct ll_train_course *c, uint64_t step, const char *key, bool times, const char *value, uint64_t samples, struct ll_err *err)
{
	bool batch = strcmp(key, "batch") == 0;
	int64_t before = c->now.batch;
	if (batch)
		c->now.batch = ll_train_course_batch(c, step);
	int rc = ll_train_settings_change(&c->now, key, times, value, err);
	bool grows = batch && c->now.batch > ll_train_course_batch(c, step);
	if (rc == 0 && grows && (uint64_t)c->now.batch > samples)
		rc = ll_err_set(err, "a batch of %lld is more than the %llu samples of the datasets", (long long)c->now.batch, (unsigned long long)samples);
	if (rc < 0)
		c->now.batch = before;
	if (rc == 0 && batch) {
		set_batch(c, step, c->now.batch);
		c->batch_set = true;
	}
	if (rc == 0 && strcmp(key, "optimizer") == 0)
		begin_optimizer(c, step);
	return rc;
}

int ll_train_course_command(struct ll_train_course *c, uint64_t step, const char *text, uint64_t samples, enum ll_train_command *what,
			    struct ll_err *err)
{
	char *copy = ll_strdup(text), *key;
	bool times;
	int rc = 0;
	*what = LL_TRAIN_SET;
	if (strcmp(text, "save") == 0 || strcmp(text, "exit") == 0) {
		*what = *text == 's' ? LL_TRAIN_SAVE : LL_TRAIN_EXIT;
	} else if (strcmp(text, "accept") == 0) {
		*what = LL_TRAIN_ACCEPT;
		c->accepted = step;
	} else {
		const char *value = cut(copy, &key, &times);
		rc = value ? change(c, step, key, times, value, samples, err) :
			     ll_err_set(err, "not KEY=VALUE, KEY VALUE, KEY*=FACTOR, save, exit or accept");
	}
	ll_free(copy);
	return rc;
}

static void go_back(struct ll_train_course *c, const struct ll_train_entry *e)
{
	if (c->batch_set)
		set_batch(c, e->to, c->now.batch);
	while (c->skips > 0 && c->skip[c->skips - 1] >= e->to)
		c->skips--;
	if (c->optimizer_set)
		begin_optimizer(c, LL_MIN(c->optimizer_from, e->to));
	LL_GROW(c->onset, c->onset_cap, c->rollbacks + 1);
	c->onset[c->rollbacks++] = e->onset;
	leave_out(c, e->from, e->until);
}

void ll_train_course_skip(struct ll_train_course *c, uint64_t step)
{
	LL_GROW(c->skip, c->skip_cap, c->skips + 1);
	c->skip[c->skips++] = step;
}

void ll_train_course_apply(struct ll_train_course *c, const struct ll_train_entry *e)
{
	enum ll_train_command what;
	struct ll_err err;
	bool commands = e->kind == LL_TRAIN_CONTROL || (e->kind == LL_TRAIN_ROLLBACK && *e->text);
	if (commands && ll_train_course_command(c, e->step - 1, e->text, UINT64_MAX, &what, &err) < 0)
		ll_die(LL_EXIT_INPUT, "journal: step %llu: %s: %s", (unsigned long long)e->step, e->text, err.text);
	if (e->kind == LL_TRAIN_SKIPPED)
		ll_train_course_skip(c, e->step - 1);
	if (e->kind == LL_TRAIN_SKIPPED && e->pin)
		c->pinned = e->step - 1;
	if (e->kind == LL_TRAIN_ROLLBACK)
		go_back(c, e);
}

void ll_train_course_follow(struct ll_train_course *c, struct ll_str journal, const char *name)
{
	struct ll_train_entry e;
	for (size_t at = 0; ll_train_entry_next(journal, &at, name, &e); ll_train_entry_free(&e))
		ll_train_course_apply(c, &e);
}
