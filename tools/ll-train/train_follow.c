/* SPDX-License-Identifier: MIT */
/* train_follow.c - ll-train watch --follow: beside a run, an alarm when trouble begins. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "lm/checkpoint.h"
#include "ll-train/train_journal.h"
#include "ll-train/train_watch.h"

#define REARM 50 /* rows without its kind of trouble that end an alarm */

struct follow {
	const char *run, *command;
	struct ll_train_watch watch;
	struct ll_buf seen; /* whole lines of the log that were taken */
	struct {
		char kind[16];
		unsigned line; /* the last one with it */
	} alarm[8];
	ino_t inode;
	size_t journal; /* bytes of RUN/journal.jsonl that were taken */
};

/* Runs the command: its environment has RUN, STEP, KIND and VALUE. What it ends with is a warning at most. */
static void call(const struct follow *f, const char *step, const char *kind, double value)
{
	char number[32];
	snprintf(number, sizeof(number), "%g", value);
	fflush(stdout);
	if (!f->command)
		return;
	if (setenv("RUN", f->run, 1) < 0 || setenv("STEP", step, 1) < 0 || setenv("KIND", kind, 1) < 0 || setenv("VALUE", number, 1) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "cannot set the environment of the alarm");
	int rc = system(f->command); /* the user's own shell command: that is what the option is for */
	if (rc != 0)
		ll_warn("step %s: the alarm command ended with status %d", step, rc < 0 ? rc : WIFEXITED(rc) ? WEXITSTATUS(rc) : 128 + WTERMSIG(rc));
}

/* Once while the same trouble lasts. */
static void raise_alarm(void *context, const char *step, const char *kind, double value)
{
	struct follow *f = context;
	size_t i = 0;
	while (i + 1 < LL_COUNT(f->alarm) && *f->alarm[i].kind && strcmp(f->alarm[i].kind, kind) != 0)
		i++;
	bool lasting = *f->alarm[i].kind && f->watch.line - f->alarm[i].line <= REARM && f->watch.line >= f->alarm[i].line;
	snprintf(f->alarm[i].kind, sizeof(f->alarm[i].kind), "%s", kind);
	f->alarm[i].line = f->watch.line;
	if (!lasting)
		call(f, step, kind, value);
}

/* Whole lines of the log from `from` on; false when it is another file than the one that was read so far (rollback, resume). */
static bool read_from(struct follow *f, uint64_t from, struct ll_buf *out)
{
	struct stat st;
	int fd = open(f->watch.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || fstat(fd, &st) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", f->watch.path);
	bool same = from == 0 || (st.st_ino == f->inode && (uint64_t)st.st_size >= from);
	f->inode = st.st_ino;
	for (uint64_t at = from; same;) {
		char part[65536];
		ssize_t n = pread(fd, part, sizeof(part), (off_t)at);
		if (n < 0)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot read", f->watch.path);
		if (n == 0)
			break;
		ll_buf_add(out, part, (size_t)n);
		at += (uint64_t)n;
	}
	close(fd);
	out->len = ll_train_journal_whole(ll_buf_str(out));
	return same;
}

/* New lines. A log that was cut begins with what was seen, up to a place, and goes on otherwise. */
static void follow_log(struct follow *f)
{
	struct ll_buf lines = { 0 };
	size_t same = 0;
	if (!read_from(f, f->seen.len, &lines)) {
		read_from(f, 0, &lines);
		while (same < lines.len && same < f->seen.len && lines.data[same] == f->seen.data[same])
			same++;
		while (same > 0 && lines.data[same - 1] != '\n')
			same--;
		f->watch.detect = (struct ll_detect){ 0 };
		f->watch.line = 0;
		ll_buf_clear(&f->seen);
	}
	ll_buf_add(&f->seen, lines.data, lines.len);
	char *start = ll_buf_cstr(&lines), *at = start, *line;
	while ((line = strsep(&at, "\n")) && at)
		ll_train_watch_line(&f->watch, line, (size_t)(line - start) < same);
	ll_buf_free(&lines);
	fflush(stdout);
}

/* What the run itself decided: rollbacks and stops are alarms of their own. */
static void follow_journal(struct follow *f)
{
	struct ll_buf text = ll_checkpoint_journal(f->run);
	struct ll_str lines = ll_str(text.data, ll_train_journal_whole(ll_buf_str(&text)));
	struct ll_train_entry e;
	while (f->journal < lines.len && ll_train_entry_next(lines, &f->journal, "journal.jsonl", &e)) {
		const char *kind = e.kind == LL_TRAIN_ROLLBACK ? "rollback" : e.kind == LL_TRAIN_STOPPED ? "stop" : NULL;
		char step[24];
		snprintf(step, sizeof(step), "%" PRIu64, e.step);
		if (kind) {
			printf("%s\t%s\t%" PRIu64 "\tnan\tnan\n", step, kind, e.kind == LL_TRAIN_ROLLBACK ? e.to : e.step);
			f->watch.flagged = true;
			call(f, step, kind, (double)(e.kind == LL_TRAIN_ROLLBACK ? e.to : e.step));
		}
		ll_train_entry_free(&e);
	}
	ll_buf_free(&text);
}

/* Until the run is done; one that stopped may be resumed. */
bool ll_train_follow(const char *run, const char *command)
{
	struct follow f = { .run = run, .command = command };
	char *log = ll_path_join(run, "log.tsv"), *done = ll_path_join(run, "done.json");
	struct timespec pause = { 0, 200000000 };
	f.watch = (struct ll_train_watch){ .path = log, .alarm = raise_alarm, .context = &f };
	for (bool over = false; !over;) {
		over = ll_path_exists(done);
		follow_log(&f);
		follow_journal(&f);
		if (!over)
			nanosleep(&pause, NULL);
	}
	ll_buf_free(&f.seen);
	ll_free(log);
	ll_free(done);
	return f.watch.flagged;
}
