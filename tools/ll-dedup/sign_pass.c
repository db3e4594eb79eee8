/* SPDX-License-Identifier: MIT */
#include "ll-dedup/sign_pass.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/spares.h"
#include "base/thread.h"
#include "ll-dedup/unit_keys.h"
#include "stream/large_frame.h"

struct pass {
	const struct signature_rule *rule;
	const struct sign_visitor *visitor;
	const char *const *files;
	size_t n_files, file; /* the file whose documents are being handed over */
	uint64_t records;     /* of that file so far */
	uint64_t document;    /* number of the next one */
	struct ll_hash128_state *data_id;
	struct ll_spares signers; /* handed from frame to frame */
};

struct job {
	struct ll_data_frame frame;
	struct ll_buf out;
	struct ll_id *digest; /* of every document; second passes do without */
	bool skipped;	      /* nothing in the frame is wanted */
};

static struct signer *take_signer(struct pass *p)
{
	struct signer *s = ll_spares_take(&p->signers);
	return s ? s : ll_calloc(1, sizeof(*s));
}

/* One that grew with a large document is not kept. */
static void give_signer(struct pass *p, struct signer *s, bool large)
{
	if (large) {
		signer_free(s);
		ll_free(s);
	} else {
		ll_spares_give(&p->signers, s);
	}
}

static bool nothing_wanted(const struct pass *p, const struct job *job)
{
	if (!p->visitor->wanted)
		return false;
	for (uint32_t i = 0; i < job->frame.header.records; i++)
		if (p->visitor->wanted(p->visitor->context, job->frame.first_record + i))
			return false;
	return true;
}

static void sign_frame(void *context, void *argument)
{
	struct pass *p = context;
	struct job *job = argument;
	struct signer *signer = take_signer(p);
	struct ll_doc doc;
	struct ll_err err;

	if (nothing_wanted(p, job)) {
		job->skipped = true;
		give_signer(p, signer, ll_frame_is_large(&job->frame));
		return;
	}
	if (p->visitor->make_room && ll_frame_is_large(&job->frame))
		p->visitor->make_room(p->visitor->context);
	ll_data_frame_decode(&job->frame);
	const unsigned char *record = job->frame.raw;
	job->digest = ll_malloc(LL_MAX(job->frame.header.records, 1) * sizeof(*job->digest));
	for (uint32_t i = 0; i < job->frame.header.records; i++, record += ll_get32(record)) {
		if (p->visitor->wanted && !p->visitor->wanted(p->visitor->context, job->frame.first_record + i))
			continue;
		job->digest[i] = ll_record_digest(record);
		if (ll_doc_get(record, ll_get32(record), &doc, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", job->frame.file, job->frame.header.sequence,
			       (unsigned long long)job->frame.offset, err.text);
		if (signature_rule_is_keys(p->rule))
			unit_keys_put(&job->out, &signer->walk, p->rule, &doc);
		else
			signature_put(&job->out, signer, p->rule, job->digest[i], &doc);
	}
	give_signer(p, signer, ll_frame_is_large(&job->frame));
}

static void end_file(struct pass *p)
{
	struct ll_buf shard = { 0 };

	if (p->visitor->wanted) {
		p->file++;
		return;
	}
	signature_put_shard(&shard, p->records, ll_hash128_digest(p->data_id), p->visitor->name ? p->visitor->name : ll_path_base(p->files[p->file]));
	p->visitor->record(p->visitor->context, p->document, (const unsigned char *)shard.data, shard.len);
	ll_buf_free(&shard);
	ll_hash128_free(p->data_id);
	p->data_id = ll_hash128_new();
	p->records = 0;
	p->file++;
}

/* Those of a document; returns their bytes. */
static size_t hand_over_records(struct pass *p, uint64_t document, const unsigned char *first, const unsigned char *original)
{
	const unsigned char *record, *next = first;
	const struct sign_visitor *v = p->visitor;
	struct ll_doc doc;
	struct ll_err err;

	do {
		record = next;
		next += ll_get32(record);
		if (!unit_keys_are_put_off(record)) {
			v->record(v->context, document, record, ll_get32(record));
			continue;
		}
		if (ll_doc_get(original, ll_get32(original), &doc, &err) < 0)
			LL_BUG("a document that was signed: %s", err.text);
		struct signer *signer = take_signer(p);
		unit_keys_make(&signer->walk, p->rule, &doc, v->record, v->context, document);
		give_signer(p, signer, ll_get32(original) >= LL_LARGE_DOCUMENT);
	} while (unit_keys_go_on(record));
	return (size_t)(next - first);
}

static void hand_over(void *context, void *argument)
{
	struct pass *p = context;
	struct job *job = argument;
	const unsigned char *original = job->frame.raw;
	size_t at = 0;

	while (p->files[p->file] != job->frame.file)
		end_file(p);
	if (job->skipped)
		p->document += job->frame.header.records;
	for (uint32_t i = 0; i < job->frame.header.records && !job->skipped; i++, original += ll_get32(original)) {
		uint64_t document = p->document++;
		if (!p->visitor->wanted)
			ll_hash128_update(p->data_id, job->digest[i].byte, sizeof(job->digest[i].byte));
		p->records++;
		if (p->visitor->through)
			ll_writer_put_digested(p->visitor->through, original, ll_get32(original), job->digest[i]);
		if (p->visitor->wanted && !p->visitor->wanted(p->visitor->context, document))
			continue;
		at += hand_over_records(p, document, (const unsigned char *)job->out.data + at, original);
	}
	LL_ASSERT(at == job->out.len);
	ll_progress_add(job->frame.header.records, job->frame.header.raw_len);
	ll_data_frame_free(&job->frame);
	ll_buf_free(&job->out);
	ll_free(job->digest);
	ll_free(job);
}

struct ll_lineage *sign_pass(const char *const *files, size_t n, const struct signature_rule *rule, const struct sign_visitor *visitor)
{
	struct pass p = { .rule = rule, .visitor = visitor, .files = files, .n_files = n, .data_id = ll_hash128_new(), .signers = LL_SPARES_INIT };
	struct ll_reader *reader = ll_reader_open(files, n, "docs");
	struct ll_data_frame frame;
	unsigned times = rule->bands ? shingle_times(&rule->shingle, rule->keeps_shingles && !rule->pairs_only) : unit_times(&rule->unit);

	struct ll_queue *queue = ll_queue_new(&(struct ll_queue_ops){ sign_frame, hand_over }, &p, 0);
	while (ll_reader_next_frame(reader, &frame)) {
		struct job *job = ll_calloc(1, sizeof(*job));
		job->frame = frame;
		ll_submit_frame(queue, job, &frame, times);
	}
	ll_queue_free(queue);
	while (p.file < p.n_files)
		end_file(&p);
	for (struct signer *s; (s = ll_spares_take(&p.signers));) {
		signer_free(s);
		ll_free(s);
	}
	ll_spares_free(&p.signers);
	ll_hash128_free(p.data_id);
	struct ll_lineage *lineage = ll_reader_take_lineage(reader);
	ll_reader_close(reader);
	return lineage;
}
