/* SPDX-License-Identifier: MIT */
#include "stream/reader.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "io/codec.h"
#include "stream/large_frame.h"

/* Where in `segment = H D* P [i] E` the next frame stands. */
enum place { BEFORE_HEAD, IN_DATA, AFTER_LINEAGE, AFTER_INDEX };

struct ll_reader {
	const char *const *files;
	size_t n_files, next_file;
	const char *kind;
	struct ll_in *in;
	enum place place;
	uint64_t file_segments;    /* whole ones read from the current file */
	uint64_t file_records;
	uint64_t segment_start;    /* byte in the current file */
	struct ll_end sums;        /* of the current segment so far */
	uint32_t sequence;
	struct ll_header **header; /* every segment's, kept for frames that point at them */
	size_t headers, headers_cap;
	struct ll_lineage *lineage;
	struct ll_end totals;
	uint64_t segments, records;
	/* sequential access */
	struct ll_data_frame frame;
	bool have_frame;
	size_t at;
	uint32_t left;
	char where[512];
	void (*on_segment)(void *context, const struct ll_segment *s);
	void *on_segment_context;
	void (*on_large)(void *context);
	void *on_large_context;
	struct ll_buf lineage_payload; /* of the current segment */
	struct ll_data_frame pending; /* read ahead by ll_reader_header */
	bool have_pending;
};

bool ll_is_stream(const char *path)
{
	struct stat st;
	if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode))) /* not opened: its writer would see it closed */
		return true;
	struct ll_in *in = ll_in_open(path);
	struct ll_str head = ll_in_peek(in, 4);
	bool yes = head.len == 4 && ll_frame_magic(head.data, head.len);
	ll_in_close(in);
	return yes;
}

struct ll_reader *ll_reader_open(const char *const *files, size_t n, const char *kind)
{
	struct ll_reader *r = ll_calloc(1, sizeof(*r));
	r->files = files;
	r->n_files = n;
	r->kind = kind;
	r->lineage = ll_lineage_new();
	return r;
}

static void LL_NORETURN bad_frame(const struct ll_reader *r, uint64_t offset, const char *why)
{
	ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", ll_in_name(r->in), r->sequence, (unsigned long long)offset, why);
}

/* Stored bytes of a frame; memory grows with what really arrives, not with what the header says. */
static unsigned char *read_stored(struct ll_reader *r, uint32_t len, uint64_t offset)
{
	size_t have = 0, room = LL_MIN((size_t)len, 4 * LL_MIB);
	unsigned char *data = ll_malloc(LL_MAX(room, 1));
	while (have < len) {
		size_t got = ll_in_read_full(r->in, data + have, room - have);
		have += got;
		if (have < room) {
			ll_hint("the writer was stopped or the file was cut: ll-shard salvage keeps the verified part");
			ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: cut: %zu of %u bytes are there", ll_in_name(r->in),
			       r->sequence, (unsigned long long)offset, have, len);
		}
		if (have == len)
			break;
		room = LL_MIN((size_t)len, room * 4);
		data = ll_realloc(data, room);
	}
	return data;
}

/* Verifies a control frame and returns its raw bytes. */
static struct ll_buf decode_control(struct ll_reader *r, const struct ll_frame_header *h, uint64_t offset)
{
	struct ll_buf raw = { 0 };
	struct ll_err err;
	unsigned char *stored = read_stored(r, h->stored_len, offset);
	ll_buf_reserve(&raw, (size_t)h->raw_len + 1);
	if (ll_frame_decode(h, stored, raw.data, &err) < 0)
		bad_frame(r, offset, err.text);
	raw.len = h->raw_len;
	ll_free(stored);
	return raw;
}

static bool header_values_agree(const struct ll_header *a, const struct ll_header *b, const char *key)
{
	char *x = ll_header_get(a, key), *y = ll_header_get(b, key);
	bool same = (!x && !y) || (x && y && strcmp(x, y) == 0);
	ll_free(x);
	ll_free(y);
	return same;
}

static void on_head(struct ll_reader *r, const struct ll_frame_header *h, uint64_t offset)
{
	struct ll_buf raw = decode_control(r, h, offset);
	struct ll_header *header = ll_calloc(1, sizeof(*header));
	struct ll_err err;
	if (ll_header_parse(header, ll_buf_str(&raw), &err) < 0)
		bad_frame(r, offset, err.text);
	ll_buf_free(&raw);
	const char *wanted = r->kind ? r->kind : r->headers ? r->header[0]->kind : header->kind;
	if (strcmp(header->kind, wanted) != 0)
		ll_die(LL_EXIT_INPUT, "%s: a stream of kind \"%s\" where \"%s\" is needed", ll_in_name(r->in), header->kind, wanted);
	static const char *const fixed[] = { "tokenizer", "width" };
	for (size_t i = 0; i < LL_COUNT(fixed) && r->headers; i++)
		if (!header_values_agree(r->header[0], header, fixed[i]))
			ll_die(LL_EXIT_INPUT, "%s: its %s is another than that of the streams before it", ll_in_name(r->in), fixed[i]);
	LL_GROW(r->header, r->headers_cap, r->headers + 1);
	r->header[r->headers++] = header;
	r->sums = (struct ll_end){ 0 };
	r->segment_start = offset;
	r->place = IN_DATA;
}

static void on_lineage(struct ll_reader *r, const struct ll_frame_header *h, uint64_t offset)
{
	struct ll_buf raw = decode_control(r, h, offset);
	struct ll_err err;
	if (ll_lineage_add_payload(r->lineage, ll_buf_str(&raw), &err) < 0)
		bad_frame(r, offset, err.text);
	ll_buf_free(&r->lineage_payload);
	r->lineage_payload = raw;
	r->place = AFTER_LINEAGE;
}

static void on_end(struct ll_reader *r, const struct ll_frame_header *h, uint64_t offset)
{
	struct ll_buf raw = decode_control(r, h, offset);
	struct ll_end end;
	struct ll_err err;
	if (ll_end_get(raw.data, raw.len, &end, &err) < 0)
		bad_frame(r, offset, err.text);
	ll_buf_free(&raw);
	if (end.failed)
		ll_die(LL_EXIT_UPSTREAM, "%s: the stage that wrote this stream failed", ll_in_name(r->in));
	if (h->sequence != r->sequence)
		bad_frame(r, offset, "out of sequence: frames are missing or repeated");
	if (r->place != AFTER_LINEAGE && r->place != AFTER_INDEX)
		bad_frame(r, offset, "end frame without a lineage before it");
	if (end.records != r->sums.records || end.raw_bytes != r->sums.raw_bytes ||
	    end.segment_len != ll_in_offset(r->in) - r->segment_start)
		bad_frame(r, offset, "the end frame's counts do not match what was read");
	ll_lineage_add_input(r->lineage, end.data_id);
	r->totals.records += end.records;
	r->totals.raw_bytes += end.raw_bytes;
	r->totals.data_id = end.data_id;
	ll_id_add(&r->totals.set_id, end.set_id);
	r->segments++;
	r->file_segments++;
	r->file_records += end.records;
	r->place = BEFORE_HEAD;
	if (r->on_segment) {
		struct ll_segment s = { r->files[r->next_file - 1], r->next_file - 1, r->header[r->headers - 1], end,
					ll_buf_str(&r->lineage_payload) };
		r->on_segment(r->on_segment_context, &s);
	}
}

/* Opens the next file; false when there is none. */
static bool open_next(struct ll_reader *r)
{
	if (r->next_file == r->n_files)
		return false;
	r->in = ll_in_open(r->files[r->next_file++]);
	r->file_segments = 0;
	r->file_records = 0;
	r->place = BEFORE_HEAD;
	r->sequence = 0;
	return true;
}

static void hint_at_import(uint64_t offset, const unsigned char *bytes, size_t n)
{
	const char *codec = ll_codec_of(ll_str((const char *)bytes, n));
	if (offset == 0 && codec)
		ll_hint("%s data: text, JSONL and WARC come in through ll-shard import as they are; a stream that was compressed as a whole is decompressed first",
			codec);
	else if (offset == 0)
		ll_hint("raw text, JSONL and WARC come in through ll-shard import");
}

/* At the end of a file's bytes, which may have begun a header: legal only between segments. */
static void end_of_file(struct ll_reader *r, const unsigned char *header, size_t header_bytes, uint64_t offset)
{
	if (!ll_frame_magic(header, header_bytes)) {
		hint_at_import(offset, header, header_bytes);
		bad_frame(r, offset, "not a frame of an lltools stream");
	}
	if (header_bytes > 0)
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: cut inside the frame header", ll_in_name(r->in), r->sequence,
		       (unsigned long long)offset);
	if (r->place != BEFORE_HEAD) {
		ll_hint("the writer was stopped or the file was cut: ll-shard salvage keeps the verified part");
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: cut: the stream stops without an end frame", ll_in_name(r->in),
		       r->sequence, (unsigned long long)offset);
	}
	if (r->file_segments == 0)
		ll_die(LL_EXIT_INPUT, "%s: frame 0 at byte 0: empty: not an lltools stream", ll_in_name(r->in));
	uint64_t expected = ll_input_expected(r->files, r->next_file - 1);
	if (expected != UINT64_MAX && expected != r->file_records)
		ll_die(LL_EXIT_INPUT, "%s: %llu records where the list says %llu", ll_in_name(r->in), (unsigned long long)r->file_records,
		       (unsigned long long)expected);
	ll_in_close(r->in);
	r->in = NULL;
}

static void check_place(struct ll_reader *r, const struct ll_frame_header *h, uint64_t offset)
{
	if (h->type == LL_FRAME_END && r->place != BEFORE_HEAD)
		return; /* a failed end may stand anywhere; on_end checks the rest */
	if (h->sequence != r->sequence)
		bad_frame(r, offset, "out of sequence: frames are missing or repeated");
	bool fits = h->type == LL_FRAME_HEAD    ? r->place == BEFORE_HEAD
		    : h->type == LL_FRAME_DATA || h->type == LL_FRAME_LINEAGE ? r->place == IN_DATA
		    : h->type == LL_FRAME_INDEX ? r->place == AFTER_LINEAGE
						: r->place != BEFORE_HEAD;
	if (!fits)
		bad_frame(r, offset, "a frame of this type cannot stand here");
	if (h->type >= 'A' && h->type <= 'Z' && !strchr("HDPE", h->type))
		bad_frame(r, offset, "a frame type that this version does not know: a newer lltools is needed");
	if (h->type != LL_FRAME_DATA && h->records != 0)
		bad_frame(r, offset, "a control frame with records");
}

static bool read_data_frame(struct ll_reader *r, struct ll_data_frame *out)
{
	unsigned char bytes[LL_FRAME_HEADER_BYTES];
	struct ll_frame_header h;
	struct ll_err err;
	for (;;) {
		if (!r->in && !open_next(r))
			return false;
		uint64_t offset = ll_in_offset(r->in);
		if (r->place == BEFORE_HEAD)
			r->sequence = 0;
		size_t got = ll_in_read_full(r->in, bytes, sizeof(bytes));
		if (got < sizeof(bytes)) {
			end_of_file(r, bytes, got, offset);
			continue;
		}
		if (ll_frame_header_get(bytes, &h, &err) < 0) {
			hint_at_import(offset, bytes, got);
			bad_frame(r, offset, err.text);
		}
		check_place(r, &h, offset);
		ll_progress_read(LL_FRAME_HEADER_BYTES + h.stored_len);
		switch (h.type) {
		case LL_FRAME_HEAD:
			on_head(r, &h, offset);
			break;
		case LL_FRAME_LINEAGE:
			on_lineage(r, &h, offset);
			break;
		case LL_FRAME_END:
			on_end(r, &h, offset);
			break;
		case LL_FRAME_DATA:
			if (r->on_large && h.raw_len >= LL_LARGE_DOCUMENT) {
				r->on_large(r->on_large_context);
				ll_memory_trim();
			}
			*out = (struct ll_data_frame){ h, read_stored(r, h.stored_len, offset), NULL, ll_in_name(r->in), offset, r->records,
						       r->file_records + r->sums.records, r->header[r->headers - 1] };
			out->file = r->files[r->next_file - 1];
			r->sums.records += h.records;
			r->sums.raw_bytes += h.raw_len;
			r->records += h.records;
			r->sequence++;
			return true;
		default: { /* the index, and what a later version may add without being critical */
			struct ll_buf raw = decode_control(r, &h, offset);
			ll_buf_free(&raw);
			r->place = h.type == LL_FRAME_INDEX ? AFTER_INDEX : r->place;
		}
		}
		r->sequence++;
	}
}

bool ll_reader_next_frame(struct ll_reader *r, struct ll_data_frame *out)
{
	if (r->have_pending) {
		*out = r->pending;
		r->have_pending = false;
		return true;
	}
	return read_data_frame(r, out);
}

void ll_data_frame_decode(struct ll_data_frame *f)
{
	struct ll_err err;
	if (f->raw)
		return;
	unsigned char *raw = f->header.codec == LL_CODEC_RAW ? f->stored : ll_malloc(LL_MAX(f->header.raw_len, 1));
	if (ll_frame_decode(&f->header, f->stored, raw, &err) < 0 || ll_frame_check_records(&f->header, raw, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: frame %u at byte %llu: %s", ll_path_shown(f->file),
		       f->header.sequence, (unsigned long long)f->offset, err.text);
	f->raw = raw;
}

void ll_data_frame_free(struct ll_data_frame *f)
{
	if (f->raw != f->stored)
		ll_free(f->raw);
	ll_free(f->stored);
	f->raw = f->stored = NULL;
}

const unsigned char *ll_reader_next(struct ll_reader *r, size_t *len)
{
	while (!r->have_frame || r->left == 0) {
		if (r->have_frame)
			ll_data_frame_free(&r->frame);
		r->have_frame = ll_reader_next_frame(r, &r->frame);
		if (!r->have_frame)
			return NULL;
		ll_need_memory(&r->frame, r->frame.header.raw_len);
		ll_data_frame_decode(&r->frame);
		r->at = 0;
		r->left = r->frame.header.records;
	}
	const unsigned char *record = r->frame.raw + r->at;
	*len = ll_get32(record);
	r->at += *len;
	r->left--;
	return record;
}

const char *ll_reader_where(const struct ll_reader *r)
{
	uint64_t record = r->have_frame ? r->frame.first_in_file + r->frame.header.records - r->left : r->records;
	snprintf((char *)r->where, sizeof(r->where), "%s: record %llu",
		 ll_path_shown(r->have_frame ? r->frame.file : "-"), (unsigned long long)record);
	return r->where;
}

const char *ll_reader_file(const struct ll_reader *r)
{
	return r->frame.file;
}

const struct ll_header *ll_reader_header(struct ll_reader *r)
{
	if (r->headers == 0 && !r->have_pending)
		r->have_pending = read_data_frame(r, &r->pending);
	return r->headers ? r->header[r->have_frame || r->have_pending ? r->headers - 1 : 0] : NULL;
}

struct ll_lineage *ll_reader_lineage(struct ll_reader *r)
{
	return r->lineage;
}

struct ll_lineage *ll_reader_take_lineage(struct ll_reader *r)
{
	struct ll_lineage *l = r->lineage;
	r->lineage = NULL;
	return l;
}

void ll_reader_on_segment(struct ll_reader *r, void (*call)(void *context, const struct ll_segment *s), void *context)
{
	r->on_segment = call;
	r->on_segment_context = context;
}

void ll_reader_on_large(struct ll_reader *r, void (*call)(void *context), void *context)
{
	r->on_large = call;
	r->on_large_context = context;
}

struct ll_end ll_reader_totals(const struct ll_reader *r, uint64_t *segments)
{
	if (segments)
		*segments = r->segments;
	return r->totals;
}

void ll_reader_close(struct ll_reader *r)
{
	if (r->in)
		ll_in_close(r->in);
	if (r->have_frame)
		ll_data_frame_free(&r->frame);
	if (r->have_pending)
		ll_data_frame_free(&r->pending);
	for (size_t i = 0; i < r->headers; i++) {
		ll_header_free(r->header[i]);
		ll_free(r->header[i]);
	}
	ll_free(r->header);
	ll_buf_free(&r->lineage_payload);
	ll_lineage_free(r->lineage);
	ll_free(r);
}
