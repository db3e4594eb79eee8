/* SPDX-License-Identifier: MIT */
/*
 * crawl_index.h - the index that --against reads and --index-out writes: the signatures (signature.h) of all documents that
 * survived earlier crawls and this one, without shards; its header has the key index.
 */
#ifndef LL_CRAWL_INDEX_H
#define LL_CRAWL_INDEX_H

#include "ll-dedup/gathering.h"
#include "stream/reader.h"
#include "stream/writer.h"

/* Calls `record` for all; ends with status 3 when the index was made by another rule than `kind` says (signature_rule_read).
 * The digest over all is the same each time a file is read. make_room: NULL, or before a large one is read (ll_reader_on_large). */
void crawl_index_read(const char *path, const char *kind, void (*record)(void *context, uint64_t document, const unsigned char *record, size_t len),
		      void (*make_room)(void *context), void *context);
/* Opens NEW with all that OLD (NULL: none) has. */
struct ll_writer *crawl_index_write(const char *path, const char *old, const struct signature_rule *rule, const char *kind);

/* The same by the header of signatures. */
struct ll_writer *crawl_index_write_lines(const char *path, const char *old, const struct ll_header *like, const char *kind);

#endif
