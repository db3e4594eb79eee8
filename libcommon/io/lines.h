/* SPDX-License-Identifier: MIT */
/* lines.h - lines out of a decoder, of any length up to a limit, without copying what is already contiguous. */
#ifndef LL_LINES_H
#define LL_LINES_H

#include "io/codec.h"

struct ll_lines;

struct ll_lines *ll_lines_on(struct ll_decoder *d, size_t max_line); /* owns d */
struct ll_line {
	struct ll_str text;  /* without "\n"; a "\r" before it stays. Valid until the next call */
	uint64_t number;     /* from 1 */
	uint64_t offset;     /* of its first byte in the decoded stream */
	bool newline;        /* false only for a last line without "\n" */
	bool too_long;       /* over max_line: text holds its first max_line bytes, the rest is skipped; `length` is the whole */
	uint64_t length;
};
bool ll_lines_next(struct ll_lines *l, struct ll_line *out);
/* A block of whole lines of about `target` bytes for parallel parsing: text points into a buffer that the caller takes over
 * (free with ll_free); first line number and offset are filled. Returns false at the end. A line over max_line comes alone. */
struct ll_line_block {
	char *data;
	size_t len;
	uint64_t first_number, offset;
	bool too_long;
	uint64_t length;
};
bool ll_lines_next_block(struct ll_lines *l, size_t target, struct ll_line_block *out);
void ll_lines_close(struct ll_lines *l);

#endif
