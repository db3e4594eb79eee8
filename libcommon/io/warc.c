/* SPDX-License-Identifier: MIT */
#include "io/warc.h"

#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "io/http.h"

#define HEADERS_MAX (LL_MIB)	/* a longer header block is malformed */
#define LONG_KEPT (64 * LL_KIB) /* of a block over max_record: enough for HTTP headers */
#define READ_BYTES (256 * LL_KIB)

struct ll_warc {
	struct ll_decoder *d;
	size_t max_record;
	char *buffer; /* pos..len is read; the record handed out lies before pos */
	size_t pos, len, cap;
	uint64_t offset; /* of buffer[pos] */
	bool eof;
	bool arc, arc2; /* ARC; version 2 of it, with ten fields a line */
	bool started;
	struct ll_buf decoded;
};

bool ll_warc_is(struct ll_str head)
{
	return (head.len >= 7 && (memcmp(head.data, "WARC/1.", 7) == 0 || memcmp(head.data, "WARC/0.", 7) == 0)) ||
	       (head.len >= 11 && memcmp(head.data, "filedesc://", 11) == 0);
}

struct ll_warc *ll_warc_on(struct ll_decoder *d, size_t max_record)
{
	struct ll_warc *w = ll_calloc(1, sizeof(*w));

	w->d = d;
	w->max_record = max_record;
	return w;
}

uint64_t ll_warc_offset(const struct ll_warc *w)
{
	return w->offset;
}

void ll_warc_close(struct ll_warc *w)
{
	if (!w)
		return;
	ll_decoder_close(w->d);
	ll_free(w->buffer);
	ll_buf_free(&w->decoded);
	ll_free(w);
}

/* Makes n bytes from pos on available unless the input ends; returns how many are. Moves the buffer: no record may be out. */
static size_t ensure(struct ll_warc *w, size_t n)
{
	while (w->len - w->pos < n && !w->eof) {
		size_t got;
		if (w->pos > 0) {
			memmove(w->buffer, w->buffer + w->pos, w->len - w->pos);
			w->len -= w->pos;
			w->pos = 0;
		}
		LL_GROW(w->buffer, w->cap, LL_MAX(n, w->len + READ_BYTES));
		got = ll_decoder_read(w->d, w->buffer + w->len, w->cap - w->len);
		w->len += got;
		w->eof = got == 0;
	}
	return w->len - w->pos;
}

static void advance(struct ll_warc *w, size_t n)
{
	w->pos += n;
	w->offset += n;
}

static bool at_newline(struct ll_warc *w)
{
	return ensure(w, 1) > 0 && (w->buffer[w->pos] == '\n' || w->buffer[w->pos] == '\r');
}

/* Does a record begin `at` bytes from pos? For ARC: "scheme:... IP date type length", checked loosely. */
static bool record_at(struct ll_warc *w, size_t at)
{
	size_t have = ensure(w, at + (w->arc ? 1024 : 8));
	const char *p = w->buffer + w->pos + at, *end;
	size_t spaces = 0, len;

	if (have <= at)
		return false;
	have -= at;
	if (!w->arc)
		return have >= 8 && memcmp(p, "WARC/", 5) == 0 && p[5] >= '0' && p[5] <= '9' && p[6] == '.';
	end = memchr(p, '\n', LL_MIN(have, 1024));
	len = end ? (size_t)(end - p) : 0;
	for (size_t i = 0; i < len; i++)
		spaces += p[i] == ' ';
	return spaces >= 4 && memchr(p, ':', len) && end[-1] >= '0' && end[-1] <= '9';
}

/* Moves to the next line, from `from` bytes behind pos on, at which a record begins, or to the end. */
static void resynchronise(struct ll_warc *w, size_t from)
{
	advance(w, LL_MIN(from, w->len - w->pos));
	while (ensure(w, 1) > 0) {
		const char *p = w->buffer + w->pos, *newline = memchr(p, '\n', w->len - w->pos);
		if (!newline) {
			advance(w, w->len - w->pos);
			continue;
		}
		advance(w, (size_t)(newline + 1 - p));
		if (record_at(w, 0))
			return;
	}
}

struct extent {		/* of a record, from pos */
	size_t head;	/* header block with its end */
	uint64_t block; /* declared length */
};

static int find_extent(struct ll_warc *w, struct extent *x, struct ll_err *err)
{
	size_t have = 0, last;
	struct ll_str text;

	do { /* the header block, read in growing steps */
		last = have;
		have = ensure(w, LL_MIN(last + 4 * LL_KIB, HEADERS_MAX));
		text = ll_str(w->buffer + w->pos, LL_MIN(have, HEADERS_MAX));
		if (w->arc) {
			const char *newline = memchr(text.data, '\n', text.len);
			x->head = newline ? (size_t)(newline + 1 - text.data) : 0;
		} else {
			x->head = ll_http_headers_end(text);
		}
	} while (x->head == 0 && have > last && have < HEADERS_MAX);
	if (x->head == 0)
		return ll_err_set(err, have >= HEADERS_MAX ? "the record header does not end"
							   : "the input ends inside a record header");
	text.len = x->head;
	struct ll_str length;
	if (w->arc) {
		size_t end = text.len - 1, start;
		while (end > 0 && (text.data[end - 1] == '\r' || text.data[end - 1] == ' '))
			end--;
		for (start = end; start > 0 && text.data[start - 1] != ' ';)
			start--;
		length = ll_str(text.data + start, end - start);
	} else {
		length = ll_http_header(text, "Content-Length");
	}
	if (!length.data || ll_parse_u64(length, &x->block) < 0 || x->block > INT64_MAX)
		return ll_err_set(err, "the record header has no valid length");
	return 0;
}

/* Is the place behind the block one where a record may end? */
static bool ends_well(struct ll_warc *w)
{
	while (at_newline(w))
		advance(w, 1);
	return ensure(w, 1) == 0 || record_at(w, 0);
}

static void arc_fields(struct ll_warc *w, struct ll_str line, struct ll_warc_record *out)
{
	struct ll_str field[9] = { { 0 } }; /* from the end: length, and backwards */
	size_t n = w->arc2 ? 9 : 4, end = line.len;

	while (end > 0 && strchr("\r\n ", line.data[end - 1]))
		end--;
	for (size_t i = 0; i < n && end > 0; i++) {
		size_t start = end;
		while (start > 0 && line.data[start - 1] != ' ')
			start--;
		field[i] = ll_str(line.data + start, end - start);
		end = start > 0 ? start - 1 : 0;
	}
	out->url = ll_str(line.data, end);
	out->content_type = field[w->arc2 ? 6 : 1];
	out->date = field[w->arc2 ? 7 : 2];
	out->type =
		ll_cstr(out->url.len >= 11 && memcmp(out->url.data, "filedesc://", 11) == 0 ? "warcinfo" : "response");
}

static void warc_fields(struct ll_str head, struct ll_warc_record *out)
{
	out->type = ll_http_header(head, "WARC-Type");
	out->id = ll_http_header(head, "WARC-Record-ID");
	if (out->id.len >= 2 && out->id.data[0] == '<' && out->id.data[out->id.len - 1] == '>')
		out->id = ll_str(out->id.data + 1, out->id.len - 2);
	out->url = ll_http_header(head, "WARC-Target-URI");
	if (out->url.len >= 2 && out->url.data[0] == '<' && out->url.data[out->url.len - 1] == '>')
		out->url = ll_str(out->url.data + 1, out->url.len - 2);
	out->date = ll_http_header(head, "WARC-Date");
	out->content_type = ll_http_header(head, "Content-Type");
	out->truncated = ll_http_header(head, "WARC-Truncated").data != NULL;
}

/* Fields and body from a record that is whole in memory. */
static int take_apart(struct ll_warc *w, struct ll_str head, struct ll_str block, struct ll_warc_record *out,
		      struct ll_err *err)
{
	struct ll_http http;

	if (w->arc)
		arc_fields(w, head, out);
	else
		warc_fields(head, out);
	if (out->type.len == 0)
		return ll_err_set(err, "a record without WARC-Type");
	out->body = out->too_long ? ll_str("", 0) : block;
	if (!ll_str_is(out->type, "response") || block.len < 5 || strncasecmp(block.data, "HTTP/", 5) != 0)
		return 0;
	if (ll_http_response(block, w->max_record, &w->decoded, &http, err) < 0)
		return -1;
	out->http_status = http.status;
	out->http_content_type = http.content_type;
	out->encoding = http.encoding;
	out->body = http.body;
	out->truncated |= http.truncated && !out->too_long;
	out->too_long |= http.too_long;
	if (out->too_long)
		out->body = ll_str("", 0);
	return 0;
}

/* A block over max_record: only its beginning stays in memory. */
static int next_long(struct ll_warc *w, const struct extent *x, struct ll_warc_record *out, struct ll_err *err)
{
	uint64_t left = x->head + x->block;
	size_t kept = x->head + (size_t)LL_MIN(x->block, LONG_KEPT);
	struct ll_buf head = { 0 };
	int rc;

	ensure(w, kept);
	ll_buf_add(&head, w->buffer + w->pos, LL_MIN(kept, w->len - w->pos));
	while (left > 0 && ensure(w, 1) > 0) {
		size_t step = (size_t)LL_MIN(left, w->len - w->pos);
		advance(w, step);
		left -= step;
	}
	if (left > 0) {
		ll_buf_free(&head);
		return ll_err_set(err, "the input ends inside a record");
	}
	if (!ends_well(w)) {
		resynchronise(w, 0);
		ll_buf_free(&head);
		return ll_err_set(err, "the record is not followed by another where its length says");
	}
	/* Room for the copy before pos: the record handed out must stay put, as any other does. */
	ll_buf_clear(&w->decoded);
	size_t tail = w->len - w->pos;
	LL_GROW(w->buffer, w->cap, head.len + tail);
	memmove(w->buffer + head.len, w->buffer + w->pos, tail);
	memcpy(w->buffer, head.data, head.len);
	w->pos = head.len;
	w->len = head.len + tail;
	out->too_long = true;
	rc = take_apart(w, ll_str(w->buffer, x->head), ll_str(w->buffer + x->head, head.len - x->head), out, err);
	ll_buf_free(&head);
	return rc < 0 ? -1 : 1;
}

int ll_warc_next(struct ll_warc *w, struct ll_warc_record *out, struct ll_err *err)
{
	struct extent x;
	size_t whole, before;

	*out = (struct ll_warc_record){ 0 };
	while (at_newline(w))
		advance(w, 1);
	if (!w->started) {
		w->started = true;
		w->arc = ensure(w, 11) >= 11 && memcmp(w->buffer + w->pos, "filedesc://", 11) == 0;
	}
	if (ensure(w, 1) == 0)
		return 0;
	out->offset = w->offset;
	if (!record_at(w, 0)) {
		resynchronise(w, 0);
		return ll_err_set(err, "no record begins here");
	}
	if (find_extent(w, &x, err) < 0) {
		resynchronise(w, 1);
		return -1;
	}
	if (x.block > w->max_record)
		return next_long(w, &x, out, err);
	whole = x.head + (size_t)x.block;
	if (ensure(w, whole) < whole) {
		ll_err_set(err, "the input ends inside a record of %llu bytes", (unsigned long long)x.block);
		resynchronise(w, x.head);
		return -1;
	}
	/* Whether the record ends where it says must be known before it is handed out, and the buffer must not move after. */
	before = whole;
	while (ensure(w, before + 1) > before && strchr("\r\n", w->buffer[w->pos + before]) &&
	       w->buffer[w->pos + before])
		before++;
	if (ensure(w, before + 1) > before && !record_at(w, before)) {
		ll_err_set(err, "the record is not followed by another where its length says");
		resynchronise(w, x.head);
		return -1;
	}
	struct ll_str head = ll_str(w->buffer + w->pos, x.head),
		      block = ll_str(w->buffer + w->pos + x.head, (size_t)x.block);
	advance(w, whole);
	if (w->arc && out->offset == 0)
		w->arc2 = block.len > 1 && block.data[0] == '2';
	return take_apart(w, head, block, out, err) < 0 ? -1 : 1;
}
