/* SPDX-License-Identifier: MIT */
/* train_follow.c - ll-train watch --follow: beside a run, an alarm when trouble begins. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/file.h"
#include "lm/checkpoint.h"
#include "ll-train/train_journal.h"
#include "ll-train/train_rows.h"
#include "ll-train/train_watch.h"

#define REARM 50    /* rows without its kind of trouble that end an alarm */
#define PATIENCE 30 /* seconds that an alarm's command may take */
#define TAIL 4096   /* bytes before a place by which a log is known to be the one that was read so far */

extern char **environ;

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

/* By sh, in a process group of its own, which is killed when that takes too long: returns what it ended with, as a shell says it; -1
 * when it cannot be run, -2 when it was killed. */
static int run_shell(const char *command)
{
	char *const argv[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)command, NULL };
	posix_spawnattr_t own_group;
	posix_spawn_file_actions_t no_input;
	pid_t pid;
	int status;
	if (posix_spawnattr_init(&own_group) != 0 || posix_spawn_file_actions_init(&no_input) != 0)
		return -1;
	posix_spawnattr_setflags(&own_group, POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_addopen(&no_input, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	int error = posix_spawn(&pid, "/bin/sh", &no_input, &own_group, argv, environ);
	posix_spawnattr_destroy(&own_group);
	posix_spawn_file_actions_destroy(&no_input);
	if (error)
		return -1;
	for (double end = ll_seconds() + PATIENCE; waitpid(pid, &status, WNOHANG) == 0;) {
		if (ll_seconds() >= end) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -2;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

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
	int rc = run_shell(f->command); /* the user's own shell command: that is what the option is for */
	if (rc == -1)
		ll_warn("step %s: the alarm command cannot be run", step);
	else if (rc == -2)
		ll_warn("step %s: the alarm command took more than %d seconds and was killed", step, PATIENCE);
	else if (rc)
		ll_warn("step %s: the alarm command ended with status %d", step, rc);
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

/* Whether the file has, before `from`, what was read there. */
static bool goes_on(const struct follow *f, int fd, uint64_t from)
{
	char tail[TAIL];
	size_t n = (size_t)LL_MIN(from, (uint64_t)TAIL);
	return n == 0 || (pread(fd, tail, n, (off_t)(from - n)) == (ssize_t)n && memcmp(tail, f->seen.data + from - n, n) == 0);
}

/* Whole lines of the log from `from` on; false when it is another file than the one that was read so far, or was cut, though it may be
 * as long again (rollback, resume). */
static bool read_from(struct follow *f, uint64_t from, struct ll_buf *out)
{
	struct stat st;
	int fd = open(f->watch.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || fstat(fd, &st) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", f->watch.path);
	bool same = from == 0 || (st.st_ino == f->inode && goes_on(f, fd, from));
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
	ll_train_rows_check_text(f->watch.path, out->data, out->len, from);
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
