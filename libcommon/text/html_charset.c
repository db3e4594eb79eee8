/* SPDX-License-Identifier: MIT */
/* The charset a page declares: byte order mark, then a prescan of its first bytes as in the WHATWG HTML standard, section
 * 13.2.3.2 (comments skipped, <meta charset> and <meta http-equiv content="...charset=...">). */
#include "base/base.h"

#include <strings.h>

#include "text/html.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static struct ll_str attribute_value(const char **p, const char *end)
{
	const char *q = *p, *start;
	char quote = 0;

	while (q < end && is_space(*q))
		q++;
	if (q == end || *q != '=') {
		*p = q;
		return ll_str("", 0);
	}
	q++;
	while (q < end && is_space(*q))
		q++;
	if (q < end && (*q == '"' || *q == '\''))
		quote = *q++;
	start = q;
	while (q < end && (quote ? *q != quote : !is_space(*q) && *q != '>'))
		q++;
	*p = quote && q < end ? q + 1 : q;
	return ll_str(start, (size_t)(q - start));
}

/* "charset" = value inside a content attribute. */
static struct ll_str charset_in(struct ll_str content)
{
	for (size_t i = 0; i + 7 < content.len; i++)
		if (strncasecmp(content.data + i, "charset", 7) == 0) {
			const char *p = content.data + i + 7, *end = content.data + content.len;
			struct ll_str v = attribute_value(&p, end);
			size_t n = 0;
			while (n < v.len && v.data[n] != ';')
				n++;
			if (n)
				return ll_str(v.data, n);
		}
	return ll_str("", 0);
}

static struct ll_str meta_charset(const char *p, const char *end)
{
	struct ll_str charset = { "", 0 }, content = { "", 0 };
	bool pragma = false;

	while (p < end && *p != '>') {
		const char *name = p;
		if (is_space(*p) || *p == '/') {
			p++;
			continue;
		}
		while (p < end && !is_space(*p) && *p != '=' && *p != '>' && *p != '/')
			p++;
		struct ll_str key = ll_str(name, (size_t)(p - name));
		if (key.len == 0) {
			p++;
			continue;
		}
		struct ll_str value = attribute_value(&p, end);
		if (key.len == 7 && strncasecmp(key.data, "charset", 7) == 0)
			charset = value;
		else if (key.len == 7 && strncasecmp(key.data, "content", 7) == 0)
			content = value;
		else if (key.len == 10 && strncasecmp(key.data, "http-equiv", 10) == 0)
			pragma = value.len == 12 && strncasecmp(value.data, "content-type", 12) == 0;
	}
	return charset.len ? charset : pragma ? charset_in(content) : ll_str("", 0);
}

const char *ll_html_charset(struct ll_str head, char out[64])
{
	static const struct {
		struct ll_str bytes;
		const char *name;
	} marks[] = { { { "\xef\xbb\xbf", 3 }, "utf-8" },
		      { { "\xfe\xff", 2 }, "utf-16be" },
		      { { "\xff\xfe", 2 }, "utf-16le" } };
	const char *p = head.data, *end;

	for (size_t i = 0; i < LL_COUNT(marks); i++)
		if (head.len >= marks[i].bytes.len && memcmp(head.data, marks[i].bytes.data, marks[i].bytes.len) == 0)
			return strcpy(out, marks[i].name);
	end = p + (head.len < 1024 ? head.len : 1024);
	while (p < end && (p = memchr(p, '<', (size_t)(end - p)))) {
		if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
			const char *close = memmem(p + 2, (size_t)(end - p - 2), "-->", 3);
			if (!close)
				break;
			p = close + 3;
		} else if (end - p >= 6 && strncasecmp(p, "<meta", 5) == 0 && (is_space(p[5]) || p[5] == '/')) {
			struct ll_str found = meta_charset(p + 5, end);
			if (found.len > 0 && found.len < 64) {
				memcpy(out, found.data, found.len);
				out[found.len] = '\0';
				return out;
			}
			p += 5;
		} else {
			p++;
		}
	}
	return NULL;
}
