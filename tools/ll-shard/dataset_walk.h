/* SPDX-License-Identifier: MIT */
/*
 * dataset_walk.h - the documents of one or more token datasets of one tokenizer, in order: what pack, export and check read
 * datasets with. That each dataset holds the documents its manifest says, one after the other without gaps, is checked on the
 * way; any difference ends the program with status 3.
 */
#ifndef LL_DATASET_WALK_H
#define LL_DATASET_WALK_H

#include "doc/dataset.h"
#include "stream/reader.h"

struct dataset_walk {
	struct ll_dataset **dataset;
	size_t n;
	const char **documents; /* paths of their documents.ll */
	int64_t eot;            /* of all; -1: none */
	struct ll_reader *reader;
	size_t at;              /* the dataset the last document is of */
	uint64_t done, end;     /* its documents and tokens so far */
};

/* A document: its entry, whose strings are valid until the next one is asked for, and where its ids are. */
struct dataset_walk_document {
	struct ll_dataset *dataset;
	struct ll_dataset_entry entry;
	uint64_t ids;      /* without the end-of-text token */
	const char *where; /* for messages; valid as the strings are */
};

/* True for a directory: an operand that is a dataset and no stream. */
bool dataset_is(const char *path);
/* Opens the datasets and checks that they go together, and have the documents that a list says (ll_input_files). */
void dataset_walk_open(struct dataset_walk *w, const char *const *dirs, size_t n);
bool dataset_walk_next(struct dataset_walk *w, struct dataset_walk_document *out);
/* Back before the first document. */
void dataset_walk_rewind(struct dataset_walk *w);
uint64_t dataset_walk_tokens(const struct dataset_walk *w);
uint64_t dataset_walk_documents(const struct dataset_walk *w);
void dataset_walk_close(struct dataset_walk *w);

#endif
