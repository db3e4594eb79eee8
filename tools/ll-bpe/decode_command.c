/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/thread.h"
#include "doc/filter.h"
#include "doc/tokens.h"
#include "ll-bpe/commands.h"
#include "stream/large_frame.h"
#include "text/utf8.h"

struct run {
	const struct ll_bpe *bpe;
	size_t longest; /* bytes of a token */
	struct ll_writer *out;
	struct ll_rejects *rejects;
	struct ll_stats *stats;
	const struct ll_header *segment; /* the one whose keys were checked last */
	unsigned width;
	struct ll_buf record;
};

struct batch {
	struct ll_data_frame frame;
	unsigned width;
	struct ll_buf text;
	size_t *end; /* of each document's text */
};

static void bad_frame(const struct ll_data_frame *f, const char *why) LL_NORETURN;
static void bad_frame(const struct ll_data_frame *f, const char *why)
{
	ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", f->file, f->header.sequence,
	       (unsigned long long)f->offset, why);
}

static struct ll_token_doc token_doc(const struct batch *b, const unsigned char *record)
{
	struct ll_token_doc t;
	struct ll_err err;
	if (ll_token_doc_get(record, ll_get32(record), b->width, &t, &err))
		bad_frame(&b->frame, err.text);
	return t;
}

/* The bytes of the first ids, *n or as many as it takes to be too long for a document; *n becomes how many. */
static uint64_t text_length(const struct ll_bpe *bpe, const struct ll_ids *ids, uint32_t *n)
{
	uint64_t length = 0;
	for (uint32_t i = 0; i < *n; i++) {
		length += ll_bpe_token_bytes(bpe, ids->id[i]).len;
		if (length > LL_TEXT_MAX + 1)
			*n = i + 1;
	}
	return length;
}

static void decode_batch(void *context, void *argument)
{
	struct run *run = context;
	struct batch *b = argument;
	struct ll_ids ids = { 0 };
	ll_data_frame_decode(&b->frame);
	b->end = ll_malloc(b->frame.header.records * sizeof *b->end);
	const unsigned char *record = b->frame.raw;
	for (uint32_t i = 0; i < b->frame.header.records; i++, record += ll_get32(record)) {
		struct ll_token_doc t = token_doc(b, record);
		struct ll_err err;
		LL_GROW(ids.id, ids.cap, t.n);
		for (uint32_t k = 0; k < t.n; k++)
			ids.id[k] = ll_token_at(t.ids, b->width, k);
		/* The text is there, in its record, in the frame that is written, and in what that becomes. */
		if ((uint64_t)t.n * run->longest >= LL_LARGE_DOCUMENT) {
			uint64_t length = text_length(run->bpe, &ids, &t.n);
			ll_need_memory(&b->frame, b->frame.header.raw_len + 4 * (uint64_t)t.n + 4 * length);
		}
		if (ll_bpe_decode(run->bpe, ids.id, t.n, &b->text, &err))
			bad_frame(&b->frame, err.text);
		b->end[i] = b->text.len;
	}
	ll_ids_free(&ids);
}

static void put_document(struct run *run, const struct ll_token_doc *t, struct ll_str text)
{
	struct ll_doc doc = { .key = t->key, .id = t->id, .source = t->source, .text = text };
	ll_stats_in(run->stats, t->source, text.len);
	const char *reason = text.len > LL_TEXT_MAX				     ? "text too long"
			     : ll_utf8_valid_prefix(text.data, text.len) != text.len ? "not UTF-8"
										     : NULL;
	if (!reason) {
		ll_buf_clear(&run->record);
		ll_doc_put(&run->record, &doc);
		ll_writer_put(run->out, run->record.data, run->record.len);
		ll_stats_kept(run->stats, t->source, text.len);
		return;
	}
	if (!ll_common.rejects) {
		ll_hint("--rejects=FILE keeps such documents and goes on");
		ll_die(LL_EXIT_INPUT, "document '%.*s' decodes to what is no text: %s", (int)LL_MIN(t->id.len, 200), t->id.data, reason);
	}
	ll_stats_dropped(run->stats, t->source, reason, text.len);
	char *name = ll_format("%.*s", (int)LL_MIN(t->id.len, 200), t->id.data ? t->id.data : "");
	ll_rejects_put_raw(run->rejects, text, name, ll_stats_documents_in(run->stats), reason, NULL);
	ll_free(name);
}

static void retire_batch(void *context, void *argument)
{
	struct run *run = context;
	struct batch *b = argument;
	const unsigned char *record = b->frame.raw;
	size_t at = 0;
	for (uint32_t i = 0; i < b->frame.header.records; at = b->end[i++], record += ll_get32(record)) {
		struct ll_token_doc t = token_doc(b, record);
		put_document(run, &t, ll_str(b->text.data + at, b->end[i] - at));
	}
	ll_progress_add(b->frame.header.records, b->frame.header.raw_len);
	ll_data_frame_free(&b->frame);
	ll_buf_free(&b->text);
	ll_free(b->end);
	ll_free(b);
}

/* Reads the keys of a segment's header: it must be of this tokenizer. */
static void check_segment(struct run *run, const struct ll_data_frame *f)
{
	if (f->segment == run->segment)
		return;
	char *tokenizer = ll_header_get(f->segment, "tokenizer"), *width = ll_header_get(f->segment, "width");
	if (!tokenizer || strcmp(tokenizer, ll_bpe_id(run->bpe)) != 0)
		ll_die(LL_EXIT_INPUT, "%s: its tokens are of tokenizer %s, and %s is %s", f->file,
		       tokenizer ? tokenizer : "(none)", ll_bpe_options.model, ll_bpe_id(run->bpe));
	if (!width || (strcmp(width, "2") != 0 && strcmp(width, "4") != 0))
		bad_frame(f, "the header says no width of 2 or 4");
	run->width = width[0] == '2' ? 2 : 4;
	run->segment = f->segment;
	ll_free(tokenizer);
	ll_free(width);
}

int decode_command(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct ll_bpe *bpe = load_model_option();
	struct run run = { .bpe = bpe };
	for (uint32_t id = 0; id < ll_bpe_vocabulary(bpe); id++)
		run.longest = LL_MAX(run.longest, ll_bpe_token_bytes(bpe, id).len);
	char in_set[33], out_set[33];
	run.out = ll_writer_open(ll_common.output, ll_header_new("docs", 1, NULL));
	run.rejects = ll_rejects_open();
	run.stats = ll_stats_new();
	struct ll_reader *reader = ll_reader_open(files, n, "tokens");
	struct ll_queue *queue = ll_queue_new(&(struct ll_queue_ops){ decode_batch, retire_batch }, &run, 0);
	struct ll_data_frame frame;
	while (ll_reader_next_frame(reader, &frame)) {
		check_segment(&run, &frame);
		struct batch *b = ll_calloc(1, sizeof *b);
		b->frame = frame;
		b->width = run.width;
		ll_submit_frame(queue, b, &frame, 0); /* what it takes is known once it is decoded */
	}
	ll_queue_free(queue);

	struct ll_end end = ll_writer_finish(run.out, ll_reader_lineage(reader));
	ll_rejects_close(run.rejects, ll_stats_documents_in(run.stats), ll_reader_lineage(reader));
	ll_stats_finish(run.stats, ll_id_hex(ll_reader_totals(reader, NULL).set_id, in_set),
			ll_id_hex(end.set_id, out_set));
	ll_writer_publish(run.out);
	ll_stats_free(run.stats);
	ll_reader_close(reader);
	ll_buf_free(&run.record);
	ll_bpe_free(bpe);
	return LL_EXIT_OK;
}
