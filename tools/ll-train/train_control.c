/* SPDX-License-Identifier: MIT */
#include "ll-train/train_control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "ll-train/train_journal.h"

#define CONTROL_MAX LL_MIB
#define TAKEN ".control.taken-" /* and how many lines of control files the journal had before */
#define HALF_LINE 1.0		/* seconds for which a last line without an end is left to its writer */

/* Appends the lines of a file that are not blank, without space around them, but for the first `done`. */
static void add_lines(struct ll_buf *out, const char *path, uint64_t done)
{
	static const char space[] = " \t\r\f\v";
	struct ll_buf text = ll_read_file(path, CONTROL_MAX);
	for (size_t i = 0; i < text.len; i++) /* so that a zero ends nothing */
		text.data[i] = text.data[i] ? text.data[i] : '?';
	char *at = ll_buf_cstr(&text), *line;
	while ((line = strsep(&at, "\n"))) {
		line += strspn(line, space);
		size_t n = strlen(line);
		while (n > 0 && strchr(space, line[n - 1]))
			n--;
		if (n == 0 || done > 0) {
			done -= n > 0;
			continue;
		}
		for (size_t i = 0; i < n; i++) /* commands are ASCII; the journal is valid JSON whatever stands here */
			line[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
		ll_buf_add(out, line, n);
		ll_buf_putc(out, '\n');
	}
	ll_buf_free(&text);
}

/* Lines of control files in the journal. */
static uint64_t journalled(struct ll_str journal)
{
	struct ll_train_entry e;
	uint64_t n = 0;
	for (size_t at = 0; ll_train_entry_next(journal, &at, "journal.jsonl", &e); ll_train_entry_free(&e))
		n += e.kind == LL_TRAIN_CONTROL || e.kind == LL_TRAIN_REFUSED;
	return n;
}

/* A file that was taken and is not done, with the number in its name; NULL: there is none. The caller frees it. */
static char *find_taken(const char *run, uint64_t *before)
{
	DIR *d = opendir(run);
	char *path = NULL;
	for (struct dirent *e; !path && d && (e = readdir(d));)
		if (strncmp(e->d_name, TAKEN, strlen(TAKEN)) == 0 && ll_parse_u64(ll_cstr(e->d_name + strlen(TAKEN)), before) == 0)
			path = ll_path_join(run, e->d_name);
	if (d)
		closedir(d);
	return path;
}

static double age(const struct stat *st)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (double)(now.tv_sec - st->st_mtim.tv_sec) + 1e-9 * (double)(now.tv_nsec - st->st_mtim.tv_nsec);
}

/* Whether there are commands to take. An empty file is one that somebody is about to write, and so may be one whose last line has no
 * end, unless it was there when the run began. What cannot be read ends no run. */
static bool is_whole(const char *path)
{
	static bool began, told;
	struct stat st;
	char last = '\n';
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool is = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= (off_t)CONTROL_MAX;
	if (!is && !(fd < 0 && errno == ENOENT) && !told) {
		ll_warn("%s: not a file of at most 1 MiB that can be read: it is left alone", path);
		told = true;
	}
	if (is && st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
		is = false;
	if (fd >= 0)
		close(fd);
	bool half = is && last != '\n' && began && age(&st) >= 0 && age(&st) < HALF_LINE;
	began = true;
	return is && st.st_size > 0 && !half;
}

static char *taken; /* the file that is taken and not done, or NULL */

static void take_lines(uint64_t done, struct ll_buf *lines)
{
	add_lines(lines, taken, done);
	if (lines->len == 0)
		ll_train_control_done();
}

bool ll_train_control_take(const char *run, struct ll_str journal, struct ll_buf *lines)
{
	static bool looked;
	uint64_t before = 0, now;
	char *path = ll_path_join(run, "control");
	if (!looked && (taken = find_taken(run, &before))) {
		now = journalled(journal);
		take_lines(now > before ? now - before : 0, lines);
	}
	looked = true;
	if (lines->len == 0 && is_whole(path)) {
		char *name = ll_format(TAKEN "%llu", (unsigned long long)journalled(journal));
		taken = ll_path_join(run, name);
		if (rename(path, taken) < 0)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot rename", path);
		take_lines(0, lines);
		ll_free(name);
	}
	ll_free(path);
	return lines->len > 0;
}

void ll_train_control_done(void)
{
	if (taken && unlink(taken) < 0 && errno != ENOENT)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot remove", taken);
	ll_free(taken);
	taken = NULL;
}
