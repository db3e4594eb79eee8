/* SPDX-License-Identifier: MIT */
#include "stream/header.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "stream/reader.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_lines(char ***lines, size_t *n, size_t *cap, const char *text, const char *prefix)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		LL_GROW(*lines, *cap, *n + 1);
		(*lines)[(*n)++] = ll_format("%s%.*s", prefix, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

struct ll_header ll_header_new(const char *kind, unsigned schema, const char *extra)
{
	char **lines = NULL;
	size_t n = 0, cap = 0;
	ll_identity_file_id = ll_content_id;
	char *own = ll_format("format=1\nkind=%s\nschema=%u\nprogram=%s\nversion=%s\n", kind, schema, ll_identity_program(), LL_VERSION);
	struct ll_buf text = { 0 };
	add_lines(&lines, &n, &cap, own, "");
	add_lines(&lines, &n, &cap, ll_identity(), "option.");
	add_lines(&lines, &n, &cap, extra, "");
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++) {
		ll_buf_puts(&text, lines[i]);
		ll_buf_putc(&text, '\n');
		ll_free(lines[i]);
	}
	ll_free(lines);
	ll_free(own);
	return (struct ll_header){ ll_buf_steal(&text), ll_strdup(kind), schema };
}

/* The raw value of a key in "key=value\n" lines. */
static bool find(const char *text, const char *key, struct ll_str *value)
{
	size_t key_len = strlen(key);
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		if (len > key_len && line[key_len] == '=' && memcmp(line, key, key_len) == 0) {
			*value = ll_str(line + key_len + 1, len - key_len - 1);
			return true;
		}
		line += len + (line[len] == '\n');
	}
	return false;
}

char *ll_header_get(const struct ll_header *h, const char *key)
{
	struct ll_str raw;
	if (!find(h->text, key, &raw))
		return NULL;
	struct ll_buf out = { 0 };
	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.data[i];
		if (c == '\\' && i + 1 < raw.len) {
			c = raw.data[++i];
			c = c == 'n' ? '\n' : c;
		}
		ll_buf_putc(&out, c);
	}
	return ll_buf_steal(&out);
}

char *ll_header_lines(const struct ll_header *h, const char *const *key, size_t n)
{
	struct ll_buf lines = { 0 };
	struct ll_str value;
	for (size_t i = 0; i < n; i++)
		if (find(h->text, key[i], &value))
			ll_buf_printf(&lines, "%s=%.*s\n", key[i], (int)value.len, value.data);
	return ll_buf_steal(&lines);
}

int ll_header_parse(struct ll_header *h, struct ll_str payload, struct ll_err *err)
{
	struct ll_str kind, schema, format;
	uint64_t number;
	*h = (struct ll_header){ 0 };
	if (payload.len == 0 || payload.data[payload.len - 1] != '\n' || memchr(payload.data, '\0', payload.len))
		return ll_err_set(err, "malformed stream header");
	char *text = ll_strndup(payload.data, payload.len);
	if (!find(text, "kind", &kind) || !find(text, "schema", &schema) || !find(text, "format", &format) ||
	    ll_parse_u64(schema, &number) < 0 || number > 1000) {
		ll_free(text);
		return ll_err_set(err, "stream header without kind, schema or format");
	}
	if (!ll_str_is(format, "1") || number != 1) {
		int rc = ll_err_set(err, "stream of format %.*s, kind %.*s, schema %.*s: a newer lltools is needed (this is " LL_VERSION
				    ", format 1, schema 1)", (int)LL_MIN(format.len, 9), format.data, (int)LL_MIN(kind.len, 40), kind.data,
				    (int)LL_MIN(schema.len, 9), schema.data);
		ll_free(text);
		return rc;
	}
	*h = (struct ll_header){ text, ll_strndup(kind.data, kind.len), (unsigned)number };
	return 0;
}

void ll_header_free(struct ll_header *h)
{
	ll_free(h->text);
	ll_free(h->kind);
	*h = (struct ll_header){ 0 };
}
