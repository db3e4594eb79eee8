/* SPDX-License-Identifier: MIT */
/* xz through liblzma: concatenated streams and padding; the dictionary counts against --memory. */
#include "io/decoder.h"

#ifdef HAVE_LZMA
#include <lzma.h>

#include "base/error.h"
#include "base/memory.h"

struct xz {
	lzma_stream z;
	bool done;
};

static void *xz_open(struct ll_decoder *d)
{
	struct xz *x = ll_calloc(1, sizeof(*x));

	(void)d;
	x->z = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(&x->z, ll_memory_left(), LZMA_CONCATENATED) != LZMA_OK)
		ll_die(LL_EXIT_RESOURCE, "xz: out of memory");
	return x;
}

static size_t xz_read(struct ll_decoder *d, void *buf, size_t n)
{
	struct xz *x = d->state;
	lzma_ret rc;

	x->z.next_out = buf;
	x->z.avail_out = n;
	while (x->z.avail_out == n && !x->done) {
		ll_decoder_fill(d, 1);
		x->z.next_in = d->next;
		x->z.avail_in = d->avail;
		rc = lzma_code(&x->z, d->avail == 0 ? LZMA_FINISH : LZMA_RUN);
		ll_decoder_took(d, x->z.avail_in);
		if (rc == LZMA_STREAM_END)
			x->done = true;
		else if (rc == LZMA_BUF_ERROR)
			ll_decoder_die_cut(d);
		else if (rc == LZMA_MEMLIMIT_ERROR)
			ll_die(LL_EXIT_RESOURCE, "%s: xz needs %llu bytes of memory here, more than --memory leaves",
			       ll_in_name(d->in), (unsigned long long)lzma_memusage(&x->z));
		else if (rc == LZMA_MEM_ERROR)
			ll_die(LL_EXIT_RESOURCE, "xz: out of memory");
		else if (rc == LZMA_OPTIONS_ERROR)
			ll_decoder_die(d, "made with options that liblzma does not support");
		else if (rc != LZMA_OK)
			ll_decoder_die(d,
				       rc == LZMA_FORMAT_ERROR ? "no xz stream begins here" : "data or checksum wrong");
	}
	return n - x->z.avail_out;
}

static void xz_close(void *state)
{
	struct xz *x = state;

	lzma_end(&x->z);
	ll_free(x);
}

const struct ll_codec ll_codec_xz = { "xz", xz_open, xz_read, xz_close };
#else
typedef int ll_no_xz;
#endif
