/* SPDX-License-Identifier: MIT */
/*
 * train_loop.h - a run in motion: its steps, what is decided between them, its checkpoints. How it begins and ends is in
 * train_run.c.
 */
#ifndef LL_TRAIN_LOOP_H
#define LL_TRAIN_LOOP_H

#include "ll-train/train.h"
#include "ll-train/train_course.h"
#include "ll-train/train_journal.h"
#include "ll-train/train_log.h"
#include "ll-train/train_roof.h"
#include "ll-train/train_save.h"
#include "ll-train/train_telemetry.h"
#include "lm/guard.h"
#include "lm/noise_scale.h"
#include "lm/zclip.h"

struct ll_train_loop {
	const char *dir;
	struct ll_train_settings settings; /* as the run began */
	struct ll_train_data data;
	struct ll_trainer trainer;
	struct ll_train_log *log;
	struct ll_train_telemetry telemetry;
	struct ll_train_saver *saver;
	struct ll_train_journal *journal;
	struct ll_train_course course;
	struct ll_guard guard;
	struct ll_zclip zclip; /* of the updates made */
	struct ll_noise_scale noise;
	struct ll_train_roof roof;
	struct ll_train_resident memory;
	struct ll_checkpoint_state state;
	uint64_t saved_step; /* of the newest checkpoint, be it still written; UINT64_MAX: none */
	double started, last_note;
	uint64_t warned; /* the step of the last warning of growth; 0: none */
	uint64_t tokens_made; /* by this process */
};

/* What RUN/control and the pending journal say, before the next step: true when the run is to stop here. */
bool ll_train_loop_control(struct ll_train_loop *r);
/* One step, from its samples to its row in the log; or back to an earlier one. False when the run has to stop here. */
bool ll_train_loop_step(struct ll_train_loop *r);
/* Takes what the row has of the gradient noise scale; returns the scale. */
double ll_train_loop_noise(struct ll_train_loop *r, const struct ll_train_row *row);
/* Activation and optimizer as the course says. Ends with status 4 when memory lacks. */
void ll_train_loop_follow(struct ll_train_loop *r);
/* Weights, moments and state of the checkpoint of `step`, of which the optimizer's are zeros where the course has begun another since.
 * -1 with the cause. */
int ll_train_loop_load(struct ll_train_loop *r, uint64_t step, struct ll_err *err) LL_MUST_CHECK;
/* Weights, moments and state as before the first step (train_run.c). */
void ll_train_loop_begin(struct ll_train_loop *r);

#endif
