/* SPDX-License-Identifier: MIT */
/*
 * train_table.h - a file of rows beside log.tsv: tab-separated below a heading, or JSON lines, of which the first number is the
 * step. It is equal to the bit between equal runs. After a kill and resume, and after a rollback, rows of steps that came to
 * nothing are cut, atomically; those that a rollback cuts go to the end of RUN/STEM-rolled-back.ENDING (but for a kill just then).
 */
#ifndef LL_TRAIN_TABLE_H
#define LL_TRAIN_TABLE_H

#include "base/buffer.h"

struct ll_train_table;
/* RUN/NAME; `heading`, with its newline, or "". Ends with status 3 when it has another heading; nothing is written. */
struct ll_train_table *ll_train_table_open(const char *run, const char *name, const char *heading);
/* The file with its rows up to `step`: before anything else is done with it. NULL does nothing. */
void ll_train_table_begin(struct ll_train_table *t, uint64_t step);
/* Whole lines. */
void ll_train_table_add(struct ll_train_table *t, struct ll_str rows);
void ll_train_table_sync(struct ll_train_table *t);
/* The run goes back to after `step`. Syncs. */
void ll_train_table_cut(struct ll_train_table *t, uint64_t step);
/* NULL does nothing, here and in the two above. */
void ll_train_table_close(struct ll_train_table *t);

#endif
