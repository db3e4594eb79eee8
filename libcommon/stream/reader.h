/* SPDX-License-Identifier: MIT */
/*
 * reader.h - container streams in: a list of files or pipes read one after the other, every segment of each, every frame
 * verified. A cut, a flipped bit, a foreign kind end the program with status 3 and file, frame and byte; a failed end frame
 * with status 6. The files of the list are checked for kind at their first frame.
 */
#ifndef LL_READER_H
#define LL_READER_H

#include "io/file.h"
#include "stream/frame.h"
#include "stream/header.h"
#include "stream/lineage.h"

struct ll_reader;

/* Whether a file that may also be plain text is to be read as a container: it begins as one, or is none that can be looked at
 * and opened again (standard input, a pipe). */
bool ll_is_stream(const char *path);

/* A data frame as read: stored bytes not yet verified, so that verifying and decoding can happen on another thread. */
struct ll_data_frame {
	struct ll_frame_header header;
	unsigned char *stored;     /* owned; freed by ll_data_frame_free */
	unsigned char *raw;        /* set by ll_data_frame_decode; may equal stored */
	const char *file;          /* borrowed from the reader */
	uint64_t offset;           /* of the frame in its file */
	uint64_t first_record;     /* number of records before it in the whole input */
	uint64_t first_in_file;    /* and in its file */
	const struct ll_header *segment; /* of its segment; valid until the reader is closed */
};

/* kind: the one kind accepted, or NULL for any. The file names are borrowed for the reader's life. */
struct ll_reader *ll_reader_open(const char *const *files, size_t n, const char *kind);
/* Next data frame, false at the end of all files. Every frame is allocated afresh. */
bool ll_reader_next_frame(struct ll_reader *r, struct ll_data_frame *out);
/* Verifies and decodes; any thread. Ends the program on damage. */
void ll_data_frame_decode(struct ll_data_frame *f);
void ll_data_frame_free(struct ll_data_frame *f);

/* One record after the other on the calling thread; valid until the next call. NULL at the end. *len is its size. A large one
 * has to fit into --memory (stream/large_frame.h). */
const unsigned char *ll_reader_next(struct ll_reader *r, size_t *len);
/* "FILE: record N", counted in the file, of the record last returned, for messages; a static buffer per reader. */
const char *ll_reader_where(const struct ll_reader *r);
/* The name, as it was given, of the file that the record last returned is from. */
const char *ll_reader_file(const struct ll_reader *r);
/* Header of the current (after open: the first) segment; reads it if need be. NULL when there is no input at all. */
const struct ll_header *ll_reader_header(struct ll_reader *r);
/* Lineage collected so far: whole once the end was reached. Borrowed. */
struct ll_lineage *ll_reader_lineage(struct ll_reader *r);
/* The same, handed over to the caller, who frees it; the reader can then only be closed. */
struct ll_lineage *ll_reader_take_lineage(struct ll_reader *r);
/* Called on the reading thread at every end frame, after the segment's last data frame was handed out: what the segment says of
 * itself. `lineage` is its P payload. Borrowed for the call; the header lives as long as the reader. */
struct ll_segment {
	const char *file;
	size_t file_number; /* in the list, from 0 */
	const struct ll_header *header;
	struct ll_end end;
	struct ll_str lineage;
};
void ll_reader_on_segment(struct ll_reader *r, void (*call)(void *context, const struct ll_segment *s), void *context);
/* Called before the stored bytes of a large frame (large_frame.h) are read: who gathers what was read gives memory back. */
void ll_reader_on_large(struct ll_reader *r, void (*call)(void *context), void *context);
/* Sums of the end frames met so far: records, raw bytes, set id; segments counted. */
struct ll_end ll_reader_totals(const struct ll_reader *r, uint64_t *segments);
void ll_reader_close(struct ll_reader *r);

/* Content id of a file as identity options want it: the data id of a container with one segment, else XXH3-128 of the
 * bytes. For ll_identity_file_id. */
void ll_content_id(const char *path, char out[33]);
/* Reads only the end frame of a regular file's last segment; false when it is no container. */
bool ll_stream_end(const char *path, struct ll_end *end);

/* ---- random access through the index ---- */
struct ll_index_entry {
	uint64_t offset;       /* of the D frame from the start of the file */
	uint64_t first_record;
	uint32_t records;
};
/* The index of a regular file (from i frames, or rebuilt by walking the headers). Caller frees with ll_free. */
struct ll_index_entry *ll_stream_index(const char *path, size_t *n);
/* Reads and decodes the frame at an offset. */
void ll_stream_frame_at(const char *path, uint64_t offset, struct ll_data_frame *out);

#endif
