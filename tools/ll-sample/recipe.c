/* SPDX-License-Identifier: MIT */
#include "ll-sample/recipe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/config.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"

struct source {
	const char *name; /* in the configuration */
	size_t section;
	double epochs; /* of weighted ones: set by recipe_share */
	double weight; /* -1: epochs or rate were given */
	unsigned line;
};

struct recipe {
	struct ll_config config;
	struct source *source; /* by name */
	size_t len, cap;
	double others;   /* of [source *]; -1 without */
	enum recipe_unit unit;
	double budget;   /* of the unit, of the weighted sources together */
	double weights;  /* their sum */
};

static const char *const unit_name[] = { "", "bytes", "tokens", "documents" };

static void LL_NORETURN LL_PRINTF(3, 4)
	refuse(const struct recipe *r, const struct ll_config_entry *e, const char *format, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	ll_die(LL_EXIT_USAGE, "%s: line %u: %s", r->config.path, e->line, text);
}

static double number(const struct recipe *r, const struct ll_config_entry *e, double max)
{
	double v;

	if (ll_parse_double(ll_cstr(e->value), &v) < 0 || !(v >= 0 && v <= max))
		refuse(r, e, "%s is a number from 0 to %g, not \"%s\"", e->key, max, e->value);
	return v;
}

/* bytes = 10G, tokens = 2e9, documents = 500000: one of them. */
static void take_budget(struct recipe *r, struct ll_config_entry *e, enum recipe_unit unit)
{
	if (r->unit)
		refuse(r, e, "a second budget: one of bytes, tokens, documents");
	r->unit = unit;
	e->used = true;
	uint64_t size = 0;
	if (unit == RECIPE_BYTES) {
		if (ll_parse_size(ll_cstr(e->value), &size) < 0 || size == 0)
			refuse(r, e, "bytes is a size such as 10G, not \"%s\"", e->value);
		r->budget = (double)size;
	} else if (ll_parse_double(ll_cstr(e->value), &r->budget) < 0 || !(r->budget >= 1 && r->budget <= 1e18)) {
		refuse(r, e, "%s is a number such as 2e9, not \"%s\"", e->key, e->value);
	}
}

static void take(struct recipe *r, struct ll_config_entry *e)
{
	if (e->section[0] == '\0')
		for (enum recipe_unit unit = RECIPE_BYTES; unit <= RECIPE_DOCUMENTS; unit++)
			if (strcmp(e->key, unit_name[unit]) == 0) {
				take_budget(r, e, unit);
				return;
			}
	bool rate = strcmp(e->key, "rate") == 0, weight = strcmp(e->key, "weight") == 0;
	if (!rate && !weight && strcmp(e->key, "epochs") != 0)
		return;
	if (strcmp(e->section, "source") != 0 && strncmp(e->section, "source ", 7) != 0)
		refuse(r, e, "%s stands in a section [source NAME]", e->key);
	e->used = true;
	const char *name = e->section[6] ? e->section + 7 : "";
	for (size_t i = 0; i < r->len; i++)
		if (strcmp(r->source[i].name, name) == 0)
			refuse(r, e, "source \"%s\" has a rate, epochs or a weight already", name);
	if (weight && strcmp(name, "*") == 0)
		refuse(r, e, "[source *] has no weight: say the weight of every source by name");
	LL_GROW(r->source, r->cap, r->len + 1);
	double v = number(r, e, rate ? 1 : weight ? 1e9 : RECIPE_EPOCHS_MAX);
	r->source[r->len++] = (struct source){ name, e->section_index, weight ? 0 : v, weight ? v : -1, e->line };
	r->weights += weight ? v : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct source *)a)->name, ((const struct source *)b)->name);
}

struct recipe *recipe_read(const char *path)
{
	static const char *const known[] = { "rate", "epochs", "weight", "bytes", "tokens", "documents" };
	struct recipe *r = ll_calloc(1, sizeof(*r));
	struct ll_buf text = ll_read_file(path, (size_t)16 << 20);
	struct ll_err err;

	if (ll_config_parse(&r->config, path, ll_buf_str(&text), &err) < 0)
		ll_die(LL_EXIT_USAGE, "%s: %s", path, err.text);
	ll_buf_free(&text);
	for (size_t i = 0; i < r->config.len; i++)
		take(r, &r->config.entry[i]);
	ll_config_reject_unused(&r->config, known, LL_COUNT(known));
	if (r->len == 0)
		ll_die(LL_EXIT_USAGE, "%s: no section [source NAME] with rate, epochs or weight", path);
	if ((r->weights > 0) != (r->unit != RECIPE_NONE)) {
		ll_hint("bytes = 10G, tokens = 2e9 or documents = 500000, before the first section");
		ll_die(LL_EXIT_USAGE, "%s: weights and a budget go together", path);
	}
	qsort(r->source, r->len, sizeof(*r->source), by_name); /* names are distinct */
	r->others = -1;
	r->others = recipe_epochs(r, ll_cstr("*"));
	return r;
}

enum recipe_unit recipe_budget_unit(const struct recipe *r)
{
	return r->unit;
}

static double amount(const struct source_count *c, enum recipe_unit unit)
{
	if (!c)
		return 0;
	return (double)(unit == RECIPE_BYTES ? c->bytes : unit == RECIPE_TOKENS ? c->tokens : c->documents);
}

void recipe_share(struct recipe *r, const struct source_counts *counts)
{
	for (size_t i = 0; i < r->len; i++) {
		struct source *s = &r->source[i];
		if (s->weight < 0)
			continue;
		const struct source_count *c = source_counts_find(counts, ll_cstr(s->name));
		double has = amount(c, r->unit);
		if (s->weight > 0 && has == 0)
			ll_die(LL_EXIT_INPUT, "%s: line %u: source \"%s\" has a weight but no %s", r->config.path, s->line, s->name,
			       r->unit == RECIPE_BYTES ? "text" : unit_name[r->unit]);
		s->epochs = s->weight > 0 ? r->budget * (s->weight / r->weights) / has : 0;
		if (s->epochs > RECIPE_EPOCHS_MAX)
			ll_die(LL_EXIT_INPUT, "%s: line %u: source \"%s\" would be repeated %.0f times; at most %.0f is possible", r->config.path,
			       s->line, s->name, s->epochs, RECIPE_EPOCHS_MAX);
	}
}

double recipe_epochs(const struct recipe *r, struct ll_str source)
{
	size_t low = 0, high = r->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct ll_str name = ll_cstr(r->source[middle].name);
		int order = memcmp(name.data, source.len ? source.data : "", LL_MIN(name.len, source.len));
		if (order == 0)
			order = (name.len > source.len) - (name.len < source.len);
		if (order == 0)
			return r->source[middle].epochs;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return r->others;
}

void recipe_free(struct recipe *r)
{
	if (!r)
		return;
	ll_config_free(&r->config);
	ll_free(r->source);
	ll_free(r);
}
