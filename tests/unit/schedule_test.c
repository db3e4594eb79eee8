/* SPDX-License-Identifier: MIT */
/* The learning rate: values worked out by hand from the definitions, and what every schedule must hold to. */
#include "test.h"

#include <math.h>

#include "lm/schedule.h"

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b)) + 1e-18;
}

int main(void)
{
	struct ll_schedule s = { .kind = LL_SCHEDULE_COSINE, .rate = 1.0, .minimum = 0.1, .warmup = 10, .steps = 110 };
	enum ll_schedule_kind kind;
	ok(near(ll_schedule_at(&s, 0), 0.1) && near(ll_schedule_at(&s, 4), 0.5) && near(ll_schedule_at(&s, 9), 1.0),
	   "warm-up is a line");
	ok(near(ll_schedule_at(&s, 10), 1.0), "cosine starts at the rate");
	ok(near(ll_schedule_at(&s, 60), 0.55), "cosine is in the middle in the middle");
	ok(near(ll_schedule_at(&s, 35), 0.1 + 0.9 * (1 + sqrt(0.5)) / 2), "cosine at a quarter");
	ok(near(ll_schedule_at(&s, 110), 0.1) && near(ll_schedule_at(&s, 1000), 0.1),
	   "cosine ends at the minimum and stays there");
	s.kind = LL_SCHEDULE_LINEAR;
	ok(near(ll_schedule_at(&s, 35), 1.0 - 0.9 / 4) && near(ll_schedule_at(&s, 110), 0.1), "linear");
	s.kind = LL_SCHEDULE_CONSTANT;
	ok(near(ll_schedule_at(&s, 35), 1.0) && near(ll_schedule_at(&s, 109), 1.0), "constant");
	s.kind = LL_SCHEDULE_WSD;
	s.decay = 20;
	ok(near(ll_schedule_at(&s, 90), 1.0) && near(ll_schedule_at(&s, 100), 0.55) &&
		   near(ll_schedule_at(&s, 110), 0.1),
	   "wsd");
	s.kind = LL_SCHEDULE_WSD_SQRT;
	ok(near(ll_schedule_at(&s, 90), 1.0) && near(ll_schedule_at(&s, 95), 0.55) && near(ll_schedule_at(&s, 110), 0.1),
	   "wsd-sqrt: half-way down after a quarter of the decay");
	s.kind = LL_SCHEDULE_WSD;
	s.decay = 1000;
	ok(near(ll_schedule_at(&s, 10), 1.0) && near(ll_schedule_at(&s, 60), 0.55),
	   "wsd: a decay longer than the run starts after the warm-up");
	s = (struct ll_schedule){ .kind = LL_SCHEDULE_INVERSE_SQRT, .rate = 1.0, .minimum = 0.1, .warmup = 16 };
	ok(near(ll_schedule_at(&s, 15), 1.0) && near(ll_schedule_at(&s, 63), 0.5) && near(ll_schedule_at(&s, 255), 0.25) &&
		   near(ll_schedule_at(&s, 1000000), 0.1),
	   "inverse square root: half the rate at four times the warm-up, never below the minimum");
	s.warmup = 0;
	ok(near(ll_schedule_at(&s, 0), 1.0) && near(ll_schedule_at(&s, 3), 0.5), "inverse square root without a warm-up");
	s = (struct ll_schedule){ .kind = LL_SCHEDULE_COSINE, .rate = 1.0 };
	ok(near(ll_schedule_at(&s, 0), 0), "no steps: no division by zero");
	/* DeepSeek LLM (2024), section 3.1: to 31.6 % after 80 % of the tokens, to 10 % after 90 %. */
	s = (struct ll_schedule){ .kind = LL_SCHEDULE_STEP, .rate = 4.2e-4, .warmup = 20, .steps = 1000, .factor = sqrt(0.1), .step_at = { 800, 900 },
				  .falls = 2 };
	ok(near(ll_schedule_at(&s, 9), 2.1e-4) && near(ll_schedule_at(&s, 20), 4.2e-4) && near(ll_schedule_at(&s, 799), 4.2e-4) &&
		   near(ll_schedule_at(&s, 800), 4.2e-4 * sqrt(0.1)) && near(ll_schedule_at(&s, 899), 4.2e-4 * sqrt(0.1)) &&
		   near(ll_schedule_at(&s, 900), 4.2e-5) && near(ll_schedule_at(&s, 5000), 4.2e-5),
	   "step: after 800 and after 900 updates, exactly");
	s.minimum = 1e-4;
	ok(near(ll_schedule_at(&s, 899), 4.2e-4 * sqrt(0.1)) && near(ll_schedule_at(&s, 900), 1e-4), "step: not below the minimum");
	/* Shen et al. 2024: min(0.02, 128 x 4.6 n^-0.51) at 128 sequences of 4096 tokens, n tokens seen; equal at this step. */
	double a_step = 128 * 4096.0, meet = pow(0.02 / (128 * 4.6), 1 / -0.51);
	s = (struct ll_schedule){ .kind = LL_SCHEDULE_POWER, .rate = 0.02, .steps = 100000, .warmup = 100, .decay = 10000, .power = -0.51,
				  .power_from = (uint64_t)(meet / a_step + 0.5) };
	bool same = true;
	for (uint64_t step = 100; step < 90000; step += 97) {
		double want = fmin(0.02, 128 * 4.6 * pow(((double)step + 1) * a_step, -0.51));
		same = same && fabs(ll_schedule_at(&s, step) / want - 1) < 1e-3; /* the step is a whole number */
	}
	double at_90000 = ll_schedule_at(&s, 90000);
	ok(same, "power: the least of the rate and a power of the tokens, which meet at step %d", (int)s.power_from);
	ok(near(ll_schedule_at(&s, 95000), at_90000 / 2) && near(ll_schedule_at(&s, 100000), 0), "power: then a line down");
	s.power_from = 4000;
	ok(near(ll_schedule_at(&s, 3999), 0.02) && near(ll_schedule_at(&s, 15999), 0.02 * pow(4, -0.51)), "power: from the step it is told");
	bool falls = true;
	for (int k = LL_SCHEDULE_CONSTANT; k <= LL_SCHEDULE_POWER; k++) {
		struct ll_schedule m = { .kind = (enum ll_schedule_kind)k, .rate = 3e-4, .minimum = 3e-5, .warmup = 17, .steps = 333, .decay = 50,
					 .factor = 0.3, .step_at = { 40, 200 }, .falls = 2, .power = -0.51, .power_from = 60 };
		for (uint64_t step = 1; step < 400; step++) {
			double a = ll_schedule_at(&m, step - 1), b = ll_schedule_at(&m, step);
			falls = falls && (step < 17 ? b > a : b <= a) && b >= 0 && b <= 3e-4 * (1 + 1e-12) &&
				(step < 17 || b >= 3e-5 * (1 - 1e-12));
		}
	}
	ok(falls, "every schedule rises in the warm-up, never after, and stays within its bounds");
	ok(ll_schedule_kind("wsd", &kind) == 0 && kind == LL_SCHEDULE_WSD && ll_schedule_kind("cos", &kind) < 0,
	   "names");
	return test_done();
}
