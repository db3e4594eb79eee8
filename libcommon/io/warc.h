/* SPDX-License-Identifier: MIT */
/*
 * warc.h - records of WARC 1.0/1.1 (ISO 28500) and ARC files, plain or gzip by member, over a decoder. HTTP messages are
 * taken apart: status line, headers, chunked transfer and content encodings (gzip, deflate) undone.
 */
#ifndef LL_WARC_H
#define LL_WARC_H

#include "base/error.h"
#include "io/codec.h"

struct ll_warc;

struct ll_warc_record {
	struct ll_str type;         /* "response", "resource", "conversion", "warcinfo" ...; ARC: "response" */
	struct ll_str id;           /* WARC-Record-ID without <>; ARC: empty */
	struct ll_str url, date;    /* WARC-Target-URI, WARC-Date as written */
	struct ll_str content_type; /* of the block */
	int http_status;            /* 0 when the block is no HTTP response */
	struct ll_str http_content_type;
	struct ll_str body;         /* payload with transfer and content encodings undone */
	uint64_t offset;            /* of the record in the decoded stream */
	struct ll_str encoding;     /* a content encoding that could not be undone ("br"): body is still in it */
	bool truncated;             /* WARC-Truncated present, or the HTTP body shorter than it says */
	bool too_long;              /* the block, or what it unpacks to, is longer than max_record: headers are as stored, body is empty */
};

/* Do these first bytes begin a WARC or ARC file? */
bool ll_warc_is(struct ll_str head);
struct ll_warc *ll_warc_on(struct ll_decoder *d, size_t max_record); /* owns d */
/* 1: a record (fields valid until the next call), 0: end, -1: a malformed record was skipped, err says what; the stream
 * goes on at the next record that can be found. */
int ll_warc_next(struct ll_warc *w, struct ll_warc_record *out, struct ll_err *err);
uint64_t ll_warc_offset(const struct ll_warc *w);
void ll_warc_close(struct ll_warc *w);

#endif
