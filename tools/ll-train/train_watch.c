/* SPDX-License-Identifier: MIT */
/* train_watch.c - ll-train watch: the detectors of lm/detect.h over a log, ours or another trainer's, or beside a run. */
#include "base/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "ll-train/train.h"
#include "ll-train/train_rows.h"
#include "ll-train/train_watch.h"

static const char *replay, *follow, *alarm_command;

const struct ll_option ll_train_watch_options[] = {
	{ LL_OPT_STRING, 0, "replay", &replay, "LOG", "a log with a heading, its columns parted by tabs or commas", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "follow", &follow, "RUN", "a run that goes on, until it is done", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "alarm", &alarm_command, "COMMAND", "a shell command, called once when trouble begins", 0, NULL, 0, 0 },
	{ 0 },
};

static const char *const step_names[] = { "step", "iteration", "iter", "it", "_step", NULL };
static const char *const loss_names[] = { "loss", "lm_loss", "lm loss", "train_loss", "train/loss", NULL };
static const char *const gradient_names[] = { "grad_norm", "gnorm", "grad norm", "gradient_norm", "train/grad_norm", NULL };

static const char *const attention_names[] = { "attention_lse", "max_attention_logit", NULL };
static const char *const log_z_names[] = { "log_z", "logz", "mean_log_z", NULL };

/* A field in quotes, RFC 4180, section 2: separators in it are text, two quotes are one. Returns the place behind it. */
static char *unquote(char *start)
{
	char *from = start + 1, *to = start;
	for (; *from && !(from[0] == '"' && from[1] != '"'); from++) {
		from += *from == '"';
		*to++ = *from;
	}
	from += *from == '"';
	*to = '\0';
	return from;
}

/* The next field of a line; *at moves behind it, to NULL behind the last. Strips space and a carriage return around it. */
static char *field(char **at, char separator)
{
	static const char space[] = " \r";
	char *start = *at + strspn(*at, space), *behind = *start == '"' ? unquote(start) : start;
	char *end = behind + strcspn(behind, (char[]){ separator, '\0' });
	*at = *end ? end + 1 : NULL;
	*end = '\0';
	start += strspn(start, space);
	for (size_t n = strlen(start); n && strchr(space, start[n - 1]); n--)
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

static double number(const struct ll_train_watch *w, const char *text)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end)
		ll_die(LL_EXIT_INPUT, "%s: line %u: %.40s: not a number", w->path, w->line, text);
	return v;
}

static void put(struct ll_train_watch *w, const char *step, const char *kind, double value, double center, double limit)
{
	w->flagged = true;
	printf("%s\t%s\t%g\t%g\t%g\n", step, kind, value, center, limit);
	if (w->alarm)
		w->alarm(w->context, step, kind, value);
}

static void put_row(struct ll_train_watch *w, const char *step, const double *value, bool silent)
{
	struct ll_detect *d = &w->detect;
	double loss = value[0], gradient = value[1];
	unsigned flags = ll_detect_row(d, loss, w->gradient >= 0, gradient) | ll_detect_growth(value[2], value[3]);
	if (silent)
		return;
	if (flags & LL_DETECT_NOT_FINITE)
		put(w, step, "not_finite", isfinite(loss) ? gradient : loss, NAN, NAN);
	if (flags & LL_DETECT_LOSS)
		put(w, step, "loss", loss, d->loss.center, d->loss.limit);
	if (flags & LL_DETECT_GRADIENT)
		put(w, step, "grad_norm", gradient, d->gradient.center, d->gradient.limit);
	if (flags & LL_DETECT_DIVERGED)
		put(w, step, "diverged", d->mean, d->best, d->best + LL_DETECT_FAR);
	if (flags & LL_DETECT_ATTENTION)
		put(w, step, "attention_lse", value[2], NAN, LL_DETECT_ATTENTION_MAX);
	if (flags & LL_DETECT_LOG_Z)
		put(w, step, "log_z", value[3], NAN, copysign(LL_DETECT_LOG_Z_MAX, value[3]));
}

static void take_heading(struct ll_train_watch *w, char *text)
{
	const struct {
		int *column;
		const char *const *names;
	} known[] = { { &w->step, step_names },		  { &w->loss, loss_names },   { &w->gradient, gradient_names },
		      { &w->attention, attention_names }, { &w->log_z, log_z_names } };
	int n = 0;
	w->separator = strchr(text, '\t') ? '\t' : ',';
	for (size_t i = 0; i < LL_COUNT(known); i++)
		*known[i].column = -1;
	for (char *p = text; p; n++) {
		const char *name = field(&p, w->separator);
		for (size_t i = 0; i < LL_COUNT(known); i++)
			if (*known[i].column < 0 && named(name, known[i].names))
				*known[i].column = n;
	}
	if (w->step < 0 || w->loss < 0)
		ll_die(LL_EXIT_INPUT, "%s: its heading names no column %s", w->path, w->step < 0 ? "step" : "loss");
}

void ll_train_watch_line(struct ll_train_watch *w, char *text, bool silent)
{
	const char *step = NULL;
	double value[4] = { NAN, NAN, NAN, NAN };
	int n = 0, wanted;
	if (++w->line == 1) {
		take_heading(w, text);
		return;
	}
	wanted = 2 + (w->gradient >= 0) + (w->attention >= 0) + (w->log_z >= 0);
	for (char *p = text; p; n++) {
		const int columns[] = { w->loss, w->gradient, w->attention, w->log_z };
		const char *v = field(&p, w->separator);
		wanted -= n == w->step;
		step = n == w->step ? v : step;
		for (size_t i = 0; i < LL_COUNT(columns); i++)
			if (n == columns[i]) {
				value[i] = number(w, v);
				wanted--;
			}
	}
	if (wanted > 0)
		ll_die(LL_EXIT_INPUT, "%s: line %u: has fewer columns than the heading", w->path, w->line);
	put_row(w, step, value, silent);
}

static void replay_log(struct ll_train_watch *w)
{
	struct ll_buf text = ll_train_rows_text(w->path);
	char *at = ll_buf_cstr(&text), *line;
	while ((line = strsep(&at, "\n")) && (w->line == 0 || *line || at))
		ll_train_watch_line(w, line, false);
	ll_buf_free(&text);
}

int ll_train_watch(int operands, char **operand)
{
	struct ll_train_watch w = { .path = replay };
	(void)operand;
	if (operands || !replay == !follow)
		ll_die(LL_EXIT_USAGE, "one of --replay=LOG and --follow=RUN is asked for, and no operand");
	if (alarm_command && !follow)
		ll_die(LL_EXIT_USAGE, "--alarm goes with --follow");
	if (follow)
		w.flagged = ll_train_follow(follow, alarm_command);
	else
		replay_log(&w);
	return w.flagged ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}
