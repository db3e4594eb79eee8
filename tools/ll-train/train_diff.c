/* SPDX-License-Identifier: MIT */
/* train_diff.c - ll-train diff: in what two runs differ, and where their logs part. */
#include "base/base.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/config.h"
#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-train/train.h"
#include "ll-train/train_environment.h"

#define CONFIG_MAX LL_MIB
#define LOG_MAX ((size_t)4 << 30)

static int64_t points = 20;

const struct ll_option ll_train_diff_options[] = {
	{ LL_OPT_INT, 0, "points", &points, "N", "rows of the curves that are printed; 0: every step", 0, NULL, 0, 0x1p52 },
	{ 0 },
};

static bool differ(const char *what, const char *name, const char *a, const char *b)
{
	if (strcmp(a ? a : "", b ? b : "") == 0)
		return false;
	printf("%s\t%s\t%s\t%s\n", what, name, a ? a : "-", b ? b : "-");
	return true;
}

static void load(struct ll_config *c, const char *run)
{
	struct ll_err err;
	char *path = ll_path_join(run, "config.conf");
	if (!ll_path_exists(path))
		ll_die(LL_EXIT_INPUT, "%s: no run: %s is missing", run, path);
	struct ll_buf text = ll_read_file(path, CONFIG_MAX);
	if (ll_config_parse(c, path, ll_buf_str(&text), &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", path, err.text);
	ll_buf_free(&text);
	ll_free(path);
}

/* All values of a key, one behind the other; NULL: it has none. The caller frees it. */
static char *values(const struct ll_config *c, const char *key)
{
	struct ll_buf all = { 0 };
	for (size_t i = 0; i < c->len; i++)
		if (strcmp(c->entry[i].key, key) == 0)
			ll_buf_printf(&all, "%s%s", all.len ? " " : "", c->entry[i].value);
	char *text = all.data ? ll_strdup(ll_buf_cstr(&all)) : NULL;
	ll_buf_free(&all);
	return text;
}

static bool diff_config(const char *run_a, const char *run_b)
{
	struct ll_config c[2] = { 0 };
	bool any = false;
	load(&c[0], run_a);
	load(&c[1], run_b);
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < c[side].len; i++) {
			const char *key = c[side].entry[i].key;
			bool repeated = i > 0 && strcmp(c[side].entry[i - 1].key, key) == 0;
			char *a = values(&c[0], key), *b = values(&c[1], key);
			if (!repeated && (side == 0 || !a))
				any |= differ("config", key, a, b);
			ll_free(a);
			ll_free(b);
		}
	ll_config_free(&c[0]);
	ll_config_free(&c[1]);
	return any;
}

static bool diff_environment(const char *a, const char *b)
{
	static const char *const names[] = { "version", "compiler", "kernels", "products", "cpu", "blas", "data", "valid", "tokenizer", "exclude", "host", "threads" };
	struct ll_train_environment *e = ll_train_environment_read(a), *f = ll_train_environment_read(b);
	bool any = false;
	for (size_t i = 0; e && f && i < LL_COUNT(names); i++)
		any |= differ("environment", names[i], ll_train_environment_get(e, names[i]), ll_train_environment_get(f, names[i])) &&
		       strcmp(names[i], "host") != 0 && strcmp(names[i], "threads") != 0; /* which change no bits */
	ll_train_environment_free(e);
	ll_train_environment_free(f);
	return any;
}

/* ---- logs ---- */

struct log {
	struct ll_buf text;
	char *at;
	char *column[64]; /* of the row, cut in place */
	size_t columns;
};

static bool next_row(struct log *l)
{
	char *line = strsep(&l->at, "\n");
	l->columns = 0;
	while (line && *line && l->columns < LL_COUNT(l->column))
		l->column[l->columns++] = strsep(&line, "\t");
	return l->columns > 0;
}

static void open_log(struct log *l, const char *run)
{
	char *path = ll_path_join(run, "log.tsv");
	if (!ll_path_exists(path))
		ll_die(LL_EXIT_INPUT, "%s: is missing", path);
	l->text = ll_read_file(path, LOG_MAX);
	l->at = ll_buf_cstr(&l->text);
	if (!next_row(l) || l->columns < 3)
		ll_die(LL_EXIT_INPUT, "%s: has no heading", path);
	ll_free(path);
}

static uint64_t rows_of(const struct log *l)
{
	uint64_t n = 0;
	for (const char *p = l->at; p && (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

static void print_columns(const struct log *a, const struct log *b, const char *name, size_t i)
{
	printf("parts\t%s\t%s\t%s\n", name, a->column[i], b->column[i]);
}

/* Both logs row by row: the first that differs, whole; then the losses over each other. */
static bool diff_logs(const char *run_a, const char *run_b)
{
	struct log a = { 0 }, b = { 0 };
	char *name[64];
	open_log(&a, run_a);
	open_log(&b, run_b);
	size_t names = LL_MIN(a.columns, b.columns);
	memcpy(name, a.column, sizeof(name));
	uint64_t rows_a = rows_of(&a), rows_b = rows_of(&b), rows = LL_MIN(rows_a, rows_b), row = 0;
	uint64_t every = points > 0 ? LL_MAX((rows + (uint64_t)points - 1) / (uint64_t)points, 1) : 1;
	bool parted = false;
	double largest = 0;
	struct ll_buf curves = { 0 };
	while (row < rows && next_row(&a) && next_row(&b)) {
		row++;
		for (size_t i = 0; i < names && !parted; i++)
			if (i < a.columns && i < b.columns && strcmp(a.column[i], b.column[i]) != 0) {
				parted = true;
				printf("parts\tstep\t%s\t%s\n", a.column[0], b.column[0]);
				for (size_t k = 1; k < names && k < a.columns && k < b.columns; k++)
					if (strcmp(a.column[k], b.column[k]) != 0)
						print_columns(&a, &b, name[k], k);
			}
		double difference = fabs(strtod(a.column[2], NULL) - strtod(b.column[2], NULL));
		largest = difference > largest ? difference : largest;
		if (row % every == 0 || row == rows)
			ll_buf_printf(&curves, "curve\t%s\t%s\t%s\n", a.column[0], a.column[2], b.column[2]);
	}
	if (rows_a != rows_b)
		printf("rows\t-\t%" PRIu64 "\t%" PRIu64 "\n", rows_a, rows_b);
	if (parted) {
		printf("loss\tlargest difference\t%g\t-\n", largest);
		fwrite(curves.data, 1, curves.len, stdout);
	}
	ll_buf_free(&curves);
	ll_buf_free(&a.text);
	ll_buf_free(&b.text);
	return parted || rows_a != rows_b;
}

int ll_train_diff(int operands, char **operand)
{
	if (operands != 2)
		ll_die(LL_EXIT_USAGE, "two operands are asked for: the folders of two runs");
	bool any = diff_config(operand[0], operand[1]);
	any |= diff_environment(operand[0], operand[1]);
	any |= diff_logs(operand[0], operand[1]);
	return any ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}
