/* SPDX-License-Identifier: MIT */
/*
 * train_fork.h - a run that begins where another one stood: --fork=RUN/step-N.
 *
 * It has the weights, the optimizer's state and the number of the step of that checkpoint, and every key that was in force
 * there (config.conf and the journal up to it), unless named anew; the model stays. Its steps count on from N, so that the
 * schedule goes on and logs lie over each other. Samples are taken from the start of the order that its data gives, but of
 * each dataset that the parent had, with the same seed and sequence length, those that the parent took are left out
 * (the key data-start), and where all is as in the parent those, too, that its roll-backs left out further on (data-skip).
 */
#ifndef LL_TRAIN_FORK_H
#define LL_TRAIN_FORK_H

#include "ll-train/train.h"

/* "RUN/step-N" of a checkpoint, RUN/latest followed; caller frees. Ends with status 2 when it cannot be one. */
char *ll_train_fork_name(const char *given);
/* The configuration of the parent, as text; caller frees. */
struct ll_buf ll_train_fork_ground(const char *fork);
/* The cursor with which a run with these settings begins, whatever its journal says, less the samples of its mix that are left out:
 * ll_train_data.origin. */
uint64_t ll_train_fork_origin(const struct ll_train_settings *s);
/* Where each dataset begins, once they are open: data-start, unless it is set, and d; and mix-start and data-skip. */
void ll_train_fork_data(struct ll_train_settings *s, struct ll_train_data *d);
/* Weights, moments (not those of an optimizer that begins here) and state; and the checks that belong to them. */
void ll_train_fork_load(const struct ll_train_settings *s, const struct ll_train_data *d, struct ll_trainer *t,
			struct ll_checkpoint_state *state, bool begins);

#endif
