/* SPDX-License-Identifier: MIT */
/*
 * http.h - a stored HTTP/1.x response taken apart (RFC 9112), over memory: status, headers, chunked transfer and the content
 * encodings gzip, deflate and zstd undone. Lenient as archives need it: crawlers store bodies already decoded under the
 * server's own headers, and cut ones; what cannot be undone stays as it is.
 */
#ifndef LL_HTTP_H
#define LL_HTTP_H

#include "base/buffer.h"
#include "base/error.h"

/* The value of a header in a block of "Name: value" lines, outer space stripped, names compared without case; data NULL when
 * absent. Continuation lines (obs-fold) belong to the value. */
struct ll_str ll_http_header(struct ll_str headers, const char *name);
/* Length of a header block with its closing empty line (CRLF or LF), or 0 when that is not in text. */
size_t ll_http_headers_end(struct ll_str text);

struct ll_http {
	int status;
	struct ll_str content_type;
	struct ll_str body;     /* in the message, or in `decoded` */
	struct ll_str encoding; /* a content encoding that could not be undone: body is still in it */
	bool truncated;         /* the body ends before its length, last chunk or compressed end says */
	bool too_long;          /* it unpacks to more than max_body bytes: body is empty */
};

/* Returns -1 when the message is no HTTP response. `decoded` is scratch of the caller's, overwritten. */
int ll_http_response(struct ll_str message, size_t max_body, struct ll_buf *decoded, struct ll_http *out, struct ll_err *err)
	LL_MUST_CHECK;

#endif
