/* SPDX-License-Identifier: MIT */
/*
 * frame.h - the frame of the container (ll-frame.5): bytes to frame and back, no I/O, no threads. The only parser of frame
 * headers; what a fuzzer calls.
 *
 *   segment = H D* P [i] E      stream = segment+      EOF is legal only right after an E
 *
 * A record of any kind starts with two u32: its whole size and the size of its core; bytes [8, 8 + core) are the core,
 * what follows is volatile and outside every identity.
 */
#ifndef LL_FRAME_H
#define LL_FRAME_H

#include "base/error.h"
#include "base/hash.h"

#define LL_FRAME_HEADER_BYTES 48u
#define LL_FRAME_MAX (160u << 20)      /* largest raw or stored length believed: a record of 64 MiB, its parts and slack */
#define LL_RECORD_MAX (144u << 20)     /* largest serialized record: 64 MiB of text, its escaped form, skeleton, tags */
#define LL_FRAME_TARGET ((size_t)1 << 20) /* a data frame closes with the record that reaches this many raw bytes */

enum ll_frame_type {
	LL_FRAME_HEAD = 'H',
	LL_FRAME_DATA = 'D',
	LL_FRAME_LINEAGE = 'P',
	LL_FRAME_INDEX = 'i',
	LL_FRAME_END = 'E',
};
enum ll_frame_codec { LL_CODEC_RAW = 0, LL_CODEC_ZSTD = 1 };

struct ll_frame_header {
	unsigned char type;
	unsigned char codec;
	uint32_t stored_len, raw_len;
	uint32_t sequence; /* in the segment, from 0 (the H frame) */
	uint32_t records;
	uint64_t raw_hash, stored_hash; /* XXH3-64 */
};

/* Whether a frame begins with these bytes; the first 4 are looked at, or fewer where there are fewer. */
bool ll_frame_magic(const void *bytes, size_t n);
/* Encodes; the header checksum is computed. */
void ll_frame_header_put(const struct ll_frame_header *h, unsigned char out[LL_FRAME_HEADER_BYTES]);
/* Decodes and checks magic, checksum, zero fields, codec, and the limits on lengths, in that order. */
int ll_frame_header_get(const unsigned char in[LL_FRAME_HEADER_BYTES], struct ll_frame_header *h, struct ll_err *err) LL_MUST_CHECK;
/* Verifies the stored bytes and gives the raw bytes: `raw` must have room for h->raw_len; a raw codec copies. */
int ll_frame_decode(const struct ll_frame_header *h, const void *stored, void *raw, struct ll_err *err) LL_MUST_CHECK;
/* Checks that raw bytes split into exactly h->records records with sane sizes. */
int ll_frame_check_records(const struct ll_frame_header *h, const void *raw, struct ll_err *err) LL_MUST_CHECK;

/* The payload of an E frame, 80 bytes. */
#define LL_END_BYTES 80u
struct ll_end {
	uint64_t records;      /* in all D frames of the segment */
	uint64_t raw_bytes;    /* of all D frames */
	uint64_t segment_len;  /* bytes from the first of H to the last of E */
	uint64_t index_offset; /* of the i frame from the start of the segment, 0: none */
	uint32_t failed;       /* 0 complete, 1 failed */
	struct ll_id data_id;  /* XXH3-128 over the records' digests, in order */
	struct ll_id set_id;   /* sum of the records' digests mod 2^128 */
};
void ll_end_put(const struct ll_end *e, unsigned char out[LL_END_BYTES]);
int ll_end_get(const void *payload, size_t len, struct ll_end *e, struct ll_err *err) LL_MUST_CHECK;

/* A record's digest: XXH3-128 of its core. The record must have passed ll_frame_check_records. */
struct ll_id ll_record_digest(const void *record);

#endif
