/* SPDX-License-Identifier: MIT */
/* shard_cat.c - ll-shard cat and head: many streams and segments into one. */
#include "ll-shard/ll_shard.h"

#include "base/error.h"
#include "base/log.h"
#include "ll-shard/shard_scan.h"
#include "stream/large_frame.h"

static void copy_record(void *context, const struct ll_shard_record *r)
{
	ll_writer_put_digested(context, r->data, r->len, r->digest);
}

static int run_cat(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct ll_reader *reader = ll_reader_open(files, n, NULL);
	const struct ll_header *first = ll_reader_header(reader);
	if (!first)
		ll_die(LL_EXIT_USAGE, "no input: nothing says what kind the output is");
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_shard_header_like(first, NULL));
	ll_shard_scan_reader(&(struct ll_shard_scan){ out, copy_record, NULL, LL_TIMES_PASSED_ON }, reader);
	ll_writer_close(out, ll_reader_lineage(reader));
	ll_reader_close(reader);
	return LL_EXIT_OK;
}

static const struct ll_option cat_options[] = { { 0 } };

const struct ll_command ll_shard_cat_command = {
	.name = "cat",
	.operands = "[FILE]...",
	.summary = "join streams of one kind into one segment, cutting frames afresh",
	.options = cat_options,
	.common = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS | LL_COMMON_FILES |
		  LL_COMMON_PART | LL_COMMON_PROGRESS,
	.run = run_cat,
	.examples = "ll-shard cat part-*.ll -o whole.ll\n",
};

/* ---- head ---- */

static int64_t head_count = 10;

static const struct ll_option head_options[] = {
	{ LL_OPT_INT, 'n', "records", &head_count, "N", "keep the first N records (default 10)", LL_OPT_IDENTITY, NULL,
	  0, 0x1p62 },
	{ 0 },
};

static int run_head(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL), len;
	struct ll_reader *reader = ll_reader_open(files, n, NULL);
	const struct ll_header *first = ll_reader_header(reader);
	if (!first)
		ll_die(LL_EXIT_USAGE, "no input: nothing says what kind the output is");
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_shard_header_like(first, NULL));
	for (int64_t i = 0; i < head_count; i++) {
		const unsigned char *record = ll_reader_next(reader, &len);
		if (!record)
			break;
		ll_writer_put(out, record, len);
		ll_progress_add(1, len);
	}
	ll_writer_close(out, ll_reader_lineage(reader));
	ll_reader_close(reader);
	return LL_EXIT_OK;
}

const struct ll_command ll_shard_head_command = {
	.name = "head",
	.operands = "[FILE]...",
	.summary = "write the first records and leave, without reading the rest",
	.options = head_options,
	.common = LL_COMMON_OUTPUT | LL_COMMON_COMPRESS | LL_COMMON_FILES | LL_COMMON_PROGRESS,
	.run = run_head,
	.examples = "ll-shard head -n 3 docs.ll | ll-shard export --to=jsonl\n",
};
