/* SPDX-License-Identifier: MIT */
#include "stream/frame.h"

#include "io/codec.h"

static const unsigned char magic[4] = { 0x8f, 'L', 'L', 'F' };

bool ll_frame_magic(const void *bytes, size_t n)
{
	return memcmp(bytes, magic, LL_MIN(n, sizeof magic)) == 0;
}

static uint32_t header_checksum(const unsigned char *bytes)
{
	return (uint32_t)ll_hash64(bytes, LL_FRAME_HEADER_BYTES - 4);
}

void ll_frame_header_put(const struct ll_frame_header *h, unsigned char out[LL_FRAME_HEADER_BYTES])
{
	memset(out, 0, LL_FRAME_HEADER_BYTES);
	memcpy(out, magic, 4);
	out[4] = h->type;
	out[5] = h->codec;
	ll_put32(out + 8, h->stored_len);
	ll_put32(out + 12, h->raw_len);
	ll_put32(out + 16, h->sequence);
	ll_put32(out + 20, h->records);
	ll_put64(out + 24, h->raw_hash);
	ll_put64(out + 32, h->stored_hash);
	ll_put32(out + 44, header_checksum(out));
}

int ll_frame_header_get(const unsigned char in[LL_FRAME_HEADER_BYTES], struct ll_frame_header *h, struct ll_err *err)
{
	if (!ll_frame_magic(in, sizeof magic))
		return ll_err_set(err, "not a frame of an lltools stream");
	if (ll_get32(in + 44) != header_checksum(in))
		return ll_err_set(err, "frame header checksum mismatch");
	*h = (struct ll_frame_header){
		.type = in[4],
		.codec = in[5],
		.stored_len = ll_get32(in + 8),
		.raw_len = ll_get32(in + 12),
		.sequence = ll_get32(in + 16),
		.records = ll_get32(in + 20),
		.raw_hash = ll_get64(in + 24),
		.stored_hash = ll_get64(in + 32),
	};
	bool letter = (h->type >= 'A' && h->type <= 'Z') || (h->type >= 'a' && h->type <= 'z');
	if (!letter || in[6] || in[7] || ll_get32(in + 40) != 0 || h->codec > LL_CODEC_ZSTD)
		return ll_err_set(err, "frame of a newer format (type 0x%02x, codec %u): a newer lltools is needed", h->type, h->codec);
	if (h->stored_len > LL_FRAME_MAX || h->raw_len > LL_FRAME_MAX)
		return ll_err_set(err, "frame of %u stored and %u raw bytes is over the limit of %u", h->stored_len, h->raw_len,
				  LL_FRAME_MAX);
	if (h->codec == LL_CODEC_RAW && (h->stored_len != h->raw_len || h->stored_hash != h->raw_hash))
		return ll_err_set(err, "raw frame whose stored and raw sizes or hashes differ");
	return 0;
}

int ll_frame_decode(const struct ll_frame_header *h, const void *stored, void *raw, struct ll_err *err)
{
	if (ll_hash64(stored, h->stored_len) != h->stored_hash)
		return ll_err_set(err, "checksum mismatch");
	if (h->codec == LL_CODEC_RAW) {
		if (raw != stored && h->raw_len)
			memcpy(raw, stored, h->raw_len);
		return 0;
	}
	if (ll_zstd_decompress(raw, h->raw_len, stored, h->stored_len) < 0)
		return ll_err_set(err, "zstd data does not decode to %u bytes", h->raw_len);
	if (ll_hash64(raw, h->raw_len) != h->raw_hash)
		return ll_err_set(err, "checksum mismatch after decompression");
	return 0;
}

int ll_frame_check_records(const struct ll_frame_header *h, const void *raw, struct ll_err *err)
{
	const unsigned char *p = raw;
	size_t at = 0;
	for (uint32_t i = 0; i < h->records; i++) {
		if (h->raw_len - at < 8)
			return ll_err_set(err, "record %u of %u does not fit into its frame", i, h->records);
		uint32_t size = ll_get32(p + at), core = ll_get32(p + at + 4);
		if (size < 8 || size > h->raw_len - at || core > size - 8)
			return ll_err_set(err, "record %u of %u has sizes %u and %u in %zu bytes", i, h->records, size, core,
					  h->raw_len - at);
		at += size;
	}
	if (at != h->raw_len)
		return ll_err_set(err, "%zu bytes after the last record", h->raw_len - at);
	return 0;
}

void ll_end_put(const struct ll_end *e, unsigned char out[LL_END_BYTES])
{
	memset(out, 0, LL_END_BYTES);
	ll_put64(out, e->records);
	ll_put64(out + 8, e->raw_bytes);
	ll_put64(out + 16, e->segment_len);
	ll_put64(out + 24, e->index_offset);
	ll_put32(out + 32, e->failed);
	memcpy(out + 40, e->data_id.byte, 16);
	memcpy(out + 56, e->set_id.byte, 16);
}

int ll_end_get(const void *payload, size_t len, struct ll_end *e, struct ll_err *err)
{
	const unsigned char *p = payload;
	if (len != LL_END_BYTES)
		return ll_err_set(err, "end frame of %zu bytes instead of %u", len, LL_END_BYTES);
	*e = (struct ll_end){
		.records = ll_get64(p),
		.raw_bytes = ll_get64(p + 8),
		.segment_len = ll_get64(p + 16),
		.index_offset = ll_get64(p + 24),
		.failed = ll_get32(p + 32),
	};
	memcpy(e->data_id.byte, p + 40, 16);
	memcpy(e->set_id.byte, p + 56, 16);
	if (e->failed > 1 || ll_get32(p + 36) != 0 || ll_get64(p + 72) != 0)
		return ll_err_set(err, "end frame of a newer format");
	return 0;
}

struct ll_id ll_record_digest(const void *record)
{
	const unsigned char *p = record;
	return ll_hash128(p + 8, ll_get32(p + 4));
}
