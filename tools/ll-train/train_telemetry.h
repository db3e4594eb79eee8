/* SPDX-License-Identifier: MIT */
/*
 * train_telemetry.h - what a run writes beside its log, on request (keys norms-every, experts-every, sample-every): RUN/norms.tsv,
 * RUN/experts.tsv, RUN/samples.jsonl, files as train_table.h explains. Nothing here changes a trained number.
 */
#ifndef LL_TRAIN_TELEMETRY_H
#define LL_TRAIN_TELEMETRY_H

#include "ll-train/train.h"
#include "ll-train/train_samples.h"
#include "ll-train/train_table.h"

struct ll_train_telemetry {
	const struct ll_train_settings *settings;
	struct ll_trainer *trainer;
	struct ll_train_table *norms, *experts, *samples; /* NULL: not asked for, and none from before */
	struct ll_train_samples *sampler;
	double *weights, *updates;		/* squares by tensor */
	float *before;				/* of the tensor that is being updated */
	uint64_t *routed;			/* of the step: ll_lm.routed */
};

/* Bytes that it takes. */
uint64_t ll_train_telemetry_bytes(const struct ll_train_settings *s);
/* Ends the program when --sample-prompt cannot be what it is to be, or a file there has another heading; nothing is written. */
void ll_train_telemetry_open(struct ll_train_telemetry *y, const char *run, const struct ll_train_settings *s, struct ll_trainer *t);
/* The files of a run that stands after `step`. */
void ll_train_telemetry_begin(struct ll_train_telemetry *y, uint64_t step);
/* Before the gradient of step `step`, counted from 1; before its update; and when that was made, or left out. */
void ll_train_telemetry_gradient(struct ll_train_telemetry *y, uint64_t step);
void ll_train_telemetry_update(struct ll_train_telemetry *y, uint64_t step);
void ll_train_telemetry_done(struct ll_train_telemetry *y, uint64_t step);
void ll_train_telemetry_sync(const struct ll_train_telemetry *y);
/* The run goes back to after `step`. */
void ll_train_telemetry_cut(struct ll_train_telemetry *y, uint64_t step);
void ll_train_telemetry_close(struct ll_train_telemetry *y);

#endif
