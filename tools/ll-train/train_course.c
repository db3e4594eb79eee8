/* SPDX-License-Identifier: MIT */
#include "ll-train/train_course.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

void ll_train_course_begin(struct ll_train_course *c, const struct ll_train_settings *s)
{
	*c = (struct ll_train_course){ .now = *s };
	LL_GROW(c->change, c->change_cap, 1);
	c->change[c->changes++] = (struct ll_train_batch_change){ 0, s->batch };
}

void ll_train_course_end(struct ll_train_course *c)
{
	ll_free(c->change);
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

uint64_t ll_train_course_cursor(const struct ll_train_course *c, uint64_t step)
{
	uint64_t cursor = 0;
	for (size_t i = 0; i < c->changes && c->change[i].step < step; i++) {
		uint64_t end = i + 1 < c->changes ? LL_MIN(c->change[i + 1].step, step) : step;
		cursor += (end - c->change[i].step) * (uint64_t)c->change[i].batch;
	}
	return cursor;
}

/* "KEY = VALUE", "KEY *= FACTOR": cut in place. */
static const char *cut(char *text, char **key, bool *times)
{
	char *equals = strchr(text, '=');
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

int ll_train_course_command(struct ll_train_course *c, uint64_t step, const char *text, enum ll_train_command *what,
			    struct ll_err *err)
{
	char *copy = ll_strdup(text), *key;
	bool times;
	int rc = 0;
	*what = LL_TRAIN_SET;
	if (strcmp(text, "save") == 0 || strcmp(text, "exit") == 0) {
		*what = *text == 's' ? LL_TRAIN_SAVE : LL_TRAIN_EXIT;
	} else {
		const char *value = cut(copy, &key, &times);
		rc = value ? ll_train_settings_change(&c->now, key, times, value, err) :
			     ll_err_set(err, "not KEY=VALUE, KEY*=FACTOR, save or exit");
		if (rc == 0)
			set_batch(c, step, c->now.batch);
	}
	ll_free(copy);
	return rc;
}

void ll_train_course_apply(struct ll_train_course *c, const struct ll_train_entry *e)
{
	enum ll_train_command what;
	struct ll_err err;
	if (!e->refused && ll_train_course_command(c, e->step - 1, e->text, &what, &err) < 0)
		ll_die(LL_EXIT_INPUT, "journal: step %llu: %s: %s", (unsigned long long)e->step, e->text, err.text);
}

void ll_train_course_follow(struct ll_train_course *c, struct ll_str journal, const char *name)
{
	struct ll_train_entry e;
	for (size_t at = 0; ll_train_entry_next(journal, &at, name, &e); ll_train_entry_free(&e))
		ll_train_course_apply(c, &e);
}
