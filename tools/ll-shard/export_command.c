/* SPDX-License-Identifier: MIT */
/* ll-shard export: documents to JSON lines or text, token documents to JSON lines of ids, datasets as export.h says. */
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "base/thread.h"
#include "doc/record.h"
#include "doc/tokens.h"
#include "io/file.h"
#include "ll-shard/export.h"
#include "ll-shard/ll_shard.h"
#include "stream/large_frame.h"
#include "stream/stats.h"

static struct {
	const char *to;
	bool tags;
	int64_t tokens_per_file;
} options = { .to = "jsonl" };

struct export
{
	struct ll_out *out;
	struct ll_stats *stats;
	bool text, pending; /* pending: the newline after the last record is not written yet */
	uint8_t last_flags; /* of the document before it */
};

struct job {
	struct ll_data_frame frame;
	struct ll_buf out;
	struct ll_stats *stats;
	uint64_t bytes;
	uint8_t last_flags;
};

/* Of a document: its frame and its line; of tokens, 6 bytes of line for one of 2. */
#define LINES_TIMES 3
#define LINES_OF_TOKENS_TIMES 5

static void put_document(const struct export *ex, struct job *job, const unsigned char *record, size_t len)
{
	struct ll_doc doc;
	struct ll_err err;

	if (ll_doc_get(record, len, &doc, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: frame at byte %llu: %s", job->frame.file,
		       (unsigned long long)job->frame.offset, err.text);
	if (ex->text)
		ll_buf_add_str(&job->out, doc.text);
	else
		ll_doc_json(&job->out, &doc, options.tags);
	if (!ex->text || doc.text.len == 0 || doc.text.data[doc.text.len - 1] != '\n')
		ll_buf_putc(&job->out, '\n');
	job->last_flags = ex->text ? 0 : doc.flags;
	job->bytes += doc.text.len;
	ll_stats_in(job->stats, doc.source, doc.text.len);
	ll_stats_kept(job->stats, doc.source, doc.text.len);
}

static void put_tokens(struct job *job, const unsigned char *record, size_t len, unsigned width, bool offsets)
{
	struct ll_token_doc doc;
	struct ll_err err;

	if (ll_token_doc_get(record, len, width, &doc, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: frame at byte %llu: %s", job->frame.file,
		       (unsigned long long)job->frame.offset, err.text);
	/* A document without tokens has an empty list, like the others. */
	export_token_line(&job->out, doc.id, doc.ids, width, doc.n, offsets && doc.n == 0 ? doc.ids : doc.offsets);
	job->bytes += doc.text_bytes;
	ll_stats_in(job->stats, doc.source, doc.text_bytes);
	ll_stats_kept(job->stats, doc.source, doc.text_bytes);
}

static unsigned token_width(const struct ll_data_frame *f)
{
	char *value = ll_header_get(f->segment, "width");
	uint64_t width;

	if (!value || ll_parse_u64(ll_cstr(value), &width) < 0 || (width != 2 && width != 4))
		ll_die(LL_EXIT_INPUT, "%s: a token stream whose header has no width of 2 or 4", f->file);
	ll_free(value);
	return (unsigned)width;
}

static void work(void *context, void *argument)
{
	struct export *ex = context;
	struct job *job = argument;
	bool tokens = strcmp(job->frame.segment->kind, "tokens") == 0;
	unsigned width = tokens ? token_width(&job->frame) : 0;
	char *offsets = tokens ? ll_header_get(job->frame.segment, "offsets") : NULL;

	ll_data_frame_decode(&job->frame);
	job->stats = ll_stats_new();
	ll_buf_reserve(&job->out, job->frame.header.raw_len);
	const unsigned char *p = job->frame.raw;
	for (uint32_t i = 0; i < job->frame.header.records; i++) {
		size_t len = ll_get32(p);
		if (tokens)
			put_tokens(job, p, len, width, offsets != NULL);
		else
			put_document(ex, job, p, len);
		p += len;
	}
	ll_free(offsets);
}

static void retire(void *context, void *argument)
{
	struct export *ex = context;
	struct job *job = argument;

	if (job->out.len > 0) {
		if (ex->pending)
			ll_out_write(ex->out, "\n", 1);
		ll_out_write(ex->out, job->out.data, job->out.len - 1);
		ex->pending = true;
		ex->last_flags = job->last_flags;
	}
	ll_progress_add(job->frame.header.records, job->bytes);
	ll_stats_merge(ex->stats, job->stats);
	ll_stats_free(job->stats);
	ll_buf_free(&job->out);
	ll_data_frame_free(&job->frame);
	ll_free(job);
}

/* Datasets, and what is only for them. True when the export is done. */
static bool run_datasets(const char *const *files, size_t n)
{
	bool lines = strcmp(options.to, "jsonl") == 0, trainer = !lines && strcmp(options.to, "text") != 0;
	size_t datasets = 0;

	for (size_t i = 0; i < n; i++)
		datasets += dataset_is(files[i]);
	if (datasets == 0 && !trainer)
		return false;
	if (datasets != n) {
		ll_hint("ll-shard pack makes datasets of token streams");
		ll_die(LL_EXIT_USAGE,
		       trainer ? "--to=%s takes datasets, not streams"
			       : "streams and datasets do not go together into one %s",
		       options.to);
	}
	if (options.tags || (!lines && !trainer))
		ll_die(LL_EXIT_USAGE, "a token dataset has no %s",
		       options.tags ? "tags" : "text: ll-bpe decode takes streams");
	if (trainer)
		export_dataset_for(options.to, (uint64_t)options.tokens_per_file, files, n);
	else
		export_dataset_lines(files, n);
	return true;
}

static int run(int operands, char **operand)
{
	struct export ex = { .text = strcmp(options.to, "text") == 0 };
	struct ll_data_frame frame;
	struct ll_queue *queue;
	struct ll_reader *reader;
	const char **files, *kind;
	char in_set[33];
	size_t n;

	if (options.tags && ex.text)
		ll_die(LL_EXIT_USAGE, "--tags needs --to=jsonl");
	n = ll_input_files(operands, operand, &files, NULL);
	if (run_datasets(files, n))
		return LL_EXIT_OK;
	if (options.tokens_per_file)
		ll_die(LL_EXIT_USAGE, "--tokens-per-file is for --to=llmc");
	reader = ll_reader_open(files, n, NULL);
	const struct ll_header *header = ll_reader_header(reader);
	kind = header ? header->kind : "docs";
	if (strcmp(kind, "docs") != 0 && (strcmp(kind, "tokens") != 0 || ex.text)) {
		if (strcmp(kind, "tokens") == 0)
			ll_hint("ll-bpe decode makes documents of tokens");
		ll_die(LL_EXIT_INPUT, "%s: a stream of %s cannot be exported as %s", ll_path_shown(files[0]), kind, options.to);
	}
	ex.out = ll_out_open(ll_common.output, ll_out_common_flags());
	ex.stats = ll_stats_new();
	queue = ll_queue_new(&(struct ll_queue_ops){ work, retire }, &ex, 0);
	while (ll_reader_next_frame(reader, &frame)) {
		struct job *job = ll_calloc(1, sizeof(*job));
		if (strcmp(frame.segment->kind, kind) != 0)
			ll_die(LL_EXIT_INPUT, "%s: a segment of %s after one of %s", frame.file, frame.segment->kind,
			       kind);
		job->frame = frame;
		ll_submit_frame(queue, job, &frame, strcmp(kind, "tokens") == 0 ? LINES_OF_TOKENS_TIMES : LINES_TIMES);
	}
	ll_queue_free(queue);
	if (ex.pending && !(ex.last_flags & LL_DOC_NO_NEWLINE))
		ll_out_write(ex.out, "\n", 1);
	ll_stats_finish(ex.stats, ll_id_hex(ll_reader_totals(reader, NULL).set_id, in_set), in_set);
	ll_out_commit(ex.out);
	ll_stats_free(ex.stats);
	ll_reader_close(reader);
	return LL_EXIT_OK;
}

static const struct ll_option table[] = {
	{ LL_OPT_CHOICE, 0, "to", &options.to, "FORM",
	  "jsonl (byte for byte as it came where nothing was edited), text; of datasets: jsonl, megatron, llmc, "
	  "nanogpt",
	  0, "jsonl|text|megatron|llmc|nanogpt", 0, 0 },
	{ LL_OPT_FLAG, 0, "tags", &options.tags, NULL, "add a member \"ll\" with the tags of the document", 0, NULL, 0,
	  0 },
	{ LL_OPT_INT, 0, "tokens-per-file", &options.tokens_per_file, "N",
	  "cut the files of llmc after N tokens (100000000)", 0, NULL, 1, 2147483647 },
	{ 0 },
};

const struct ll_command ll_shard_export_command = {
	.name = "export",
	.operands = "[FILE|DATASET]...",
	.summary = "write documents as JSON lines or text, tokens as JSON lines of ids or for other trainers",
	.options = table,
	.common = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_FILES | LL_COMMON_PART |
		  LL_COMMON_STATS | LL_COMMON_PROGRESS,
	.run = run,
	.examples = "  ll-shard export --to=jsonl docs.ll\n"
		    "  ll-shard export --to=jsonl --tags docs.ll | jq .ll\n"
		    "  ll-shard export --to=text docs.ll -o docs.txt\n"
		    "  ll-shard export --to=megatron -o corpus train\n"
		    "  ll-shard export --to=llmc --tokens-per-file=1000 -o corpus train\n",
};
