/* SPDX-License-Identifier: MIT */
/* Which files an operand means, what they are called, and what is in them. */
#include "ll-shard/import.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "io/file.h"
#include "io/warc.h"
#include "stream/frame.h"

static enum import_form form_of_name(const char *name)
{
	static const struct {
		const char *ending;
		enum import_form form;
	} known[] = {
		{ ".jsonl", IMPORT_JSONL }, { ".ndjson", IMPORT_JSONL }, { ".json", IMPORT_JSONL },
		{ ".html", IMPORT_HTML },   { ".htm", IMPORT_HTML },	 { ".xhtml", IMPORT_HTML },
		{ ".txt", IMPORT_TEXT },    { ".text", IMPORT_TEXT },	 { ".md", IMPORT_TEXT },
		{ ".rst", IMPORT_TEXT },    { ".warc", IMPORT_WARC },	 { ".wet", IMPORT_WARC },
		{ ".arc", IMPORT_WARC },
	};
	static const char *const packed[] = { ".gz", ".zst", ".bz2", ".xz", ".zstd" };
	size_t len = strlen(name);

	for (size_t i = 0; i < LL_COUNT(packed); i++) {
		size_t n = strlen(packed[i]);
		if (len > n && strcasecmp(name + len - n, packed[i]) == 0) {
			len -= n;
			break;
		}
	}
	for (size_t i = 0; i < LL_COUNT(known); i++) {
		size_t n = strlen(known[i].ending);
		if (len > n && strncasecmp(name + len - n, known[i].ending, n) == 0)
			return known[i].form;
	}
	return IMPORT_AUTO;
}

static bool begins(struct ll_str s, const char *lower)
{
	size_t n = strlen(lower);

	return s.len >= n && strncasecmp(s.data, lower, n) == 0;
}

enum import_form import_sniff(const char *name, struct ll_decoder *d)
{
	struct ll_str head = ll_decoder_peek(d, 4096);
	enum import_form form = form_of_name(name);

	if (ll_warc_is(head))
		return IMPORT_WARC;
	if (form != IMPORT_AUTO && form != IMPORT_WARC)
		return form;
	if (form == IMPORT_WARC && head.len > 0) /* let the archive reader say what is wrong */
		return form;
	if (begins(head, "\xef\xbb\xbf"))
		head = ll_str(head.data + 3, head.len - 3);
	while (head.len > 0 && strchr(" \t\r\n", head.data[0]) && head.data[0])
		head = ll_str(head.data + 1, head.len - 1);
	if (head.len == 0 && ll_decoder_peek(d, 4096).len < 4096)
		return IMPORT_JSONL; /* nothing but space: no document in any form */
	if (head.len > 0 && head.data[0] == '{')
		return IMPORT_JSONL;
	if (begins(head, "<!doctype html") || begins(head, "<html") || begins(head, "<head") || begins(head, "<?xml"))
		return IMPORT_HTML;
	if (head.len >= 4 && ll_frame_magic(head.data, head.len)) {
		bool whole = strcmp(ll_decoder_codec(d), "none") != 0;
		ll_hint(whole ? "ll-shard compresses its streams itself; decompress the file, and use what comes out as it is" :
				"it needs no import: every program reads it");
		ll_die(LL_EXIT_INPUT, whole ? "%s: an lltools stream that was compressed as a whole" : "%s: an lltools stream already", ll_decoder_name(d));
	}
	ll_hint("--from=text, html, jsonl or warc says it");
	ll_die(LL_EXIT_INPUT, "%s: neither its name nor its first bytes tell what it is", ll_decoder_name(d));
}

struct list {
	struct import_file *file;
	size_t n, cap;
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct import_file *)a)->path, ((const struct import_file *)b)->path);
}

static bool wanted(const char *name, enum import_form from)
{
	enum import_form form = form_of_name(name);

	return from == IMPORT_AUTO
		       ? form != IMPORT_AUTO
		       : from == IMPORT_TEXT || form == from || (form == IMPORT_AUTO && from != IMPORT_AUTO);
}

/* Symbolic links to files are followed, those to directories are not: they could lead back. */
static void walk(struct list *list, const char *dir, const char *name, enum import_form from, uint64_t *skipped)
{
	DIR *handle = opendir(dir);
	struct dirent *entry;

	if (!handle)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open the directory", dir);
	for (errno = 0; (entry = readdir(handle)); errno = 0) {
		struct stat st, link;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		char *path = ll_path_join(dir, entry->d_name);
		char *shown = *name ? ll_path_join(name, entry->d_name) : ll_strdup(entry->d_name);
		if (lstat(path, &link) < 0 || (stat(path, &st) < 0 && !S_ISLNK(link.st_mode)))
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot stat", path);
		if (S_ISDIR(link.st_mode)) {
			walk(list, path, shown, from, skipped);
			ll_free(path);
			ll_free(shown);
		} else if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && wanted(entry->d_name, from)) {
			LL_GROW(list->file, list->cap, list->n + 1);
			list->file[list->n++] = (struct import_file){ path, shown };
		} else {
			++*skipped;
			ll_free(path);
			ll_free(shown);
		}
	}
	if (errno)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot read the directory", dir);
	closedir(handle);
}

struct import_files import_expand(const char *path, enum import_form from, uint64_t *skipped)
{
	struct list list = { 0 };
	struct stat st;

	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		size_t len = strlen(path);
		while (len > 1 && path[len - 1] == '/')
			len--;
		char *top = ll_strndup(path, len);
		const char *name = ll_path_base(top);
		walk(&list, top, strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? "" : name, from, skipped);
		if (list.n)
			qsort(list.file, list.n, sizeof(*list.file), by_path);
		ll_free(top);
	} else {
		list.file = ll_calloc(1, sizeof(*list.file));
		list.file[0] =
			(struct import_file){ ll_strdup(path), ll_strdup(strcmp(path, "-") == 0 ? "stdin" : ll_path_base(path)) };
		list.n = 1;
	}
	return (struct import_files){ list.file, list.n };
}

void import_files_free(struct import_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		ll_free(f->file[i].path);
		ll_free(f->file[i].name);
	}
	ll_free(f->file);
}
