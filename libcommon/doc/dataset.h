/* SPDX-License-Identifier: MIT */
/*
 * dataset.h - token datasets (ll-dataset.5): a directory with tokens-NNNNN.bin (headerless little-endian u16 or u32, one
 * sequence of tokens cut into files), documents.ll (kind "documents": key, id, source, offset, length a document),
 * tokenizer.json and manifest.json, which is written last: that is the commit; it is sealed (text/json_tree.h: the writer puts
 * "checksum" as its last member). Sample k at length N is tokens[kN .. kN+N].
 */
#ifndef LL_DATASET_H
#define LL_DATASET_H

#include "base/error.h"
#include "base/hash.h"

#define LL_DATASET_BLOCK ((size_t)2 << 20) /* bytes hashed together */

/* ---- reading ---- */
struct ll_dataset;

/* Opens, checks manifest and sizes (status 3 on any mismatch), maps the files. */
struct ll_dataset *ll_dataset_open(const char *dir);
uint64_t ll_dataset_tokens(const struct ll_dataset *d);
uint64_t ll_dataset_documents(const struct ll_dataset *d);
uint64_t ll_dataset_text_bytes(const struct ll_dataset *d);
uint32_t ll_dataset_vocabulary(const struct ll_dataset *d); /* ids are below it */
int64_t ll_dataset_eot(const struct ll_dataset *d);         /* end-of-text id or -1 */
const char *ll_dataset_tokenizer_id(const struct ll_dataset *d);   /* 32 hexadecimal digits */
const char *ll_dataset_tokenizer_path(const struct ll_dataset *d); /* DIR/tokenizer.json */
const char *ll_dataset_documents_path(const struct ll_dataset *d); /* DIR/documents.ll, or as the manifest names it */
const char *ll_dataset_id(const struct ll_dataset *d);      /* XXH3-128 over the block hashes, 32 digits */
/* Tokens [start, start + n) as u32. A block's hash is checked at its first touch (status 3 names file and byte). Any
 * thread. */
void ll_dataset_read(struct ll_dataset *d, uint64_t start, size_t n, uint32_t *out);
/* Checks every block now. */
void ll_dataset_verify(struct ll_dataset *d);
void ll_dataset_close(struct ll_dataset *d);

struct ll_dataset_document {
	struct ll_id key;
	char *id, *source;
	uint64_t offset, length;     /* in tokens, end-of-text included */
	uint64_t text_bytes;
};
/* The documents that overlap tokens [start, start + n), in order; caller frees with ll_dataset_documents_free. */
struct ll_dataset_document *ll_dataset_documents_at(struct ll_dataset *d, uint64_t start, uint64_t n, size_t *count);
void ll_dataset_documents_free(struct ll_dataset_document *docs, size_t count);

/* ---- the record of documents.ll (kind "documents", schema 1) ----
 *   u32 size, u32 core | key 16 | u64 offset, length in tokens | u64 text bytes | u32 lengths of id, source | id, source
 * Records stand in the order of their offsets, without gaps: offset(k+1) = offset(k) + length(k). */
#define LL_DATASET_DOCUMENT_FIXED 56u
struct ll_dataset_entry {
	struct ll_id key;
	uint64_t offset, length, text_bytes;
	struct ll_str id, source;
};
int ll_dataset_entry_get(const void *record, size_t len, struct ll_dataset_entry *out, struct ll_err *err) LL_MUST_CHECK;
void ll_dataset_entry_put(struct ll_buf *out, const struct ll_dataset_entry *e);

/* ---- writing ---- */
struct ll_dataset_writer;
struct ll_dataset_options {
	unsigned width;              /* 2 or 4 */
	uint32_t vocabulary;
	int64_t eot;                 /* appended after every document, or -1 */
	const char *tokenizer_id;
	const char *tokenizer_path;  /* copied into the directory, or */
	struct ll_str tokenizer;     /* its content; data NULL: none */
	uint64_t tokens_per_file;    /* 0: 2^29 bytes a file */
	const char *split;           /* free word for the manifest ("train"), or NULL */
};
/* Members are written under names not in use; nothing is visible until ll_dataset_writer_commit. */
struct ll_dataset_writer *ll_dataset_writer_open(const char *dir, const struct ll_dataset_options *o);
/* A document: its ids at o->width, end-of-text not included. */
void ll_dataset_writer_put(struct ll_dataset_writer *w, struct ll_id key, struct ll_str id, struct ll_str source,
			   uint64_t text_bytes, const unsigned char *ids, uint32_t n);
struct ll_lineage;
/* Publishes; `lineage` goes into documents.ll. Members of an older dataset in the directory are removed afterwards. */
void ll_dataset_writer_commit(struct ll_dataset_writer *w, const struct ll_lineage *lineage);

#endif
