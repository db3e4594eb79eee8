/* SPDX-License-Identifier: MIT */
/*
 * train_samples.h - text that the model goes on with from the prompts of a run (keys sample-every, sample-prompt, sample-tokens,
 * sample-temperature), as lines of RUN/samples.jsonl: what ll-eval generate prints with the weights of that step, the seed of the
 * run, and the same prompt.
 */
#ifndef LL_TRAIN_SAMPLES_H
#define LL_TRAIN_SAMPLES_H

#include "ll-train/train.h"

struct ll_train_samples;
/* Ends with status 2 or 3 when the tokenizer or a prompt does not do. */
struct ll_train_samples *ll_train_samples_open(const struct ll_train_settings *s, struct ll_trainer *t);
/* Appends the lines of `step`. */
void ll_train_samples_make(struct ll_train_samples *a, uint64_t step, struct ll_buf *lines);
/* NULL does nothing. */
void ll_train_samples_close(struct ll_train_samples *a);

#endif
