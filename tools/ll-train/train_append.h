/* SPDX-License-Identifier: MIT */
/*
 * train_append.h - files of a run that grow by whole lines: log.tsv, timing.tsv, tables. `path` is for messages. What fails ends the
 * program with status 4; a full disk is waited for where that was asked for (train_full.h).
 */
#ifndef LL_TRAIN_APPEND_H
#define LL_TRAIN_APPEND_H

#include "base/base.h"

/* Made if it is not there. The caller closes it. */
int ll_train_append_open(const char *path);
void ll_train_append(int fd, const char *path, const char *text, size_t n);
/* To the disk, where the file system can. */
void ll_train_append_sync(int fd, const char *path);
/* Syncs, too. */
void ll_train_append_close(int fd, const char *path);

#endif
