/* SPDX-License-Identifier: MIT */
/* train_watch.c - ll-train watch: the detectors of lm/detect.h over a log, ours or another trainer's. */
#include "base/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "lm/detect.h"
#include "ll-train/train.h"

#define LOG_MAX ((size_t)4 << 30)

static const char *replay;

const struct ll_option ll_train_watch_options[] = {
	{ LL_OPT_STRING, 0, "replay", &replay, "LOG", "a log with a heading, its columns parted by tabs or commas (required)", 0, NULL, 0, 0 },
	{ 0 },
};

static const char *const step_names[] = { "step", "iteration", "iter", "it", "_step", NULL };
static const char *const loss_names[] = { "loss", "lm_loss", "lm loss", "train_loss", "train/loss", NULL };
static const char *const gradient_names[] = { "grad_norm", "gnorm", "grad norm", "gradient_norm", "train/grad_norm", NULL };

/* The next field of a line; *at moves behind it. Strips quotes and space around it. */
static char *field(char **at, char separator)
{
	char *start = *at, *end = start + strcspn(start, (char[]){ separator, '\0' });
	*at = *end ? end + 1 : end;
	*end = '\0';
	start += strspn(start, " \"");
	for (size_t n = strlen(start); n && strchr(" \"\r", start[n - 1]); n--)
		start[n - 1] = '\0';
	return start;
}

static int named(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcasecmp(name, *names) == 0)
			return 1;
	return 0;
}

static double number(const char *text, unsigned line)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end)
		ll_die(LL_EXIT_INPUT, "%s: line %u: %.40s: not a number", replay, line, text);
	return v;
}

static bool put_row(struct ll_detect *d, const char *step, double loss, bool has_gradient, double gradient)
{
	unsigned flags = ll_detect_row(d, loss, has_gradient, gradient);
	if (flags & LL_DETECT_NOT_FINITE)
		printf("%s\tnot_finite\t%g\tnan\tnan\n", step, isfinite(loss) ? gradient : loss);
	if (flags & LL_DETECT_LOSS)
		printf("%s\tloss\t%g\t%g\t%g\n", step, loss, d->loss.center, d->loss.limit);
	if (flags & LL_DETECT_GRADIENT)
		printf("%s\tgrad_norm\t%g\t%g\t%g\n", step, gradient, d->gradient.center, d->gradient.limit);
	if (flags & LL_DETECT_DIVERGED)
		printf("%s\tdiverged\t%g\t%g\t%g\n", step, d->mean, d->best, d->best + LL_DETECT_FAR);
	return flags != 0;
}

int ll_train_watch(int operands, char **operand)
{
	struct ll_detect d = { 0 };
	unsigned line = 1;
	bool flagged = false;
	int step = -1, loss = -1, gradient = -1, n = 0;
	(void)operand;
	if (operands || !replay)
		ll_die(LL_EXIT_USAGE, "--replay=LOG is asked for, and no operand");
	struct ll_buf text = ll_read_file(replay, LOG_MAX);
	char *at = ll_buf_cstr(&text), *row = strsep(&at, "\n");
	char separator = strchr(row, '\t') ? '\t' : ',';
	for (char *p = row; *p; n++) {
		const char *name = field(&p, separator);
		step = step < 0 && named(name, step_names) ? n : step;
		loss = loss < 0 && named(name, loss_names) ? n : loss;
		gradient = gradient < 0 && named(name, gradient_names) ? n : gradient;
	}
	if (step < 0 || loss < 0)
		ll_die(LL_EXIT_INPUT, "%s: its heading names no column %s", replay, step < 0 ? "step" : "loss");
	while (at && (line++, row = strsep(&at, "\n")) && (*row || at)) {
		char *value[3] = { NULL, NULL, NULL };
		int i = 0;
		for (char *p = row; *p; i++) {
			char *v = field(&p, separator);
			value[0] = i == step ? v : value[0];
			value[1] = i == loss ? v : value[1];
			value[2] = i == gradient ? v : value[2];
		}
		if (!value[0] || !value[1] || (gradient >= 0 && !value[2]))
			ll_die(LL_EXIT_INPUT, "%s: line %u: has fewer columns than the heading", replay, line);
		flagged |= put_row(&d, value[0], number(value[1], line), gradient >= 0, gradient >= 0 ? number(value[2], line) : 0);
	}
	ll_buf_free(&text);
	return flagged ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}
