/* SPDX-License-Identifier: MIT */
/* train_deadline.h - --exit-after: a time such as 90s, 30m, 2h or 1d, or slurm. */
#ifndef LL_TRAIN_DEADLINE_H
#define LL_TRAIN_DEADLINE_H

#include <stdint.h>

/* Ends with status 2 when it is no time, or the job has no end. NULL: there is none. */
void ll_train_deadline_check(const char *exit_after);
/* By ll_seconds(); infinite for NULL. For a Slurm job two minutes before its time is up, and earlier by what a checkpoint of so many
 * bytes takes at 100 MB/s. */
double ll_train_deadline(const char *exit_after, double started, uint64_t bytes);

#endif
