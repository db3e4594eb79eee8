/* SPDX-License-Identifier: MIT */
/*
 * schedule.h - the learning rate as a pure function of the step. Steps count from 0: step s is the (s+1)-th update. All
 * but the rate itself is the same for every schedule: a linear warm-up, rate * (s+1) / warmup for s < warmup, then
 *
 *   constant   rate
 *   linear     from rate to minimum, a straight line over the steps after the warm-up
 *   cosine     the same, half a cosine (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, one cycle)
 *   wsd        rate, then a straight line to the minimum over the last `decay` steps (Hu et al., "MiniCPM", 2024,
 * section 4)
 *   wsd-sqrt   the same, but falling as 1 - sqrt(share of the decay done) (Haegele et al. 2024, section 3)
 *   inverse-sqrt  rate * sqrt(warmup / (s+1)), with a warm-up of at least 1, never below the minimum (Vaswani et al. 2017,
 *              section 5.3)
 *   step       rate times `factor` once for each entry of step_at that is no more than s, never below the minimum
 *   power      rate until step `power_from`, then rate * ((s+1) / power_from)^power, never below the minimum; over the
 *              last `decay` steps a straight line from there down to the minimum. With n = (s+1) batch tokens this is
 *              min(rate, a batch n^power) (Shen et al. 2024, "Power Scheduler") for the power_from at which both
 *              are equal
 */
#ifndef LL_SCHEDULE_H
#define LL_SCHEDULE_H

#include "base/base.h"

enum ll_schedule_kind { LL_SCHEDULE_CONSTANT, LL_SCHEDULE_LINEAR, LL_SCHEDULE_COSINE, LL_SCHEDULE_WSD, LL_SCHEDULE_INVERSE_SQRT, LL_SCHEDULE_WSD_SQRT, LL_SCHEDULE_STEP, LL_SCHEDULE_POWER };
#define LL_SCHEDULE_NAMES "constant|linear|cosine|wsd|inverse-sqrt|wsd-sqrt|step|power"
#define LL_SCHEDULE_STEPS_MAX 32

struct ll_schedule {
	enum ll_schedule_kind kind;
	double rate, minimum;
	uint64_t warmup, steps; /* steps: of the whole run */
	uint64_t decay;		/* wsd, wsd-sqrt and power */
	double factor;		/* step */
	uint64_t step_at[LL_SCHEDULE_STEPS_MAX]; /* ascending */
	size_t falls;
	double power; /* below 0 */
	uint64_t power_from;
};

/* By name; -1 when there is no such schedule. */
int ll_schedule_kind(const char *name, enum ll_schedule_kind *out) LL_MUST_CHECK;
double ll_schedule_at(const struct ll_schedule *s, uint64_t step);

#endif
