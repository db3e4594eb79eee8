/* SPDX-License-Identifier: MIT */
/*
 * check_against.c - ll-shard check --against: do datasets hold the documents of streams, each under its key and with
 * its text as the tokenizer's normaliser leaves it? Their order may differ. First only sums over all documents of
 * hashes of (key, text) are compared, which takes no memory. Where these differ the documents are read again, or at
 * once when a stream cannot be read twice, and sorted by key, out of core where need be.
 */
#include "ll-shard/shard_check.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "bpe/bpe.h"
#include "doc/record.h"
#include "ll-shard/dataset_walk.h"
#include "stream/large_frame.h"

#define BATCH_BYTES LL_MIB /* of text decoded by one job */
#define STREAM_TIMES 3      /* of a document: its frame and its text as the normaliser leaves it */

enum { DATASET, STREAM };

struct found {
	struct ll_id key, text; /* text: XXH3-128 */
	struct ll_str id;	/* in the job's records */
};

struct job {
	int side;
	struct ll_data_frame frame;  /* of a stream */
	struct ll_buf records;	     /* of datasets: of documents.ll */
	struct ll_dataset **dataset; /* one a record */
	size_t datasets_cap, n;
	uint64_t text_bytes;
	struct found *found;
};

struct side {
	const char *const *files;
	size_t n;
	uint64_t documents, text_bytes;
	struct ll_id sum;
};

struct against {
	struct side side[2];
	struct ll_bpe *bpe;
	struct ll_queue *queue;
	struct ll_sorter *sorter; /* NULL while only sums are wanted */
	struct ll_buf payload;
};

/* ---- hashing documents, on any thread ---- */

struct scratch {
	struct ll_ids ids;
	struct ll_buf text, normalized;
};

static void scratch_free(struct scratch *s)
{
	ll_ids_free(&s->ids);
	ll_buf_free(&s->text);
	ll_buf_free(&s->normalized);
}

/* The decoded text of a document of a dataset, in s->text. */
static struct ll_str decode(const struct ll_bpe *bpe, struct ll_dataset *d, const struct ll_dataset_entry *e,
			    struct scratch *s)
{
	struct ll_err err;
	size_t n = (size_t)(e->length - (ll_dataset_eot(d) >= 0));
	LL_GROW(s->ids.id, s->ids.cap, n + 1);
	ll_dataset_read(d, e->offset, n, s->ids.id);
	ll_buf_clear(&s->text);
	if (ll_bpe_decode(bpe, s->ids.id, n, &s->text, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: document '%.*s': %s", ll_dataset_documents_path(d),
		       (int)LL_MIN(e->id.len, (size_t)200), e->id.data, err.text);
	return ll_buf_str(&s->text);
}

static struct ll_doc document(const struct ll_data_frame *f, const unsigned char *record)
{
	struct ll_doc doc;
	struct ll_err err;
	if (ll_doc_get(record, ll_get32(record), &doc, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", f->file, f->header.sequence,
		       (unsigned long long)f->offset, err.text);
	return doc;
}

static void work(void *context, void *argument)
{
	const struct against *a = context;
	struct job *job = argument;
	struct scratch s = { 0 };
	struct ll_err err;
	if (job->side == STREAM) {
		ll_data_frame_decode(&job->frame);
		job->n = job->frame.header.records;
	}
	const unsigned char *record = job->side == STREAM ? job->frame.raw : (const unsigned char *)job->records.data;
	job->found = ll_calloc(job->n + 1, sizeof(*job->found));
	for (size_t i = 0; i < job->n; i++, record += ll_get32(record)) {
		struct found *f = &job->found[i];
		struct ll_dataset_entry e = { .length = 0 };
		struct ll_str text;
		if (job->side == STREAM) {
			struct ll_doc doc = document(&job->frame, record);
			text = doc.text;
			f->key = doc.key;
			f->id = doc.id;
			job->text_bytes += doc.text.len;
		} else {
			if (ll_dataset_entry_get(record, ll_get32(record), &e, &err) < 0)
				LL_BUG("a record that was read before: %s", err.text);
			text = decode(a->bpe, job->dataset[i], &e, &s);
			f->key = e.key;
			f->id = e.id;
		}
		text = ll_bpe_decoded_form(a->bpe, text, &s.normalized);
		f->text = ll_hash128(text.data, text.len);
	}
	scratch_free(&s);
}

static void retire(void *context, void *argument)
{
	struct against *a = context;
	struct job *job = argument;
	struct side *side = &a->side[job->side];
	for (size_t i = 0; i < job->n; i++) {
		const struct found *f = &job->found[i];
		unsigned char key[32];
		memcpy(key, f->key.byte, 16);
		memcpy(key + 16, f->text.byte, 16);
		ll_id_add(&side->sum, ll_hash128(key, sizeof(key)));
		side->documents++;
		if (!a->sorter)
			continue;
		ll_buf_clear(&a->payload);
		ll_buf_putc(&a->payload, (char)job->side);
		ll_buf_put64(&a->payload, side->documents);
		ll_buf_add_str(&a->payload, f->id);
		ll_sorter_add_variable(a->sorter, key, a->payload.data, a->payload.len);
	}
	side->text_bytes += job->text_bytes;
	ll_progress_add(job->n, job->text_bytes);
	ll_data_frame_free(&job->frame);
	ll_buf_free(&job->records);
	ll_free(job->dataset);
	ll_free(job->found);
	ll_free(job);
}

/* ---- reading both sides ---- */

/* A large document is alone in the queue, as large frames are. */
static void submit_dataset(struct against *a, struct job *job)
{
	(job->text_bytes >= LL_LARGE_DOCUMENT ? ll_queue_submit_alone : ll_queue_submit)(a->queue, job);
}

static struct job *new_job(int side)
{
	struct job *job = ll_calloc(1, sizeof(*job));
	job->side = side;
	return job;
}

static void read_datasets(struct against *a)
{
	struct dataset_walk walk;
	struct dataset_walk_document d;
	struct job *job = new_job(DATASET);
	dataset_walk_open(&walk, a->side[DATASET].files, a->side[DATASET].n);
	while (dataset_walk_next(&walk, &d)) {
		if (job->n && job->text_bytes + d.entry.text_bytes > BATCH_BYTES) {
			submit_dataset(a, job);
			job = new_job(DATASET);
		}
		LL_GROW(job->dataset, job->datasets_cap, job->n + 1);
		job->dataset[job->n++] = d.dataset;
		ll_dataset_entry_put(&job->records, &d.entry);
		job->text_bytes += d.entry.text_bytes + LL_DATASET_DOCUMENT_FIXED;
	}
	submit_dataset(a, job);
	ll_queue_drain(a->queue);
	dataset_walk_close(&walk);
}

static void read_streams(struct against *a)
{
	struct ll_data_frame frame;
	struct ll_reader *reader = ll_reader_open(a->side[STREAM].files, a->side[STREAM].n, "docs");
	while (ll_reader_next_frame(reader, &frame)) {
		struct job *job = new_job(STREAM);
		job->frame = frame;
		ll_submit_frame(a->queue, job, &frame, STREAM_TIMES);
	}
	ll_queue_drain(a->queue);
	ll_reader_close(reader);
}

static void read_both(struct against *a)
{
	for (int i = 0; i < 2; i++) {
		a->side[i].documents = a->side[i].text_bytes = 0;
		a->side[i].sum = (struct ll_id){ { 0 } };
	}
	a->queue = ll_queue_new(&(struct ll_queue_ops){ work, retire }, a, 0);
	read_streams(a);
	read_datasets(a);
	ll_queue_free(a->queue);
}

/* ---- what differs ---- */

/* What one side has of a key that the other has not: how many, and the number and id of the first. */
struct surplus {
	uint64_t count, first;
	struct ll_buf id;
};

struct difference {
	uint64_t changed, only[2];
	/* The first one: a text that changed goes by its place in the stream, as does what only the stream has. */
	struct {
		bool any, has[2];
		uint64_t number[2];
		struct ll_buf id;
	} first;
};

static void end_key(struct surplus *s, struct difference *d)
{
	uint64_t both = LL_MIN(s[DATASET].count, s[STREAM].count);
	d->changed += both;
	for (int i = 0; i < 2; i++)
		d->only[i] += s[i].count - both;
	int by = s[STREAM].count ? STREAM : DATASET;
	bool earlier =
		!d->first.any || (by == STREAM ? !d->first.has[STREAM] || s[STREAM].first < d->first.number[STREAM]
					       : !d->first.has[STREAM] && s[DATASET].first < d->first.number[DATASET]);
	if (s[by].count && earlier) {
		d->first.any = true;
		for (int i = 0; i < 2; i++) {
			d->first.has[i] = s[i].count > 0;
			d->first.number[i] = s[i].first;
		}
		ll_buf_clear(&d->first.id);
		ll_buf_add_str(&d->first.id, ll_buf_str(&s[by].id));
	}
	s[DATASET].count = s[STREAM].count = 0;
}

static void add_surplus(struct surplus *s, uint64_t count, uint64_t number, struct ll_str id)
{
	if (s->count == 0 || number < s->first) {
		s->first = number;
		ll_buf_clear(&s->id);
		ll_buf_add_str(&s->id, id);
	}
	s->count += count;
}

/* The documents of one key and text. The stream was read first and the sort is stable, so its documents come first:
 * where it has more of them than the dataset, its last one stands for what is missing, else the dataset's first one too
 * many. */
struct version {
	unsigned char key[32];
	uint64_t count[2], number[2];
	struct ll_buf id[2];
	bool any;
};

static void add_version(struct version *v, const unsigned char *payload, size_t len)
{
	int side = payload[0];
	v->count[side]++;
	if (side == STREAM || v->count[DATASET] == v->count[STREAM] + 1) {
		v->number[side] = ll_get64(payload + 1);
		ll_buf_clear(&v->id[side]);
		ll_buf_add(&v->id[side], payload + 9, len - 9);
	}
}

static void end_version(struct version *v, struct surplus *s)
{
	int more = v->count[STREAM] > v->count[DATASET] ? STREAM : DATASET;
	if (v->count[STREAM] != v->count[DATASET])
		add_surplus(&s[more], v->count[more] - v->count[1 - more], v->number[more], ll_buf_str(&v->id[more]));
	v->count[STREAM] = v->count[DATASET] = 0;
}

static void find_differences(struct ll_sorter *sorter, struct difference *d)
{
	struct surplus s[2] = { { .count = 0 }, { .count = 0 } };
	struct version v = { .any = false };
	const void *payload;
	size_t len;
	ll_sorter_finish(sorter);
	for (const void *key;;) {
		key = ll_sorter_next_variable(sorter, &payload, &len);
		if (v.any && (!key || memcmp(key, v.key, 32) != 0)) {
			end_version(&v, s);
			if (!key || memcmp(key, v.key, 16) != 0)
				end_key(s, d);
		}
		if (!key)
			break;
		memcpy(v.key, key, 32);
		v.any = true;
		add_version(&v, payload, len);
	}
	for (int i = 0; i < 2; i++) {
		ll_buf_free(&v.id[i]);
		ll_buf_free(&s[i].id);
	}
}

/* The byte at which the texts of two documents part, both normalised. */
static size_t first_byte(const struct against *a, const uint64_t number[2])
{
	struct dataset_walk walk;
	struct dataset_walk_document d;
	struct scratch s = { 0 };
	struct ll_buf text = { 0 };
	struct ll_doc doc;
	struct ll_err err;
	size_t len, i = 0;
	const unsigned char *record = NULL;
	struct ll_reader *reader = ll_reader_open(a->side[STREAM].files, a->side[STREAM].n, "docs");
	for (uint64_t k = 0; k < number[STREAM]; k++)
		record = ll_reader_next(reader, &len);
	dataset_walk_open(&walk, a->side[DATASET].files, a->side[DATASET].n);
	bool there = record && ll_doc_get(record, len, &doc, &err) == 0;
	for (uint64_t k = 0; k < number[DATASET]; k++)
		there = there && dataset_walk_next(&walk, &d);
	if (!there)
		ll_die(LL_EXIT_INPUT, "%s: changed while it was read", a->side[STREAM].files[0]);
	struct ll_str x = ll_bpe_decoded_form(a->bpe, decode(a->bpe, d.dataset, &d.entry, &s), &s.normalized);
	struct ll_str y = ll_bpe_decoded_form(a->bpe, doc.text, &text);
	while (i < LL_MIN(x.len, y.len) && x.data[i] == y.data[i])
		i++;
	ll_reader_close(reader);
	dataset_walk_close(&walk);
	scratch_free(&s);
	ll_buf_free(&text);
	return i;
}

static void print_differences(const struct against *a, struct difference *d, bool twice)
{
	for (size_t i = 0; i < d->first.id.len; i++) /* one line, whatever the id holds */
		if ((unsigned char)d->first.id.data[i] < 0x20)
			d->first.id.data[i] = '?';
	int len = (int)LL_MIN(d->first.id.len, (size_t)200);
	const char *id = d->first.id.data ? d->first.id.data : "";
	unsigned long long in_dataset = d->first.number[DATASET], in_stream = d->first.number[STREAM];
	if (d->first.has[DATASET] && d->first.has[STREAM]) {
		printf("differs\t%.*s\tdataset:%llu\tstream:%llu", len, id, in_dataset, in_stream);
		if (twice)
			printf("\tbyte %zu of the text", first_byte(a, d->first.number));
		putchar('\n');
	} else if (d->first.has[STREAM]) {
		printf("only stream\t%.*s\tstream:%llu\n", len, id, in_stream);
	} else {
		printf("only dataset\t%.*s\tdataset:%llu\n", len, id, in_dataset);
	}
	printf("%llu texts differ, %llu documents only in the dataset, %llu only in the stream\n",
	       (unsigned long long)d->changed, (unsigned long long)d->only[DATASET],
	       (unsigned long long)d->only[STREAM]);
}

static bool all_regular(const char *const *files, size_t n)
{
	struct stat st;
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i], "-") == 0 || stat(files[i], &st) != 0 || !S_ISREG(st.st_mode))
			return false;
	return true;
}

bool ll_shard_check_against(const char *const *dirs, size_t n_dirs, const char *const *streams, size_t n_streams)
{
	struct against a = { .side = { { .files = dirs, .n = n_dirs }, { .files = streams, .n = n_streams } } };
	struct ll_dataset *first = ll_dataset_open(dirs[0]);
	bool twice = all_regular(streams, n_streams), same;
	a.bpe = ll_bpe_load(ll_dataset_tokenizer_path(first), NULL);
	for (int pass = twice ? 0 : 1;; pass++) {
		if (pass == 1)
			a.sorter = ll_sorter_new_variable(32, ll_memory_left() / 2, "documents");
		read_both(&a);
		same = a.side[DATASET].documents == a.side[STREAM].documents &&
		       ll_id_eq(a.side[DATASET].sum, a.side[STREAM].sum);
		if (same || pass == 1)
			break;
	}
	if (!same) {
		struct difference d = { .changed = 0 };
		find_differences(a.sorter, &d);
		print_differences(&a, &d, twice);
		ll_buf_free(&d.first.id);
	} else if (!ll_is_quiet()) {
		printf("%llu documents, %llu bytes of text: the same\n", (unsigned long long)a.side[STREAM].documents,
		       (unsigned long long)a.side[STREAM].text_bytes);
	}
	if (a.sorter)
		ll_sorter_free(a.sorter);
	ll_buf_free(&a.payload);
	ll_bpe_free(a.bpe);
	ll_dataset_close(first);
	return same;
}
