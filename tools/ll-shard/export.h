/* SPDX-License-Identifier: MIT */
/*
 * export.h - what the files behind ll-shard export share.
 *
 *   export_command.c   options; streams of documents and of tokens to JSON lines or text
 *   export_dataset.c   token datasets to JSON lines
 *   export_trainers.c  token datasets to the files of other trainers
 */
#ifndef LL_EXPORT_H
#define LL_EXPORT_H

#include "base/buffer.h"
#include "ll-shard/dataset_walk.h"

/* Appends {"id":...,"tokens":[...]} and a newline; ids of `width` bytes, unaligned. `offsets` (may be NULL) are as many u32 and
 * become the member "offsets". */
void export_token_line(struct ll_buf *out, struct ll_str id, const unsigned char *ids, unsigned width, uint32_t n,
		       const unsigned char *offsets);

/* `form` is jsonl or a trainer's. Both count documents into --stats and return an exit status. */
int export_dataset_lines(const char *const *dirs, size_t n);
int export_dataset_for(const char *form, uint64_t tokens_per_file, const char *const *dirs, size_t n);

/* A document of a dataset goes into the books and the progress line. */
struct ll_stats;
void export_count(struct ll_stats *stats, const struct dataset_walk_document *d);

#endif
