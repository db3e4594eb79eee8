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
	unsigned times;		  /* what is held of a document, in times of its bytes */
	struct ll_spares signers; /* handed from frame to frame */
	uint64_t kept;		  /* bytes that each may keep for the next one */
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

static void free_signer(struct signer *s)
{
	if (s)
		signer_free(s);
	ll_free(s);
}

static void free_signers(struct pass *p)
{
	for (struct signer *s; (s = ll_spares_take(&p->signers));)
		free_signer(s);
}

/* One that grew with a document of so many bytes is kept only where all together are few. */
static void give_signer(struct pass *p, struct signer *s, uint64_t largest)
{
	if (largest * p->times > p->kept)
		free_signer(s);
	else
		ll_spares_give(&p->signers, s);
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

/* Before a large document is worked on, while nothing else is. */
static void make_room(struct pass *p)
{
	free_signers(p);
	if (p->visitor->make_room)
		p->visitor->make_room(p->visitor->context);
	ll_memory_trim();
}

/* The most that the signatures of a frame's documents take, and keys of units nearly always. */
static uint64_t signatures_bytes(const struct signature_rule *r, const struct ll_frame_header *h)
{
	uint64_t bands = r->pairs_only ? 0 : r->bands;

	return h->records * (SIGNATURE_FIXED + 8 * (bands + 1)) + h->raw_len * (uint64_t)(r->keeps_shingles ? shingle_bytes(&r->shingle) : 1);
}

static uint64_t frame_bytes(const struct signature_rule *r, const struct ll_frame_header *h)
{
	return h->stored_len + h->raw_len + h->records * sizeof(struct ll_id) + signatures_bytes(r, h);
}

static void sign_frame(void *context, void *argument)
{
	struct pass *p = context;
	struct job *job = argument;
	uint64_t largest = 0;
	struct ll_doc doc;
	struct ll_err err;

	if (nothing_wanted(p, job)) {
		job->skipped = true;
		return;
	}
	if (ll_frame_is_large(&job->frame))
		make_room(p);
	struct signer *signer = take_signer(p);
	ll_data_frame_decode(&job->frame);
	const unsigned char *record = job->frame.raw;
	job->digest = ll_malloc(LL_MAX(job->frame.header.records, 1) * sizeof(*job->digest));
	if (p->rule->keeps_shingles) /* then growing leaves holes behind */
		ll_buf_reserve(&job->out, signatures_bytes(p->rule, &job->frame.header));
	for (uint32_t i = 0; i < job->frame.header.records; i++, record += ll_get32(record)) {
		if (p->visitor->wanted && !p->visitor->wanted(p->visitor->context, job->frame.first_record + i))
			continue;
		job->digest[i] = ll_record_digest(record);
		if (ll_doc_get(record, ll_get32(record), &doc, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", job->frame.file, job->frame.header.sequence,
			       (unsigned long long)job->frame.offset, err.text);
		largest = LL_MAX(largest, doc.text.len);
		if (signature_rule_is_keys(p->rule))
			unit_keys_put(&job->out, &signer->walk, p->rule, &doc);
		else
			signature_put(&job->out, signer, p->rule, job->digest[i], &doc);
	}
	give_signer(p, signer, largest);
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
		give_signer(p, signer, doc.text.len);
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

static int frames_at_once(void)
{
	return (int)LL_MAX(1, LL_MIN((uint64_t)ll_queue_depth(), ll_memory_budget() / 2 / LL_QUEUE_JOB_BYTES));
}

uint64_t sign_pass_memory(void)
{
	return LL_MIN(ll_memory_budget() / 2, LL_QUEUE_JOB_BYTES * (uint64_t)frames_at_once());
}

struct ll_lineage *sign_pass(const char *const *files, size_t n, const struct signature_rule *rule, const struct sign_visitor *visitor)
{
	struct pass p = { .rule = rule, .visitor = visitor, .files = files, .n_files = n, .data_id = ll_hash128_new(), .signers = LL_SPARES_INIT };
	struct ll_reader *reader = ll_reader_open(files, n, "docs");
	struct ll_data_frame frame;
	int depth = frames_at_once();

	p.times = rule->bands ? shingle_times(&rule->shingle, rule->keeps_shingles && !rule->pairs_only) : unit_times(&rule->unit);
	p.kept = ll_memory_budget() / 8 / (uint64_t)depth;
	struct ll_queue *queue = ll_queue_new(&(struct ll_queue_ops){ sign_frame, hand_over }, &p, depth);
	while (ll_reader_next_frame(reader, &frame)) {
		struct job *job = ll_calloc(1, sizeof(*job));
		job->frame = frame;
		if (visitor->times_later > p.times)
			ll_need_memory(&frame, visitor->times_later * (uint64_t)frame.header.raw_len);
		ll_submit_frame_sized(queue, job, &frame, p.times, frame_bytes(rule, &frame.header));
	}
	ll_queue_free(queue);
	while (p.file < p.n_files)
		end_file(&p);
	free_signers(&p);
	ll_spares_free(&p.signers);
	ll_hash128_free(p.data_id);
	struct ll_lineage *lineage = ll_reader_take_lineage(reader);
	ll_reader_close(reader);
	return lineage;
}
