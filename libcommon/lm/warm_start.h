/* SPDX-License-Identifier: MIT */
/* warm_start.h - a model's initial weights from the folder of another. */
#ifndef LL_WARM_START_H
#define LL_WARM_START_H

#include "lm/unmatched.h"

/*
 * Overwrites the initial values of `m` (ll_lm_init before) by the weights in a folder that ll_lm_load_folder reads. The two may
 * differ in vocabulary (rows are cut; new ids keep their initial values), context (more learned positions are interpolated
 * linearly between the first and the last, fewer are cut), the speed of rotary positions, dropout, initial values and family of
 * the checkpoints; anything else is an error that names the key. A damaged folder ends the program with status 3. Takes the memory
 * of the weights once more until it returns. Tensors that are missing there and that `u` allows to be (unmatched.h; NULL: none)
 * keep their initial values too.
 */
int ll_lm_warm_start(struct ll_lm *m, const char *dir, struct ll_lm_unmatched *u, struct ll_err *err) LL_MUST_CHECK;
/* The same from a model in memory, whose configuration may differ in vocabulary and context alone; u: what it was loaded with. */
void ll_lm_take_over(struct ll_lm *m, const struct ll_lm *from, const struct ll_lm_unmatched *u);

#endif
