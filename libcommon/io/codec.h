/* SPDX-License-Identifier: MIT */
/*
 * codec.h - compressed inputs of other people's making, opened by their magic bytes, never by their names: gzip (many
 * members), zstd (many frames, windows up to 2 GiB as --long=31 writes), bzip2, xz. A cut or damaged input ends the program
 * with status 3 and the byte where it was noticed. Cuts exactly between members cannot be seen (lltools.7).
 */
#ifndef LL_CODEC_H
#define LL_CODEC_H

#include "io/file.h"

struct ll_decoder;

/* What the first bytes of an input say it is compressed with ("gzip", "zstd", "xz", "bzip2"), whether this build can read that or
 * not; NULL: nothing known, or too few bytes to tell it from text. Ten bytes are enough. */
const char *ll_codec_of(struct ll_str head);
/* Opens `path` ("-" for standard input) and decodes on the fly; plain data passes through without a copy of its own. */
struct ll_decoder *ll_decoder_open(const char *path);
/* The same on top of an open input, which it then owns. */
struct ll_decoder *ll_decoder_on(struct ll_in *in);
/* Up to n decoded bytes; 0 only at the end. */
size_t ll_decoder_read(struct ll_decoder *d, void *buf, size_t n);
/* The next n (at most 64 KiB) decoded bytes without consuming them, fewer at the end. Valid until the next call. */
struct ll_str ll_decoder_peek(struct ll_decoder *d, size_t n);
/* XXH3-128 of what is handed out from now on (ask before the first read), and its value so far. */
void ll_decoder_hash(struct ll_decoder *d);
struct ll_id ll_decoder_digest(const struct ll_decoder *d);
const char *ll_decoder_name(const struct ll_decoder *d); /* the path */
const char *ll_decoder_codec(const struct ll_decoder *d); /* "none", "gzip", "zstd", "bzip2", "xz" */
uint64_t ll_decoder_offset(const struct ll_decoder *d); /* decoded bytes handed out */
/* gzip only: true when the last byte handed out ended a member (WARC records are members); reading then goes on with the
 * next. Other codecs: always false. */
bool ll_decoder_member_end(const struct ll_decoder *d);
void ll_decoder_close(struct ll_decoder *d);
/* "zlib 1.2.13, zstd 1.5.4, ..." of what was built in. */
const char *ll_decoder_features(void);

/* One-shot zstd for frames. Compress: returns stored size or 0 when it does not get smaller than `cap`. One context per
 * thread inside. */
size_t ll_zstd_compress(void *dst, size_t cap, const void *src, size_t n, int level);
/* Exactly raw_len bytes must come out; returns 0 or -1. */
int ll_zstd_decompress(void *dst, size_t raw_len, const void *src, size_t n) LL_MUST_CHECK;

#endif
