/* SPDX-License-Identifier: MIT */
#include "io/http.h"

#include <strings.h>
#include <zstd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "base/memory.h"
#include "base/number.h"

size_t ll_http_headers_end(struct ll_str text)
{
	const char *p = text.data, *end = text.data + text.len;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		if (p < end && *p == '\n')
			return (size_t)(p + 1 - text.data);
		if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - text.data);
	}
	return 0;
}

static struct ll_str strip(struct ll_str s)
{
	while (s.len && strchr(" \t\r\n", s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len && strchr(" \t\r\n", s.data[s.len - 1]))
		s.len--;
	return s;
}

struct ll_str ll_http_header(struct ll_str headers, const char *name)
{
	size_t name_len = strlen(name), at = 0;

	while (at < headers.len) {
		const char *line = headers.data + at, *end = memchr(line, '\n', headers.len - at);
		size_t len = end ? (size_t)(end - line) : headers.len - at;
		while (end && (size_t)(end + 1 - headers.data) < headers.len && (end[1] == ' ' || end[1] == '\t')) {
			end = memchr(end + 1, '\n', headers.len - (size_t)(end + 1 - headers.data));
			len = end ? (size_t)(end - line) : headers.len - at;
		}
		if (len > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0)
			return strip(ll_str(line + name_len + 1, len - name_len - 1));
		at += len + 1;
	}
	return ll_str(NULL, 0);
}

static bool is_word(struct ll_str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.data, word, s.len) == 0;
}

/* RFC 9112 section 7.1. Returns 1 when undone, 0 when the body is not chunked at all; *truncated when it ends early. */
static int undo_chunks(struct ll_str body, struct ll_buf *out, bool *truncated)
{
	size_t at = 0;
	bool any = false;

	for (;;) {
		size_t digits = 0;
		uint64_t size = 0;
		while (at + digits < body.len && digits < 16) {
			char c = body.data[at + digits];
			int v = c >= '0' && c <= '9'   ? c - '0'
				: c >= 'a' && c <= 'f' ? c - 'a' + 10
				: c >= 'A' && c <= 'F' ? c - 'A' + 10
						       : -1;
			if (v < 0)
				break;
			size = size << 4 | (uint64_t)v;
			digits++;
		}
		const char *line = memchr(body.data + at, '\n', body.len - at);
		if (digits == 0 || !line) {
			*truncated = any;
			return any;
		}
		/* The rest of the line is an extension after ";" or padding. */
		char after = body.data[at + digits];
		if (!any && after != '\r' && after != '\n' && after != ';' && after != ' ')
			return 0;
		any = true;
		at = (size_t)(line + 1 - body.data);
		if (size == 0)
			return 1;
		if (size > body.len - at) {
			ll_buf_add(out, body.data + at, body.len - at);
			*truncated = true;
			return 1;
		}
		ll_buf_add(out, body.data + at, (size_t)size);
		at += (size_t)size;
		if (at < body.len && body.data[at] == '\r')
			at++;
		if (at < body.len && body.data[at] == '\n')
			at++;
	}
}

#ifdef HAVE_ZLIB
/* 1 undone, 0 not in that encoding, -1 too large. window_bits as zlib has it. */
static int inflate_all(struct ll_str in, size_t max, int window_bits, struct ll_buf *out, bool *truncated)
{
	z_stream z = { 0 };
	int rc = Z_OK;

	if (inflateInit2(&z, window_bits) != Z_OK)
		ll_die(LL_EXIT_RESOURCE, "zlib: out of memory");
	z.next_in = (unsigned char *)(uintptr_t)in.data;
	z.avail_in = (unsigned)in.len;
	while (rc == Z_OK && out->len <= max) {
		z.next_out = (unsigned char *)ll_buf_reserve(out, 64 * LL_KIB);
		z.avail_out = 64 * LL_KIB;
		rc = inflate(&z, Z_NO_FLUSH);
		out->len += 64 * LL_KIB - z.avail_out;
	}
	inflateEnd(&z);
	if (out->len > max)
		return -1;
	*truncated = rc != Z_STREAM_END;
	return rc == Z_STREAM_END || out->len > 0;
}
#endif

static int unzstd_all(struct ll_str in, size_t max, struct ll_buf *out, bool *truncated)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();
	ZSTD_inBuffer from = { in.data, in.len, 0 };
	size_t rc = 1;

	if (!z)
		ll_die(LL_EXIT_RESOURCE, "zstd: out of memory");
	while (rc != 0 && out->len <= max) {
		ZSTD_outBuffer to = { ll_buf_reserve(out, 128 * LL_KIB), 128 * LL_KIB, 0 };
		rc = ZSTD_decompressStream(z, &to, &from);
		if (ZSTD_isError(rc) || (to.pos == 0 && from.pos == from.size))
			break;
		out->len += to.pos;
	}
	ZSTD_freeDCtx(z);
	if (out->len > max)
		return -1;
	*truncated = rc != 0;
	return rc == 0 || out->len > 0;
}

/* 1 undone into out, 0 cannot be, -1 too large. */
static int undo_encoding(struct ll_str name, struct ll_str in, size_t max, struct ll_buf *out, bool *truncated)
{
	int rc = 0;

	if (is_word(name, "zstd"))
		return unzstd_all(in, max, out, truncated);
#ifdef HAVE_ZLIB
	if (is_word(name, "gzip") || is_word(name, "x-gzip"))
		return inflate_all(in, max, 15 + 16, out, truncated);
	if (is_word(name, "deflate")) { /* zlib by the standard, raw by some servers */
		rc = inflate_all(in, max, 15, out, truncated);
		if (rc == 0) {
			ll_buf_clear(out);
			rc = inflate_all(in, max, -15, out, truncated);
		}
	}
#endif
	return rc;
}

static bool looks_encoded(struct ll_str name, struct ll_str body)
{
	if (is_word(name, "gzip") || is_word(name, "x-gzip"))
		return body.len >= 2 && memcmp(body.data, "\x1f\x8b", 2) == 0;
	if (is_word(name, "zstd"))
		return body.len >= 4 && memcmp(body.data, "\x28\xb5\x2f\xfd", 4) == 0;
	/* HTML and text stored decoded under an old header begin with printable ASCII or a byte order mark, which no deflate
	 * stream of a zlib wrapper does ("x" apart); br has no magic and is taken at its word. */
	return is_word(name, "deflate") ? body.len > 0 && body.data[0] != '<' : true;
}

int ll_http_response(struct ll_str message, size_t max_body, struct ll_buf *decoded, struct ll_http *out,
		     struct ll_err *err)
{
	size_t end = ll_http_headers_end(message);
	struct ll_str headers, value;
	struct ll_buf unchunked = { 0 };
	const char *p = message.data, *line_end;
	uint64_t length;
	bool plain_length = true;
	int rc;

	*out = (struct ll_http){ 0 };
	ll_buf_clear(decoded);
	if (message.len < 12 || strncasecmp(p, "HTTP/", 5) != 0)
		return ll_err_set(err, "the block is no HTTP response");
	if (end == 0) { /* headers only, and cut or without an empty line */
		end = message.len;
		out->truncated = true;
	}
	line_end = memchr(p, '\n', end);
	p = memchr(p, ' ', line_end ? (size_t)(line_end - p) : end);
	while (p && p < message.data + end && *p == ' ')
		p++;
	for (int i = 0; p && i < 3 && p + i < message.data + end; i++) {
		if (p[i] < '0' || p[i] > '9')
			return ll_err_set(err, "the HTTP status line has no status");
		out->status = out->status * 10 + (p[i] - '0');
	}
	if (out->status < 100)
		return ll_err_set(err, "the HTTP status line has no status");
	headers = line_end ? ll_str(line_end + 1, (size_t)(message.data + end - line_end - 1)) : ll_str(p, 0);
	out->content_type = ll_http_header(headers, "Content-Type");
	out->body = ll_str(message.data + end, message.len - end);

	value = ll_http_header(headers, "Transfer-Encoding");
	if (value.len >= 7 && strncasecmp(value.data + value.len - 7, "chunked", 7) == 0) {
		plain_length = false;
		if (undo_chunks(out->body, &unchunked, &out->truncated))
			out->body = ll_buf_str(&unchunked);
	}
	value = ll_http_header(headers, "Content-Length");
	if (plain_length && value.len && ll_parse_u64(value, &length) == 0 && length > out->body.len)
		out->truncated = true;
	value = ll_http_header(headers, "Content-Encoding");
	if (value.len && out->body.len && !is_word(value, "identity") && looks_encoded(value, out->body)) {
		bool cut = false;
		rc = undo_encoding(value, out->body, max_body, decoded, &cut);
		if (rc > 0) {
			out->truncated |= cut;
			out->body = ll_buf_str(decoded);
		} else if (rc < 0) {
			out->too_long = true;
			out->body = ll_str("", 0);
		} else {
			ll_buf_clear(decoded);
			out->encoding = value;
		}
	}
	if (out->body.data == unchunked.data && unchunked.data) { /* hand the scratch over */
		ll_buf_free(decoded);
		*decoded = unchunked;
		out->body = ll_buf_str(decoded);
	} else {
		ll_buf_free(&unchunked);
	}
	return 0;
}
