/* SPDX-License-Identifier: MIT */
/*
 * train_full.h - a disk that is full: --on-full=stop ends the run with status 4, its last checkpoint whole; --on-full=wait
 * waits until there is room, in which SIGTERM and SIGINT end it at once.
 */
#ifndef LL_TRAIN_FULL_H
#define LL_TRAIN_FULL_H

#include "base/base.h"

/* From here on a full disk is waited for. */
void ll_train_full_wait(void);
/* After a failed write (errno): true when it is to be tried again, once there was time for room to appear. */
bool ll_train_full_again(const char *path);
/* Returns when `bytes` have room in `dir`, or nothing is waited for. */
void ll_train_full_room(const char *dir, uint64_t bytes);

#endif
