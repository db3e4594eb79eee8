/* SPDX-License-Identifier: MIT */
/* ll-shard import: options and life cycle. */
#include "ll-shard/import.h"

#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "ll-shard/import_tokens.h"
#include "ll-shard/ll_shard.h"

static struct import_options options = {
	.from = "auto", .text_key = "text", .id_key = "id", .source_key = "source", .expect = -1
};

static enum import_form form_named(const char *name)
{
	static const char *const names[] = { "auto", "jsonl", "text", "html", "warc" };

	for (size_t i = 0; i < LL_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum import_form)i;
	LL_BUG("form %s", name);
}

static void import_one(struct import *im, const struct import_file *file, enum import_form form)
{
	struct ll_decoder *d = ll_decoder_open(file->path);

	ll_decoder_hash(d);
	if (form == IMPORT_AUTO)
		form = import_sniff(file->name, d);
	if (form == IMPORT_JSONL)
		import_jsonl(im, file, d);
	else if (form == IMPORT_WARC)
		import_archive(im, file, d);
	else
		import_page_file(im, file, d, form == IMPORT_HTML);
}

static void expect(uint64_t got, uint64_t want, const char *what)
{
	if (got != want)
		ll_die(LL_EXIT_INPUT, "%s: %llu records, %llu were expected", what, (unsigned long long)got,
		       (unsigned long long)want);
}

/* Its files, which live as long as jobs of theirs. */
static struct import_files import_operand(struct import *im, const char *path, uint64_t expected)
{
	enum import_form form = form_named(options.from);
	uint64_t skipped = 0, before = 0;
	struct import_files files = import_expand(path, form, &skipped);

	if (expected != UINT64_MAX) {
		ll_queue_drain(im->queue);
		before = im->documents;
	}
	for (size_t i = 0; i < files.n; i++)
		import_one(im, &files.file[i], form);
	if (skipped)
		ll_stats_count(im->read, "skipped_files", skipped);
	if (expected != UINT64_MAX) {
		ll_queue_drain(im->queue);
		expect(im->documents - before, expected, path);
	}
	return files;
}

/* The size of the inputs, for the progress line: 0 when one of them is no regular file. */
static uint64_t stored_bytes(const char **files, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		struct stat st;
		if (stat(files[i], &st) < 0 || !S_ISREG(st.st_mode))
			return 0;
		sum += (uint64_t)st.st_size;
	}
	return sum;
}

/* Whether the inputs hold tokens and no text. */
static bool is_tokens(const char *from)
{
	return strcmp(from, "tokens") == 0 || strcmp(from, "megatron") == 0 || strcmp(from, "llmc") == 0;
}

static int run(int operands, char **operand)
{
	struct import im = { .options = options };
	const char **files;
	uint64_t *expected;
	size_t n = ll_input_files(operands, operand, &files, &expected);
	char out_set[33];

	if (is_tokens(options.from))
		return import_tokens(&options, files, expected, n);
	if (options.model)
		ll_die(LL_EXIT_USAGE, "-m is for --from=tokens, megatron and llmc: text needs no tokenizer here");
	ll_progress_expect(stored_bytes(files, n));
	im.block =
		(size_t)LL_MAX(LL_MIN(ll_memory_budget() / (16 * (uint64_t)(ll_threads() + 2)), LL_MIB), 64 * LL_KIB);
	im.out = ll_writer_open(ll_common.output, ll_header_new("docs", 1, NULL));
	im.rejects = ll_rejects_open();
	im.stats = ll_stats_new();
	im.read = ll_stats_new();
	im.lineage = ll_lineage_new();
	im.queue = ll_queue_new(&import_queue_ops, &im, 0);
	struct import_files *read = ll_calloc(n, sizeof(*read));
	for (size_t i = 0; i < n; i++)
		read[i] = import_operand(&im, files[i], expected ? expected[i] : UINT64_MAX);
	ll_queue_free(im.queue);
	ll_stats_merge(im.stats, im.read);
	ll_stats_free(im.read);
	if (options.expect >= 0)
		expect(im.documents, (uint64_t)options.expect, "--expect");
	struct ll_end end = ll_writer_finish(im.out, im.lineage);
	ll_rejects_close(im.rejects, im.documents, im.lineage);
	ll_stats_finish(im.stats, NULL, ll_id_hex(end.set_id, out_set));
	ll_writer_publish(im.out);
	ll_stats_free(im.stats);
	ll_lineage_free(im.lineage);
	for (size_t i = 0; i < n; i++)
		import_files_free(&read[i]);
	ll_free(read);
	return LL_EXIT_OK;
}

static const struct ll_option table[] = {
	{ LL_OPT_CHOICE, 0, "from", &options.from, "FORM",
	  "what the inputs are: auto, jsonl, text, html or warc; of tokens: tokens (JSON lines), megatron, llmc",
	  LL_OPT_IDENTITY, "auto|jsonl|text|html|warc|tokens|megatron|llmc", 0, 0 },
	{ LL_OPT_STRING, 'm', "model", &options.model, "FILE", "the tokenizer of the ids, for inputs of tokens",
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "text-key", &options.text_key, "KEY",
	  "the JSON member that holds the text (text; a.b for nested ones)", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "id-key", &options.id_key, "KEY", "the JSON member that holds the id (id)", LL_OPT_IDENTITY,
	  NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "source-key", &options.source_key, "KEY", "the JSON member that holds the source (source)",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "source", &options.source, "NAME", "the source of documents that name none",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "expect", &options.expect, "N", "fail unless the inputs hold exactly N records", 0, NULL, 0,
	  9e18 },
	{ 0 },
};

const struct ll_command ll_shard_import_command = {
	.name = "import",
	.operands = "[FILE|DIR]...",
	.summary = "turn JSON lines, text, HTML and web archives into a stream of documents, token files into one of "
		   "tokens",
	.options = table,
	.common = LL_COMMON_FILTER,
	.run = run,
	.examples = "  ll-shard import pages.jsonl.zst web.warc.gz -o docs.ll\n"
		    "  ll-shard import --text-key=content --id-key=meta.id --source=wiki dump.jsonl -o docs.ll\n"
		    "  zcat a.gz | ll-shard import --rejects=bad.ll --expect=1000 | ll-clean -o clean.ll\n"
		    "  ll-shard import --from=megatron -m tok.json -o tokens.ll corpus\n",
};
