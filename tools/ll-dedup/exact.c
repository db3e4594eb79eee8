/* SPDX-License-Identifier: MIT */
/* --exact: the first copy of every text goes on, in order, while later ones are still being read. */
#include "doc/filter.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/digest_set.h"

static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	struct ll_id digest = ll_hash128(doc->text.data, doc->text.len);

	(void)context;
	(void)worker;
	ll_sink_decide(sink, doc, digest.byte, sizeof(digest.byte));
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	static char hex[33];
	struct ll_id digest;

	(void)doc;
	(void)len;
	memcpy(digest.byte, data, sizeof(digest.byte));
	if (digest_set_add(context, digest))
		return NULL;
	*value = ll_id_hex(digest, hex);
	return "duplicate";
}

int dedup_exact(const char *const *files, size_t n)
{
	static struct digest_set seen;
	struct ll_filter filter = { .context = &seen, .map = map, .decide = decide };
	int status = ll_filter_run(&filter, files, n);

	digest_set_free(&seen);
	return status;
}
