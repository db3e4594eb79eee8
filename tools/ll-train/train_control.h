/* SPDX-License-Identifier: MIT */
/*
 * train_control.h - RUN/control: a line in it is a command, taken before the next step (train_course.h). The file is taken whole by
 * renaming it, to a name that says how many lines the journal had, then put into the journal line by line, then removed: a kill in
 * between loses no line and doubles none. One file is taken at a time, of one run a process.
 */
#ifndef LL_TRAIN_CONTROL_H
#define LL_TRAIN_CONTROL_H

#include "base/buffer.h"

/* Moves RUN/control out of the writers' way and appends its lines; false when there was none. What an earlier process took and did not
 * finish comes first, as far as `journal` does not have it. */
bool ll_train_control_take(const char *run, struct ll_str journal, struct ll_buf *lines);
/* The lines stand in the journal. */
void ll_train_control_done(void);

#endif
