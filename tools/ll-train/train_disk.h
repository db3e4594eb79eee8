/* SPDX-License-Identifier: MIT */
/*
 * train_disk.h - the disk that the checkpoints of a run take, from its keys alone, beside what the file system has. Checkpoints are
 * all that is counted: logs and tables are small, and one that is pinned in trouble cannot be foreseen. Other files come and go while
 * a run runs, so that a lack is no reason to refuse it.
 */
#ifndef LL_TRAIN_DISK_H
#define LL_TRAIN_DISK_H

#include "ll-train/train_course.h"

struct ll_train_disk {
	uint64_t checkpoint; /* bytes of one */
	uint64_t standing;   /* so many stand when the run is done */
	uint64_t more;	     /* bytes beyond what stands now, at the time when that is most */
	uint64_t room;	     /* bytes that the file system of the run has for this user; UINT64_MAX: it does not tell, or no run is named */
};

/* Of the run in the folder `run` ("-": none is named), of which the steps after `from` are to be made; going_on: what stands there is
 * its own. */
struct ll_train_disk ll_train_disk_plan(const struct ll_train_course *c, const char *run, uint64_t from, bool going_on);
/* Warns when the room is less than what is needed, and says which --keep would do; `waits`: --on-full=wait. */
void ll_train_disk_check(const struct ll_train_course *c, const char *run, uint64_t from, bool going_on, bool waits);

#endif
