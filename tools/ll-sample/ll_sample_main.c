/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "base/random.h"
#include "bpe/bpe.h"
#include "doc/filter.h"
#include "doc/further.h"
#include "doc/where.h"
#include "io/spool.h"
#include "ll-sample/recipe.h"

/* What a document's random number is for: independent decisions. */
enum purpose { HOLDOUT = 0x73616d01, RATE = 0x73616d02, EPOCHS = 0x73616d03 };

static struct {
	double rate;
	const char *holdout, *recipe, *where, *model, *pretokenizer;
	struct ll_strings counts;
} options = { .rate = 1 };

struct sample {
	double holdout;
	const char *holdout_path;
	struct ll_writer *held;
	struct recipe *recipe;
	struct ll_where *where;
};

static double unit(const struct ll_doc *doc, enum purpose purpose)
{
	uint64_t seed = (uint64_t)ll_common.seed;

	return ll_random_unit(seed, purpose, ll_hash64_seeded(doc->key.byte, sizeof(doc->key.byte), seed));
}

static void *worker_new(void *context)
{
	(void)context;
	return ll_calloc(1, sizeof(struct ll_further));
}

static void worker_free(void *context, void *worker)
{
	(void)context;
	ll_further_free(worker);
	ll_free(worker);
}

static double epochs_of(const struct sample *s, const struct ll_doc *doc)
{
	double epochs = recipe_epochs(s->recipe, doc->source);

	if (epochs < 0) {
		ll_hint("a section [source *] speaks for all others");
		ll_die(LL_EXIT_INPUT, "%s: nothing is said of source \"%.*s\"", options.recipe,
		       (int)LL_MIN(doc->source.len, 100), doc->source.data);
	}
	return epochs;
}

static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	struct sample *s = context;
	unsigned copies = 1;

	if (s->where && !ll_where_test(s->where, doc)) {
		ll_sink_drop(sink, "where", NULL);
		return;
	}
	if (s->held && unit(doc, HOLDOUT) < s->holdout) {
		ll_sink_decide(sink, doc, NULL, 0);
		return;
	}
	if (options.rate < 1 && unit(doc, RATE) >= options.rate) {
		ll_sink_drop(sink, "rate", NULL);
		return;
	}
	if (s->recipe) {
		double epochs = epochs_of(s, doc);
		copies = (unsigned)epochs;
		copies += unit(doc, EPOCHS) < epochs - copies;
	}
	if (copies == 0) {
		ll_sink_drop(sink, "recipe", NULL);
		return;
	}
	ll_sink_keep(sink, doc);
	for (unsigned k = 2; k <= copies; k++) {
		struct ll_doc further = ll_doc_further(worker, doc, '@', k);
		ll_sink_extra(sink, &further, "epochs");
	}
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	struct sample *s = context;

	(void)data;
	(void)len;
	(void)value;
	ll_writer_put(s->held, ll_doc_record(doc), ll_doc_size(doc));
	return "holdout";
}

static void finish(void *context, const struct ll_lineage *lineage)
{
	struct sample *s = context;

	if (s->held)
		ll_writer_finish(s->held, lineage);
}

/* FRACTION:FILE. Only the fraction decides what comes out: it enters the lineage, the name does not. */
static void open_holdout(struct sample *s)
{
	const char *colon = strchr(options.holdout, ':');

	if (!colon || colon[1] == '\0' ||
	    ll_parse_double(ll_str(options.holdout, (size_t)(colon - options.holdout)), &s->holdout) < 0 ||
	    !(s->holdout >= 0 && s->holdout <= 1))
		ll_die(LL_EXIT_USAGE, "--holdout is FRACTION:FILE, as 0.01:held.ll, not \"%s\"", options.holdout);
	s->holdout_path = colon + 1;
	const char *output = ll_common.output ? ll_common.output : "-";
	if (strcmp(s->holdout_path, output) == 0 ||
	    (ll_common.rejects && strcmp(s->holdout_path, ll_common.rejects) == 0))
		ll_die(LL_EXIT_USAGE, "--holdout writes to %s, and so does another output", s->holdout_path);
	struct ll_buf fraction = { 0 };
	ll_put_double(&fraction, s->holdout);
	ll_identity_set("holdout", ll_buf_cstr(&fraction));
	ll_buf_free(&fraction);
	s->held = ll_writer_open(s->holdout_path, ll_header_new("docs", 1, "role=holdout\n"));
}

static struct ll_bpe *load_tokenizer(void)
{
	if (options.pretokenizer && !options.model)
		ll_die(LL_EXIT_USAGE, "--pretokenizer goes with --model");
	return options.model ? ll_bpe_load(options.model, options.pretokenizer) : NULL;
}

/* The counts that were given are of the tokenizer that was given, if any, and have tokens if they are needed. */
static void check_tokenizer(const struct source_counts *counts, const struct ll_bpe *bpe, enum recipe_unit unit)
{
	if (bpe && strcmp(counts->tokenizer, ll_bpe_id(bpe)) != 0)
		ll_die(LL_EXIT_INPUT, "the tokenizer of --counts is %s, that of --model %s",
		       counts->tokenizer[0] ? counts->tokenizer : "none", ll_bpe_id(bpe));
	if (unit == RECIPE_TOKENS && !counts->tokenizer[0]) {
		ll_hint("ll-sample count --model=tok.json counts them");
		ll_die(LL_EXIT_INPUT, "--counts has no tokens, and %s shares a budget of tokens", options.recipe);
	}
}

/* The sizes of the sources: from files of counts, or by reading the inputs once more. */
static void share_budget(struct recipe *recipe, const char **files, size_t n)
{
	struct source_counts counts = { 0 };
	struct ll_bpe *bpe = load_tokenizer();
	enum recipe_unit unit = recipe_budget_unit(recipe);

	if (options.counts.len) {
		source_counts_load(&counts, options.counts.item, options.counts.len);
		check_tokenizer(&counts, bpe, unit);
	} else {
		if (ll_common.parts > 1) {
			ll_hint("ll-sample count, then --counts=FILE of every part");
			ll_die(LL_EXIT_USAGE, "%s shares a budget over all inputs, and --part shows only some", options.recipe);
		}
		if (unit == RECIPE_TOKENS && !bpe) {
			ll_hint("--model=tok.json, or --counts=FILE of ll-sample count --model");
			ll_die(LL_EXIT_USAGE, "%s shares a budget of tokens, and no tokenizer is given", options.recipe);
		}
		ll_spool_inputs(files, n);
		ll_progress_pass(1, 2);
		source_counts_of_files(&counts, unit == RECIPE_TOKENS ? bpe : NULL, files, n, NULL);
		ll_progress_pass(2, 2);
	}
	recipe_share(recipe, &counts);
	source_counts_free(&counts);
	ll_bpe_free(bpe);
}

static int run_count(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct ll_bpe *bpe = load_tokenizer();
	struct source_counts counts = { 0 };
	struct ll_lineage *lineage;

	source_counts_of_files(&counts, bpe, files, n, &lineage);
	source_counts_write(&counts, lineage);
	ll_lineage_free(lineage);
	source_counts_free(&counts);
	ll_bpe_free(bpe);
	return LL_EXIT_OK;
}

static int run(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct sample s = { 0 };
	struct ll_filter filter = { .context = &s,
				    .worker_new = worker_new,
				    .worker_free = worker_free,
				    .map = map,
				    .decide = decide,
				    .finish = finish };

	struct ll_err err;
	if (options.where && !(s.where = ll_where_compile(options.where, &err)))
		ll_die(LL_EXIT_USAGE, "--where: %s", err.text);
	if (s.where)
		ll_identity_set("where", ll_where_identity(s.where));
	if (options.recipe)
		s.recipe = recipe_read(options.recipe);
	bool budget = s.recipe && recipe_budget_unit(s.recipe) != RECIPE_NONE;
	if ((options.counts.len || options.model) && !budget)
		ll_die(LL_EXIT_USAGE, "%s goes with a recipe that has weights and a budget", options.counts.len ? "--counts" : "--model");
	if (budget)
		share_budget(s.recipe, files, n);
	if (options.holdout)
		open_holdout(&s);
	struct ll_writer *out =
		ll_writer_open(ll_common.output ? ll_common.output : "-", ll_header_new("docs", 1, NULL));
	ll_filter_run_to(&filter, files, n, out);
	if (s.held)
		ll_writer_publish(s.held);
	ll_writer_publish(out);
	recipe_free(s.recipe);
	ll_where_free(s.where);
	return LL_EXIT_OK;
}

#define TOKENIZER                                                                                                           \
	{ LL_OPT_STRING, 'm', "model", &options.model, "FILE", "count tokens of this tokenizer.json or .tiktoken file",    \
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 },                                                                     \
	{ LL_OPT_STRING, 0, "pretokenizer", &options.pretokenizer, "NAME", "the pre-tokenizer of a .tiktoken file",        \
	  LL_OPT_IDENTITY, NULL, 0, 0 }

static const struct ll_option table[] = {
	{ LL_OPT_STRING, 0, "where", &options.where, "EXPR", "take only documents for which EXPR holds (lltools-where)",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_FLOAT, 0, "rate", &options.rate, "R", "keep each document with probability R, decided by its key",
	  LL_OPT_IDENTITY, NULL, 0, 1 },
	{ LL_OPT_STRING, 0, "holdout", &options.holdout, "FRACTION:FILE",
	  "put a fraction of the documents into FILE instead, by key", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "recipe", &options.recipe, "FILE", "rates, epochs or weights by source",
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 },
	{ LL_OPT_LIST, 0, "counts", &options.counts, "FILE", "what ll-sample count wrote, of all shards; may be repeated", 0, NULL, 0, 0 },
	TOKENIZER,
	{ 0 },
};

static const struct ll_option count_table[] = { TOKENIZER, { 0 } };

static const struct ll_command commands[] = {
	{ NULL, "[FILE]...", "select, repeat and hold out documents by their keys", table,
	  LL_COMMON_FILTER | LL_COMMON_SEED, run,
	  "ll-sample --rate=0.1 -o tenth.ll docs.ll\n"
	  "ll-sample --holdout=0.01:held.ll --recipe=mix.conf -o train.ll docs.ll\n" },
	{ "count", "[FILE]...", "map: documents, text bytes and tokens of each source", count_table,
	  LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_COMPRESS | LL_COMMON_FILES | LL_COMMON_PART | LL_COMMON_PROGRESS, run_count,
	  "ll-sample count -m tok.json -o a.counts a.ll\n" },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct ll_program program = { "ll-sample", "samples, mixes and hold-out sets", commands, NULL };

	ll_identity_file_id = ll_content_id;
	return ll_main(&program, argc, argv);
}
