/* SPDX-License-Identifier: MIT */
/* train_rows.h - reading RUN/log.tsv and its like: a heading, then rows of columns parted by tabs. */
#ifndef LL_TRAIN_ROWS_H
#define LL_TRAIN_ROWS_H

#include "base/buffer.h"

#define LL_TRAIN_COLUMNS_MAX 64

struct ll_train_rows {
	struct ll_buf text;
	char *at;
	char *column[LL_TRAIN_COLUMNS_MAX]; /* of the row, cut in place; the heading to begin with */
	size_t columns;
	char *rest; /* of a row of more columns, not cut; NULL: nothing */
};

/* Reads RUN/NAME. Ends with status 3 when it is missing or has no heading. */
void ll_train_rows_open(struct ll_train_rows *l, const char *run, const char *name);
/* The place of a column, while the heading is the row; SIZE_MAX: it has none. */
size_t ll_train_rows_find(const struct ll_train_rows *l, const char *column);
/* The next row; false at the end. A last one without an end, which is being written, is none. */
bool ll_train_rows_next(struct ll_train_rows *l);
/* A number of the row; NaN when there is no such column. */
double ll_train_rows_number(const struct ll_train_rows *l, size_t column);
/* Rows that are left. */
uint64_t ll_train_rows_left(const struct ll_train_rows *l);
void ll_train_rows_close(struct ll_train_rows *l);

#endif
