/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_rows.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

#define ROWS_MAX ((size_t)4 << 30)

bool ll_train_rows_next(struct ll_train_rows *l)
{
	char *line = strsep(&l->at, "\n");
	l->columns = 0;
	while (l->at && line && *line && l->columns < LL_COUNT(l->column))
		l->column[l->columns++] = strsep(&line, "\t");
	l->rest = line;
	return l->columns > 0;
}

void ll_train_rows_open(struct ll_train_rows *l, const char *run, const char *name)
{
	char *path = ll_path_join(run, name);
	*l = (struct ll_train_rows){ 0 };
	if (!ll_path_exists(path))
		ll_die(LL_EXIT_INPUT, "%s: is missing", path);
	l->text = ll_read_file(path, ROWS_MAX);
	l->at = ll_buf_cstr(&l->text);
	if (!ll_train_rows_next(l) || l->columns < 3)
		ll_die(LL_EXIT_INPUT, "%s: has no heading", path);
	ll_free(path);
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
	return column < l->columns ? strtod(l->column[column], NULL) : NAN;
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
	*l = (struct ll_train_rows){ 0 };
}
