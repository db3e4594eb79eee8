/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "lm/rotary.h"

#include <math.h>

#include "base/error.h"

#define TURN (2 * 3.14159265358979323846)

double ll_rotary_frequency_plain(const struct ll_lm_config *c, int64_t i)
{
	return pow(c->rotary_base, -2.0 * (double)i / (double)ll_lm_turning(c));
}

/* The i, not a whole number, whose pair makes so many turns in the original context. */
static double pair_of(const struct ll_lm_config *c, double turns)
{
	return (double)ll_lm_turning(c) * log((double)c->rotary_context / (turns * TURN)) / (2 * log(c->rotary_base));
}

/* The share of a pair's frequency that is divided. */
static double slowed(const struct ll_lm_config *c, int64_t i, double plain)
{
	if (c->rotary_scaling == LL_LM_ROTARY_LINEAR)
		return 1;
	if (c->rotary_scaling == LL_LM_ROTARY_LLAMA3) {
		double turns = (double)c->rotary_context * plain / TURN;
		return fmin(fmax((c->rotary_fast - turns) / (c->rotary_fast - c->rotary_slow), 0), 1);
	}
	double low = fmax(floor(pair_of(c, c->rotary_fast)), 0), high = fmin(ceil(pair_of(c, c->rotary_slow)), (double)ll_lm_turning(c) - 1);
	return fmin(fmax(((double)i - low) / (high == low ? 0.001 : high - low), 0), 1);
}

double ll_rotary_frequency(const struct ll_lm_config *c, int64_t i)
{
	double plain = ll_rotary_frequency_plain(c, i);
	if (c->rotary_scaling == LL_LM_ROTARY_PLAIN)
		return plain;
	double share = slowed(c, i, plain);
	return share * plain / c->rotary_factor + (1 - share) * plain;
}

double ll_rotary_gain(const struct ll_lm_config *c)
{
	return c->rotary_scaling == LL_LM_ROTARY_YARN ? c->rotary_attention : 1;
}

static int check_turns(struct ll_lm_config *c, struct ll_err *err)
{
	bool yarn = c->rotary_scaling == LL_LM_ROTARY_YARN;
	if (c->rotary_context == 0)
		c->rotary_context = (int64_t)((double)c->context / c->rotary_factor);
	if (c->rotary_fast == 0)
		c->rotary_fast = yarn ? 32 : 4;
	if (c->rotary_slow == 0)
		c->rotary_slow = 1;
	if (yarn && c->rotary_attention == 0)
		c->rotary_attention = 0.1 * log(c->rotary_factor) + 1;
	if (c->rotary_context < 1 || !(c->rotary_slow > 0 && c->rotary_slow < c->rotary_fast && c->rotary_fast < 1e6))
		return ll_err_set(err, "rotary_context must be at least 1, and rotary_slow below rotary_fast");
	if (yarn ? !(c->rotary_attention > 0 && c->rotary_attention < 1e3) : c->rotary_attention != 0)
		return ll_err_set(err, "rotary_attention is of rotary_scaling = yarn, and above 0");
	return 0;
}

int ll_rotary_check(struct ll_lm_config *c, struct ll_err *err)
{
	int64_t turning = c->position == LL_LM_POS_ROTARY && c->rotary_fraction > 0 && c->rotary_fraction <= 1 ? ll_lm_turning(c) : 0;
	bool turns = c->rotary_scaling == LL_LM_ROTARY_YARN || c->rotary_scaling == LL_LM_ROTARY_LLAMA3;
	if (c->position == LL_LM_POS_ROTARY && (!(c->rotary_base > 1) || turning < 2 || turning % 2))
		return ll_err_set(err, "rotary positions turn an even number of dimensions: head_dim %lld x rotary_fraction %g is %lld",
				  (long long)c->head_dim, c->rotary_fraction, (long long)turning);
	if (c->rotary_scaling != LL_LM_ROTARY_PLAIN && c->position != LL_LM_POS_ROTARY)
		return ll_err_set(err, "rotary_scaling asks for position = rotary");
	if (c->rotary_scaling == LL_LM_ROTARY_PLAIN ? c->rotary_factor != 0 : !(c->rotary_factor >= 1 && c->rotary_factor < 1e6))
		return ll_err_set(err, c->rotary_scaling == LL_LM_ROTARY_PLAIN ? "rotary_factor asks for rotary_scaling" :
										 "rotary_scaling asks for a rotary_factor of at least 1");
	if (!turns && (c->rotary_context != 0 || c->rotary_fast != 0 || c->rotary_slow != 0 || c->rotary_attention != 0))
		return ll_err_set(err, "rotary_context, rotary_fast, rotary_slow and rotary_attention are of rotary_scaling = yarn or llama3");
	return turns ? check_turns(c, err) : 0;
}
