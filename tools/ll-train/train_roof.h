/* SPDX-License-Identifier: MIT */
/* train_roof.h - what this machine's matrix products reach, for plans and for the share of it that a run has. */
#ifndef LL_TRAIN_ROOF_H
#define LL_TRAIN_ROOF_H

#include "base/thread.h"
#include "kernels/ops.h"

/* Operations a second of square products of that side over all threads of the pool: the fastest of as many as fit in `seconds`, of a
 * few at least. It takes and gives back three squares of floats. */
double ll_train_roof(struct ll_pool *pool, const struct ll_ops_f32 *ops, int64_t side, double seconds);

/* A roof that a run learns as it goes: nothing in its first second, so that short runs lose no time, then a few hundredths of a
 * second, and as much again every half minute; the fastest counts. */
struct ll_train_roof {
	double rate; /* operations a second; NaN: not known yet */
	bool given;  /* by --roof: it stays */
	double next; /* when to measure */
};
/* rate: of --roof, in operations a second; 0: none. */
void ll_train_roof_begin(struct ll_train_roof *r, double rate);
/* Between steps, of which the last reached that many operations a second: no roof that is known is below it. */
void ll_train_roof_learn(struct ll_train_roof *r, struct ll_pool *pool, const struct ll_ops_f32 *ops, double reached);

/* Bytes of this process in main memory, now and at most so far. */
struct ll_train_resident {
	uint64_t now, peak;
};
void ll_train_resident(struct ll_train_resident *r);

#endif
