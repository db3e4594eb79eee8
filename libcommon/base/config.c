/* SPDX-License-Identifier: MIT */
#include "base/config.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/option.h"

#include <stdio.h>

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       c == '-';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct ll_str strip(struct ll_str s)
{
	while (s.len > 0 && is_space(s.data[0]))
		s = ll_str(s.data + 1, s.len - 1);
	while (s.len > 0 && is_space(s.data[s.len - 1]))
		s.len--;
	return s;
}

/* A comment begins with # at the start or after space. */
static struct ll_str without_comment(struct ll_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] == '#' && (i == 0 || is_space(s.data[i - 1])))
			return strip(ll_str(s.data, i));
	return s;
}

static int quoted_value(struct ll_str s, struct ll_buf *out, unsigned line, struct ll_err *err)
{
	size_t i = 1;
	for (; i < s.len && s.data[i] != '"'; i++) {
		char c = s.data[i];
		if (c == '\\') {
			c = i + 1 < s.len ? s.data[++i] : '\0';
			if (c != '"' && c != '\\' && c != 'n' && c != 't')
				return ll_err_set(err, "line %u: only \\\" \\\\ \\n \\t are escapes", line);
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		ll_buf_putc(out, c);
	}
	if (i >= s.len)
		return ll_err_set(err, "line %u: a quoted value does not end", line);
	if (without_comment(strip(ll_str(s.data + i + 1, s.len - i - 1))).len > 0)
		return ll_err_set(err, "line %u: something stands after the closing quote", line);
	return 0;
}

static void add_entry(struct ll_config *c, struct ll_config_entry e)
{
	LL_GROW(c->entry, c->cap, c->len + 1);
	c->entry[c->len++] = e;
}

static int parse_assignment(struct ll_config *c, struct ll_str s, const char *section, size_t index, unsigned line,
			    struct ll_err *err)
{
	size_t k = 0;
	while (k < s.len && is_key_char(s.data[k]))
		k++;
	struct ll_str rest = strip(ll_str(s.data + k, s.len - k));
	if (k == 0)
		return ll_err_set(err, "line %u: a key (letters, digits, _ . -) is expected, not \"%.*s\"", line,
				  (int)LL_MIN(s.len, 40), s.data);
	if (rest.len == 0 || rest.data[0] != '=')
		return ll_err_set(err, "line %u: \"=\" is expected after %.*s", line, (int)LL_MIN(k, 80), s.data);
	struct ll_str value = strip(ll_str(rest.data + 1, rest.len - 1));
	struct ll_buf text = { 0 };
	if (value.len > 0 && value.data[0] == '"') {
		if (quoted_value(value, &text, line, err) < 0) {
			ll_buf_free(&text);
			return -1;
		}
	} else {
		ll_buf_add_str(&text, without_comment(value));
	}
	struct ll_config_entry e = { .section = ll_strdup(section), .section_index = index, .line = line };
	e.key = ll_strndup(s.data, k);
	e.value = ll_buf_steal(&text);
	add_entry(c, e);
	return 0;
}

static int parse_section(struct ll_str s, char **section, unsigned line, struct ll_err *err)
{
	const char *end = memchr(s.data, ']', s.len);
	if (!end)
		return ll_err_set(err, "line %u: a section ends with \"]\"", line);
	struct ll_str name = strip(ll_str(s.data + 1, (size_t)(end - s.data) - 1));
	if (name.len == 0)
		return ll_err_set(err, "line %u: a section without a name", line);
	if (without_comment(strip(ll_str(end + 1, s.len - (size_t)(end + 1 - s.data)))).len > 0)
		return ll_err_set(err, "line %u: something stands after \"]\"", line);
	ll_free(*section);
	*section = ll_strndup(name.data, name.len);
	return 0;
}

int ll_config_parse(struct ll_config *c, const char *path, struct ll_str text, struct ll_err *err)
{
	char *section = ll_strdup("");
	size_t index = 0;
	int rc = 0;
	ll_free(c->path);
	c->path = ll_strdup(path);
	if (text.len > 0 && memchr(text.data, '\0', text.len))
		rc = ll_err_set(err, "a NUL byte in a configuration file");
	for (unsigned line = 1; rc == 0 && text.len > 0; line++) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;
		struct ll_str s = strip(ll_str(text.data, len));
		size_t used = len + (end != NULL);
		text = ll_str(text.data + used, text.len - used);
		if (s.len == 0 || s.data[0] == '#')
			continue;
		if (s.data[0] == '[') {
			rc = parse_section(s, &section, line, err);
			index++;
		} else {
			rc = parse_assignment(c, s, section, index, line, err);
		}
	}
	ll_free(section);
	return rc;
}

int ll_config_set(struct ll_config *c, const char *assignment, struct ll_err *err)
{
	const char *equals = strchr(assignment, '=');
	struct ll_str key = strip(ll_str(assignment, equals ? (size_t)(equals - assignment) : 0));
	bool good = equals && key.len > 0;
	for (size_t i = 0; i < key.len; i++)
		good = good && is_key_char(key.data[i]);
	if (!good)
		return ll_err_set(err, "%.80s: key=value is expected", assignment);
	struct ll_config_entry e = { .section = ll_strdup(""),
				     .key = ll_strndup(key.data, key.len),
				     .value = ll_strdup(equals + 1) };
	add_entry(c, e);
	return 0;
}

const char *ll_config_get(struct ll_config *c, const char *section, const char *key)
{
	const char *value = NULL;
	for (size_t i = 0; i < c->len; i++)
		if (strcmp(c->entry[i].section, section ? section : "") == 0 && strcmp(c->entry[i].key, key) == 0) {
			c->entry[i].used = true;
			value = c->entry[i].value;
		}
	return value;
}

void ll_config_reject_unused(const struct ll_config *c, const char *const *known, size_t n)
{
	for (size_t i = 0; i < c->len; i++) {
		const struct ll_config_entry *e = &c->entry[i];
		char place[80] = "--set";
		if (e->used)
			continue;
		if (e->line > 0)
			snprintf(place, sizeof(place), "line %u", e->line);
		const char *file = e->line > 0 && c->path ? c->path : "", *colon = *file ? ": " : "";
		const char *near = ll_nearest(e->key, known, n);
		if (near)
			ll_die(LL_EXIT_USAGE, "%s%s%s: unknown key %s; did you mean %s?", file, colon, place, e->key,
			       near);
		ll_die(LL_EXIT_USAGE, "%s%s%s: unknown key %s", file, colon, place, e->key);
	}
}

void ll_config_free(struct ll_config *c)
{
	for (size_t i = 0; i < c->len; i++) {
		ll_free(c->entry[i].section);
		ll_free(c->entry[i].key);
		ll_free(c->entry[i].value);
	}
	ll_free(c->entry);
	ll_free(c->path);
	*c = (struct ll_config){ 0 };
}
