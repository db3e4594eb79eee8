/* SPDX-License-Identifier: MIT */
/*
 * writer.h - a container stream out: one segment, atomic under a final name, raw into pipes and zstd into files unless
 * --compress says otherwise, compressed in parallel, written in order. When the program fails, a stream that is written
 * through (a pipe) ends with a failed end frame so that the reader knows, and a file is not published.
 */
#ifndef LL_WRITER_H
#define LL_WRITER_H

#include "stream/frame.h"
#include "stream/header.h"
#include "stream/lineage.h"

struct ll_writer;

/* Opens `path` by the common options (no_clobber, if_changed, compress, threads). Takes the header over. */
struct ll_writer *ll_writer_open(const char *path, struct ll_header header);
/* Appends one record (with its two leading sizes). Records are cut into frames by bytes alone. */
void ll_writer_put(struct ll_writer *w, const void *record, size_t len);
/* The same of a record that the caller makes where it is written from. ll_writer_next gives the writer's own buffer, with the
 * records of the frame so far: append one whole record, nothing else, then call ll_writer_put_next, before any other call. */
struct ll_buf *ll_writer_next(struct ll_writer *w);
void ll_writer_put_next(struct ll_writer *w);
/* The same with the digest already computed by ll_record_digest on another thread. */
void ll_writer_put_digested(struct ll_writer *w, const void *record, size_t len, struct ll_id digest);
/* The same for all records of a frame that was read and verified, without a copy, when the writer would cut just this frame
 * (it stands between two, and the last record fills the frame). Then the memory, which ll_free frees, is the writer's, and true
 * comes back; else nothing happened. raw_hash: XXH3-64 of raw[0 .. len). */
bool ll_writer_put_frame(struct ll_writer *w, void *raw, size_t len, uint64_t raw_hash, const struct ll_id *digest, uint32_t records);
uint64_t ll_writer_records(const struct ll_writer *w);
/* Writes P (lineage may be NULL: no inputs), the index into files, E; syncs. Nothing may be put after it. */
struct ll_end ll_writer_finish(struct ll_writer *w, const struct ll_lineage *lineage);
/* Whether a finished stream, published, changes what has its name: with --if-changed not where an output of the same data id has it. */
bool ll_writer_changes(const struct ll_writer *w);
/* Publishes under the final name and frees, or leaves what has the name untouched. */
void ll_writer_publish(struct ll_writer *w);
/* finish + publish. */
struct ll_end ll_writer_close(struct ll_writer *w, const struct ll_lineage *lineage);

#endif
