/* SPDX-License-Identifier: MIT */
/*
 * import_tokens.h - inside import_tokens*.c: token files of other trainers, and JSON lines of ids, become a stream of token
 * documents of a tokenizer that is named. Every id is checked against its vocabulary; the text of a document, which its key
 * is made from where it has no id of its own, is what its ids decode to.
 *
 *   import_tokens.c           life cycle; a document into the stream; JSON lines
 *   import_tokens_trainers.c  Megatron's .idx and .bin, the files of llm.c
 */
#ifndef LL_IMPORT_TOKENS_H
#define LL_IMPORT_TOKENS_H

#include "bpe/bpe.h"
#include "doc/filter.h"
#include "ll-shard/import.h"

struct token_import {
	const struct import_options *options;
	struct ll_bpe *bpe;
	unsigned width; /* of the stream written */
	int64_t eot;
	struct ll_writer *out;
	struct ll_rejects *rejects;
	struct ll_stats *stats;
	struct ll_lineage *lineage;
	uint64_t documents; /* kept and rejected */
	struct ll_buf text, record, id, source;
	struct ll_ids ids;
};

/* Where a document came from, for ids and messages: the path, and its number in it from 1. */
struct token_place {
	const char *path;
	uint64_t number;
};

/* Takes t->ids as a document. An empty id becomes FILE#N. */
void token_import_document(struct token_import *t, struct ll_str id, struct ll_str source, struct token_place place);
/* Takes a document of n ids that no record can hold. */
void token_import_too_long(struct token_import *t, uint64_t n, struct token_place place);
/* Whether a record of ll-tokens.5 can hold so many ids. */
bool token_import_fits(const struct token_import *t, uint64_t n);

/* A file or prefix of Megatron's. */
void import_megatron(struct token_import *t, const char *path);
/* All files of llm.c, which are one sequence of tokens. */
void import_llmc(struct token_import *t, const char *const *files, size_t n);

/* The command for these forms. */
int import_tokens(const struct import_options *options, const char *const *files, const uint64_t *expected, size_t n);

#endif
