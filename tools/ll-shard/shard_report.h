/* SPDX-License-Identifier: MIT */
/*
 * shard_report.h - what ll-shard report adds up: stages in the order in which their first files were given; files of
 * one program are shards of one stage.
 */
#ifndef LL_SHARD_REPORT_H
#define LL_SHARD_REPORT_H

#include "base/buffer.h"
#include "base/hash.h"

struct ll_report_tally {
	char *name;
	uint64_t n;
};

struct ll_report_tallies {
	struct ll_report_tally *item;
	size_t len, cap;
};

struct ll_report_account {
	char *name; /* of the source */
	uint64_t in, kept, out, bytes_in, bytes_out;
	struct ll_report_tallies dropped, extra; /* documents by reason */
};

struct ll_report_stage {
	char *program;
	uint64_t files;
	bool have_in, have_out; /* every file had the set id */
	struct ll_id in_set, out_set;
	struct ll_report_account all;
	struct ll_report_tallies added, removed; /* text bytes by reason */
	struct ll_report_tallies counters;
	struct ll_report_account *source;
	size_t sources, sources_cap;
};

struct ll_report {
	struct ll_report_stage *stage;
	size_t len, cap;
	uint64_t faults; /* places where the books do not balance */
};

void ll_report_table(struct ll_buf *out, struct ll_report *r);
void ll_report_json(struct ll_buf *out, struct ll_report *r);

#endif
