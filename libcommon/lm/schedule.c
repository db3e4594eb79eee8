/* SPDX-License-Identifier: MIT */
#include "lm/schedule.h"

#include <math.h>

int ll_schedule_kind(const char *name, enum ll_schedule_kind *out)
{
	static const char *const names[] = { "constant", "linear", "cosine", "wsd", "inverse-sqrt", "wsd-sqrt", "step", "power" };
	for (size_t i = 0; i < LL_COUNT(names); i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum ll_schedule_kind)i;
			return 0;
		}
	return -1;
}

static double power(const struct ll_schedule *s, uint64_t step)
{
	uint64_t from = LL_MAX(s->power_from, 1);
	return step < from ? s->rate : fmax(s->minimum, s->rate * pow(((double)step + 1) / (double)from, s->power));
}

double ll_schedule_at(const struct ll_schedule *s, uint64_t step)
{
	if (step < s->warmup)
		return s->rate * ((double)step + 1) / (double)s->warmup;
	if (s->kind == LL_SCHEDULE_INVERSE_SQRT)
		return fmax(s->minimum, s->rate * sqrt((double)LL_MAX(s->warmup, 1) / ((double)step + 1)));
	if (s->kind == LL_SCHEDULE_STEP) {
		double rate = s->rate;
		for (size_t i = 0; i < s->falls && s->step_at[i] <= step; i++)
			rate *= s->factor;
		return fmax(s->minimum, rate);
	}
	uint64_t start = s->warmup, span = s->steps > s->warmup ? s->steps - s->warmup : 0;
	if (s->kind == LL_SCHEDULE_WSD || s->kind == LL_SCHEDULE_WSD_SQRT || s->kind == LL_SCHEDULE_POWER) {
		uint64_t decay = LL_MIN(s->decay, span);
		start = s->warmup + span - decay;
		span = decay;
	}
	double rate = s->kind == LL_SCHEDULE_POWER ? power(s, LL_MIN(step, start)) : s->rate;
	if (s->kind == LL_SCHEDULE_CONSTANT || step < start)
		return rate;
	double done = span > 0 ? fmin((double)(step - start) / (double)span, 1) : 1;
	double share = s->kind == LL_SCHEDULE_COSINE ? 0.5 * (1 + cos(3.14159265358979323846 * done)) : 1 - done;
	if (s->kind == LL_SCHEDULE_WSD_SQRT)
		share = 1 - sqrt(done);
	return s->minimum + share * (rate - s->minimum);
}
