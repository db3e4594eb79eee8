/* SPDX-License-Identifier: MIT */
/*
 * zstd (RFC 8878) through libzstd: streams of others with windows up to 2 GiB, and the one-shot calls for our own frames.
 * The decoder's history buffer grows with what a frame has decoded, up to its window: that is what counts against --memory.
 */
#include "io/decoder.h"

#include <pthread.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"
#include "base/memory.h"

#define WINDOW_LOG_MAX 31
#define FREE_WINDOW (64 * LL_MIB) /* not claimed */

struct zstd {
	ZSTD_DCtx *z;
	bool between;
	uint64_t window, frame_out; /* of the open frame */
	uint64_t claimed;
};

static void *zstd_open(struct ll_decoder *d)
{
	struct zstd *s = ll_calloc(1, sizeof(*s));

	(void)d;
	s->between = true;
	s->z = ZSTD_createDCtx();
	if (!s->z || ZSTD_isError(ZSTD_DCtx_setParameter(s->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		ll_die(LL_EXIT_RESOURCE, "zstd: out of memory");
	return s;
}

/* Window size from a frame header, RFC 8878 section 3.1.1.1; 0 where there is none (single segment, skippable). */
static uint64_t zstd_window(const unsigned char *p, size_t n)
{
	uint64_t base;

	if (n < 6 || ll_get32(p) != 0xfd2fb528u || (p[4] & 0x20))
		return 0;
	base = (uint64_t)1 << (10 + (p[5] >> 3));
	return base + base / 8 * (p[5] & 7);
}

static void zstd_claim(struct ll_decoder *d, struct zstd *s)
{
	uint64_t need = LL_MIN(s->window, s->frame_out + FREE_WINDOW);

	if (need <= FREE_WINDOW + s->claimed)
		return;
	need = LL_MIN(s->window - FREE_WINDOW, need + FREE_WINDOW);
	ll_hint("%s was written with --long; --memory=3G reads any such file", ll_in_name(d->in));
	ll_memory_claim(need - s->claimed, "the window of a zstd input");
	ll_hint("%s", "");
	s->claimed = need;
}

static size_t zstd_read(struct ll_decoder *d, void *buf, size_t n)
{
	struct zstd *s = d->state;
	ZSTD_outBuffer out = { buf, n, 0 };

	while (out.pos == 0) {
		ZSTD_inBuffer in;
		size_t rc;
		if (s->between) {
			if (!ll_decoder_fill(d, 18))
				return 0;
			s->window = zstd_window(d->next, d->avail);
			s->frame_out = 0;
			s->between = false;
		}
		/* A full output buffer may leave decoded bytes inside: an empty input is no cut yet. */
		ll_decoder_fill(d, 1);
		in = (ZSTD_inBuffer){ d->next, d->avail, 0 };
		rc = ZSTD_decompressStream(s->z, &out, &in);
		if (ZSTD_isError(rc)) {
			ll_decoder_took(d, d->avail - in.pos);
			if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
				ll_die(LL_EXIT_RESOURCE, "%s: zstd: out of memory", ll_in_name(d->in));
			ll_decoder_die(d, ZSTD_getErrorName(rc));
		}
		if (rc != 0 && d->avail == 0 && out.pos == 0)
			ll_decoder_die_cut(d);
		ll_decoder_took(d, d->avail - in.pos);
		s->frame_out += out.pos;
		zstd_claim(d, s);
		s->between = rc == 0;
	}
	return out.pos;
}

static void zstd_close(void *state)
{
	struct zstd *s = state;

	ZSTD_freeDCtx(s->z);
	ll_memory_release(s->claimed);
	ll_free(s);
}

const struct ll_codec ll_codec_zstd = { "zstd", zstd_open, zstd_read, zstd_close };

/* ---- one-shot, for our own frames: contexts live as long as their thread ---- */

struct contexts {
	ZSTD_CCtx *c;
	ZSTD_DCtx *d;
};

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void contexts_free(void *p)
{
	struct contexts *x = p;

	ZSTD_freeCCtx(x->c);
	ZSTD_freeDCtx(x->d);
	ll_free(x);
}

static void contexts_start(void)
{
	if (pthread_key_create(&contexts_key, contexts_free) != 0)
		LL_BUG("no thread key");
}

static struct contexts *contexts(void)
{
	struct contexts *x;

	pthread_once(&contexts_once, contexts_start);
	x = pthread_getspecific(contexts_key);
	if (!x) {
		x = ll_calloc(1, sizeof(*x));
		x->c = ZSTD_createCCtx();
		x->d = ZSTD_createDCtx();
		if (!x->c || !x->d)
			ll_die(LL_EXIT_RESOURCE, "zstd: out of memory");
		pthread_setspecific(contexts_key, x);
	}
	return x;
}

size_t ll_zstd_compress(void *dst, size_t cap, const void *src, size_t n, int level)
{
	size_t got = ZSTD_compressCCtx(contexts()->c, dst, cap, src, n, level);

	if (ZSTD_isError(got)) {
		if (ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation)
			ll_die(LL_EXIT_RESOURCE, "zstd: out of memory");
		return 0;
	}
	return got;
}

int ll_zstd_decompress(void *dst, size_t raw_len, const void *src, size_t n)
{
	size_t got = ZSTD_decompressDCtx(contexts()->d, dst, raw_len, src, n);

	return ZSTD_isError(got) || got != raw_len ? -1 : 0;
}
