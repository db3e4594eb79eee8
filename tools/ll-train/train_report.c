/* SPDX-License-Identifier: MIT */
/* train_report.c - ll-train report: the curves of runs. */
#include "base/error.h"
#include "ll-train/train.h"
#include "ll-train/train_curves.h"

static const char *panels;

const struct ll_option ll_train_report_options[] = {
	{ LL_OPT_STRING, 0, "panels", &panels, "NAME[,NAME]...", "only these: " LL_TRAIN_PANELS, 0, NULL, 0, 0 },
	{ 0 },
};

int ll_train_report(int operands, char **operand)
{
	if (operands < 1)
		ll_die(LL_EXIT_USAGE, "an operand is asked for: the folder of a run, or of several");
	ll_train_draw((const char *const *)operand, (size_t)operands, panels, ll_common.output);
	return LL_EXIT_OK;
}
