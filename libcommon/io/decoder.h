/* SPDX-License-Identifier: MIT */
/*
 * decoder.h - inside codec*.c only: what a codec is to the dispatcher. A codec takes stored bytes from `next` (refilled by
 * ll_decoder_fill), hands decoded bytes out, and ends the program by ll_decoder_die on damage.
 */
#ifndef LL_DECODER_H
#define LL_DECODER_H

#include "io/codec.h"

struct ll_codec {
	const char *name;
	void *(*open)(struct ll_decoder *d);
	/* Up to n > 0 bytes; 0 only at the end of the input, which must fall between members. */
	size_t (*read)(struct ll_decoder *d, void *buf, size_t n);
	void (*close)(void *state);
};

struct ll_decoder {
	struct ll_in *in;
	const struct ll_codec *codec; /* NULL: plain */
	void *state;
	unsigned char *buffer;        /* stored bytes; next..next + avail is not yet taken */
	const unsigned char *next;
	size_t avail;
	bool eof;                     /* of the stored bytes */
	bool member_end;
	struct ll_buf ahead;          /* peeked at: decoded, not handed out from ahead_pos on */
	size_t ahead_pos;
	struct ll_hash128_state *hash;
	uint64_t offset;              /* decoded bytes handed out */
};

/* Makes at least `want` (at most 64 KiB) bytes available unless the input ends; false when none are. */
bool ll_decoder_fill(struct ll_decoder *d, size_t want);
/* Takes note that a codec moved `next` up to n bytes from the end. */
void ll_decoder_took(struct ll_decoder *d, size_t avail_left);
/* Status 3: "FILE: gzip data damaged at byte N (cause)". */
void ll_decoder_die(const struct ll_decoder *d, const char *cause) LL_NORETURN;
void ll_decoder_die_cut(const struct ll_decoder *d) LL_NORETURN;

#ifdef HAVE_ZLIB
extern const struct ll_codec ll_codec_gzip;
#endif
#ifdef HAVE_BZIP2
extern const struct ll_codec ll_codec_bzip2;
#endif
#ifdef HAVE_LZMA
extern const struct ll_codec ll_codec_xz;
#endif
extern const struct ll_codec ll_codec_zstd;

#endif
