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
	struct ll_schedule s = { LL_SCHEDULE_COSINE, 1.0, 0.1, 10, 110, 0 };
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
	s = (struct ll_schedule){ LL_SCHEDULE_INVERSE_SQRT, 1.0, 0.1, 16, 0, 0 };
	ok(near(ll_schedule_at(&s, 15), 1.0) && near(ll_schedule_at(&s, 63), 0.5) && near(ll_schedule_at(&s, 255), 0.25) &&
		   near(ll_schedule_at(&s, 1000000), 0.1),
	   "inverse square root: half the rate at four times the warm-up, never below the minimum");
	s.warmup = 0;
	ok(near(ll_schedule_at(&s, 0), 1.0) && near(ll_schedule_at(&s, 3), 0.5), "inverse square root without a warm-up");
	s = (struct ll_schedule){ LL_SCHEDULE_COSINE, 1.0, 0, 0, 0, 0 };
	ok(near(ll_schedule_at(&s, 0), 0), "no steps: no division by zero");
	bool falls = true;
	for (int k = LL_SCHEDULE_CONSTANT; k <= LL_SCHEDULE_WSD_SQRT; k++) {
		struct ll_schedule m = { (enum ll_schedule_kind)k, 3e-4, 3e-5, 17, 333, 50 };
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
