/* SPDX-License-Identifier: MIT */
/*
 * train_curves.h - what a run did as a picture: loss and loss on the validation set, learning rate, norm of the gradient,
 * tokens a second (and, where they were asked for, the gradient noise scale, norms by layer and the use of experts), over its steps. Of one run, what its journal says is
 * marked: updates left out, rollbacks, stops, commands. Several runs are drawn over each other.
 */
#ifndef LL_TRAIN_CURVES_H
#define LL_TRAIN_CURVES_H

#include <stddef.h>

#define LL_TRAIN_PANELS "loss, rate, gradient, norms, updates, experts, dropped, noise, speed"
/* Draws to `output`, which io/gnuplot.h explains. panels: words with commas between them; NULL: all there is to draw. Ends with status
 * 3 where a folder holds no run. */
void ll_train_draw(const char *const *run, size_t runs, const char *panels, const char *output);

#endif
