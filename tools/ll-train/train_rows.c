/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

#define ROWS_MAX ((size_t)4 << 30)

void ll_train_rows_check_text(const char *path, const char *text, size_t len, uint64_t at)
{
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	if (nul)
		ll_die(LL_EXIT_INPUT, "%s: byte %" PRIu64 " is 0: not text", path, at + (uint64_t)(nul - text));
}

struct ll_buf ll_train_rows_text(const char *path)
{
	struct ll_buf text = ll_read_file(path, ROWS_MAX);
	ll_train_rows_check_text(path, text.data, text.len, 0);
	return text;
}

bool ll_train_rows_next(struct ll_train_rows *l)
{
	char *line = strsep(&l->at, "\n");
	l->columns = 0;
	l->line++;
	if (!l->at)
		return false;
	while (line && l->columns < LL_COUNT(l->column))
		l->column[l->columns++] = strsep(&line, "\t");
	l->rest = line;
	if (l->columns < l->wanted)
		ll_die(LL_EXIT_INPUT, "%s: line %" PRIu64 ": has fewer columns than the heading", l->path, l->line);
	return true;
}

void ll_train_rows_open(struct ll_train_rows *l, const char *run, const char *name)
{
	char *path = ll_path_join(run, name);
	*l = (struct ll_train_rows){ 0 };
	if (!ll_path_exists(path))
		ll_die(LL_EXIT_INPUT, "%s: is missing", path);
	l->path = path;
	l->text = ll_train_rows_text(path);
	l->at = ll_buf_cstr(&l->text);
	if (!ll_train_rows_next(l) || l->columns < 3)
		ll_die(LL_EXIT_INPUT, "%s: has no heading", path);
	l->wanted = l->columns;
}

size_t ll_train_rows_find(const struct ll_train_rows *l, const char *column)
{
	for (size_t i = 0; i < l->columns; i++)
		if (strcmp(l->column[i], column) == 0)
			return i;
	return SIZE_MAX;
}

double ll_train_rows_number(const struct ll_train_rows *l, size_t column)
{
	return column < l->columns ? ll_train_rows_field(l, l->column[column]) : NAN;
}

double ll_train_rows_field(const struct ll_train_rows *l, const char *text)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end)
		ll_die(LL_EXIT_INPUT, "%s: line %" PRIu64 ": %.40s: not a number", l->path, l->line, text);
	return v;
}

uint64_t ll_train_rows_left(const struct ll_train_rows *l)
{
	uint64_t n = 0;
	for (const char *p = l->at; p && (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

void ll_train_rows_close(struct ll_train_rows *l)
{
	ll_buf_free(&l->text);
	ll_free(l->path);
	*l = (struct ll_train_rows){ 0 };
}
