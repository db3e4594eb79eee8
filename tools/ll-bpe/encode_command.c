/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "doc/filter.h"
#include "doc/tokens.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/spares.h"

#define GAVE_UP "pattern gave up"
#define HAS_SPECIAL "special token"

struct scratch {
	struct ll_bpe_encoder *encoder;
	struct ll_ids ids;
};

struct run {
	const struct ll_bpe *bpe;
	unsigned width;
	bool allow_special, refuse_special;
	struct spares scratch;
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

/* Fills s->ids; with the reason where the text is rejected. */
static struct made encode_text(const struct run *run, struct scratch *s, struct ll_str text)
{
	struct ll_err err;
	int64_t special = run->refuse_special ? ll_bpe_find_special(run->bpe, text) : -1;
	if (special >= 0) {
		struct ll_str token = ll_bpe_token_bytes(run->bpe, (uint32_t)special);
		return (struct made){ .reason = HAS_SPECIAL,
				      .failure = ll_format("the special token %.*s is in the text",
							   (int)LL_MIN(token.len, 100), token.data) };
	}
	if (ll_bpe_try_encode(s->encoder, text, run->allow_special, &s->ids, &err))
		return (struct made){ .reason = GAVE_UP, .failure = ll_strdup(err.text) };
	return (struct made){ 0 };
}

static void encode_batch(void *context, void *argument)
{
	struct run *run = context;
	struct batch *b = argument;
	struct scratch *s = spares_take(&run->scratch);
	if (!s) {
		s = ll_calloc(1, sizeof *s);
		s->encoder = ll_bpe_encoder_new(run->bpe);
	}
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
		s->ids.len = 0;
		b->made[i] = encode_text(run, s, doc.text);
		if (b->made[i].reason) {
			ll_stats_dropped(b->stats, doc.source, b->made[i].reason, doc.text.len);
			continue;
		}
		if (LL_TOKENS_FIXED + doc.id.len + doc.source.len + s->ids.len * run->width > LL_RECORD_MAX) {
			ll_stats_dropped(b->stats, doc.source, "too many tokens", doc.text.len);
			continue;
		}
		size_t before = b->records.len;
		t.n = (uint32_t)s->ids.len;
		ll_token_doc_put(&b->records, &t, s->ids.id, run->width);
		b->made[i] = (struct made){ .len = b->records.len - before,
					    .digest = ll_record_digest(b->records.data + before) };
		b->tokens += t.n;
		ll_stats_kept(b->stats, doc.source, doc.text.len);
	}
	spares_give(&run->scratch, s);
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
		ll_rejects_put(run->rejects, &doc, b->made[i].reason ? b->made[i].reason : "too many tokens",
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

int encode_command(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct ll_bpe *bpe = load_model_option();
	char *keys = token_header(bpe), in_set[33], out_set[33];
	struct run run = { .bpe = bpe, .width = ll_bpe_width(bpe), .scratch = SPARES_INIT };
	run.refuse_special = strcmp(ll_bpe_options.special_in_text, "refuse") == 0;
	run.allow_special = ll_bpe_options.allow_special || strcmp(ll_bpe_options.special_in_text, "allow") == 0;
	if (run.allow_special && run.refuse_special)
		ll_die(LL_EXIT_USAGE, "--allow-special and --special=refuse exclude each other");
	run.out = ll_writer_open(ll_common.output, ll_header_new("tokens", 1, keys));
	run.rejects = ll_rejects_open();
	run.stats = ll_stats_new();
	struct ll_reader *reader = ll_reader_open(files, n, "docs");
	struct ll_queue *queue = ll_queue_new(&(struct ll_queue_ops){ encode_batch, retire_batch }, &run, 0);
	struct ll_data_frame frame;
	while (ll_reader_next_frame(reader, &frame)) {
		struct batch *b = ll_calloc(1, sizeof *b);
		b->frame = frame;
		ll_queue_submit(queue, b);
	}
	ll_queue_free(queue);

	struct ll_end end = ll_writer_finish(run.out, ll_reader_lineage(reader));
	ll_rejects_close(run.rejects, ll_stats_documents_in(run.stats), ll_reader_lineage(reader));
	ll_stats_count(run.stats, "tokens", run.tokens);
	ll_stats_finish(run.stats, ll_id_hex(ll_reader_totals(reader, NULL).set_id, in_set),
			ll_id_hex(end.set_id, out_set));
	ll_writer_publish(run.out);
	for (struct scratch *s; (s = spares_take(&run.scratch));) {
		ll_bpe_encoder_free(s->encoder);
		ll_ids_free(&s->ids);
		ll_free(s);
	}
	spares_free(&run.scratch);
	ll_stats_free(run.stats);
	ll_reader_close(reader);
	ll_bpe_free(bpe);
	ll_free(keys);
	return LL_EXIT_OK;
}
