/* SPDX-License-Identifier: MIT */
/* train_rows.h - reading RUN/log.tsv and its like: a heading, then rows of columns parted by tabs. */
#ifndef LL_TRAIN_ROWS_H
#define LL_TRAIN_ROWS_H

#include "base/buffer.h"

#define LL_TRAIN_COLUMNS_MAX 64

struct ll_train_rows {
	char *path;
	struct ll_buf text;
	char *at;
	uint64_t line; /* of the row, from 1 */
	size_t wanted; /* columns of the heading */
	char *column[LL_TRAIN_COLUMNS_MAX]; /* of the row, cut in place; the heading to begin with */
	size_t columns;
	char *rest; /* of a row of more columns, not cut; NULL: nothing */
};

/* A log whole, with a NUL behind it. Ends with status 3 when it holds one itself, as what a crash of the machine leaves does: it is
 * read as lines of text. */
struct ll_buf ll_train_rows_text(const char *path);
/* The same of the `len` bytes of `text`, the first of which is byte `at` of `path`. */
void ll_train_rows_check_text(const char *path, const char *text, size_t len, uint64_t at);
/* Reads RUN/NAME. Ends with status 3 when it is missing or has no heading. */
void ll_train_rows_open(struct ll_train_rows *l, const char *run, const char *name);
/* The place of a column, while the heading is the row; SIZE_MAX: it has none. */
size_t ll_train_rows_find(const struct ll_train_rows *l, const char *column);
/* The next row; false at the end. A last one without an end, which is being written, is none. Ends with status 3 at one with fewer
 * columns than the heading. */
bool ll_train_rows_next(struct ll_train_rows *l);
/* A number of the row; NaN when there is no such column. Ends with status 3 when it is none; the same of a field alone. */
double ll_train_rows_number(const struct ll_train_rows *l, size_t column);
double ll_train_rows_field(const struct ll_train_rows *l, const char *text);
/* Rows that are left. */
uint64_t ll_train_rows_left(const struct ll_train_rows *l);
void ll_train_rows_close(struct ll_train_rows *l);

#endif
