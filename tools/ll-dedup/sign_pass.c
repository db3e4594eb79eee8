/* SPDX-License-Identifier: MIT */
#include "ll-dedup/sign_pass.h"

#include <pthread.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"

struct spare { /* scratch handed from frame to frame */
	struct signer signer;
	struct spare *next;
};

struct pass {
	const struct signature_rule *rule;
	const struct sign_visitor *visitor;
	const char *const *files;
	size_t n_files, file; /* the file whose documents are being handed over */
	uint64_t records;     /* of that file so far */
	struct ll_hash128_state *data_id;
	struct spare *spare;
	pthread_mutex_t lock;
};

struct job {
	struct ll_data_frame frame;
	struct ll_buf out;
};

static struct spare *take(struct pass *p)
{
	pthread_mutex_lock(&p->lock);
	struct spare *s = p->spare;
	if (s)
		p->spare = s->next;
	pthread_mutex_unlock(&p->lock);
	return s ? s : ll_calloc(1, sizeof(*s));
}

static void give(struct pass *p, struct spare *s)
{
	pthread_mutex_lock(&p->lock);
	s->next = p->spare;
	p->spare = s;
	pthread_mutex_unlock(&p->lock);
}

static void sign_frame(void *context, void *argument)
{
	struct pass *p = context;
	struct job *job = argument;
	struct spare *spare = take(p);
	struct ll_doc doc;
	struct ll_err err;

	ll_data_frame_decode(&job->frame);
	const unsigned char *record = job->frame.raw;
	for (uint32_t i = 0; i < job->frame.header.records; i++, record += ll_get32(record)) {
		if (ll_doc_get(record, ll_get32(record), &doc, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", job->frame.file, job->frame.header.sequence,
			       (unsigned long long)job->frame.offset, err.text);
		signature_put(&job->out, &spare->signer, p->rule, record, &doc);
	}
	give(p, spare);
}

static void end_file(struct pass *p)
{
	struct ll_buf shard = { 0 };

	signature_put_shard(&shard, p->records, ll_hash128_digest(p->data_id), ll_path_base(p->files[p->file]));
	p->visitor->record(p->visitor->context, (const unsigned char *)shard.data, shard.len);
	ll_buf_free(&shard);
	ll_hash128_free(p->data_id);
	p->data_id = ll_hash128_new();
	p->records = 0;
	p->file++;
}

static void hand_over(void *context, void *argument)
{
	struct pass *p = context;
	struct job *job = argument;
	struct ll_err err;

	while (p->files[p->file] != job->frame.file)
		end_file(p);
	for (size_t at = 0; at < job->out.len;) {
		const unsigned char *record = (const unsigned char *)job->out.data + at;
		size_t len = ll_get32(record);
		struct signature s;
		if (signature_get(record, len, p->rule->bands, &s, &err) < 0)
			LL_BUG("%s", err.text);
		ll_hash128_update(p->data_id, s.record.byte, sizeof(s.record.byte));
		p->records++;
		p->visitor->record(p->visitor->context, record, len);
		at += len;
	}
	ll_progress_add(job->frame.header.records, job->frame.header.raw_len);
	ll_data_frame_free(&job->frame);
	ll_buf_free(&job->out);
	ll_free(job);
}

struct ll_lineage *sign_pass(const char *const *files, size_t n, const struct signature_rule *rule, const struct sign_visitor *visitor)
{
	struct pass p = { .rule = rule, .visitor = visitor, .files = files, .n_files = n, .data_id = ll_hash128_new() };
	struct ll_reader *reader = ll_reader_open(files, n, "docs");
	struct ll_data_frame frame;

	pthread_mutex_init(&p.lock, NULL);
	struct ll_queue *queue = ll_queue_new(&(struct ll_queue_ops){ sign_frame, hand_over }, &p, 0);
	while (ll_reader_next_frame(reader, &frame)) {
		struct job *job = ll_calloc(1, sizeof(*job));
		job->frame = frame;
		ll_queue_submit(queue, job);
	}
	ll_queue_free(queue);
	while (p.file < p.n_files)
		end_file(&p);
	while (p.spare) {
		struct spare *s = p.spare;
		p.spare = s->next;
		signer_free(&s->signer);
		ll_free(s);
	}
	pthread_mutex_destroy(&p.lock);
	ll_hash128_free(p.data_id);
	struct ll_lineage *lineage = ll_reader_take_lineage(reader);
	ll_reader_close(reader);
	return lineage;
}
