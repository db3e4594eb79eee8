/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "io/file.h"
#include "ll-train/train_rows.h"

#define POINTS 1000	/* of a curve at most */
#define ALL_POINTS 20000 /* of all together, so that a picture of many tensors stays small */

struct row {
	double step, value[LL_TRAIN_PART_VALUES];
	size_t part;
};

struct table {
	struct row *row;
	size_t rows, capacity;
};

static size_t part_named(struct ll_train_parts *p, size_t guess, const char *name)
{
	if (guess < p->parts && strcmp(p->name[guess], name) == 0)
		return guess;
	for (size_t i = 0; i < p->parts; i++)
		if (strcmp(p->name[i], name) == 0)
			return i;
	LL_GROW(p->name, p->capacity, p->parts + 1);
	p->name[p->parts] = ll_strdup(name);
	return p->parts++;
}

static void of_norms(const struct ll_train_rows *l, double *value)
{
	double gradient = ll_train_rows_number(l, 2), weight = ll_train_rows_number(l, 3);
	value[0] = gradient > 0 ? gradient : NAN; /* their axis is logarithmic */
	value[1] = weight > 0 ? ll_train_rows_number(l, 4) / weight : NAN;
	value[1] = value[1] > 0 ? value[1] : NAN;
	value[2] = NAN;
}

static void of_experts(const struct ll_train_rows *l, double *value)
{
	double most = -INFINITY, least = INFINITY, experts = 0;
	char *rest = l->rest;
	for (size_t i = 3; i < l->columns || rest; i++, experts++) {
		double share = i < l->columns ? ll_train_rows_number(l, i) : ll_train_rows_field(l, strsep(&rest, "\t"));
		most = fmax(most, share);
		least = fmin(least, share);
	}
	value[0] = most * experts, value[1] = least * experts, value[2] = ll_train_rows_number(l, 2);
}

/* One of the two files. */
struct kind {
	const char *file, *name; /* the form of a part's name */
	void (*of)(const struct ll_train_rows *l, double *value);
};

static void read_table(struct ll_train_parts *p, struct table *t, const char *run, const struct kind *kind)
{
	struct ll_train_rows l;
	char *path = ll_path_join(run, kind->file);
	bool exists = ll_path_exists(path);
	ll_free(path);
	if (!exists)
		return;
	ll_train_rows_open(&l, run, kind->file);
	while (ll_train_rows_next(&l)) {
		LL_GROW(t->row, t->capacity, t->rows + 1);
		struct row *r = &t->row[t->rows++];
		char *name = ll_format(kind->name, l.columns > 1 ? l.column[1] : "");
		r->step = ll_train_rows_number(&l, 0);
		r->part = part_named(p, t->rows > 1 ? (r[-1].part + 1) % p->parts : 0, name);
		kind->of(&l, r->value);
		ll_free(name);
	}
	ll_train_rows_close(&l);
}

/* The mean of `n` rows, of which the last is at `step`. */
static void put_line(struct ll_train_parts *p, double step, double *sum, size_t n)
{
	ll_buf_printf(&p->data, "%.0f", step);
	for (int v = 0; v < LL_TRAIN_PART_VALUES; v++) {
		double mean = sum[v] / (double)n;
		ll_buf_printf(&p->data, isfinite(mean) ? " %.7g" : " NaN", mean);
		p->has[v] |= isfinite(mean);
		sum[v] = 0;
	}
	ll_buf_putc(&p->data, '\n');
}

/* The rows of a part one behind the other, in their order; those of part i begin at start[i]. */
static struct row *by_part(const struct table *t, size_t parts, size_t *start)
{
	struct row *sorted = ll_calloc(t->rows + 1, sizeof(*sorted));
	size_t *at = ll_calloc(parts + 1, sizeof(*at));
	for (size_t i = 0; i < t->rows; i++)
		start[t->row[i].part + 1]++;
	for (size_t i = 0; i < parts; i++)
		at[i + 1] = start[i + 1] += start[i];
	for (size_t i = 0; i < t->rows; i++)
		sorted[at[t->row[i].part]++] = t->row[i];
	ll_free(at);
	return sorted;
}

static void put_parts(struct ll_train_parts *p, const struct table *t)
{
	size_t points = LL_MAX(LL_MIN((size_t)POINTS, (size_t)ALL_POINTS / LL_MAX(p->parts, 1)), (size_t)100);
	size_t *start = ll_calloc(p->parts + 2, sizeof(*start));
	struct row *sorted = by_part(t, p->parts, start);
	for (size_t i = 0; i < p->parts; i++) {
		double sum[LL_TRAIN_PART_VALUES] = { 0 };
		size_t each = (start[i + 1] - start[i] + points - 1) / points, n = 0;
		for (size_t k = start[i]; k < start[i + 1]; k++) {
			for (int v = 0; v < LL_TRAIN_PART_VALUES; v++)
				sum[v] += sorted[k].value[v];
			if (++n == each || k + 1 == start[i + 1]) {
				put_line(p, sorted[k].step, sum, n);
				n = 0;
			}
		}
		ll_buf_puts(&p->data, "\n\n");
	}
	ll_free(sorted);
	ll_free(start);
}

static void make(struct ll_train_parts *p, const char *run, const struct kind *kind, struct table *t)
{
	*p = (struct ll_train_parts){ 0 };
	read_table(p, t, run, kind);
	put_parts(p, t);
}

void ll_train_parts_norms(struct ll_train_parts *p, const char *run)
{
	struct table t = { 0 };
	make(p, run, &(struct kind){ "norms.tsv", "%s", of_norms }, &t);
	ll_free(t.row);
}

void ll_train_parts_experts(struct ll_train_parts *p, const char *run)
{
	struct table t = { 0 };
	double dropped = 0;
	make(p, run, &(struct kind){ "experts.tsv", "h.%s", of_experts }, &t);
	for (size_t i = 0; i < t.rows; i++)
		dropped = fmax(dropped, t.row[i].value[2]);
	p->has[2] = dropped > 0;
	ll_free(t.row);
}

void ll_train_parts_free(struct ll_train_parts *p)
{
	for (size_t i = 0; i < p->parts; i++)
		ll_free(p->name[i]);
	ll_free(p->name);
	ll_buf_free(&p->data);
	*p = (struct ll_train_parts){ 0 };
}
