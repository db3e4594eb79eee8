/* SPDX-License-Identifier: MIT */
/*
 * import.h - inside import*.c: raw files become documents.
 *
 * The main thread reads (import_files.c decides what a file is) and cuts the input into jobs of about a megabyte; workers
 * turn jobs into records (import_jsonl.c, import_pages.c); jobs retire in order into the output, the rejects and the books
 * (import_jobs.c).
 */
#ifndef LL_IMPORT_H
#define LL_IMPORT_H

#include "base/error.h"
#include "base/thread.h"
#include "doc/filter.h"
#include "io/codec.h"

#define LL_IMPORT_LINE_MAX ((size_t)200 << 20) /* 64 MiB of text in ASCII escapes, three bytes for one */

enum import_form { IMPORT_AUTO, IMPORT_JSONL, IMPORT_TEXT, IMPORT_HTML, IMPORT_WARC };

struct import_options {
	const char *from, *text_key, *id_key, *source_key, *source;
	const char *model; /* -m: for token files (import_tokens.h) */
	int64_t expect; /* -1: not given */
};

/* One input as ids, origins and messages name it. */
struct import_file {
	char *path; /* what to open */
	char *name; /* base name, or for a file of a directory operand DIR/RELATIVE; "stdin" */
};

struct import_files { /* of an operand */
	struct import_file *file;
	size_t n;
};

struct import { /* one run */
	struct import_options options;
	struct ll_writer *out;
	struct ll_rejects *rejects;
	struct ll_stats *stats; /* of what was retired */
	struct ll_stats *read;  /* counted by the reading thread, while another one may be retiring */
	struct ll_lineage *lineage;
	struct ll_queue *queue;
	size_t block;       /* bytes a job should hold */
	uint64_t documents; /* retired: kept and rejected */
};

/* What became of one input record. */
struct import_verdict {
	const char *reason;    /* NULL: a document; otherwise why not (static string) */
	char *detail;          /* owned, or NULL */
	struct ll_str raw;     /* of a rejected one, in the job's input */
	uint64_t line, offset; /* of a rejected one; line 0: it has only an offset */
	size_t record, record_len; /* in the job's records */
	struct ll_id digest;
	struct ll_str source;  /* in the record, or static */
	uint64_t text_bytes;
};

struct import_page { /* a record of an archive, or a whole file; strings lie in job->input at these places */
	size_t body, body_len, id, id_len, url, url_len, date, date_len, type, type_len;
	uint64_t offset, line;
	bool html, own_id, truncated;
	const char *malformed; /* static reason; body holds what there is to show */
	char *detail;
};

struct import_job {
	struct import *import;
	const struct import_file *file;
	void (*work)(struct import_job *job);
	/* input: a block of lines, or pages */
	struct ll_buf input;
	uint64_t first_line, offset;
	uint64_t too_long; /* the block is the beginning of a line of this many bytes */
	struct import_page *page;
	size_t pages, pages_cap;
	/* result */
	struct ll_buf records;
	struct import_verdict *verdict;
	size_t verdicts, verdicts_cap;
	uint64_t blank_lines, replaced; /* replaced: byte sequences that were no text in their charset */
	/* scratch */
	struct ll_buf text, skeleton, id, source, tags, origin;
};

/* ---- import_jobs.c ---- */
struct import_job *import_job_new(struct import *im, const struct import_file *file, void (*work)(struct import_job *));
void import_job_submit(struct import_job *job);
extern const struct ll_queue_ops import_queue_ops;
/* A finished document: checks sizes, serializes, digests. own_id: the id is the user's and makes the key. */
void import_job_document(struct import_job *job, struct ll_doc *doc, bool own_id, struct ll_str raw, uint64_t line, uint64_t offset);
void import_job_reject(struct import_job *job, struct ll_str raw, uint64_t line, uint64_t offset, const char *reason,
		       const char *detail);

/* ---- import_jsonl.c, import_pages.c: read one input to its end ---- */
void import_jsonl(struct import *im, const struct import_file *file, struct ll_decoder *d);
void import_archive(struct import *im, const struct import_file *file, struct ll_decoder *d);
void import_page_file(struct import *im, const struct import_file *file, struct ll_decoder *d, bool html);

/* ---- import_files.c ---- */
/* Operands with directories replaced by their files, recursively, in bytewise order of their paths. `from` decides which
 * files of a directory count; skipped ones are counted. */
struct import_files import_expand(const char *path, enum import_form from, uint64_t *skipped);
void import_files_free(struct import_files *f);
/* What an open input is. Ends the program with status 3 where nothing tells. */
enum import_form import_sniff(const char *name, struct ll_decoder *d);

#endif
