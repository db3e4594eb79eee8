/* SPDX-License-Identifier: MIT */
/* option_inputs.c - which files a command reads: --files-from, operands, --part. */
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct inputs {
	const char **file;
	uint64_t *expected;
	size_t len, file_cap, expected_cap;
	uint64_t position;
};

/* Position decides the part, so that a list and the same operands are cut alike. */
static void add(struct inputs *in, const char *path, uint64_t expected)
{
	if (in->position++ % ll_common.parts != ll_common.part - 1)
		return;
	LL_GROW(in->file, in->file_cap, in->len + 1);
	LL_GROW(in->expected, in->expected_cap, in->len + 1);
	in->file[in->len] = path;
	in->expected[in->len++] = expected;
}

static void add_list(struct inputs *in, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	if (!f)
		ll_die_errno(LL_EXIT_RESOURCE, "%s", path);
	for (uint64_t number = 1; (len = getline(&line, &cap, f)) >= 0; number++) {
		if (len > 0 && line[len - 1] == '\n')
			len--;
		if (len == 0)
			continue;
		if (memchr(line, '\0', (size_t)len))
			ll_die(LL_EXIT_INPUT, "%s: line %llu: a NUL byte in a list of files", path,
			       (unsigned long long)number);
		const char *tab = strrchr(line, '\t');
		uint64_t expected = UINT64_MAX;
		if (tab && ll_parse_u64(ll_str(tab + 1, (size_t)(line + len - tab - 1)), &expected) == 0)
			len = tab - line;
		else if (tab)
			ll_die(LL_EXIT_INPUT, "%s: line %llu: after the tab there must be a number of records", path,
			       (unsigned long long)number);
		add(in, ll_strndup(line, (size_t)len), expected);
	}
	if (ferror(f))
		ll_die_errno(LL_EXIT_RESOURCE, "%s", path);
	free(line);
	if (!is_stdin)
		fclose(f);
}

/* The progress line can say what is left when all inputs are files. */
static void expect_bytes(const struct inputs *in)
{
	struct stat st;
	uint64_t total = 0;
	for (size_t i = 0; i < in->len; i++) {
		if (strcmp(in->file[i], "-") == 0 || stat(in->file[i], &st) != 0 || !S_ISREG(st.st_mode))
			return;
		total += (uint64_t)st.st_size;
	}
	ll_progress_expect(total);
}

static struct inputs inputs; /* of the last call */

uint64_t ll_input_expected(const char *const *files, size_t i)
{
	const char *const *list = inputs.file;
	if (!list || files < list || files + i >= list + inputs.len)
		return UINT64_MAX;
	return inputs.expected[files + i - list];
}

size_t ll_input_files(int operands, char **operand, const char ***files, uint64_t **expected)
{
	static const char *standard_input[] = { "-", NULL };
	static uint64_t unknown[] = { UINT64_MAX };
	struct inputs in = { 0 };
	if (ll_common.files_from)
		add_list(&in, ll_common.files_from);
	for (int i = 0; i < operands; i++) {
		if (!*operand[i])
			ll_usage_error("an empty name among the files to read");
		add(&in, operand[i], UINT64_MAX);
	}
	bool none = !ll_common.files_from && operands == 0;
	if (none && ll_common.parts > 1)
		ll_usage_error("--part needs input files to choose from");
	expect_bytes(&in);
	inputs = in;
	*files = none ? standard_input : in.file;
	if (expected)
		*expected = none ? unknown : in.expected;
	return none ? 1 : in.len;
}
