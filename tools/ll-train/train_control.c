/* SPDX-License-Identifier: MIT */
#include "ll-train/train_control.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-train/train_journal.h"

#define CONTROL_MAX LL_MIB
#define TAKEN ".control.taken"

/* Appends the lines of a file that are not blank, without space around them. */
static void add_lines(struct ll_buf *out, const char *path)
{
	static const char space[] = " \t\r\f\v";
	struct ll_buf text = ll_read_file(path, CONTROL_MAX);
	char *at = ll_buf_cstr(&text), *line;
	while ((line = strsep(&at, "\n"))) {
		line += strspn(line, space);
		size_t n = strlen(line);
		while (n > 0 && strchr(space, line[n - 1]))
			n--;
		if (n == 0)
			continue;
		for (size_t i = 0; i < n; i++) /* commands are ASCII; the journal is valid JSON whatever stands here */
			line[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
		ll_buf_add(out, line, n);
		ll_buf_putc(out, '\n');
	}
	ll_buf_free(&text);
}

/* Whether the last entries of the journal are exactly these lines. */
static bool journalled(struct ll_str journal, struct ll_str lines)
{
	struct ll_buf all = { 0 };
	struct ll_train_entry e;
	for (size_t at = 0; ll_train_entry_next(journal, &at, "journal.jsonl", &e); ll_train_entry_free(&e))
		if (e.kind <= LL_TRAIN_REFUSED)
			ll_buf_printf(&all, "%s\n", e.text);
	bool is = all.len >= lines.len && memcmp(all.data + all.len - lines.len, lines.data, lines.len) == 0;
	ll_buf_free(&all);
	return is;
}

bool ll_train_control_take(const char *run, struct ll_str journal, struct ll_buf *lines)
{
	char *path = ll_path_join(run, "control"), *taken = ll_path_join(run, TAKEN);
	bool any = false;
	if (ll_path_exists(taken)) {
		add_lines(lines, taken);
		any = lines->len > 0 && !journalled(journal, ll_buf_str(lines));
		if (!any)
			ll_buf_clear(lines);
	}
	if (!any && ll_path_exists(path)) {
		if (rename(path, taken) < 0)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot rename", path);
		add_lines(lines, taken);
		any = lines->len > 0;
		if (!any)
			unlink(taken);
	}
	ll_free(path);
	ll_free(taken);
	return any;
}

void ll_train_control_done(const char *run)
{
	char *taken = ll_path_join(run, TAKEN);
	if (unlink(taken) < 0 && errno != ENOENT)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot remove", taken);
	ll_free(taken);
}
