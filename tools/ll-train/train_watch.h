/* SPDX-License-Identifier: MIT */
/* train_watch.h - the detectors of lm/detect.h over the lines of a log: a whole one (train_watch.c), or one that grows
 * (train_follow.c). */
#ifndef LL_TRAIN_WATCH_H
#define LL_TRAIN_WATCH_H

#include "lm/detect.h"

/* What a row says that is wrong: printed, and told to `alarm` (with --follow; NULL otherwise). */
struct ll_train_watch {
	const char *path;
	struct ll_detect detect;
	char separator;
	int step, loss, gradient, attention, log_z; /* columns; -1: none */
	unsigned line;
	bool flagged;
	void (*alarm)(void *context, const char *step, const char *kind, double value);
	void *context;
};

/* The next line, cut in place: the heading, then rows. A silent one was told of before. Ends with status 3 when it cannot be
 * read. */
void ll_train_watch_line(struct ll_train_watch *w, char *text, bool silent);
/* Follows RUN until it is done; `command` (may be NULL) is called once an alarm. Whether anything was found. */
bool ll_train_follow(const char *run, const char *command);

#endif
