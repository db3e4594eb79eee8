/* SPDX-License-Identifier: MIT */
/*
 * train_log.h - RUN/log.tsv: a row a step, equal to the bit between equal runs and after any kill and resume. What
 * differs by nature (time, rate) goes to RUN/timing.tsv. A checkpoint holds the length and hash of the log at its step:
 * on resume the log is checked against them and cut there, atomically.
 */
#ifndef LL_TRAIN_LOG_H
#define LL_TRAIN_LOG_H

#include "base/hash.h"

struct ll_train_row {
	uint64_t step, tokens;
	double loss, rate, gradient, valid; /* valid: NaN when not measured */
	bool skipped;			    /* no update was made */
	uint64_t sample;		    /* the first of the step */
	double attention_lse, log_z;
	double gradient_small, noise_scale; /* NaN when not measured; columns of a log with `noise` */
};

struct ll_train_log;
/* A new log, or (bytes > 0) the one of a checkpoint. Ends with status 3 when the rows that belong to it are gone or
 * changed; nothing is written. */
struct ll_train_log *ll_train_log_open(const char *run, bool noise, uint64_t bytes, const struct ll_id *hash);
/* Its files, cut behind those rows: before anything else is done with it. */
void ll_train_log_begin(struct ll_train_log *l);
void ll_train_log_row(struct ll_train_log *l, const struct ll_train_row *row);
struct ll_train_timing {
	uint64_t step;
	double seconds, tokens_per_second, share; /* of the machine's roof; NaN: not known */
	uint64_t resident, peak;		  /* bytes */
};
void ll_train_log_timing(struct ll_train_log *l, const struct ll_train_timing *t);
/* What a checkpoint must remember of the rows so far. */
void ll_train_log_mark(const struct ll_train_log *l, uint64_t *bytes, struct ll_id *hash);
/* Rows written so far are on disk. Another thread may write more meanwhile, but not cut the log. */
void ll_train_log_sync(const struct ll_train_log *l);
/* Cuts the log at the place of an earlier checkpoint; the rows behind it go to the end of RUN/log-rolled-back.tsv. Syncs. */
void ll_train_log_cut(struct ll_train_log *l, const char *run, uint64_t bytes, const struct ll_id *hash);
/* The rows that stand in the log, from its first: calls back with each. */
void ll_train_log_rows(const struct ll_train_log *l, void (*row)(void *context, const struct ll_train_row *), void *context);
void ll_train_log_close(struct ll_train_log *l);

#endif
