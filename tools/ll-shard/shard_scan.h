/* SPDX-License-Identifier: MIT */
/*
 * shard_scan.h - every record of a list of streams with its digest: frames are verified, decoded and digested in
 * parallel, records and segments arrive in order on one thread. What cat, check, compare, get and split are made of.
 */
#ifndef LL_SHARD_SCAN_H
#define LL_SHARD_SCAN_H

#include "stream/reader.h"
#include "stream/writer.h"

struct ll_shard_record {
	const unsigned char *data; /* with its two leading sizes; valid during the call */
	size_t len;
	struct ll_id digest;
	const char *file;
	uint64_t number; /* in its file, from 1 */
	const struct ll_header *header;
};

struct ll_shard_scan {
	void *context;
	void (*record)(void *context, const struct ll_shard_record *record);
	/* After the last record of every segment; may be NULL. */
	void (*segment)(void *context, const struct ll_segment *segment);
	/* What is held of a document at most, in times of its bytes (stream/large_frame.h); 0: itself alone. */
	unsigned times;
};

/* Reads all files to their ends. The reader comes back for its totals and lineage; the caller closes it. `kind` may be
 * NULL. */
struct ll_reader *ll_shard_scan(const struct ll_shard_scan *scan, const char *const *files, size_t n, const char *kind);
/* The same with a reader already opened (its header perhaps already asked for). */
void ll_shard_scan_reader(const struct ll_shard_scan *scan, struct ll_reader *reader);

/* A header for output records of the same kind: what describes the records is kept (width, tokenizer, ...), what
 * describes the program that wrote them is ours. `more` holds further "key=value\n" lines or is NULL. */
struct ll_header ll_shard_header_like(const struct ll_header *in, const char *more);

/* What records of the kinds docs, tokens and documents have in common. False for other kinds. Ends the program (status
 * 3, file and record named) when the record does not parse. */
struct ll_shard_names {
	struct ll_id key;
	struct ll_str id, source;
	uint64_t bytes; /* of text */
};
bool ll_shard_names(const struct ll_shard_record *record, struct ll_shard_names *out);

#endif
