/* SPDX-License-Identifier: MIT */
/*
 * train_ramp.h - --batch-ramp=START,INCREMENT,SAMPLES: the batch grows from START by INCREMENT to --batch, in equal parts of
 * the first SAMPLES samples (GPT-3, BLOOM; the rule is Megatron-LM's rampup_batch_size). A pure function of the settings.
 *
 * --seq-ramp=START,SAMPLES: sequences begin START tokens long and double, in equal parts of the first SAMPLES samples, up to
 * --seq-len (Li et al. 2022, "The Stability-Efficiency Dilemma"). A sample keeps its tokens: it is computed as
 * several shorter sequences, so that batch, cursor and tokens are what they are without.
 */
#ifndef LL_TRAIN_RAMP_H
#define LL_TRAIN_RAMP_H

#include "ll-train/train_settings.h"

/* The batch from a step on, counted from 0. */
struct ll_train_batch_change {
	uint64_t step;
	int64_t batch;
};

/* The batches of a run, ascending, the first from step 0 on; one when there is no ramp. The caller frees. Ends the program
 * with status 2 when the ramp is impossible. */
struct ll_train_batch_change *ll_train_ramp(const struct ll_train_settings *s, size_t *n);
/* The samples that the first `steps` steps take, and the steps that take `samples` or more. */
uint64_t ll_train_ramp_samples(const struct ll_train_settings *s, uint64_t steps);
uint64_t ll_train_ramp_steps(const struct ll_train_settings *s, uint64_t samples);
/* Tokens of the sequences in which a step that begins at sample `cursor` is computed; divides seq_len. Ends the program with
 * status 2 when --seq-ramp is impossible. */
int64_t ll_train_ramp_length(const struct ll_train_settings *s, uint64_t cursor);

#endif
