/* SPDX-License-Identifier: MIT */
/* access.c - what reader.h offers on regular files without reading them through: end frame, index, one frame, content id. */
#include <sys/stat.h>

#include "base/memory.h"
#include "stream/reader.h"

bool ll_stream_end(const char *path, struct ll_end *end)
{
	enum { TAIL = LL_FRAME_HEADER_BYTES + LL_END_BYTES };
	unsigned char bytes[TAIL], raw[LL_END_BYTES];
	struct ll_frame_header h;
	struct stat st;
	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < TAIL)
		return false;
	struct ll_in *in = ll_in_open(path);
	ll_in_seek(in, (uint64_t)st.st_size - TAIL);
	bool good = ll_in_read_full(in, bytes, TAIL) == TAIL && ll_frame_header_get(bytes, &h, NULL) == 0 && h.type == LL_FRAME_END &&
		    h.codec == LL_CODEC_RAW && h.raw_len == LL_END_BYTES &&
		    ll_frame_decode(&h, bytes + LL_FRAME_HEADER_BYTES, raw, NULL) == 0 && ll_end_get(raw, LL_END_BYTES, end, NULL) == 0;
	ll_in_close(in);
	return good;
}

void ll_content_id(const char *path, char out[33])
{
	struct ll_end end;
	struct stat st;
	if (ll_stream_end(path, &end) && !end.failed && stat(path, &st) == 0 && end.segment_len == (uint64_t)st.st_size) {
		ll_id_hex(end.data_id, out);
		return;
	}
	struct ll_in *in = ll_in_open(path);
	struct ll_hash128_state *s = ll_hash128_new();
	char *buffer = ll_malloc(LL_MIB);
	size_t n;
	while ((n = ll_in_read(in, buffer, LL_MIB)) > 0)
		ll_hash128_update(s, buffer, n);
	ll_id_hex(ll_hash128_digest(s), out);
	ll_free(buffer);
	ll_hash128_free(s);
	ll_in_close(in);
}

static void LL_NORETURN damaged(const char *path, uint64_t offset, const char *why)
{
	ll_die(LL_EXIT_INPUT, "%s: frame at byte %llu: %s", path, (unsigned long long)offset, why);
}

static void read_header_at(struct ll_in *in, const char *path, uint64_t offset, struct ll_frame_header *h)
{
	unsigned char bytes[LL_FRAME_HEADER_BYTES];
	struct ll_err err;
	ll_in_seek(in, offset);
	if (ll_in_read_full(in, bytes, sizeof(bytes)) < sizeof(bytes))
		damaged(path, offset, "cut inside the frame header");
	if (ll_frame_header_get(bytes, h, &err) < 0)
		damaged(path, offset, err.text);
}

void ll_stream_frame_at(const char *path, uint64_t offset, struct ll_data_frame *out)
{
	struct ll_in *in = ll_in_open(path);
	*out = (struct ll_data_frame){ .file = path, .offset = offset };
	read_header_at(in, path, offset, &out->header);
	if (out->header.type != LL_FRAME_DATA)
		damaged(path, offset, "not a data frame");
	if (out->header.stored_len > ll_in_size(in) - LL_MIN(ll_in_size(in), offset))
		damaged(path, offset, "cut");
	out->stored = ll_malloc(LL_MAX(out->header.stored_len, 1));
	if (ll_in_read_full(in, out->stored, out->header.stored_len) < out->header.stored_len)
		damaged(path, offset, "cut");
	ll_in_close(in);
	ll_data_frame_decode(out);
}

struct index {
	struct ll_index_entry *entry;
	size_t len, cap;
	uint64_t records;
};

static void add_entry(struct index *x, uint64_t offset, uint32_t records)
{
	LL_GROW(x->entry, x->cap, x->len + 1);
	x->entry[x->len++] = (struct ll_index_entry){ offset, x->records, records };
	x->records += records;
}

/* The i frame of a file that is one segment; false when there is none or it does not verify. */
static bool from_index_frame(struct ll_in *in, const char *path, struct index *x)
{
	struct ll_end end;
	struct ll_frame_header h;
	if (!ll_stream_end(path, &end) || end.segment_len != ll_in_size(in) || end.index_offset == 0 ||
	    end.index_offset > ll_in_size(in) - LL_FRAME_HEADER_BYTES)
		return false;
	read_header_at(in, path, end.index_offset, &h);
	if (h.type != LL_FRAME_INDEX || h.raw_len % 16 != 0 || h.stored_len > ll_in_size(in))
		return false;
	unsigned char *stored = ll_malloc(LL_MAX(h.stored_len, 1)), *raw = ll_malloc(LL_MAX(h.raw_len, 1));
	bool good = ll_in_read_full(in, stored, h.stored_len) == h.stored_len && ll_frame_decode(&h, stored, raw, NULL) == 0;
	for (size_t i = 0; good && i < h.raw_len; i += 16)
		add_entry(x, ll_get64(raw + i), ll_get32(raw + i + 8));
	good = good && x->records == end.records;
	ll_free(stored);
	ll_free(raw);
	return good;
}

struct ll_index_entry *ll_stream_index(const char *path, size_t *n)
{
	struct index x = { 0 };
	struct ll_in *in = ll_in_open(path);
	if (!from_index_frame(in, path, &x)) {
		x.len = 0;
		x.records = 0;
		for (uint64_t offset = 0; offset < ll_in_size(in);) {
			struct ll_frame_header h;
			read_header_at(in, path, offset, &h);
			if (h.type == LL_FRAME_DATA)
				add_entry(&x, offset, h.records);
			offset += LL_FRAME_HEADER_BYTES + h.stored_len;
		}
	}
	ll_in_close(in);
	*n = x.len;
	return x.entry;
}
