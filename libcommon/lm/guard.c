/* SPDX-License-Identifier: MIT */
#include "lm/guard.h"

#define PIN_GRADIENT 10 /* times the median */

enum ll_guard_verdict ll_guard_row(struct ll_guard *g, const struct ll_guard_row *row)
{
	struct ll_detect *d = &g->detect;
	if (row->tokens < g->tokens)
		ll_detect_restart(d);
	g->tokens = row->tokens;
	g->flags = ll_detect_row(d, row->loss, true, row->gradient);
	bool bad = g->flags & (LL_DETECT_NOT_FINITE | LL_DETECT_LOSS | LL_DETECT_GRADIENT);
	g->streak = bad ? g->streak + 1 : 0;
	g->not_finite = g->flags & LL_DETECT_NOT_FINITE ? g->not_finite + 1 : 0;
	if (g->flags & LL_DETECT_DIVERGED)
		g->onset = row->step - (d->rows - d->best_row);
	else
		g->onset = row->step - (g->streak ? g->streak - 1 : 0);
	if (g->flags & LL_DETECT_DIVERGED || g->streak >= LL_GUARD_GIVE_UP_STREAK || g->not_finite >= LL_GUARD_NOT_FINITE_STREAK)
		return LL_GUARD_GIVE_UP;
	if (!bad) {
		g->pinned = false;
		return LL_GUARD_GO;
	}
	bool steep = g->flags & LL_DETECT_GRADIENT && row->gradient > PIN_GRADIENT * d->gradient.center;
	bool pin = !g->pinned && (steep || g->streak >= LL_GUARD_PIN_STREAK);
	g->pinned |= pin;
	return pin ? LL_GUARD_PIN : LL_GUARD_SKIP;
}
