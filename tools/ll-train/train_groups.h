/* SPDX-License-Identifier: MIT */
/*
 * train_groups.h - --group=PATTERN:lr=X,weight-decay=X: tensors that are updated otherwise than the others. A pattern is a glob
 * over the tensor names of lm/model.h; of several groups that match, the last one counts.
 */
#ifndef LL_TRAIN_GROUPS_H
#define LL_TRAIN_GROUPS_H

#include "ll-train/train_settings.h"
#include "lm/optimizer.h"

struct ll_train_group {
	char *pattern;
	double lr;	     /* times that of the run; 0: the tensors stay as they are */
	double weight_decay; /* NaN: as without the group */
	size_t tensors;	     /* of the model, that are in it and no later one */
	uint64_t parameters;
};

/* The groups of a run, with the tensors of its model counted. Ends the program with status 2 at one that cannot be read or that
 * no tensor belongs to. */
struct ll_train_group *ll_train_groups(const struct ll_train_settings *s, size_t *n);
/* Of the tensor of a name; n: none. */
size_t ll_train_group_of(const struct ll_train_group *g, size_t n, const char *name);
void ll_train_groups_free(struct ll_train_group *g, size_t n);
/* Puts the groups of a run into force. */
void ll_train_groups_apply(const struct ll_train_settings *s, struct ll_optimizer *o);

#endif
