/* SPDX-License-Identifier: MIT */
/*
 * counts_stream.h - streams of kind "counts": how often each distinct pre-token occurs, one record a pre-token and group, in
 * the order of the pre-tokens' bytes, then of the groups' names (ll-bpe.1 says what groups are):
 *
 *   u32 size, u32 core | u64 count, u32 length of the name, name, the pre-token (end of core)
 *
 * The header says what was counted: keys "pretokenizer", "splitting" (what that means: ll_pretokenizer_identity), "normalizer"
 * (none, or which), "unicode" (version of the character classes) and "lines" (true: every line was split by itself). Counts of different kinds are never added up.
 */
#ifndef LL_COUNTS_STREAM_H
#define LL_COUNTS_STREAM_H

#include "base/buffer.h"
#include "stream/header.h"
#include "stream/writer.h"

struct counts_kind { /* zeroed: nothing seen yet */
	char *pretokenizer, *splitting, *normalizer, *unicode, *lines;
};

/* Takes over what the first header says; ends with status 3 when a later one says something else. */
void counts_kind_check(struct counts_kind *k, const struct ll_header *header, const char *file);
/* After all headers: fills in what was not said. With `text`, text was counted beside them, by lines or not. */
void counts_kind_finish(struct counts_kind *k, bool text, bool lines);
void counts_kind_free(struct counts_kind *k);
/* The header of an output of that kind. */
struct ll_header counts_kind_header(const struct counts_kind *k);

struct counts_record {
	struct ll_str name, piece;
	uint64_t count;
};

int counts_record_get(const unsigned char *record, size_t len, struct counts_record *out, struct ll_err *err) LL_MUST_CHECK;
/* Writes it; `scratch` is the caller's to keep for the next one. */
void counts_record_put(struct ll_writer *w, const struct counts_record *r, struct ll_buf *scratch);

/* Groups by number, in the order of their first appearance; any thread. Number 0 is the group without a name. */
struct group_names;
struct group_names *group_names_new(void);
uint32_t group_names_number(struct group_names *g, struct ll_str name);
/* Borrowed until the next group_names_number. */
struct ll_str group_names_text(const struct group_names *g, uint32_t number);
uint32_t group_names_count(const struct group_names *g);
void group_names_free(struct group_names *g);

/* Writes all that was counted, sorted: the end of `count`, and of `merge` without weights. */
struct tally;
uint64_t counts_write_all(struct ll_writer *w, struct tally *t, const struct group_names *names);

#endif
