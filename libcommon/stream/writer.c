/* SPDX-License-Identifier: MIT */
#include "stream/writer.h"

#include <pthread.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "base/thread.h"
#include "io/codec.h"
#include "io/file.h"
#include "stream/large_frame.h"

#define ZSTD_LEVEL 1 /* what a stage can afford between others: three times as fast as level 3, 8 % larger on prose */

struct ll_writer {
	char *path;
	struct ll_out *out;
	int level;               /* 0: raw */
	struct ll_queue *queue;  /* compresses in parallel, writes in order */
	struct ll_buf current;   /* the data frame being filled */
	size_t current_bytes;	 /* of its records */
	uint32_t current_records;
	uint32_t sequence;       /* of the next frame submitted */
	struct ll_end end;
	struct ll_hash128_state *data_hash;
	struct ll_buf index;     /* 16 bytes a data frame */
	bool finished;
	pthread_mutex_t writing; /* held while a frame is on its way out: a failed end may only follow a whole frame; recursive, */
	bool mid_frame;          /* so that the thread whose own write failed sees here that it must not add to it */
};

struct frame_job {
	struct ll_frame_header header;
	struct ll_buf raw;
	struct ll_buf packed; /* header and stored bytes; of a raw frame the header alone, `raw` follows */
	bool hashed;	      /* header.raw_hash is known */
};

/* ---- queue: pack in parallel, write in order ---- */

static void pack(void *context, void *argument)
{
	struct ll_writer *w = context;
	struct frame_job *job = argument;
	struct ll_frame_header *h = &job->header;
	h->raw_len = (uint32_t)job->raw.len;
	if (!job->hashed)
		h->raw_hash = ll_hash64(job->raw.data, job->raw.len);
	h->codec = LL_CODEC_RAW;
	h->stored_len = h->raw_len;
	h->stored_hash = h->raw_hash;
	ll_buf_reserve(&job->packed, LL_FRAME_HEADER_BYTES + (w->level ? job->raw.len : 0));
	job->packed.len = LL_FRAME_HEADER_BYTES;
	if (w->level && job->raw.len >= 64) {
		char *stored = job->packed.data + LL_FRAME_HEADER_BYTES;
		size_t n = ll_zstd_compress(stored, job->raw.len - 1, job->raw.data, job->raw.len, w->level);
		if (n > 0) {
			h->codec = LL_CODEC_ZSTD;
			h->stored_len = (uint32_t)n;
			h->stored_hash = ll_hash64(stored, n);
			job->packed.len += n;
		}
	}
	ll_frame_header_put(h, (unsigned char *)job->packed.data);
}

static void write_out(void *context, void *argument)
{
	struct ll_writer *w = context;
	struct frame_job *job = argument;
	if (job->header.type == LL_FRAME_DATA) {
		ll_buf_put64(&w->index, w->end.segment_len);
		ll_buf_put32(&w->index, job->header.records);
		ll_buf_put32(&w->index, job->header.raw_len);
	}
	pthread_mutex_lock(&w->writing);
	w->mid_frame = true;
	ll_out_write(w->out, job->packed.data, job->packed.len);
	if (job->header.codec == LL_CODEC_RAW)
		ll_out_write(w->out, job->raw.data, job->raw.len);
	if (!ll_out_is_file(w->out))
		ll_out_flush(w->out);
	w->mid_frame = false;
	pthread_mutex_unlock(&w->writing);
	w->end.segment_len += LL_FRAME_HEADER_BYTES + job->header.stored_len;
	ll_buf_free(&job->raw);
	ll_buf_free(&job->packed);
	ll_free(job);
}

static struct frame_job *new_job(struct ll_writer *w, enum ll_frame_type type, struct ll_buf raw, uint32_t records)
{
	struct frame_job *job = ll_calloc(1, sizeof(*job));
	job->header.type = (unsigned char)type;
	job->header.sequence = w->sequence++;
	job->header.records = records;
	job->raw = raw;
	return job;
}

static void submit(struct ll_writer *w, enum ll_frame_type type, struct ll_buf raw, uint32_t records)
{
	ll_queue_submit(w->queue, new_job(w, type, raw, records));
}

/* ---- failure: tell the reader of a pipe ---- */

static void on_failure(void *context, int status)
{
	struct ll_writer *w = context;
	(void)status;
	if (ll_out_is_file(w->out) || w->finished)
		return;
	for (int tries = 0; pthread_mutex_trylock(&w->writing) != 0; tries++) {
		if (tries == 200)
			return; /* a write is stuck: the cut itself tells the reader */
		usleep(5000);
	}
	if (w->mid_frame)
		return;
	struct ll_end end = { .failed = 1, .segment_len = w->end.segment_len + LL_FRAME_HEADER_BYTES + LL_END_BYTES };
	unsigned char bytes[LL_FRAME_HEADER_BYTES + LL_END_BYTES];
	ll_end_put(&end, bytes + LL_FRAME_HEADER_BYTES);
	uint64_t hash = ll_hash64(bytes + LL_FRAME_HEADER_BYTES, LL_END_BYTES);
	struct ll_frame_header h = { LL_FRAME_END, LL_CODEC_RAW, LL_END_BYTES, LL_END_BYTES, UINT32_MAX, 0, hash, hash };
	ll_frame_header_put(&h, bytes);
	ll_out_emergency(w->out, bytes, sizeof(bytes));
}

/* ---- life ---- */

static int parse_level(bool file)
{
	const char *how = ll_common.compress ? ll_common.compress : "auto";
	uint64_t level;
	if (strcmp(how, "auto") == 0)
		return file ? ZSTD_LEVEL : 0;
	if (strcmp(how, "none") == 0)
		return 0;
	if (strcmp(how, "zstd") == 0)
		return ZSTD_LEVEL;
	if (strncmp(how, "zstd:", 5) == 0 && ll_parse_u64(ll_cstr(how + 5), &level) == 0 && level >= 1 && level <= 19)
		return (int)level;
	ll_die(LL_EXIT_USAGE, "--compress=%s: not auto, none, zstd or zstd:1 to zstd:19", how);
}

struct ll_writer *ll_writer_open(const char *path, struct ll_header header)
{
	struct ll_writer *w = ll_calloc(1, sizeof(*w));
	w->path = ll_strdup(path);
	w->out = ll_out_open(path, LL_OUT_BINARY | (ll_common.no_clobber ? LL_OUT_NO_CLOBBER : 0));
	w->level = parse_level(ll_out_is_file(w->out));
	w->queue = ll_queue_new(&(struct ll_queue_ops){ pack, write_out }, w, 0);
	w->data_hash = ll_hash128_new();
	pthread_mutexattr_t recursive;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&w->writing, &recursive);
	pthread_mutexattr_destroy(&recursive);
	ll_exit_hook_add(on_failure, w);
	struct ll_buf raw = { 0 };
	ll_buf_puts(&raw, header.text);
	submit(w, LL_FRAME_HEAD, raw, 0);
	ll_header_free(&header);
	return w;
}

/* A large document is gone, packed and written, before the next one comes. */
static void submit_data(struct ll_writer *w, struct frame_job *job)
{
	(job->raw.len >= LL_LARGE_DOCUMENT ? ll_queue_submit_alone : ll_queue_submit)(w->queue, job);
}

static void close_frame(struct ll_writer *w)
{
	submit_data(w, new_job(w, LL_FRAME_DATA, w->current, w->current_records));
	w->current = (struct ll_buf){ 0 };
	w->current_bytes = 0;
	w->current_records = 0;
}

static void count_record(struct ll_writer *w, size_t len, struct ll_id digest)
{
	ll_hash128_update(w->data_hash, digest.byte, sizeof(digest.byte));
	ll_id_add(&w->end.set_id, digest);
	w->end.records++;
	w->end.raw_bytes += len;
}

bool ll_writer_put_frame(struct ll_writer *w, void *raw, size_t len, uint64_t raw_hash, const struct ll_id *digest, uint32_t records)
{
	const unsigned char *record = raw;
	size_t at = 0, last = 0;

	LL_ASSERT(!w->finished);
	if (w->current_records || len < LL_FRAME_TARGET)
		return false;
	for (uint32_t i = 0; i < records; i++, at += last)
		last = ll_get32(record + at);
	LL_ASSERT(at == len);
	if (len - last >= LL_FRAME_TARGET)
		return false;
	at = 0;
	for (uint32_t i = 0; i < records; i++, at += last)
		count_record(w, last = ll_get32(record + at), digest[i]);
	struct frame_job *job = new_job(w, LL_FRAME_DATA, (struct ll_buf){ raw, len, len }, records);
	job->header.raw_hash = raw_hash;
	job->hashed = true;
	submit_data(w, job);
	return true;
}

/* The record at the end of the current frame, which it may fill. */
static void add_record(struct ll_writer *w, size_t len, struct ll_id digest)
{
	LL_ASSERT(!w->finished && len >= 8 && len <= LL_RECORD_MAX);
	count_record(w, len, digest);
	w->current_records++;
	w->current_bytes += len;
	if (w->current.len >= LL_FRAME_TARGET)
		close_frame(w);
}

struct ll_buf *ll_writer_next(struct ll_writer *w)
{
	if (!w->current.data)
		ll_buf_reserve(&w->current, LL_FRAME_TARGET + LL_FRAME_TARGET / 8);
	return &w->current;
}

void ll_writer_put_next(struct ll_writer *w)
{
	const char *record = w->current.data + w->current_bytes;

	add_record(w, w->current.len - w->current_bytes, ll_record_digest(record));
}

void ll_writer_put_digested(struct ll_writer *w, const void *record, size_t len, struct ll_id digest)
{
	ll_buf_add(ll_writer_next(w), record, len);
	add_record(w, len, digest);
}

void ll_writer_put(struct ll_writer *w, const void *record, size_t len)
{
	ll_writer_put_digested(w, record, len, ll_record_digest(record));
}

uint64_t ll_writer_records(const struct ll_writer *w)
{
	return w->end.records;
}

struct ll_end ll_writer_finish(struct ll_writer *w, const struct ll_lineage *lineage)
{
	struct ll_buf raw = { 0 };
	if (w->current_records)
		close_frame(w);
	ll_lineage_payload(lineage, &raw);
	submit(w, LL_FRAME_LINEAGE, raw, 0);
	ll_queue_drain(w->queue);
	if (ll_out_is_file(w->out)) {
		w->end.index_offset = w->end.segment_len;
		submit(w, LL_FRAME_INDEX, w->index, 0);
		w->index = (struct ll_buf){ 0 };
		ll_queue_drain(w->queue);
	}
	w->level = 0; /* the end frame has a fixed size */
	w->end.data_id = ll_hash128_digest(w->data_hash);
	struct ll_end end = w->end;
	end.segment_len += LL_FRAME_HEADER_BYTES + LL_END_BYTES;
	struct ll_buf payload = { 0 };
	ll_end_put(&end, (unsigned char *)ll_buf_reserve(&payload, LL_END_BYTES));
	payload.len = LL_END_BYTES;
	submit(w, LL_FRAME_END, payload, 0);
	ll_queue_drain(w->queue);
	w->finished = true;
	w->end = end;
	ll_out_sync(w->out);
	return end;
}

bool ll_writer_changes(const struct ll_writer *w)
{
	struct ll_end old;
	LL_ASSERT(w->finished);
	return !(ll_common.if_changed && ll_out_is_file(w->out) && ll_path_exists(w->path) && ll_stream_end(w->path, &old) && !old.failed &&
		 old.records == w->end.records && ll_id_eq(old.data_id, w->end.data_id));
}

void ll_writer_publish(struct ll_writer *w)
{
	LL_ASSERT(w->finished);
	ll_exit_hook_remove(on_failure, w);
	ll_queue_free(w->queue);
	if (ll_writer_changes(w))
		ll_out_commit(w->out);
	else
		ll_out_abandon(w->out);
	ll_hash128_free(w->data_hash);
	ll_buf_free(&w->index);
	ll_buf_free(&w->current);
	pthread_mutex_destroy(&w->writing);
	ll_free(w->path);
	ll_free(w);
}

struct ll_end ll_writer_close(struct ll_writer *w, const struct ll_lineage *lineage)
{
	struct ll_end end = ll_writer_finish(w, lineage);
	ll_writer_publish(w);
	return end;
}
