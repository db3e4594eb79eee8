/* SPDX-License-Identifier: MIT */
/* shard_check.h - what the files behind ll-shard check share. */
#ifndef LL_SHARD_CHECK_H
#define LL_SHARD_CHECK_H

#include "io/sort.h"
#include "ll-shard/shard_scan.h"

struct ll_check {
	size_t file_number;
	struct ll_hash128_state *data; /* of the current segment's digests */
	struct ll_id set_id;	       /* of the current segment */
	struct ll_id file_set_id;
	uint64_t segment, records; /* of the current file */
	char *kind;
	struct ll_sorter *ids; /* NULL unless duplicates are asked for */
	struct ll_buf payload;
};

/* Checks one stream; with a kind it must be of that kind, and nothing is printed. Returns its records. */
uint64_t ll_shard_check_stream(struct ll_check *c, const char *path, const char *kind);
/* Checks a token dataset: manifest, sizes, every block, documents.ll. Returns its documents. */
uint64_t ll_shard_check_dataset(const char *path);
/* Whether the documents of the datasets are those of the streams, by key and decoded text; prints what they are, or the first
 * difference (check_against.c). */
bool ll_shard_check_against(const char *const *dirs, size_t n_dirs, const char *const *streams, size_t n_streams);

#endif
