/* SPDX-License-Identifier: MIT */
/*
 * train_parts.h - RUN/norms.tsv and RUN/experts.tsv as curves, one a part: a layer or a tensor. What stands in `data` is for gnuplot:
 * a part after the other, two empty lines between them ("index k"), a line a step: the step, then the values. Of many steps a line is
 * a mean.
 */
#ifndef LL_TRAIN_PARTS_H
#define LL_TRAIN_PARTS_H

#include "base/buffer.h"

#define LL_TRAIN_PART_VALUES 3

struct ll_train_parts {
	char **name; /* in the order of the file; none where it is not there */
	size_t parts, capacity;
	struct ll_buf data;
	bool has[LL_TRAIN_PART_VALUES]; /* a value that can be drawn */
};

/* Values: the norm of the gradient; that of the update over that of the weights. */
void ll_train_parts_norms(struct ll_train_parts *p, const char *run);
/* The shares of the expert with the most choices and of that with the fewest, times the number of experts; the share of choices that
 * met a full one, of which there is nothing to draw when it is always 0. */
void ll_train_parts_experts(struct ll_train_parts *p, const char *run);
void ll_train_parts_free(struct ll_train_parts *p);

#endif
