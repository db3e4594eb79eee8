/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "io/gnuplot.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/document_group.h"
#include "ll-bpe/inspect.h"

/* The tokenizers of all -m. One --pretokenizer is for all files that do not say theirs, several are for one each, in order. */
static void load(struct inspection *in)
{
	const struct ll_strings *models = &ll_bpe_options.models, *pre = &ll_bpe_options.pretokenizers;
	size_t told = 0;
	if (!models->len) {
		ll_hint("-m tok.json, made by ll-bpe train");
		ll_die(LL_EXIT_USAGE, "no tokenizer given");
	}
	in->n = models->len;
	in->tokenizer = ll_calloc(in->n, sizeof *in->tokenizer);
	if (in->n == 1) { /* as every other command */
		in->tokenizer[0] = (struct inspected){ .path = models->item[0],
						       .bpe = ll_bpe_load(models->item[0], pretokenizer_option()) };
		return;
	}
	for (size_t i = 0; i < in->n; i++) {
		size_t k = pre->len > 1 ? told : 0;
		struct ll_bpe_file file = { .path = models->item[i], .pretokenizer = k < pre->len ? pre->item[k] : NULL, .optional = true };
		in->tokenizer[i] = (struct inspected){ .path = file.path, .bpe = ll_bpe_open(&file) };
		told += ll_bpe_was_told_pretokenizer(in->tokenizer[i].bpe);
	}
	if (pre->len > 1 && pre->len != told)
		ll_die(LL_EXIT_USAGE, "%zu --pretokenizer for %zu files that do not say theirs: give one for all or one for each",
		       pre->len, told);
}

static void parse_widths(struct inspection *in)
{
	size_t cap = 0;
	for (const char *p = ll_bpe_options.widths ? ll_bpe_options.widths : "768,2048,4096";; p++) {
		size_t len = strcspn(p, ",");
		uint64_t v;
		if (ll_parse_u64(ll_str(p, len), &v) < 0 || v == 0 || v > 1u << 20)
			ll_die(LL_EXIT_USAGE, "--widths=%s: widths of models, such as 768,4096", ll_bpe_options.widths);
		LL_GROW(in->width, cap, in->widths + 1);
		in->width[in->widths++] = (int64_t)v;
		p += len;
		if (!*p)
			return;
	}
}

/* What parity compares with: the group named, else en, else that with the most text. */
static void choose_reference(struct inspection *in)
{
	const struct sums *t = &in->groups;
	const char *name = ll_bpe_options.reference;
	size_t most = SIZE_MAX, named = SIZE_MAX;
	for (size_t g = 0; g < t->len; g++) {
		if (t->row[g].name.len == 0)
			continue;
		if (most == SIZE_MAX || t->row[g].count[GROUP_BYTES] > t->row[most].count[GROUP_BYTES])
			most = g;
		if (ll_str_is(t->row[g].name, name ? name : "en"))
			named = g;
	}
	if (name && named == SIZE_MAX)
		ll_die(LL_EXIT_INPUT, "--reference=%s: no document has %s %s", name, in->by, name);
	in->reference = named != SIZE_MAX ? named : most;
}

int inspect_command(int operands, char **operand)
{
	struct inspection in = { .by = ll_bpe_options.group_by ? ll_bpe_options.group_by : "lang" };
	struct ll_buf text = { 0 };
	bool texts = operands || ll_common.files_from;
	if (ll_bpe_options.reference && !texts)
		ll_die(LL_EXIT_USAGE, "--reference needs texts");
	if (ll_bpe_options.plot && !texts)
		ll_die(LL_EXIT_USAGE, "--plot needs texts");
	if (ll_bpe_options.plot)
		ll_picture_of(ll_bpe_options.plot); /* which refuses what is none */
	parse_widths(&in);
	load(&in);
	if (ll_bpe_options.plot)
		ll_out_check(ll_bpe_options.plot, ll_out_common_flags());
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	for (size_t i = 0; i < in.n; i++)
		inspect_vocabulary(&in.tokenizer[i], (size_t)ll_bpe_options.longest);
	if (texts) {
		const char **files;
		size_t n = ll_input_files(operands, operand, &files, NULL);
		inspect_corpus(&in, ll_bpe_options.from, files, n);
		if (in.grouped || ll_bpe_options.reference)
			choose_reference(&in);
		if (!in.grouped && ll_bpe_options.group_by)
			document_group_none(in.by);
	}
	if (ll_bpe_options.json)
		inspect_json(&in, &text);
	else
		inspect_print(&in, &text);
	ll_out_write(out, text.data, text.len);
	ll_out_commit(out);
	if (ll_bpe_options.plot)
		inspect_plot(&in, ll_bpe_options.plot);
	for (size_t i = 0; i < in.n; i++) {
		struct inspected *t = &in.tokenizer[i];
		ll_bpe_free(t->bpe);
		ll_free(t->count);
		ll_free(t->unreachable.id);
		ll_free(t->invalid.id);
		ll_free(t->longest.id);
		ll_free(t->unused.id);
	}
	sums_free(&in.sources);
	sums_free(&in.groups);
	ll_free(in.tokenizer);
	ll_free(in.width);
	ll_free(in.total);
	ll_buf_free(&text);
	return LL_EXIT_OK;
}
