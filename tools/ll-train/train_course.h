/* SPDX-License-Identifier: MIT */
/*
 * train_course.h - where a run stands by its configuration and the lines of its journal, as a pure function of both: the
 * keys in force, how many sequences a step takes, and which sample a step begins with.
 *
 * The samples of step s are cursor(s) to cursor(s) + batch(s); cursor(s) is the sum of the batches before. A line of the
 * control file holds from its step on.
 *
 * A rollback forgets what was decided about the steps after the one it goes back to, but for the keys: what was changed while
 * the run ran stays in force. It may leave out a range of samples: a batch that would touch it begins behind it instead. So may the
 * parent of a fork, which hands on those that lay ahead (the key data-skip).
 */
#ifndef LL_TRAIN_COURSE_H
#define LL_TRAIN_COURSE_H

#include "ll-train/train_journal.h"
#include "ll-train/train_ramp.h"

/* Steps in here count from 0: the updates made before. */
struct ll_train_course {
	struct ll_train_settings now; /* words borrowed from the settings it began with */
	struct ll_train_batch_change *change; /* by step */
	size_t changes, change_cap;
	int64_t full;	/* the batch it began with, after its ramp */
	bool batch_set; /* by a command, which ends the ramp */
	bool optimizer_set;	 /* by a command: */
	uint64_t optimizer_from; /* the step before which it has made no update, its state zeros */
	uint64_t *skip; /* steps without an update, ascending */
	size_t skips, skip_cap;
	uint64_t *onset; /* of the rollbacks, in the order they happened: the first bad step, counted from 1 */
	size_t rollbacks, onset_cap;
	uint64_t begin; /* the cursor with which the run begins, had it nothing to leave out; not 0 in a fork */
	struct ll_train_samples_range {
		uint64_t from, until;
	} *range; /* left out: by the key data-skip, and by rollbacks */
	size_t ranges, range_cap;
	uint64_t accepted; /* rows of the log up to this step do not count for the guard */
	uint64_t pinned;   /* step of the checkpoint that was kept; UINT64_MAX: none */
};

enum ll_train_command { LL_TRAIN_SET, LL_TRAIN_SAVE, LL_TRAIN_EXIT, LL_TRAIN_ACCEPT };

void ll_train_course_begin(struct ll_train_course *c, const struct ll_train_settings *s);
/* A line of the control file, in force from `step` on: KEY=VALUE, KEY VALUE, KEY*=FACTOR, "save", "exit" or "accept". -1 with the cause, and
 * nothing changed. The batch may grow to `samples` at most; UINT64_MAX for a line that was obeyed once. */
int ll_train_course_command(struct ll_train_course *c, uint64_t step, const char *text, uint64_t samples, enum ll_train_command *what,
			    struct ll_err *err) LL_MUST_CHECK;
void ll_train_course_apply(struct ll_train_course *c, const struct ll_train_entry *e);
/* No update is made with `step`. */
void ll_train_course_skip(struct ll_train_course *c, uint64_t step);
/* All lines of a journal. */
void ll_train_course_follow(struct ll_train_course *c, struct ll_str journal, const char *name);
int64_t ll_train_course_batch(const struct ll_train_course *c, uint64_t step);
/* The learning rate of a step: the schedule's, and what --batch-ramp-lr makes of it. */
double ll_train_course_rate(const struct ll_train_course *c, uint64_t step);
uint64_t ll_train_course_cursor(const struct ll_train_course *c, uint64_t step);
/* Updates that the optimizer made before `step`. */
uint64_t ll_train_course_updates(const struct ll_train_course *c, uint64_t step);
/* How often the run went back for the trouble that begins at step `onset` (counted from 1): rollbacks whose onsets lie at most
 * 2,000 steps apart are for the same. */
unsigned ll_train_course_rollbacks(const struct ll_train_course *c, uint64_t onset);
void ll_train_course_end(struct ll_train_course *c);

#endif
