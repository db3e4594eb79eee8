/* SPDX-License-Identifier: MIT */
/*
 * train_guard.h - what a run does about trouble: the verdicts of lm/guard.h carried out and journalled. Lines that are pending
 * in the journal decide instead, as long as there are any.
 */
#ifndef LL_TRAIN_GUARD_H
#define LL_TRAIN_GUARD_H

#include "ll-train/train_loop.h"

enum ll_train_decision {
	LL_TRAIN_UPDATE, /* make it */
	LL_TRAIN_SKIP,	 /* go on without it */
	LL_TRAIN_BACK,	 /* done: the run stands at an earlier step */
	LL_TRAIN_STOP,	 /* saved; end with LL_EXIT_STOPPED */
};

/* After the gradient of the step that `row` will log. */
enum ll_train_decision ll_train_guard_decide(struct ll_train_loop *r, const struct ll_train_row *row);
/* The memory of the guard and of ZClip from the rows of the log: after a resume. */
void ll_train_guard_rebuild(struct ll_train_loop *r);
/* When pending lines go back to where the run stands: takes them at once, without the steps between. */
void ll_train_guard_shortcut(struct ll_train_loop *r);
/* The oldest checkpoint that pruning has to leave, with which the guard may go back. */
uint64_t ll_train_guard_anchor(const struct ll_train_loop *r);
/* The same of a run to be, at `step`: UINT64_MAX without --guard=rollback. */
uint64_t ll_train_guard_anchor_planned(const struct ll_train_settings *s, uint64_t step);

#endif
