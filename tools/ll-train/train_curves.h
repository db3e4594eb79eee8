/* SPDX-License-Identifier: MIT */
/*
 * train_curves.h - what a run did as a picture: loss and loss on the validation set, learning rate, norm of the gradient,
 * tokens a second (and the gradient noise scale where it was asked for), over its steps. Of one run, what its journal says is
 * marked: updates left out, rollbacks, stops, commands. Several runs are drawn over each other.
 */
#ifndef LL_TRAIN_CURVES_H
#define LL_TRAIN_CURVES_H

#include <stddef.h>

/* Draws to `output`, which io/gnuplot.h explains. Ends with status 3 where a folder holds no run. */
void ll_train_draw(const char *const *run, size_t runs, const char *output);

#endif
