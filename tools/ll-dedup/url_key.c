/* SPDX-License-Identifier: MIT */
/*
 * url_key.c - URLs that name one page, made equal: RFC 3986, sections 6.2.2 (case, percent-encoding, dot segments) and
 * 6.2.3 (default port, empty path), without the fragment; http and https count as one. Query and user stay as they are.
 */
#include <ctype.h>

#include "ll-dedup/units.h"
#include "text/json.h"

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static bool is_unreserved(int c)
{
	return isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Appends with escapes of unreserved characters decoded and all others in upper case. */
static void put_escaped(struct ll_buf *out, struct ll_str s, bool lower)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.data[i];
		if (c == '%' && i + 2 < s.len && hex_value(s.data[i + 1]) >= 0 && hex_value(s.data[i + 2]) >= 0) {
			c = hex_value(s.data[i + 1]) << 4 | hex_value(s.data[i + 2]);
			i += 2;
			if (c >= 0x80 || !is_unreserved(c)) {
				ll_buf_putc(out, '%');
				ll_buf_putc(out, digits[c >> 4]);
				ll_buf_putc(out, digits[c & 15]);
				continue;
			}
		}
		ll_buf_putc(out, (char)(lower && c < 0x80 ? tolower(c) : c));
	}
}

/* RFC 3986, section 5.2.4, in place on what `out` holds from `from` on, which begins with a slash. */
static void remove_dot_segments(struct ll_buf *out, size_t from)
{
	char *path = out->data;
	size_t end = out->len, to = from;

	for (size_t i = from; i < end;) {
		size_t stop = i + 1;
		while (stop < end && path[stop] != '/')
			stop++;
		size_t len = stop - i - 1; /* of the segment after the slash at i */
		bool one = len == 1 && path[i + 1] == '.', two = len == 2 && path[i + 1] == '.' && path[i + 2] == '.';
		if (two)
			while (to > from && path[--to] != '/')
				;
		if (!one && !two) {
			memmove(path + to, path + i, stop - i);
			to += stop - i;
		} else if (stop == end) {
			path[to++] = '/';
		}
		i = stop;
	}
	out->len = to;
}

static size_t find_any(struct ll_str s, size_t at, const char *set)
{
	while (at < s.len && !(s.data[at] && strchr(set, s.data[at])))
		at++;
	return at;
}

static void put_authority(struct ll_buf *out, struct ll_str authority, const char *default_port)
{
	size_t host = 0, stop = authority.len, digits = stop;

	for (size_t i = 0; i < authority.len; i++)
		if (authority.data[i] == '@')
			host = i + 1;
	while (digits > host && isdigit((unsigned char)authority.data[digits - 1]))
		digits--;
	if (digits > host && authority.data[digits - 1] == ':') {
		struct ll_str port = ll_str(authority.data + digits, stop - digits);
		if (port.len == 0 || ll_str_eq(port, ll_cstr(default_port)))
			stop = digits - 1;
	}
	ll_buf_add(out, authority.data, host);
	put_escaped(out, ll_str(authority.data + host, stop - host), true);
}

void url_normalize(struct ll_buf *out, struct ll_str url)
{
	while (url.len && (unsigned char)url.data[0] <= ' ')
		url = ll_str(url.data + 1, url.len - 1);
	while (url.len && (unsigned char)url.data[url.len - 1] <= ' ')
		url.len--;
	url.len = find_any(url, 0, "#");
	size_t colon = find_any(url, 0, ":/?");
	if (colon + 2 >= url.len || memcmp(url.data + colon, "://", 3) != 0) {
		put_escaped(out, url, false);
		return;
	}
	struct ll_buf scheme = { 0 };
	for (size_t i = 0; i < colon; i++)
		ll_buf_putc(&scheme, (char)tolower((unsigned char)url.data[i]));
	const char *name = ll_buf_cstr(&scheme);
	bool secure = strcmp(name, "https") == 0, web = secure || strcmp(name, "http") == 0;
	size_t authority = colon + 3, path = find_any(url, authority, "/?"), query = find_any(url, path, "?");
	ll_buf_puts(out, web ? "http" : name);
	ll_buf_puts(out, "://");
	put_authority(out, ll_str(url.data + authority, path - authority), secure ? "443" : web ? "80" : "");
	size_t from = out->len;
	put_escaped(out, ll_str(url.data + path, query - path), false);
	if (out->len == from)
		ll_buf_putc(out, '/');
	remove_dot_segments(out, from);
	put_escaped(out, ll_str(url.data + query, url.len - query), false);
	ll_buf_free(&scheme);
}

bool url_of_document(struct ll_buf *out, const struct ll_doc *doc)
{
	struct ll_tag tag;
	struct ll_buf line = { 0 };
	struct ll_json_field field = { .key = ll_cstr("url") };

	if (ll_tag_find(doc->tags, "url", &tag) && tag.type == LL_TAG_STRING) {
		url_normalize(out, tag.value);
		return out->len > 0;
	}
	if (doc->skeleton.len == 0)
		return false;
	ll_buf_add(&line, doc->skeleton.data, doc->hole);
	ll_buf_puts(&line, "\"\"");
	ll_buf_add(&line, doc->skeleton.data + doc->hole, doc->skeleton.len - doc->hole);
	struct ll_buf url = { 0 };
	if (ll_json_line(ll_buf_str(&line), &field, 1, NULL) == 0 && field.value.data && ll_json_is_string(field.value) &&
	    ll_json_unescape(&url, field.value, NULL) == 0)
		url_normalize(out, ll_buf_str(&url));
	ll_buf_free(&url);
	ll_buf_free(&line);
	return out->len > 0;
}
