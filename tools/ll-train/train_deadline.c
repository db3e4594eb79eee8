/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_deadline.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "base/number.h"

static double parse_time(const char *text)
{
	static const char units[] = "smhd";
	static const double seconds[] = { 1, 60, 3600, 86400 };
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	double v;
	if (ll_parse_double(ll_str(text, len - (unit != NULL)), &v) < 0 || v < 0)
		ll_die(LL_EXIT_USAGE, "--exit-after=%s: not a time such as 90s, 30m, 2h, 1d, or slurm", text);
	return v * (unit ? seconds[unit - units] : 1);
}

static int64_t slurm_end(void)
{
	const char *text = getenv("SLURM_JOB_END_TIME");
	int64_t end;
	if (!text || ll_parse_i64(ll_cstr(text), &end) < 0) {
		ll_hint("SLURM_JOB_END_TIME=$(date -d \"$(squeue -h -j $SLURM_JOB_ID -o %%e)\" +%%s) sets it where Slurm does not");
		ll_die(LL_EXIT_USAGE, "--exit-after=slurm: SLURM_JOB_END_TIME is %s", text ? "no time in seconds" : "not set");
	}
	return end;
}

void ll_train_deadline_check(const char *exit_after)
{
	ll_train_deadline(exit_after, 0, 0);
}

double ll_train_deadline(const char *exit_after, double started, uint64_t bytes)
{
	if (!exit_after)
		return INFINITY;
	if (strcmp(exit_after, "slurm") == 0)
		return ll_seconds() + (double)(slurm_end() - (int64_t)time(NULL)) - 120 - (double)bytes / 1e8;
	return started + parse_time(exit_after);
}
