/* SPDX-License-Identifier: MIT */
/* gzip (RFC 1952) through zlib: any number of members, each with its CRC and length checked; zero padding at the end as tar
 * tools leave it. */
#include "io/decoder.h"

#ifdef HAVE_ZLIB
#include <zlib.h>

#include "base/error.h"
#include "base/memory.h"

struct gzip {
	z_stream z;
	bool between; /* no member is open */
	bool any;     /* one was read to its end */
};

static void *gzip_open(struct ll_decoder *d)
{
	struct gzip *g = ll_calloc(1, sizeof(*g));

	(void)d;
	g->between = true;
	if (inflateInit2(&g->z, 15 + 16) != Z_OK)
		ll_die(LL_EXIT_RESOURCE, "zlib: out of memory");
	return g;
}

/* At the start of a member: false at the end of the input. */
static bool gzip_next_member(struct ll_decoder *d, struct gzip *g)
{
	size_t zeros;

	if (g->any)
		do {
			if (!ll_decoder_fill(d, 1))
				return false;
			for (zeros = 0; zeros < d->avail && d->next[zeros] == 0;)
				zeros++;
			ll_decoder_took(d, d->avail - zeros);
		} while (d->avail == 0);
	if (!ll_decoder_fill(d, 2) || d->next[0] != 0x1f || (d->avail > 1 && d->next[1] != 0x8b))
		ll_decoder_die(d, "bytes that are no gzip member follow the last one");
	inflateReset(&g->z);
	g->between = false;
	return true;
}

/* One call of inflate on what is available; true when the member ended. */
static bool gzip_step(struct ll_decoder *d, struct gzip *g)
{
	int rc;

	g->z.next_in = (unsigned char *)(uintptr_t)d->next;
	g->z.avail_in = (unsigned)d->avail;
	rc = inflate(&g->z, Z_NO_FLUSH);
	ll_decoder_took(d, g->z.avail_in);
	if (rc == Z_STREAM_END) {
		g->between = g->any = true;
		return true;
	}
	if (rc == Z_MEM_ERROR)
		ll_die(LL_EXIT_RESOURCE, "zlib: out of memory");
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		ll_decoder_die(d, g->z.msg ? g->z.msg : "invalid data");
	return false;
}

static size_t gzip_read(struct ll_decoder *d, void *buf, size_t n)
{
	struct gzip *g = d->state;
	size_t left;

	n = LL_MIN(n, LL_GIB);
	g->z.next_out = buf;
	g->z.avail_out = (unsigned)n;
	d->member_end = false;
	while (g->z.avail_out == n) {
		if (g->between && !gzip_next_member(d, g))
			return 0;
		if (!ll_decoder_fill(d, 1))
			ll_decoder_die_cut(d);
		gzip_step(d, g);
	}
	/* With the buffer full the trailer may still be due: take it, so that member_end is exact. */
	while (!g->between && g->z.avail_out == 0) {
		if (!ll_decoder_fill(d, 1))
			ll_decoder_die_cut(d);
		left = d->avail;
		if (gzip_step(d, g) || d->avail > 0 || d->avail == left)
			break;
	}
	d->member_end = g->between;
	return n - g->z.avail_out;
}

static void gzip_close(void *state)
{
	struct gzip *g = state;

	inflateEnd(&g->z);
	ll_free(g);
}

const struct ll_codec ll_codec_gzip = { "gzip", gzip_open, gzip_read, gzip_close };
#else
typedef int ll_no_gzip;
#endif
