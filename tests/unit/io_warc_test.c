/* SPDX-License-Identifier: MIT */
/* WARC and ARC records and HTTP responses: made by hand, broken by hand, and real ones where they are at hand. */
#include "test.h"

#include <stdlib.h>

#include "base/memory.h"
#include "child.h"
#include "io/http.h"
#include "io/warc.h"

static void add_record(struct ll_buf *b, const char *type, const char *extra, const char *block, size_t len)
{
	ll_buf_printf(b, "WARC/1.0\r\nWARC-Type: %s\r\n%sContent-Length: %zu\r\n\r\n", type, extra, len);
	ll_buf_add(b, block, len);
	ll_buf_puts(b, "\r\n\r\n");
}

/* What a file gives, one word a record: type/status/body, "!" for a malformed one. */
static char *summary(const char *path, size_t max_record)
{
	struct ll_warc *w = ll_warc_on(ll_decoder_open(path), max_record);
	struct ll_warc_record r;
	struct ll_buf b = { 0 };
	struct ll_err err;
	int rc;

	while ((rc = ll_warc_next(w, &r, &err)) != 0) {
		if (b.len)
			ll_buf_putc(&b, ' ');
		if (rc < 0)
			ll_buf_putc(&b, '!');
		else
			ll_buf_printf(&b, "%.*s/%d/%.*s%s%s%.*s", (int)r.type.len, r.type.data, r.http_status,
				      (int)r.body.len, r.body.data, r.truncated ? "~" : "", r.too_long ? "+" : "",
				      (int)r.encoding.len, r.encoding.data ? r.encoding.data : "");
	}
	ll_warc_close(w);
	return ll_buf_steal(&b);
}

static void gives(const struct ll_buf *b, const char *want, const char *what)
{
	char *got;

	ll_write_file("t.warc", b->data, b->len);
	got = summary("t.warc", 1000);
	if (!ok(strcmp(got, want) == 0, "%s", what))
		diag("", "got %s, wanted %s", got, want);
	ll_free(got);
}

static void records(void)
{
	static const char http[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>";
	struct ll_buf b = { 0 };
	char *big = ll_calloc(5000, 1);
	size_t second;

	add_record(&b, "warcinfo", "", "x: y\r\n", 6);
	second = b.len;
	add_record(&b, "response", "WARC-Record-ID: <urn:1>\r\n", http, sizeof(http) - 1);
	add_record(&b, "resource", "", "plain", 5);
	add_record(&b, "conversion", "", "", 0);
	gives(&b, "warcinfo/0/x: y\r\n response/200/<p> resource/0/plain conversion/0/", "records of four kinds");

	struct ll_buf broken = { 0 };
	ll_buf_add(&broken, b.data, b.len);
	broken.data[second] = 'X';
	gives(&broken, "! resource/0/plain conversion/0/",
	      "bytes that are no record spoil the record before them, whose length nothing confirms");
	ll_buf_clear(&broken);
	ll_buf_add(&broken, b.data, b.len);
	char *length = memmem(broken.data + second, broken.len - second, "Content-Length: 4", 17);
	length[16] = '9';
	gives(&broken, "warcinfo/0/x: y\r\n ! resource/0/plain conversion/0/",
	      "a length too large does not swallow what follows");
	length[16] = '1';
	gives(&broken, "warcinfo/0/x: y\r\n ! resource/0/plain conversion/0/", "a length too small is noticed");
	length[16] = 'z';
	gives(&broken, "warcinfo/0/x: y\r\n ! resource/0/plain conversion/0/", "a length that is no number");
	broken.len = 0;
	ll_buf_add(&broken, b.data, second + 100);
	gives(&broken, "warcinfo/0/x: y\r\n !", "an end inside a record");
	broken.len = second + 20;
	gives(&broken, "warcinfo/0/x: y\r\n !", "an end inside a header");

	ll_buf_clear(&b);
	memset(big, 'b', 5000);
	add_record(&b, "resource", "", big, 5000);
	add_record(&b, "resource", "", "next", 4);
	gives(&b, "resource/0/+ resource/0/next", "a block over the limit is passed over, its headers are not");
	ll_buf_clear(&b);
	ll_buf_puts(&b, "\r\n\nWARC/1.0\nWARC-Type: resource\nContent-Length: 2\n\nab\n\nWARC/1.1\nwarc-type: "
			"resource\ncontent-length:0\n\n");
	gives(&b, "resource/0/ab resource/0/", "bare newlines and other case");
	ll_buf_clear(&b);
	ll_buf_puts(&b, "filedesc://a.arc 0.0.0.0 20080101000000 text/plain 12\n1 0 Internet\nhttp://a/b c 1.2.3.4 "
			"20080101000001 text/html 24\n"
			"HTTP/1.0 200 OK\r\n\r\n<br>\nhttp://a/2 1.2.3.4 20080101000001 text/html 24\nHTTP/1.0 404 "
			"No\r\n\r\n<br>\n");
	gives(&b, "warcinfo/0/1 0 Internet response/200/<br>\n response/404/<br>\n", "ARC");
	ll_buf_clear(&b);
	gives(&b, "", "nothing");
	ll_buf_free(&b);
	ll_buf_free(&broken);
	ll_free(big);
}

static void http_is(const char *message, size_t len, int status, const char *body, bool truncated, const char *what)
{
	struct ll_buf scratch = { 0 };
	struct ll_http h;
	struct ll_err err;
	int rc = ll_http_response(ll_str(message, len), 1000, &scratch, &h, &err);

	if (!ok(status < 0 ? rc < 0
			   : rc == 0 && h.status == status && ll_str_is(h.body, body) && h.truncated == truncated,
		"%s", what))
		diag("", "rc %d status %d body %.*s truncated %d", rc, h.status, (int)h.body.len, h.body.data,
		     h.truncated);
	ll_buf_free(&scratch);
}
#define HTTP(message, ...) http_is(message, sizeof(message) - 1, __VA_ARGS__)

static void responses(void)
{
	HTTP("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", false, "a body of its length");
	HTTP("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 200, "abc", true, "a body cut");
	HTTP("HTTP/1.0 404\n\nabc", 404, "abc", false, "no reason phrase, bare newlines");
	HTTP("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200, "abcde",
	     false, "chunks");
	HTTP("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde", 200, "abcde", true,
	     "chunks cut");
	HTTP("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 200, "abc", true, "no last chunk");
	HTTP("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<p>abc", 200, "<p>abc", false,
	     "chunked in name only");
	HTTP("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nface to face", 200, "face to face", false,
	     "text that begins like a size");
	HTTP("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc", 200, "abc", true,
	     "a size beyond all bounds");
	HTTP("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<p>", 200, "<p>", false, "gzip in name only");
	HTTP("HTTP/1.1 200 OK", 200, "", true, "headers cut");
	HTTP("ICY 200 OK\r\n\r\nabc", -1, "", false, "not HTTP");
	HTTP("HTTP/1.1 abc\r\n\r\nabc", -1, "", false, "no status");
#ifdef HAVE_ZLIB
	LL_ASSERT(sh("(printf 'HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\n\\r\\n'; printf 'packed text' | gzip) "
		     "> h; "
		     "(printf 'HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\n\\r\\n'; head -c 100000 /dev/zero | "
		     "gzip) > bomb") == 0);
	struct ll_buf b = ll_read_file("h", 10000), bomb = ll_read_file("bomb", 10000);
	http_is(b.data, b.len, 200, "packed text", false, "gzip");
	http_is(b.data, b.len - 8, 200, "packed text", true, "gzip cut");
	http_is(bomb.data, bomb.len, 200, "", false, "a body that unpacks beyond the limit");
	ll_buf_free(&b);
	ll_buf_free(&bomb);
#endif
	struct ll_str v =
		ll_http_header(ll_cstr("A: b\r\nContent-Type:  text/html;\r\n charset=x \r\nB: c\r\n"), "content-type");
	ok(ll_str_is(v, "text/html;\r\n charset=x"), "a folded header");
}

static void real(const char *data, const char *name, size_t want_responses, size_t want_bad)
{
	char *path = ll_path_join(data, name);
	struct ll_warc_record r;
	struct ll_warc *w;
	struct ll_err err;
	size_t responses = 0, bad = 0;
	int rc;

	if (!ll_path_exists(path)) {
		skip(name, "not there");
	} else {
		w = ll_warc_on(ll_decoder_open(path), 64 * LL_MIB);
		while ((rc = ll_warc_next(w, &r, &err)) != 0) {
			bad += rc < 0;
			responses += rc > 0 && ll_str_is(r.type, "response") && r.http_status > 0;
		}
		ll_warc_close(w);
		ok(responses == want_responses && bad == want_bad, "%s: %zu responses, %zu malformed", name, responses,
		   bad);
	}
	ll_free(path);
}

int main(void)
{
	const char *data = getenv("LLTOOLS_TEST_DATA");

	records();
	responses();
	if (!data) {
		skip("real archives", "LLTOOLS_TEST_DATA is not set");
	} else {
		real(data, "data/warc/aut/example.warc.gz", 261, 0);
		real(data, "data/warc/aut/example.arc.gz", 261, 0);
		real(data, "data/warc/warcio/example-iana.org-chunked.warc", 1, 0);
		real(data, "data/warc/warcio/example.warc.gz", 1, 0);
	}
	return test_done();
}
