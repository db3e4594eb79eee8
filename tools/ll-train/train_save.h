/* SPDX-License-Identifier: MIT */
/*
 * train_save.h - the checkpoints of a run. Those that come every so many steps are written beside the training: weights, the
 * optimizer's state and the journal are copied, the next step begins, and a thread of its own writes, hashes, syncs and
 * publishes the copy, then prunes. The bits and the order of what reaches the disk are those of a save that waits.
 *
 * The copy is planned and taken when the run begins. One is written at a time: a save waits for the one before. Whatever
 * depends on checkpoints (the end of the run, a stop, a checkpoint that is pinned, a rollback) waits for the last one.
 */
#ifndef LL_TRAIN_SAVE_H
#define LL_TRAIN_SAVE_H

#include "ll-train/train.h"

struct ll_train_loop;
struct ll_train_saver;

/* Bytes of the copy that a run with these keys takes when `left` are to be had beside all else; 0: it writes between steps. */
uint64_t ll_train_save_copy(const struct ll_train_settings *s, uint64_t left);
/* The same, had it all memory. */
uint64_t ll_train_save_copy_wanted(const struct ll_train_settings *s);

/* r->saver: takes the copy, begins the thread. */
void ll_train_saver_open(struct ll_train_loop *r);
/* Waits; ends the thread. */
void ll_train_saver_close(struct ll_train_loop *r);

/* About what a checkpoint takes on disk. */
uint64_t ll_train_loop_bytes(const struct ll_train_loop *r);
/* Saves the present step unless that was done, and prunes: on disk when this returns. */
void ll_train_loop_save(struct ll_train_loop *r, bool final);
/* The same, on disk some time later where there is a copy. */
void ll_train_loop_save_beside(struct ll_train_loop *r);
/* What was begun is on disk. */
void ll_train_loop_save_wait(struct ll_train_loop *r);

#endif
