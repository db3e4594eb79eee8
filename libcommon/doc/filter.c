/* SPDX-License-Identifier: MIT */
#include "doc/filter.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "base/spares.h"
#include "base/thread.h"
#include "doc/set_aside.h"
#include "stream/large_frame.h"

enum verdict { NONE, KEEP, EXTRA, DROP, DECIDE };

/* What map said of one document, or of one further document made from it. */
struct entry {
	enum verdict verdict;
	size_t record, record_len; /* in `out`: KEEP, EXTRA, DECIDE */
	bool untouched;            /* it is the original, in the frame */
	struct ll_id digest;       /* unless it is made late */
	bool late;
	const unsigned char *original; /* the record as it came in, in the frame */
	size_t original_len;
	size_t data, data_len;     /* in `data`: what map attached (DECIDE), or the value (DROP) */
	const char *reason;
	size_t edits, n_edits;     /* in `edit`: text removed and added if the document is kept */
};

struct edit {
	const char *reason;
	uint64_t removed, added;
};

struct ll_sink { /* one data frame on its way through */
	struct run *run;
	struct ll_data_frame frame;
	struct ll_buf out, data;
	struct entry *entry;
	size_t entries, entries_cap;
	struct edit *edit;
	size_t edits, edits_cap;
	struct ll_stats *stats;
	size_t held; /* of the first entries, all kept as they came in: not written yet, because the whole frame may go on */
	bool holding;
	/* the document in map's hands */
	struct ll_doc doc;
	const unsigned char *record;
	size_t record_len, first_edit;
	enum verdict verdict;
	uint64_t bytes_out;
};

struct run {
	const struct ll_filter *f;
	struct ll_writer *out; /* NULL: a scan */
	struct ll_rejects *rejects;
	struct ll_stats *stats;
	struct ll_spares workers; /* handed from batch to batch */
	const char *file;           /* of the documents being decided */
	struct ll_set_aside *aside; /* NULL until the filter puts the rest off */
	bool settled;               /* what was put off is on its way */
	struct ll_buf reject_tags;
};

/* ---- verdicts ---- */

static struct entry *add_entry(struct ll_sink *s, enum verdict verdict)
{
	LL_GROW(s->entry, s->entries_cap, s->entries + 1);
	struct entry *e = &s->entry[s->entries++];
	*e = (struct entry){ .verdict = verdict, .original = s->record, .original_len = s->record_len };
	return e;
}

static bool same_place(struct ll_str a, struct ll_str b)
{
	return a.data == b.data && a.len == b.len;
}

/* True for the document in map's hands as it came in. */
static bool is_untouched(const struct ll_doc *a, const struct ll_doc *b)
{
	return same_place(a->text, b->text) && same_place(a->tags, b->tags) && same_place(a->volatile_tags, b->volatile_tags) &&
	       same_place(a->skeleton, b->skeleton) && same_place(a->verbatim, b->verbatim) && same_place(a->id, b->id) &&
	       same_place(a->source, b->source) && a->hole == b->hole && a->form == b->form && a->flags == b->flags &&
	       ll_id_eq(a->key, b->key);
}

static const void *record_of(const struct ll_sink *s, const struct entry *e)
{
	return e->untouched ? (const void *)e->original : s->out.data + e->record;
}

static void put_record(struct ll_sink *s, struct entry *e, const struct ll_doc *doc)
{
	e->record = s->out.len;
	e->untouched = is_untouched(doc, &s->doc);
	if (s->run->out && e->untouched) {
		e->record_len = s->record_len;
		e->late = e->verdict == DECIDE && s->run->f->edits_most;
		if (!e->late)
			e->digest = ll_record_digest(s->record);
	} else if (s->run->out) {
		ll_doc_put(&s->out, doc);
		e->record_len = s->out.len - e->record;
		e->digest = ll_record_digest(s->out.data + e->record);
	}
	s->bytes_out += doc->text.len;
}

static void set_verdict(struct ll_sink *s, enum verdict verdict)
{
	if (s->verdict != NONE)
		LL_BUG("a filter gave a second verdict on one document");
	s->verdict = verdict;
}

void ll_sink_keep(struct ll_sink *s, const struct ll_doc *doc)
{
	set_verdict(s, KEEP);
	put_record(s, add_entry(s, KEEP), doc);
}

void ll_sink_extra(struct ll_sink *s, const struct ll_doc *doc, const char *reason)
{
	LL_ASSERT(s->verdict == KEEP);
	struct entry *e = add_entry(s, EXTRA);
	put_record(s, e, doc);
	e->reason = reason;
	s->bytes_out -= doc->text.len; /* the books add an extra's text under its own reason */
	ll_stats_extra(s->stats, s->doc.source, reason, doc->text.len);
}

void ll_sink_drop(struct ll_sink *s, const char *reason, const char *value_format, ...)
{
	set_verdict(s, DROP);
	struct entry *e = add_entry(s, DROP);
	char value[200] = "";
	if (value_format) {
		va_list ap;
		va_start(ap, value_format);
		vsnprintf(value, sizeof(value), value_format, ap);
		va_end(ap);
	}
	e->reason = reason;
	e->data = s->data.len;
	ll_buf_add(&s->data, value, strlen(value) + 1);
	ll_stats_dropped(s->stats, s->doc.source, reason, s->doc.text.len);
}

void ll_sink_decide(struct ll_sink *s, const struct ll_doc *doc, const void *data, size_t len)
{
	set_verdict(s, DECIDE);
	LL_ASSERT(s->run->f->decide);
	struct entry *e = add_entry(s, DECIDE);
	put_record(s, e, doc);
	while (s->data.len % 8)
		ll_buf_putc(&s->data, 0);
	e->data = s->data.len;
	e->data_len = len;
	ll_buf_add(&s->data, data, len);
}

void ll_sink_text(struct ll_sink *s, const char *reason, uint64_t removed, uint64_t added)
{
	if (removed == 0 && added == 0)
		return;
	LL_GROW(s->edit, s->edits_cap, s->edits + 1);
	s->edit[s->edits++] = (struct edit){ reason, removed, added };
}

void ll_sink_count(struct ll_sink *s, const char *name, uint64_t n)
{
	ll_stats_count(s->stats, name, n);
}

/* ---- one batch ---- */

static void *take_worker(struct run *run)
{
	void *w = ll_spares_take(&run->workers);
	return w || !run->f->worker_new ? w : run->f->worker_new(run->f->context);
}

static void free_worker(struct run *run, void *w)
{
	if (run->f->worker_free)
		run->f->worker_free(run->f->context, w);
}

/* One that grew with a large document is not kept. */
static void give_worker(struct run *run, void *w, bool large)
{
	if (large)
		free_worker(run, w);
	else if (w)
		ll_spares_give(&run->workers, w);
}

/* Whatever the rules did not account for counts as "edit". */
static void settle_edits(struct ll_sink *s, struct entry *e)
{
	uint64_t in = s->doc.text.len, out = s->bytes_out;
	for (size_t i = s->first_edit; i < s->edits; i++) {
		in += s->edit[i].added;
		out += s->edit[i].removed;
	}
	if (in != out)
		ll_sink_text(s, "edit", in > out ? in - out : 0, out > in ? out - in : 0);
	e->edits = s->first_edit;
	e->n_edits = s->edits - s->first_edit;
}

static void commit_kept(struct ll_stats *stats, const struct ll_sink *s, const struct entry *e, struct ll_str source, uint64_t bytes)
{
	ll_stats_kept(stats, source, bytes);
	for (size_t i = 0; i < e->n_edits; i++)
		ll_stats_text(stats, s->edit[e->edits + i].reason, s->edit[e->edits + i].removed, s->edit[e->edits + i].added);
}

static void get_doc(const struct ll_sink *s, const void *record, size_t len, struct ll_doc *doc)
{
	struct ll_err err;
	if (ll_doc_get(record, len, doc, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", s->frame.file, s->frame.header.sequence,
		       (unsigned long long)s->frame.offset, err.text);
}

static void map_batch(void *context, void *argument)
{
	struct run *run = context;
	struct ll_sink *s = argument;
	void *w = take_worker(run);
	ll_data_frame_decode(&s->frame);
	size_t at = 0;
	for (uint32_t i = 0; i < s->frame.header.records; i++, at += s->record_len) {
		s->record = s->frame.raw + at;
		s->record_len = ll_get32(s->record);
		get_doc(s, s->record, s->record_len, &s->doc);
		s->verdict = NONE;
		s->bytes_out = 0;
		s->first_edit = s->edits;
		size_t first_entry = s->entries;
		ll_stats_in(s->stats, s->doc.source, s->doc.text.len);
		run->f->map(run->f->context, w, &s->doc, s);
		if (!run->out)
			continue;
		if (s->verdict == NONE)
			LL_BUG("a filter gave no verdict on a document");
		if (s->verdict == KEEP || s->verdict == DECIDE)
			settle_edits(s, &s->entry[first_entry]);
		if (s->verdict == KEEP)
			commit_kept(s->stats, s, &s->entry[first_entry], s->doc.source, s->bytes_out);
	}
	give_worker(run, w, ll_frame_is_large(&s->frame));
}

static void put_reject(struct run *run, struct ll_doc original, const char *reason, const char *value)
{
	if (run->f->reject_tags) {
		ll_buf_clear(&run->reject_tags);
		ll_buf_add_str(&run->reject_tags, original.volatile_tags);
		run->f->reject_tags(run->f->context, &run->reject_tags);
		original.volatile_tags = ll_buf_str(&run->reject_tags);
	}
	ll_rejects_put(run->rejects, &original, reason, value);
}

/* ---- writing: a frame that is kept whole goes on without a copy ---- */

static void release(struct run *run, struct ll_sink *s)
{
	for (size_t i = 0; i < s->held; i++)
		ll_writer_put_digested(run->out, s->entry[i].original, s->entry[i].original_len, s->entry[i].digest);
	s->held = 0;
	s->holding = false;
}

static void put_kept(struct run *run, struct ll_sink *s, struct entry *e)
{
	if (e->late)
		e->digest = ll_record_digest(e->original);
	if (s->holding && e->untouched && e == s->entry + s->held) {
		s->held++;
		return;
	}
	release(run, s);
	ll_writer_put_digested(run->out, record_of(s, e), e->record_len, e->digest);
}

static void end_of_frame(struct run *run, struct ll_sink *s)
{
	struct ll_data_frame *f = &s->frame;

	if (s->held && s->held == s->entries && s->held == f->header.records) {
		struct ll_id *digest = ll_malloc(s->held * sizeof(*digest));
		for (size_t i = 0; i < s->held; i++)
			digest[i] = s->entry[i].digest;
		if (ll_writer_put_frame(run->out, f->raw, f->header.raw_len, f->header.raw_hash, digest, f->header.records)) {
			f->stored = f->stored == f->raw ? NULL : f->stored;
			f->raw = NULL;
			s->held = 0;
		}
		ll_free(digest);
	}
	release(run, s);
}

static void decide(struct run *run, struct ll_sink *s, struct entry *e)
{
	const char *value = NULL;
	struct ll_doc original, doc;
	get_doc(s, e->original, e->original_len, &original);
	if (run->out)
		get_doc(s, record_of(s, e), e->record_len, &doc);
	else
		doc = original;
	const char *reason = run->f->decide(run->f->context, &doc, s->data.data + e->data, e->data_len, &value);
	if (!run->out)
		return;
	if (reason) {
		ll_stats_dropped(s->stats, original.source, reason, original.text.len);
		put_reject(run, original, reason, value);
		return;
	}
	uint64_t before = doc.text.len;
	reason = run->f->edit ? run->f->edit(run->f->context, &doc) : NULL;
	if (!reason) {
		commit_kept(s->stats, s, e, doc.source, doc.text.len);
		put_kept(run, s, e);
		return;
	}
	release(run, s);
	struct ll_buf *record = ll_writer_next(run->out);
	if (run->f->text)
		run->f->text(run->f->context, &doc, ll_doc_text_place(record, &doc));
	commit_kept(s->stats, s, e, doc.source, doc.text.len);
	if (doc.text.len != before)
		ll_stats_text(s->stats, reason, before > doc.text.len ? before - doc.text.len : 0,
			      doc.text.len > before ? doc.text.len - before : 0);
	ll_doc_put(record, &doc);
	ll_writer_put_next(run->out);
}

static uint64_t weigh(struct run *run, const struct ll_sink *s)
{
	struct ll_doc doc;
	uint64_t sum = 0;

	if (!run->f->weight)
		return s->frame.header.records;
	for (size_t i = 0; i < s->entries; i++) {
		const struct entry *e = &s->entry[i];
		if (e->verdict != DECIDE)
			continue;
		get_doc(s, e->original, e->original_len, &doc);
		sum += run->f->weight(run->f->context, &doc, s->data.data + e->data, e->data_len);
	}
	return sum;
}

static void preview(struct run *run, const struct ll_sink *s, const struct entry *e)
{
	struct ll_doc doc;

	if (e->verdict != DECIDE)
		return;
	get_doc(s, e->original, e->original_len, &doc);
	run->f->preview(run->f->context, &doc, s->data.data + e->data, e->data_len);
}

/* True when the batch has to wait until all others were seen. */
static bool put_off(struct run *run, const struct ll_sink *s)
{
	const struct ll_filter *f = run->f;

	if (!f->put_off || !run->out || run->settled)
		return false;
	if (!run->aside && f->put_off(f->context, weigh(run, s)))
		run->aside = ll_set_aside_new();
	if (!run->aside)
		return false;
	for (size_t i = 0; i < s->entries; i++)
		preview(run, s, &s->entry[i]);
	ll_set_aside_put(run->aside, &s->frame);
	return true;
}

static void put_out(struct run *run, struct ll_sink *s)
{
	if (run->f->file && run->file != s->frame.file)
		run->f->file(run->f->context, s->frame.file);
	run->file = s->frame.file;
	s->holding = run->out != NULL;
	for (size_t i = 0; i < s->entries; i++) {
		struct entry *e = &s->entry[i];
		if (e->verdict == DECIDE) {
			decide(run, s, e);
		} else if (run->out && (e->verdict == KEEP || e->verdict == EXTRA)) {
			put_kept(run, s, e);
		} else if (run->out && e->verdict == DROP) {
			struct ll_doc original;
			get_doc(s, e->original, e->original_len, &original);
			ll_rejects_put(run->rejects, &original, e->reason, s->data.data + e->data);
		}
	}
	if (run->out)
		end_of_frame(run, s);
	ll_stats_merge(run->stats, s->stats);
}

static void retire_batch(void *context, void *argument)
{
	struct run *run = context;
	struct ll_sink *s = argument;

	if (!put_off(run, s))
		put_out(run, s);
	if (!run->settled)
		ll_progress_add(s->frame.header.records, s->frame.header.raw_len);
	ll_stats_free(s->stats);
	ll_data_frame_free(&s->frame);
	ll_buf_free(&s->out);
	ll_buf_free(&s->data);
	ll_free(s->entry);
	ll_free(s->edit);
	ll_free(s);
}

/* ---- the stage ---- */

static void submit(struct ll_queue *queue, struct run *run, const struct ll_data_frame *frame)
{
	struct ll_sink *s = ll_calloc(1, sizeof(*s));

	s->run = run;
	s->frame = *frame;
	s->stats = ll_stats_new();
	ll_submit_frame(queue, s, frame, run->f->times ? run->f->times : LL_TIMES_PASSED_ON);
}

static void run_batches(struct run *run, struct ll_reader *reader)
{
	struct ll_data_frame frame;
	struct ll_queue *queue = ll_queue_new(&(struct ll_queue_ops){ map_batch, retire_batch }, run, 0);
	while (ll_reader_next_frame(reader, &frame))
		submit(queue, run, &frame);
	if (run->f->put_off) {
		ll_queue_drain(queue);
		run->settled = true;
	}
	if (run->aside) {
		run->f->settle(run->f->context);
		while (ll_set_aside_next(run->aside, &frame))
			submit(queue, run, &frame);
	}
	ll_queue_free(queue);
	ll_buf_free(&run->reject_tags);
	ll_set_aside_free(run->aside);
	for (void *w; (w = ll_spares_take(&run->workers));)
		free_worker(run, w);
	ll_spares_free(&run->workers);
}

uint64_t ll_filter_memory(void)
{
	return LL_QUEUE_JOB_BYTES * (uint64_t)ll_queue_depth();
}

struct ll_end ll_filter_run_to(const struct ll_filter *f, const char *const *files, size_t n, struct ll_writer *out)
{
	struct run run = { .f = f, .out = out, .rejects = ll_rejects_open(), .stats = ll_stats_new(), .workers = LL_SPARES_INIT };
	struct ll_reader *reader = ll_reader_open(files, n, "docs");
	char in_set[33], out_set[33];
	run_batches(&run, reader);
	if (f->end)
		f->end(f->context);
	struct ll_end end = ll_writer_finish(out, ll_reader_lineage(reader));
	if (f->finish)
		f->finish(f->context, ll_reader_lineage(reader));
	ll_rejects_close(run.rejects, ll_stats_documents_in(run.stats), ll_reader_lineage(reader));
	ll_stats_finish(run.stats, ll_id_hex(ll_reader_totals(reader, NULL).set_id, in_set), ll_id_hex(end.set_id, out_set));
	ll_stats_free(run.stats);
	ll_reader_close(reader);
	return end;
}

int ll_filter_run(const struct ll_filter *f, const char *const *files, size_t n)
{
	struct ll_writer *out = ll_writer_open(ll_common.output ? ll_common.output : "-", ll_header_new("docs", 1, NULL));
	ll_filter_run_to(f, files, n, out);
	ll_writer_publish(out);
	return LL_EXIT_OK;
}

struct ll_end ll_documents_scan(const struct ll_filter *f, const char *const *files, size_t n, struct ll_lineage **lineage)
{
	struct run run = { .f = f, .stats = ll_stats_new(), .workers = LL_SPARES_INIT };
	struct ll_reader *reader = ll_reader_open(files, n, "docs");
	run_batches(&run, reader);
	struct ll_end totals = ll_reader_totals(reader, NULL);
	if (lineage)
		*lineage = ll_reader_take_lineage(reader);
	ll_stats_free(run.stats);
	ll_reader_close(reader);
	return totals;
}
