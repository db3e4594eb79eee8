/* SPDX-License-Identifier: MIT */
/* train_diff.c - ll-train diff: in what two runs differ, where their logs part, and their curves. */
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
#include "ll-train/train_curves.h"
#include "ll-train/train_environment.h"
#include "ll-train/train_rows.h"

#define CONFIG_MAX LL_MIB

static int64_t points = 20;
static const char *plot;

const struct ll_option ll_train_diff_options[] = {
	{ LL_OPT_INT, 0, "points", &points, "N", "rows of the curves that are printed; 0: every step", 0, NULL, 0, 0x1p52 },
	{ LL_OPT_STRING, 0, "plot", &plot, "FILE", "draw both over each other: FILE.svg, FILE.png, FILE.gp, - for characters", 0, NULL, 0, 0 },
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
	static const char *const others[] = { "products", "tokenizer", "exclude", "host", "threads" };
	struct ll_train_environment *e = ll_train_environment_read(a), *f = ll_train_environment_read(b);
	struct ll_train_trait trait[LL_TRAIN_TRAITS];
	bool any = false;
	ll_train_traits(NULL, trait);
	for (size_t i = 0; e && f && i < LL_TRAIN_TRAITS + LL_COUNT(others); i++) {
		const char *name = i < LL_TRAIN_TRAITS ? trait[i].name : others[i - LL_TRAIN_TRAITS];
		any |= differ("environment", name, ll_train_environment_get(e, name), ll_train_environment_get(f, name)) &&
		       strcmp(name, "host") != 0 && strcmp(name, "threads") != 0; /* which change no bits */
	}
	ll_train_environment_free(e);
	ll_train_environment_free(f);
	return any;
}

/* ---- logs ---- */

static void print_columns(const struct ll_train_rows *a, const struct ll_train_rows *b, const char *name, size_t i)
{
	printf("parts\t%s\t%s\t%s\n", name, a->column[i], b->column[i]);
}

/* To the first rows of the same step: the log of a fork begins behind that of its parent. Returns how many both have from there on; the
 * first of them is the row. */
static uint64_t align(struct ll_train_rows *a, struct ll_train_rows *b)
{
	bool both = ll_train_rows_next(a) && ll_train_rows_next(b);
	while (both && ll_train_rows_number(a, 0) != ll_train_rows_number(b, 0))
		both = ll_train_rows_next(ll_train_rows_number(a, 0) < ll_train_rows_number(b, 0) ? a : b);
	return both ? 1 + LL_MIN(ll_train_rows_left(a), ll_train_rows_left(b)) : 0;
}

/* Both logs step by step: the first that differs, whole; then the losses over each other. */
static bool diff_logs(const char *run_a, const char *run_b)
{
	struct ll_train_rows a, b;
	char *name[LL_TRAIN_COLUMNS_MAX];
	ll_train_rows_open(&a, run_a, "log.tsv");
	ll_train_rows_open(&b, run_b, "log.tsv");
	size_t names = LL_MIN(a.columns, b.columns);
	memcpy(name, a.column, sizeof(name));
	uint64_t rows_a = ll_train_rows_left(&a), rows_b = ll_train_rows_left(&b), rows = align(&a, &b);
	uint64_t every = points > 0 ? LL_MAX((rows + (uint64_t)points - 1) / (uint64_t)points, 1) : 1;
	bool parted = false;
	double largest = 0;
	struct ll_buf curves = { 0 };
	for (uint64_t row = 1; row <= rows && (row == 1 || (ll_train_rows_next(&a) && ll_train_rows_next(&b))); row++) {
		for (size_t i = 0; i < names && !parted; i++)
			if (i < a.columns && i < b.columns && strcmp(a.column[i], b.column[i]) != 0) {
				parted = true;
				printf("parts\tstep\t%s\t%s\n", a.column[0], b.column[0]);
				for (size_t k = 1; k < names && k < a.columns && k < b.columns; k++)
					if (strcmp(a.column[k], b.column[k]) != 0)
						print_columns(&a, &b, name[k], k);
			}
		double difference = strcmp(a.column[2], b.column[2]) == 0 ? 0 : fabs(ll_train_rows_number(&a, 2) - ll_train_rows_number(&b, 2));
		largest = difference > largest || isnan(difference) ? difference : largest; /* NaN stays */
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
	ll_train_rows_close(&a);
	ll_train_rows_close(&b);
	return parted || rows_a != rows_b;
}

int ll_train_diff(int operands, char **operand)
{
	if (operands != 2)
		ll_die(LL_EXIT_USAGE, "two operands are asked for: the folders of two runs");
	bool any = diff_config(operand[0], operand[1]);
	any |= diff_environment(operand[0], operand[1]);
	any |= diff_logs(operand[0], operand[1]);
	if (plot)
		ll_train_draw((const char *const *)operand, 2, NULL, plot);
	return any ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}
