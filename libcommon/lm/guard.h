/* SPDX-License-Identifier: MIT */
/*
 * guard.h - what is to be done about a row of a training log, as a pure function of the rows in order: the same after any kill
 * and resume. The rungs, from the lowest:
 *
 *   go         update
 *   skip       the row is a spike or not finite (detect.h): no update with this gradient
 *   pin        the same, and trouble begins: the third such row in a row, or a gradient above 10 times its median. The weights
 *              are those from before it: worth a checkpoint
 *   give up    50 such rows in a row, 3 of them not finite, or the loss has diverged: skipping does not help. Whoever drives
 *              the run goes back to a checkpoint, or stops
 *
 * After OLMo's step skipping (its detector admits the outliers, ours does not) and the runs of PaLM (Chowdhery et al. 2022,
 * section 5.1) and OPT-175B (Zhang et al. 2022, section 2.5), which went back and skipped data, then lowered the rate.
 */
#ifndef LL_GUARD_H
#define LL_GUARD_H

#include "lm/detect.h"

#define LL_GUARD_PIN_STREAK 3
#define LL_GUARD_GIVE_UP_STREAK 50
#define LL_GUARD_NOT_FINITE_STREAK 3

enum ll_guard_verdict { LL_GUARD_GO, LL_GUARD_SKIP, LL_GUARD_PIN, LL_GUARD_GIVE_UP };

struct ll_guard_row {
	uint64_t step;	 /* counted from 1 */
	uint64_t tokens; /* of this step */
	double loss, gradient;
};

/* Zeroed: nothing seen. */
struct ll_guard {
	struct ll_detect detect;
	unsigned flags;		       /* of the last row */
	unsigned streak, not_finite;   /* rows up to the last one that were skipped; that were not finite */
	uint64_t onset;		       /* of the trouble, when the verdict is to give up: its first step */
	uint64_t tokens;	       /* of the last row */
	bool pinned;		       /* in this streak */
};

/* A batch smaller than the one before begins the windows anew: its numbers scatter more. */
enum ll_guard_verdict ll_guard_row(struct ll_guard *g, const struct ll_guard_row *row);

#endif
