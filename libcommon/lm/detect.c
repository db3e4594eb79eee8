/* SPDX-License-Identifier: MIT */
#include "lm/detect.h"

#include <math.h>

#include "base/number.h"

#define SIGMAS 6
#define NORMAL 1.4826 /* standard deviation of a normal distribution over its median absolute deviation */

/* True when v is a spike; otherwise it is admitted. */
static bool spike(struct ll_detect_window *w, double v, double least_share)
{
	double sorted[LL_DETECT_WINDOW];
	w->center = w->limit = NAN;
	if (w->n >= LL_DETECT_ACTIVE) {
		memcpy(sorted, w->value, w->n * sizeof(*sorted));
		w->center = ll_median(sorted, w->n);
		for (size_t i = 0; i < w->n; i++)
			sorted[i] = fabs(w->value[i] - w->center);
		w->limit = w->center + SIGMAS * fmax(NORMAL * ll_median(sorted, w->n), least_share * fabs(w->center));
		if (v > w->limit)
			return true;
	}
	w->value[w->next] = v;
	w->next = (w->next + 1) % LL_DETECT_WINDOW;
	w->n = LL_MIN(w->n + 1, (size_t)LL_DETECT_WINDOW);
	return false;
}

static void restart(struct ll_detect_window *w)
{
	w->n = w->next = 0;
}

void ll_detect_restart(struct ll_detect *d)
{
	restart(&d->loss);
	restart(&d->gradient);
	d->gradient_alone = 0;
}

static bool diverged(struct ll_detect *d, double loss)
{
	d->rows++;
	d->mean += (loss - d->mean) * fmax(1 / (double)d->rows, 2.0 / (LL_DETECT_SPAN + 1));
	if (d->rows < LL_DETECT_ACTIVE)
		return false;
	if (d->rows == LL_DETECT_ACTIVE || d->mean < d->best) {
		d->best = d->mean;
		d->best_row = d->rows;
	}
	d->above = d->mean > d->best + LL_DETECT_FAR ? d->above + 1 : 0;
	return d->above >= LL_DETECT_SPAN;
}

unsigned ll_detect_row(struct ll_detect *d, double loss, bool has_gradient, double gradient)
{
	unsigned flags = 0;
	if (!isfinite(loss) || (has_gradient && !isfinite(gradient)))
		return LL_DETECT_NOT_FINITE;
	flags |= spike(&d->loss, loss, 0.01) ? LL_DETECT_LOSS : 0;
	if (has_gradient)
		flags |= spike(&d->gradient, gradient, 0.1) ? LL_DETECT_GRADIENT : 0;
	d->gradient_alone = flags == LL_DETECT_GRADIENT ? d->gradient_alone + 1 : 0;
	if (d->gradient_alone == LL_DETECT_NEW_LEVEL) {
		restart(&d->gradient);
		d->gradient_alone = 0;
	}
	return flags | (diverged(d, loss) ? LL_DETECT_DIVERGED : 0);
}

unsigned ll_detect_growth(double attention_lse, double log_z)
{
	return (attention_lse > LL_DETECT_ATTENTION_MAX ? LL_DETECT_ATTENTION : 0) |
	       (fabs(log_z) > LL_DETECT_LOG_Z_MAX ? LL_DETECT_LOG_Z : 0);
}
