/* SPDX-License-Identifier: MIT */
/* bzip2 through libbz2: any number of streams, every block's CRC checked. */
#include "io/decoder.h"

#ifdef HAVE_BZIP2
#include <bzlib.h>

#include "base/error.h"
#include "base/memory.h"

struct bzip2 {
	bz_stream z;
	bool between;
	bool any;
};

static void *bzip2_open(struct ll_decoder *d)
{
	struct bzip2 *b = ll_calloc(1, sizeof(*b));

	(void)d;
	b->between = true;
	return b;
}

static size_t bzip2_read(struct ll_decoder *d, void *buf, size_t n)
{
	struct bzip2 *b = d->state;
	int rc;

	n = LL_MIN(n, LL_GIB);
	b->z.next_out = buf;
	b->z.avail_out = (unsigned)n;
	while (b->z.avail_out == n) {
		if (b->between) {
			if (!ll_decoder_fill(d, 1) && b->any)
				return 0;
			if (b->any)
				BZ2_bzDecompressEnd(&b->z);
			b->z = (bz_stream){ .next_out = buf, .avail_out = (unsigned)n };
			if (BZ2_bzDecompressInit(&b->z, 0, 0) != BZ_OK)
				ll_die(LL_EXIT_RESOURCE, "bzip2: out of memory");
			b->between = false;
			b->any = true;
		}
		if (!ll_decoder_fill(d, 1))
			ll_decoder_die_cut(d);
		b->z.next_in = (char *)(uintptr_t)d->next;
		b->z.avail_in = (unsigned)d->avail;
		rc = BZ2_bzDecompress(&b->z);
		ll_decoder_took(d, b->z.avail_in);
		if (rc == BZ_STREAM_END)
			b->between = true;
		else if (rc == BZ_MEM_ERROR)
			ll_die(LL_EXIT_RESOURCE, "bzip2: out of memory");
		else if (rc == BZ_DATA_ERROR_MAGIC)
			ll_decoder_die(d, "no bzip2 stream begins here");
		else if (rc != BZ_OK)
			ll_decoder_die(d, "a block or its checksum is wrong");
	}
	return n - b->z.avail_out;
}

static void bzip2_close(void *state)
{
	struct bzip2 *b = state;

	if (b->any)
		BZ2_bzDecompressEnd(&b->z);
	ll_free(b);
}

const struct ll_codec ll_codec_bzip2 = { "bzip2", bzip2_open, bzip2_read, bzip2_close };
#else
typedef int ll_no_bzip2;
#endif
