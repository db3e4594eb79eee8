/* SPDX-License-Identifier: MIT */
/* Which codec an input has, and the reading common to all; the codecs themselves are codec_NAME.c. */
#include "io/codec.h"

#include <stdio.h>
#include <zstd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_BZIP2
#include <bzlib.h>
#endif
#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/decoder.h"

#define BUFFER_BYTES (256 * LL_KIB)

/*
 * Magic bytes: gzip RFC 1952 section 2.3.1; zstd RFC 8878 section 3.1.1 and skippable frames 3.1.2; xz file format 2.1.1.1;
 * bzip2 a level digit, then the first six digits of pi (a block) or of its square root (no data). An input that ends inside
 * the magic is a cut one once `enough` bytes of it are there: fewer could be text.
 */
static const struct magic {
	const char *name;
	const struct ll_codec *codec;
	const char *bytes, *mask; /* mask NULL: all bits */
	size_t len, enough;
} magics[] = {
#ifdef HAVE_ZLIB
#define GZIP &ll_codec_gzip
#else
#define GZIP NULL
#endif
#ifdef HAVE_BZIP2
#define BZIP2 &ll_codec_bzip2
#else
#define BZIP2 NULL
#endif
#ifdef HAVE_LZMA
#define XZ &ll_codec_xz
#else
#define XZ NULL
#endif
	{ "gzip", GZIP, "\x1f\x8b\x08", NULL, 3, 1 },
	{ "zstd", &ll_codec_zstd, "\x28\xb5\x2f\xfd", NULL, 4, 2 },
	{ "zstd", &ll_codec_zstd, "\x50\x2a\x4d\x18", "\xf0\xff\xff\xff", 4, 4 },
	{ "xz", XZ,
	  "\xfd"
	  "7zXZ\0",
	  NULL, 6, 1 },
	{ "bzip2", BZIP2, "BZh0\x31\x41\x59\x26\x53\x59", "\xff\xff\xff\xf0\xff\xff\xff\xff\xff\xff", 10, 5 },
	{ "bzip2", BZIP2, "BZh0\x17\x72\x45\x38\x50\x90", "\xff\xff\xff\xf0\xff\xff\xff\xff\xff\xff", 10, 5 },
};

static const struct magic *find_magic(struct ll_str head)
{
	for (size_t i = 0; i < LL_COUNT(magics); i++) {
		const struct magic *m = &magics[i];
		size_t n = LL_MIN(head.len, m->len), same = 0;
		while (same < n && ((head.data[same] ^ m->bytes[same]) & (m->mask ? m->mask[same] : '\xff')) == 0)
			same++;
		if (same == n && (n == m->len || n >= m->enough))
			return m;
	}
	return NULL;
}

const char *ll_codec_of(struct ll_str head)
{
	const struct magic *m = find_magic(head);
	return m ? m->name : NULL;
}

struct ll_decoder *ll_decoder_on(struct ll_in *in)
{
	struct ll_decoder *d = ll_calloc(1, sizeof(*d));
	const struct magic *m = find_magic(ll_in_peek(in, 10));

	d->in = in;
	if (m) {
		if (!m->codec)
			ll_die(LL_EXIT_INPUT, "%s: compressed with %s, and this build cannot read that", ll_in_name(in),
			       m->name);
		d->codec = m->codec;
		d->buffer = ll_malloc(BUFFER_BYTES);
		d->next = d->buffer;
		d->state = d->codec->open(d);
	}
	return d;
}

struct ll_decoder *ll_decoder_open(const char *path)
{
	return ll_decoder_on(ll_in_open(path));
}

bool ll_decoder_fill(struct ll_decoder *d, size_t want)
{
	if (d->avail >= want || d->eof)
		return d->avail > 0;
	if (d->avail > 0)
		memmove(d->buffer, d->next, d->avail);
	d->next = d->buffer;
	while (d->avail < want && !d->eof) {
		size_t got = ll_in_read(d->in, d->buffer + d->avail, BUFFER_BYTES - d->avail);
		ll_progress_read(got);
		d->eof = got == 0;
		d->avail += got;
	}
	return d->avail > 0;
}

void ll_decoder_took(struct ll_decoder *d, size_t avail_left)
{
	d->next += d->avail - avail_left;
	d->avail = avail_left;
}

void ll_decoder_die(const struct ll_decoder *d, const char *cause)
{
	ll_die(LL_EXIT_INPUT, "%s: %s data damaged at byte %llu: %s", ll_in_name(d->in), d->codec->name,
	       (unsigned long long)(ll_in_offset(d->in) - d->avail), cause);
}

void ll_decoder_die_cut(const struct ll_decoder *d)
{
	ll_die(LL_EXIT_INPUT, "%s: %s data ends too early, at byte %llu", ll_in_name(d->in), d->codec->name,
	       (unsigned long long)ll_in_offset(d->in));
}

static size_t decode(struct ll_decoder *d, void *buf, size_t n)
{
	size_t got;

	if (d->codec)
		return d->codec->read(d, buf, n);
	got = ll_in_read(d->in, buf, n);
	ll_progress_read(got);
	return got;
}

size_t ll_decoder_read(struct ll_decoder *d, void *buf, size_t n)
{
	size_t got = d->ahead.len - d->ahead_pos;

	if (n == 0)
		return 0;
	if (got > 0) {
		got = LL_MIN(got, n);
		memcpy(buf, d->ahead.data + d->ahead_pos, got);
		d->ahead_pos += got;
	} else {
		got = decode(d, buf, n);
	}
	if (d->hash)
		ll_hash128_update(d->hash, buf, got);
	d->offset += got;
	return got;
}

struct ll_str ll_decoder_peek(struct ll_decoder *d, size_t n)
{
	size_t have = d->ahead.len - d->ahead_pos, got;

	if (have < n && d->ahead_pos > 0) {
		memmove(d->ahead.data, d->ahead.data + d->ahead_pos, have);
		d->ahead_pos = 0;
		d->ahead.len = have;
	}
	while (have < n && (got = decode(d, ll_buf_reserve(&d->ahead, n - have), n - have)) > 0) {
		d->ahead.len += got;
		have += got;
	}
	return ll_str(d->ahead.data + d->ahead_pos, LL_MIN(have, n));
}

void ll_decoder_hash(struct ll_decoder *d)
{
	if (!d->hash)
		d->hash = ll_hash128_new();
}

struct ll_id ll_decoder_digest(const struct ll_decoder *d)
{
	return ll_hash128_digest(d->hash);
}

const char *ll_decoder_name(const struct ll_decoder *d)
{
	return ll_in_name(d->in);
}

const char *ll_decoder_codec(const struct ll_decoder *d)
{
	return d->codec ? d->codec->name : "none";
}

uint64_t ll_decoder_offset(const struct ll_decoder *d)
{
	return d->offset;
}

bool ll_decoder_member_end(const struct ll_decoder *d)
{
	return d->member_end;
}

void ll_decoder_close(struct ll_decoder *d)
{
	if (!d)
		return;
	if (d->codec)
		d->codec->close(d->state);
	ll_in_close(d->in);
	ll_buf_free(&d->ahead);
	if (d->hash)
		ll_hash128_free(d->hash);
	ll_free(d->buffer);
	ll_free(d);
}

const char *ll_decoder_features(void)
{
	static char text[160];
	size_t n = (size_t)snprintf(text, sizeof(text), "zstd %s", ZSTD_versionString());

#ifdef HAVE_ZLIB
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", zlib %s", zlibVersion());
#endif
#ifdef HAVE_BZIP2
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", bzip2 %.*s", (int)strcspn(BZ2_bzlibVersion(), ","),
			      BZ2_bzlibVersion());
#endif
#ifdef HAVE_LZMA
	n += (size_t)snprintf(text + n, sizeof(text) - n, ", xz %s", lzma_version_string());
#endif
	(void)n;
	return text;
}
