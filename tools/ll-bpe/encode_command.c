/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "base/spares.h"
#include "base/thread.h"
#include "doc/filter.h"
#include "doc/tokens.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/encoding.h"
#include "stream/large_frame.h"

/* Of a document: its frame, ids, and the record three times, where a token has 4 bytes of text and more; and their offsets. */
#define ENCODING_TIMES (ll_bpe_options.offsets ? 7 : 4)

struct run {
	const struct ll_bpe *bpe;
	unsigned width;
	size_t token_bytes; /* in a record: its id, and its offset if asked for */
	struct ll_spares encodings;
	struct ll_writer *out;
	struct ll_rejects *rejects;
	struct ll_stats *stats;
	uint64_t tokens;
};

struct made {
	size_t len; /* of the record in `records`; 0: rejected */
	struct ll_id digest;
	const char *reason; /* of the rejection */
	char *failure;	    /* in words; NULL: the record would be too large */
};

struct batch {
	struct ll_data_frame frame;
	struct ll_buf records;
	struct made *made; /* one a document */
	struct ll_stats *stats;
	uint64_t tokens;
};

static struct ll_doc document(const struct batch *b, const unsigned char *record)
{
	struct ll_doc doc;
	struct ll_err err;
	if (ll_doc_get(record, ll_get32(record), &doc, &err))
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", b->frame.file, b->frame.header.sequence,
		       (unsigned long long)b->frame.offset, err.text);
	return doc;
}

static void encode_batch(void *context, void *argument)
{
	struct run *run = context;
	struct batch *b = argument;
	struct encoding *e = ll_spares_take(&run->encodings);
	if (!e)
		e = encoding_new(run->bpe);
	ll_data_frame_decode(&b->frame);
	b->stats = ll_stats_new();
	b->made = ll_calloc(b->frame.header.records, sizeof *b->made);
	const unsigned char *record = b->frame.raw;
	for (uint32_t i = 0; i < b->frame.header.records; i++, record += ll_get32(record)) {
		struct ll_doc doc = document(b, record);
		struct ll_token_doc t = {
			.key = doc.key, .id = doc.id, .source = doc.source, .text_bytes = doc.text.len
		};
		ll_stats_in(b->stats, doc.source, doc.text.len);
		struct encoding_refusal why;
		const struct ll_ids *ids = encoding_ids(e, doc.key, doc.text, &why);
		if (!ids) {
			b->made[i] = (struct made){ .reason = why.reason, .failure = ll_strdup(why.text.text) };
			ll_stats_dropped(b->stats, doc.source, why.reason, doc.text.len);
			continue;
		}
		if (LL_TOKENS_FIXED + doc.id.len + doc.source.len + ids->len * run->token_bytes > LL_RECORD_MAX) {
			ll_stats_dropped(b->stats, doc.source, "too many tokens", doc.text.len);
			continue;
		}
		size_t before = b->records.len;
		/* The record here, in the frame that is written, and in what that becomes; ids grow by half. */
		ll_need_memory(&b->frame, b->frame.header.raw_len + 6 * ids->len + 3 * (uint64_t)ids->len * run->token_bytes);
		t.n = (uint32_t)ids->len;
		ll_token_doc_put_offsets(&b->records, &t, ids->id, run->width, encoding_offsets(e, doc.text));
		b->made[i] = (struct made){ .len = b->records.len - before,
					    .digest = ll_record_digest(b->records.data + before) };
		b->tokens += t.n;
		ll_stats_kept(b->stats, doc.source, doc.text.len);
	}
	encoding_trim(e);
	ll_spares_give(&run->encodings, e);
}

static void retire_batch(void *context, void *argument)
{
	struct run *run = context;
	struct batch *b = argument;
	const unsigned char *record = b->frame.raw;
	size_t at = 0;
	for (uint32_t i = 0; i < b->frame.header.records; at += b->made[i++].len, record += ll_get32(record)) {
		if (b->made[i].len) {
			ll_writer_put_digested(run->out, b->records.data + at, b->made[i].len, b->made[i].digest);
			continue;
		}
		struct ll_doc doc = document(b, record);
		if (!ll_common.rejects) {
			ll_hint("--rejects=FILE keeps such documents and goes on");
			ll_die(LL_EXIT_INPUT, "document '%.*s'%s%s", (int)LL_MIN(doc.id.len, 200), doc.id.data,
			       b->made[i].failure ? ": " : " makes more tokens than a record holds",
			       b->made[i].failure ? b->made[i].failure : "");
		}
		ll_rejects_put_unusable(run->rejects, &doc, b->made[i].reason ? b->made[i].reason : "too many tokens",
					b->made[i].failure);
		ll_free(b->made[i].failure);
	}
	ll_stats_merge(run->stats, b->stats);
	run->tokens += b->tokens;
	ll_progress_add(b->frame.header.records, b->frame.header.raw_len);
	ll_stats_free(b->stats);
	ll_data_frame_free(&b->frame);
	ll_buf_free(&b->records);
	ll_free(b->made);
	ll_free(b);
}

static void check_options(void)
{
	const char *totals = ll_bpe_options.totals;
	if (ll_bpe_options.allow_special && strcmp(ll_bpe_options.special_in_text, "refuse") == 0)
		ll_die(LL_EXIT_USAGE, "--allow-special and --special=refuse exclude each other");
	if (!totals)
		return;
	if (strcmp(totals, "text") != 0 && strcmp(totals, "json") != 0)
		ll_die(LL_EXIT_USAGE, "--totals=%s: text or json", totals);
	if (ll_bpe_options.offsets)
		ll_die(LL_EXIT_USAGE, "--totals and --offsets do not go together: totals have no ids");
	if (ll_common.rejects)
		ll_die(LL_EXIT_USAGE, "--totals and --rejects do not go together: nothing is written, nothing dropped");
}

int encode_command(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	check_options();
	struct ll_bpe *bpe = load_model_option();
	if (!ll_bpe_splitting(bpe) && (ll_bpe_options.offsets || ll_bpe_options.dropout > 0))
		ll_die(LL_EXIT_USAGE, "%s: %s is for byte-level BPE, and this is %s", ll_bpe_options.model,
		       ll_bpe_options.offsets ? "--offsets" : "--dropout", ll_bpe_kind(bpe));
	if (ll_bpe_options.totals) {
		int status = encode_totals(bpe, files, n);
		ll_bpe_free(bpe);
		return status;
	}
	char *keys = token_header(bpe), in_set[33], out_set[33];
	struct run run = { .bpe = bpe, .width = ll_bpe_width(bpe), .encodings = LL_SPARES_INIT };
	run.token_bytes = run.width + (ll_bpe_options.offsets ? 4 : 0);
	run.out = ll_writer_open(ll_common.output, ll_header_new("tokens", 1, keys));
	run.rejects = ll_rejects_open();
	run.stats = ll_stats_new();
	struct ll_reader *reader = ll_reader_open(files, n, "docs");
	struct ll_queue *queue = ll_queue_new(&(struct ll_queue_ops){ encode_batch, retire_batch }, &run, 0);
	struct ll_data_frame frame;
	while (ll_reader_next_frame(reader, &frame)) {
		struct batch *b = ll_calloc(1, sizeof *b);
		b->frame = frame;
		ll_submit_frame(queue, b, &frame, ENCODING_TIMES);
	}
	ll_queue_free(queue);

	struct ll_end end = ll_writer_finish(run.out, ll_reader_lineage(reader));
	ll_rejects_close(run.rejects, ll_stats_documents_in(run.stats), ll_reader_lineage(reader));
	ll_stats_count(run.stats, "tokens", run.tokens);
	ll_stats_finish(run.stats, ll_id_hex(ll_reader_totals(reader, NULL).set_id, in_set),
			ll_id_hex(end.set_id, out_set));
	ll_writer_publish(run.out);
	for (struct encoding *e; (e = ll_spares_take(&run.encodings));)
		encoding_free(e);
	ll_spares_free(&run.encodings);
	ll_stats_free(run.stats);
	ll_reader_close(reader);
	ll_bpe_free(bpe);
	ll_free(keys);
	return LL_EXIT_OK;
}
