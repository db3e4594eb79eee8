/* SPDX-License-Identifier: MIT */
/*
 * exact.c - --exact: the first copy of every text goes on, in order, while later ones are still being read. When the
 * set of digests has filled its share of --memory, the rest of the input is put off until its digests went through an
 * external sort.
 */
#include "base/memory.h"
#include "doc/filter.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/digest_set.h"
#include "ll-dedup/drop_pass.h"
#include "ll-dedup/exact_duplicates.h"

struct exact {
	struct digest_set seen;
	uint64_t share;			/* of --memory, for the set */
	uint64_t document;		/* number of the next one */
	struct exact_duplicates *later; /* of the documents put off; NULL while there are none */
	uint64_t first_later;
	struct drop_cursor cursor;
};

static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	struct ll_id digest = ll_hash128(doc->text.data, doc->text.len);

	(void)context;
	(void)worker;
	ll_sink_decide(sink, doc, digest.byte, sizeof(digest.byte));
}

static struct ll_id get_digest(const void *data)
{
	struct ll_id digest;

	memcpy(digest.byte, data, sizeof(digest.byte));
	return digest;
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	static char hex[33];
	struct exact *e = context;
	uint64_t document = e->document++;

	(void)doc;
	(void)len;
	if (e->later)
		*value = drop_cursor_ask(&e->cursor, document);
	else
		*value = digest_set_add(&e->seen, get_digest(data)) ? NULL : ll_id_hex(get_digest(data), hex);
	return *value ? "duplicate" : NULL;
}

static bool put_off(void *context, uint32_t documents)
{
	struct exact *e = context;

	if (digest_set_bytes_with(&e->seen, documents) <= e->share)
		return false;
	e->first_later = e->document;
	e->later = exact_duplicates_new(e->share / 2);
	return true;
}

static void preview(void *context, const void *data, size_t len)
{
	struct exact *e = context;
	struct ll_id digest = get_digest(data);

	(void)len;
	if (digest_set_has(&e->seen, digest))
		exact_duplicates_known(e->later, e->document, digest);
	else
		exact_duplicates_add(e->later, e->document, digest);
	e->document++;
}

static bool next_later(void *later, struct duplicate *out)
{
	return exact_duplicates_next(later, out);
}

static void settle(void *context)
{
	struct exact *e = context;

	digest_set_free(&e->seen);
	exact_duplicates_resolve(e->later, NULL);
	e->cursor = (struct drop_cursor){ .next = next_later, .source = e->later };
	e->document = e->first_later;
}

int dedup_exact(const char *const *files, size_t n)
{
	static struct exact e;
	struct ll_filter filter = { .context = &e,
				    .map = map,
				    .decide = decide,
				    .put_off = put_off,
				    .preview = preview,
				    .settle = settle };

	uint64_t left = ll_memory_left(), flow = ll_filter_memory();
	e.share = LL_MAX(left > flow ? (left - flow) / 2 : 0, left / 4);
	int status = ll_filter_run(&filter, files, n);
	digest_set_free(&e.seen);
	drop_cursor_free(&e.cursor);
	exact_duplicates_free(e.later);
	return status;
}
