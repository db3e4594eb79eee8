/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_table.h"

#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-train/train_append.h"

#define TABLE_MAX ((size_t)4 << 30)

struct ll_train_table {
	char *path, *aside, *heading;
	int fd;
};

/* The first number of a line. */
static uint64_t step_of(const char *line, const char *end)
{
	uint64_t n = 0;
	while (line < end && !(*line >= '0' && *line <= '9'))
		line++;
	for (; line < end && *line >= '0' && *line <= '9'; line++)
		n = 10 * n + (uint64_t)(*line - '0');
	return n;
}

/* Bytes of the heading and the whole lines behind it up to `step`. */
static size_t length_until(struct ll_str text, const char *heading, uint64_t step)
{
	size_t at = strlen(heading);
	const char *end;
	while (at < text.len && (end = memchr(text.data + at, '\n', text.len - at)) && step_of(text.data + at, end) <= step)
		at = (size_t)(end - text.data) + 1;
	return at;
}

static char *aside_of(const char *run, const char *name)
{
	const char *dot = strrchr(name, '.');
	LL_ASSERT(dot);
	char *cut = ll_format("%.*s-rolled-back%s", (int)(dot - name), name, dot), *path = ll_path_join(run, cut);
	ll_free(cut);
	return path;
}

static struct ll_buf read_rows(const struct ll_train_table *t)
{
	struct ll_buf text = { 0 };
	if (ll_path_exists(t->path))
		text = ll_read_file(t->path, TABLE_MAX);
	return text;
}

struct ll_train_table *ll_train_table_open(const char *run, const char *name, const char *heading)
{
	struct ll_train_table *t = ll_calloc(1, sizeof(*t));
	*t = (struct ll_train_table){ .path = ll_path_join(run, name), .aside = aside_of(run, name), .heading = ll_strdup(heading) };
	struct ll_buf text = read_rows(t);
	size_t n = strlen(heading);
	if (text.len > 0 && (text.len < n || memcmp(text.data, heading, n) != 0))
		ll_die(LL_EXIT_INPUT, "%s: has another heading; without it, it begins anew", t->path);
	ll_buf_free(&text);
	return t;
}

void ll_train_table_begin(struct ll_train_table *t, uint64_t step)
{
	if (!t)
		return;
	struct ll_buf text = read_rows(t);
	if (text.len == 0)
		ll_write_file(t->path, t->heading, strlen(t->heading));
	size_t keep = length_until(ll_buf_str(&text), t->heading, step);
	if (keep < text.len)
		ll_write_file(t->path, text.data, keep);
	t->fd = ll_train_append_open(t->path);
	ll_buf_free(&text);
}

void ll_train_table_add(struct ll_train_table *t, struct ll_str rows)
{
	ll_train_append(t->fd, t->path, rows.data, rows.len);
}

void ll_train_table_sync(struct ll_train_table *t)
{
	if (t)
		ll_train_append_sync(t->fd, t->path);
}

void ll_train_table_cut(struct ll_train_table *t, uint64_t step)
{
	if (!t)
		return;
	struct ll_buf text = ll_read_file(t->path, TABLE_MAX);
	size_t keep = length_until(ll_buf_str(&text), t->heading, step);
	if (keep < text.len) {
		int fd = ll_train_append_open(t->aside);
		ll_train_append(fd, t->aside, text.data + keep, text.len - keep);
		ll_train_append_close(fd, t->aside);
		close(t->fd);
		ll_write_file(t->path, text.data, keep);
		t->fd = ll_train_append_open(t->path);
	}
	ll_buf_free(&text);
}

void ll_train_table_close(struct ll_train_table *t)
{
	if (!t)
		return;
	if (close(t->fd) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot close", t->path);
	ll_free(t->path);
	ll_free(t->aside);
	ll_free(t->heading);
	ll_free(t);
}
