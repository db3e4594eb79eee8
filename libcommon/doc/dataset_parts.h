/* SPDX-License-Identifier: MIT */
/* dataset_parts.h - what the files behind the reading half of dataset.h share; for the inside of doc/ only. */
#ifndef LL_DATASET_PARTS_H
#define LL_DATASET_PARTS_H

#include "doc/dataset.h"
#include "io/file.h"
#include "stream/reader.h"

struct ll_dataset_file {
	char *path;
	uint64_t bytes, first; /* first: number of tokens before this file */
	size_t blocks;
	struct ll_id *hash;
	_Atomic unsigned char *checked; /* one a block */
	struct ll_map map;
};

struct ll_dataset {
	char *dir, *documents_path, *tokenizer_path;
	char tokenizer_id[33], id[33];
	unsigned width;
	uint32_t vocabulary;
	int64_t eot;
	uint64_t tokens, documents, text_bytes;
	struct ll_dataset_file *file;
	size_t files;
	struct ll_index_entry *index; /* of documents.ll, once asked for */
	size_t frames;
};

#endif
