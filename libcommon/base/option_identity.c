/* SPDX-License-Identifier: MIT */
/* option_identity.c - the identity options of the running command with their values in force. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option_table.h"

#include <stdlib.h>

void (*ll_identity_file_id)(const char *path, char out[33]);

static struct {
	char *name, *value;
} * overrides;
static size_t n_overrides, overrides_cap;

/* Ids of files already asked for: the same file is not read for the header and for the lineage. */
static struct {
	const char *path;
	char id[33];
} * files;
static size_t n_files, files_cap;

void ll_identity_set(const char *name, const char *value)
{
	for (size_t i = 0; i < n_overrides; i++)
		if (strcmp(overrides[i].name, name) == 0) {
			ll_free(overrides[i].value);
			overrides[i].value = ll_strdup(value);
			return;
		}
	LL_GROW(overrides, overrides_cap, n_overrides + 1);
	overrides[n_overrides].name = ll_strdup(name);
	overrides[n_overrides++].value = ll_strdup(value);
}

const char *ll_identity_program(void)
{
	return ll_running.name ? ll_running.name : ll_program_name();
}

static void put_escaped(struct ll_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n' || *s == '\\')
			ll_buf_putc(out, '\\');
		ll_buf_putc(out, *s == '\n' ? 'n' : *s);
	}
}

static const char *file_id(const char *path)
{
	for (size_t i = 0; i < n_files; i++)
		if (strcmp(files[i].path, path) == 0)
			return files[i].id;
	if (!ll_identity_file_id)
		LL_BUG("ll_identity_file_id is not set");
	LL_GROW(files, files_cap, n_files + 1);
	files[n_files].path = ll_strdup(path);
	ll_identity_file_id(path, files[n_files].id);
	return files[n_files++].id;
}

static void put_string(struct ll_buf *out, const struct ll_option *o, const char *value)
{
	put_escaped(out, (o->flags & LL_OPT_FILE) ? file_id(value) : value);
}

/* False when the option has no value at all. */
static bool put_value(struct ll_buf *out, const struct ll_option *o)
{
	switch (o->type) {
	case LL_OPT_FLAG:
		ll_buf_puts(out, *(bool *)o->dest ? "true" : "false");
		return true;
	case LL_OPT_STRING:
	case LL_OPT_OPTIONAL:
	case LL_OPT_CHOICE: {
		const char *value = *(const char **)o->dest;
		if (value)
			put_string(out, o, value);
		return value != NULL;
	}
	case LL_OPT_LIST: {
		const struct ll_strings *list = o->dest;
		for (size_t i = 0; i < list->len; i++) {
			if (i > 0)
				ll_buf_puts(out, "\\n");
			put_string(out, o, list->item[i]);
		}
		return list->len > 0;
	}
	case LL_OPT_INT:
		ll_buf_printf(out, "%lld", (long long)*(int64_t *)o->dest);
		return true;
	case LL_OPT_SIZE:
		ll_buf_printf(out, "%llu", (unsigned long long)*(uint64_t *)o->dest);
		return true;
	case LL_OPT_FLOAT:
		ll_put_double(out, *(double *)o->dest);
		return true;
	case LL_OPT_GROUP:
		break;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *ll_identity(void)
{
	static struct ll_buf text;
	char **lines = NULL;
	size_t n = 0, cap = 0;
	const struct ll_option *o;
	for (size_t pos = 0; ll_running.command && (o = ll_option_next(ll_running.command, &pos, NULL));) {
		if (!(o->flags & LL_OPT_IDENTITY))
			continue;
		struct ll_buf line = { 0 };
		bool there = true;
		size_t i = 0;
		ll_buf_printf(&line, "%s=", o->name);
		while (i < n_overrides && strcmp(overrides[i].name, o->name) != 0)
			i++;
		if (i < n_overrides)
			put_escaped(&line, overrides[i].value);
		else
			there = put_value(&line, o);
		if (there) {
			LL_GROW(lines, cap, n + 1);
			lines[n++] = ll_buf_steal(&line);
		}
		ll_buf_free(&line);
	}
	if (n > 0)
		qsort(lines, n, sizeof(*lines), by_text);
	ll_buf_clear(&text);
	for (size_t i = 0; i < n; i++) {
		ll_buf_printf(&text, "%s\n", lines[i]);
		ll_free(lines[i]);
	}
	ll_free(lines);
	return ll_buf_cstr(&text);
}
