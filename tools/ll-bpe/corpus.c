/* SPDX-License-Identifier: MIT */
#include "ll-bpe/corpus.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/spares.h"
#include "base/thread.h"
#include "bpe/pretokenizer.h"
#include "doc/record.h"
#include "stream/large_frame.h"
#include "stream/reader.h"

#define STRETCH_MOST ((size_t)1 << 20)
#define STRETCH_LEAST ((size_t)1 << 16)

struct job {
	struct ll_data_frame frame; /* of documents, */
	bool counts;		    /* of counts, or */
	char *text;		    /* plain text */
	size_t len;
};

struct run {
	const struct corpus_options *o;
	const struct ll_header *header; /* of the segment whose counts are being read */
	struct ll_spares workers;
	struct ll_queue *queue;
	size_t stretch; /* of plain text handed out at once, bytes */
};

static _Thread_local struct ll_str in_hand;

void corpus_gave_up(struct ll_str text, const char *why)
{
	struct ll_str id = in_hand, name = id.len ? id : text;
	ll_hint(LL_SPLITTER_HINT);
	ll_die(LL_EXIT_INPUT, "%s '%.*s': %s", id.len ? "document" : "text", (int)LL_MIN(name.len, 60), name.data, why);
}

static void read_record(struct run *run, struct job *job, void *worker, const unsigned char *record)
{
	const struct corpus_options *o = run->o;
	size_t len = ll_get32(record);
	struct ll_doc doc;
	struct ll_err err;
	if (job->counts ? o->count(o->context, worker, record, len, &err) : ll_doc_get(record, len, &doc, &err))
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", ll_path_shown(job->frame.file),
		       job->frame.header.sequence, (unsigned long long)job->frame.offset, err.text);
	if (job->counts)
		return;
	in_hand = doc.id;
	if (o->document)
		o->document(o->context, worker, &doc);
	else
		o->text(o->context, worker, doc.text);
	job->len += doc.text.len;
}

static void work(void *context, void *argument)
{
	struct run *run = context;
	struct job *job = argument;
	void *worker = ll_spares_take(&run->workers);
	if (!worker)
		worker = run->o->worker_new(run->o->context);
	in_hand = ll_str("", 0);
	if (job->text) {
		run->o->text(run->o->context, worker, ll_str(job->text, job->len));
	} else {
		const unsigned char *record;
		ll_data_frame_decode(&job->frame);
		record = job->frame.raw;
		for (uint32_t i = 0; i < job->frame.header.records; i++, record += ll_get32(record))
			read_record(run, job, worker, record);
	}
	ll_spares_give(&run->workers, worker);
}

static void retire(void *context, void *argument)
{
	struct job *job = argument;
	(void)context;
	ll_progress_add(job->text ? 0 : job->frame.header.records, job->len);
	if (job->text)
		ll_free(job->text);
	else
		ll_data_frame_free(&job->frame);
	ll_free(job);
}

static void submit_text(struct run *run, char *text, size_t len)
{
	struct job *job = ll_calloc(1, sizeof *job);
	job->text = text;
	job->len = len;
	ll_queue_submit(run->queue, job);
}

static size_t cut(const struct run *run, struct ll_str text)
{
	if (run->o->whole)
		return 0;
	if (!run->o->lines && run->o->bpe) /* without one nobody can use the text anyway */
		return ll_bpe_cut(run->o->bpe, text);
	const char *newline = ll_last_byte(text.data, '\n', text.len);
	return newline ? (size_t)(newline - text.data) + 1 : 0;
}

static bool begins(struct ll_str text, const char *with)
{
	return text.len >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

void corpus_check_text(const char *from, const char *path, struct ll_decoder *d)
{
	struct ll_str text = ll_decoder_peek(d, sizeof "WARC/1.");
	if (strcmp(from, "text") == 0)
		return;
	if (text.len >= 4 && ll_frame_magic(text.data, text.len)) {
		ll_hint("ll-shard compresses its streams itself; decompress the file, and pipe or name what comes out");
		ll_die(LL_EXIT_INPUT, "%s: an lltools stream that was compressed as a whole", ll_path_shown(path));
	}
	bool json = begins(text, "{\"") || begins(text, "{ \"");
	if (!json && !begins(text, "WARC/1."))
		return;
	ll_hint("documents come in through ll-shard import; --from=text says that plain text is meant");
	ll_warn("%s: begins as %s does, and is read as plain text", ll_path_shown(path), json ? "JSON" : "WARC");
}

static void read_text(struct run *run, const char *path)
{
	struct ll_decoder *d = ll_decoder_open(path);
	struct ll_buf text = { 0 };
	corpus_check_text(run->o->from, path, d);
	if (run->o->lineage)
		ll_decoder_hash(d);
	size_t target = run->stretch;
	for (size_t got; (got = ll_decoder_read(d, ll_buf_reserve(&text, target), target)) > 0;) {
		text.len += got;
		if (text.len < target)
			continue;
		size_t len = cut(run, ll_buf_str(&text));
		if (len == 0) { /* no place to cut yet: look again when there is twice as much */
			target = 2 * text.len;
			if (target > ll_memory_left())
				ll_die(LL_EXIT_RESOURCE,
				       "%s: %zu bytes without a place to cut them do not fit into --memory", path,
				       text.len);
			continue;
		}
		struct ll_buf rest = { 0 };
		ll_buf_reserve(&rest, run->stretch);
		ll_buf_add(&rest, text.data + len, text.len - len);
		submit_text(run, text.data, len);
		text = rest;
		target = run->stretch;
	}
	if (text.len)
		submit_text(run, text.data, text.len);
	else
		ll_buf_free(&text);
	ll_progress_add(1, 0);
	if (run->o->lineage)
		ll_lineage_add_input(run->o->lineage, ll_decoder_digest(d));
	ll_decoder_close(d);
}

/* Segments of counts announce themselves by their first frame, or here when they have none. */
static void check_header(struct run *run, const struct ll_header *header, const char *path)
{
	if (run->header != header && strcmp(header->kind, "counts") == 0)
		run->o->counts_header(run->o->context, header, path);
	run->header = header;
}

static void end_segment(void *context, const struct ll_segment *s)
{
	struct run *run = context;
	struct ll_err err;
	check_header(run, s->header, s->file);
	if (!run->o->lineage)
		return;
	if (ll_lineage_add_payload(run->o->lineage, s->lineage, &err))
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_path_shown(s->file), err.text);
	ll_lineage_add_input(run->o->lineage, s->end.data_id);
}

/* The kind of records that a stream has and this program wants; NULL says "either" to the reader that will find out. */
static const char *kind_wanted(const struct corpus_options *o, struct ll_reader *r, const char *path)
{
	const struct ll_header *h = r ? ll_reader_header(r) : NULL;
	if (!o->count || strcmp(o->from, "docs") == 0)
		return "docs";
	if (strcmp(o->from, "counts") == 0)
		return "counts";
	if (h && strcmp(h->kind, "docs") != 0 && strcmp(h->kind, "counts") != 0)
		ll_die(LL_EXIT_INPUT, "%s: a stream of %s; documents or counts are read here", ll_path_shown(path), h->kind);
	return h ? h->kind : NULL;
}

static void read_stream(struct run *run, const char *path)
{
	const char *files[1] = { path };
	struct ll_reader *r = ll_reader_open(files, 1, kind_wanted(run->o, NULL, path));
	struct ll_data_frame frame;
	ll_reader_on_segment(r, end_segment, run);
	kind_wanted(run->o, r, path);
	while (ll_reader_next_frame(r, &frame)) {
		struct job *job = ll_calloc(1, sizeof *job);
		check_header(run, frame.segment, path);
		job->frame = frame;
		job->counts = strcmp(frame.segment->kind, "counts") == 0;
		ll_submit_frame(run->queue, job, &frame, LL_MAX(run->o->times, 1));
	}
	ll_queue_drain(run->queue);
	run->header = NULL;
	ll_reader_close(r);
}

static bool is_stream(const struct corpus_options *o, const char *path)
{
	if (strcmp(o->from, "auto") != 0)
		return strcmp(o->from, "text") != 0;
	return ll_is_stream(path);
}

void corpus_read(const struct corpus_options *o, const char *const *files, size_t n)
{
	struct run run = { .o = o, .workers = LL_SPARES_INIT };
	int depth = 2 * ll_threads() + 2;
	size_t in_flight = (size_t)depth + 2, share = ll_memory_budget() / 8 / in_flight;
	run.stretch = LL_MAX(LL_MIN(STRETCH_MOST, share), STRETCH_LEAST);
	ll_memory_claim(in_flight * run.stretch, "reading");
	run.queue = ll_queue_new(&(struct ll_queue_ops){ work, retire }, &run, depth);
	for (size_t i = 0; i < n; i++) {
		if (is_stream(o, files[i]))
			read_stream(&run, files[i]);
		else
			read_text(&run, files[i]);
	}
	ll_queue_free(run.queue);
	ll_memory_release(in_flight * run.stretch);
	for (void *worker; (worker = ll_spares_take(&run.workers));)
		o->worker_free(o->context, worker);
	ll_spares_free(&run.workers);
}
