/* SPDX-License-Identifier: MIT */
/*
 * merge_command.c - counts of many machines added up. With weights the groups are weighed and become one count: the sum of
 * weight times count over the groups of a pre-token, exact, then rounded once to the nearest number, halves up.
 */
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/counting.h"

typedef unsigned __int128 u128;

#define PARTS_MOST ((uint64_t)1 << 62) /* of the common denominator */

struct weight {
	struct ll_str name;
	uint64_t over, under; /* the weight as a fraction */
	bool met;
};

struct weights {
	struct weight *weight; /* as given */
	size_t len;
	uint64_t under;	     /* common denominator */
	u128 *by_number;     /* of each group, over that */
};

/* ---- what was asked for ---- */

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

/* "3", "0.25" or "2/3": a fraction, reduced. */
static int parse_fraction(struct ll_str text, uint64_t *over, uint64_t *under)
{
	const char *slash = memchr(text.data, '/', text.len), *point = memchr(text.data, '.', text.len);
	*under = 1;
	if (slash) {
		size_t len = (size_t)(slash - text.data);
		if (ll_parse_u64(ll_str(text.data, len), over) ||
		    ll_parse_u64(ll_str(slash + 1, text.len - len - 1), under) || *under == 0)
			return -1;
	} else if (point) {
		struct ll_buf digits = { 0 };
		size_t after = (size_t)(text.data + text.len - point - 1);
		ll_buf_add(&digits, text.data, text.len - after - 1);
		ll_buf_add(&digits, point + 1, after);
		int rc = after == 0 || after > 18 ? -1 : ll_parse_u64(ll_buf_str(&digits), over);
		ll_buf_free(&digits);
		if (rc)
			return -1;
		while (after--)
			*under *= 10;
	} else if (ll_parse_u64(text, over)) {
		return -1;
	}
	uint64_t common = gcd(*over, *under);
	*over /= common;
	*under /= common;
	return 0;
}

static void parse_weights(struct weights *w, const struct ll_strings *given)
{
	*w = (struct weights){ ll_calloc(given->len + 1, sizeof *w->weight), given->len, 1, NULL };
	for (size_t i = 0; i < given->len; i++) {
		struct weight *x = &w->weight[i];
		const char *colon = strrchr(given->item[i], ':');
		if (!colon || parse_fraction(ll_cstr(colon + 1), &x->over, &x->under)) {
			ll_hint("--weight=web:0.25, --weight=books:2 or --weight=code:1/3, say");
			ll_die(LL_EXIT_USAGE, "--weight=%s: not NAME:WEIGHT", given->item[i]);
		}
		x->name = ll_str(given->item[i], (size_t)(colon - given->item[i]));
		for (size_t k = 0; k < i; k++)
			if (ll_str_eq(x->name, w->weight[k].name))
				ll_die(LL_EXIT_USAGE, "--weight: '%.*s' is given twice", (int)x->name.len, x->name.data);
		uint64_t more = x->under / gcd(w->under, x->under);
		if (w->under > PARTS_MOST / more)
			ll_die(LL_EXIT_USAGE, "--weight: the common denominator of all weights is beyond 2^62");
		w->under *= more;
	}
}

/* The first of the groups that there are. */
static void hint_groups(const struct group_names *names, uint32_t groups)
{
	struct ll_buf list = { 0 };
	for (uint32_t i = 0; i < groups && list.len < 200; i++) {
		struct ll_str name = group_names_text(names, i);
		ll_buf_printf(&list, "%s'%.*s'", i ? ", " : "", (int)LL_MIN(name.len, 60), name.data);
	}
	if (list.len >= 200)
		ll_buf_puts(&list, ", ...");
	ll_hint("the counts are of %s", ll_buf_cstr(&list));
	ll_buf_free(&list);
}

/* Weights by group number; what was not named weighs 1. */
static void find_groups(struct weights *w, struct group_names *names)
{
	uint32_t groups = group_names_count(names);
	w->by_number = ll_malloc(groups * sizeof *w->by_number);
	for (uint32_t i = 0; i < groups; i++)
		w->by_number[i] = w->under;
	for (size_t i = 0; i < w->len; i++) {
		const struct weight *x = &w->weight[i];
		uint32_t number = group_names_number(names, x->name);
		if (number >= groups) {
			hint_groups(names, groups);
			ll_die(LL_EXIT_INPUT, "--weight: no count is of a group '%.*s'", (int)x->name.len, x->name.data);
		}
		w->by_number[number] = (u128)x->over * (w->under / x->under);
	}
}

/* ---- */

static uint64_t weigh(const struct weights *w, const struct tally_part *part, size_t parts)
{
	u128 sum = w->under / 2;
	for (size_t i = 0; i < parts; i++) {
		u128 more;
		if (part[i].count > INT64_MAX || __builtin_mul_overflow((u128)part[i].count, w->by_number[part[i].group], &more) ||
		    __builtin_add_overflow(sum, more, &sum))
			ll_die(LL_EXIT_RESOURCE, "a weighted count above 2^63");
	}
	sum /= w->under;
	if (sum > INT64_MAX)
		ll_die(LL_EXIT_RESOURCE, "a weighted count above 2^63");
	return (uint64_t)sum;
}

static uint64_t write_weighted(struct ll_writer *out, struct tally *t, const struct weights *w)
{
	struct ll_buf scratch = { 0 };
	struct ll_str piece;
	struct tally_part *part;
	size_t parts;
	uint64_t pieces = 0, gone = 0;
	for (; tally_next(t, &piece, &part, &parts); pieces++) {
		uint64_t count = weigh(w, part, parts);
		if (count)
			counts_record_put(out, &(struct counts_record){ ll_str("", 0), piece, count }, &scratch);
		else
			gone++;
	}
	ll_buf_free(&scratch);
	if (gone)
		ll_warn("%llu of %llu distinct pre-tokens came to a count of 0 by their weights and are left out",
			(unsigned long long)gone, (unsigned long long)pieces);
	return pieces - gone;
}

int merge_command(int operands, char **operand)
{
	const struct ll_bpe_options *o = &ll_bpe_options;
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct weights weights;
	struct ll_lineage *lineage = ll_lineage_new();
	parse_weights(&weights, &o->weight);
	ll_out_check(ll_common.output, LL_OUT_BINARY | ll_out_common_flags());
	struct counted counted = counting_run(
		&(struct counting_options){ .from = "counts", .keep_groups = true, .lineage = lineage }, files, n);
	if (!counted.kind.pretokenizer)
		ll_die(LL_EXIT_INPUT, "no counts to merge");
	if (weights.len)
		find_groups(&weights, counted.names);
	struct ll_writer *w = ll_writer_open(ll_common.output, counts_kind_header(&counted.kind));
	uint64_t pieces = weights.len ? write_weighted(w, counted.tally, &weights) :
					counts_write_all(w, counted.tally, counted.names);
	ll_writer_close(w, lineage);
	ll_note("%llu distinct pre-tokens", (unsigned long long)pieces);
	counted_free(&counted);
	ll_lineage_free(lineage);
	ll_free(weights.weight);
	ll_free(weights.by_number);
	return LL_EXIT_OK;
}
