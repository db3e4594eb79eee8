/* SPDX-License-Identifier: MIT */
/*
 * detect.h - what looks wrong in a training log, as a pure function of its rows in order.
 *
 *   not finite    a loss or gradient norm that is no number
 *   spike         above median + 6 robust standard deviations (1.4826 times the median absolute deviation) of the last 128
 *                 values that were not flagged themselves, once there are 64. A spread under a share of the median (1 % of
 *                 the loss, 10 % of the gradient norm) counts as that share, so that a flat stretch flags no trifle. Where
 *                 the gradient alone has been above for 16 rows and the loss at peace, its window begins anew: a new level.
 *   diverged      the running mean of the loss (over 100 rows) has been above its best by more than 0.3 for 100 rows: a slow
 *                 departure, of which no single row is a spike
 *   growth        attention scores above 1,000 (losses come apart from 10,000 on: Wortsman et al. 2023, "Small-scale proxies for
 *                 large-scale Transformer training instabilities", section 3.1), or a mean log Z further than 100 from 0 (its
 *                 second instability: it drifts long before the loss does): slow, and nothing that leaving out an update would help
 *
 * Mean and deviation of all values, as often used, let the first outliers in and are blind to the next; hence the median,
 * and the window that admits nothing flagged.
 */
#ifndef LL_DETECT_H
#define LL_DETECT_H

#include "base/base.h"

#define LL_DETECT_WINDOW 128
#define LL_DETECT_ACTIVE 64
#define LL_DETECT_NEW_LEVEL 16
#define LL_DETECT_SPAN 100
#define LL_DETECT_FAR 0.3 /* nats */

#define LL_DETECT_ATTENTION_MAX 1000
#define LL_DETECT_LOG_Z_MAX 100

enum ll_detect_flag { LL_DETECT_NOT_FINITE = 1, LL_DETECT_LOSS = 2, LL_DETECT_GRADIENT = 4, LL_DETECT_DIVERGED = 8, LL_DETECT_ATTENTION = 16, LL_DETECT_LOG_Z = 32 };

struct ll_detect_window {
	double value[LL_DETECT_WINDOW];
	size_t n, next;
	double center, limit; /* of the last row; NaN while the window is too short */
};

/* Zeroed: nothing seen. */
struct ll_detect {
	struct ll_detect_window loss, gradient;
	uint64_t rows;	       /* with a finite loss, so far */
	unsigned gradient_alone; /* rows up to the last one in which only the gradient was a spike */
	double mean, best;     /* of the loss; best: the lowest mean once there were LL_DETECT_ACTIVE rows */
	uint64_t best_row;     /* counted from 1 like `rows` */
	unsigned above;	       /* rows up to the last one with a mean far above the best */
};

/* Flags (enum ll_detect_flag) of the next row; has_gradient: whether the log knows the norm of the gradient. */
unsigned ll_detect_row(struct ll_detect *d, double loss, bool has_gradient, double gradient);
/* LL_DETECT_ATTENTION, LL_DETECT_LOG_Z of a row; NaN where the log does not know. */
unsigned ll_detect_growth(double attention_lse, double log_z);
/* The windows begin anew: the rows that follow are of another kind (a smaller batch). */
void ll_detect_restart(struct ll_detect *d);

#endif
