/* SPDX-License-Identifier: MIT */
#include "ll-dedup/drop_pass.h"

#include "base/memory.h"
#include "doc/filter.h"

const char *drop_cursor_ask(struct drop_cursor *c, uint64_t document)
{
	char hex[33];

	while (!c->started || (c->have && c->ahead.document < document)) {
		c->started = true;
		c->have = c->next(c->source, &c->ahead);
	}
	if (!c->have || c->ahead.document != document)
		return NULL;
	ll_buf_clear(&c->value);
	if (c->ahead.id.len)
		ll_buf_add_str(&c->value, c->ahead.id);
	else
		ll_buf_puts(&c->value, ll_id_hex(c->ahead.key, hex));
	return ll_buf_cstr(&c->value);
}

void drop_cursor_free(struct drop_cursor *c)
{
	ll_buf_free(&c->value);
}

struct pass {
	const struct drop_list *list;
	const char *const *files;
	struct drop_cursor cursor;
	uint64_t document; /* number of the one being decided, over all files */
	size_t shard;
	uint64_t in_shard;
	struct ll_hash128_state *digests;
};

static void LL_NORETURN changed(const struct pass *p)
{
	const struct shards *s = p->list->shards;

	ll_die(LL_EXIT_INPUT, "%s: the documents are not those that the signatures were made from",
	       p->files[LL_MIN(p->shard, s->len - 1)]);
}

static void close_full_shards(struct pass *p)
{
	const struct shards *s = p->list->shards;

	while (p->shard < s->len && p->in_shard == s->item[p->shard].records) {
		if (!ll_id_eq(ll_hash128_digest(p->digests), s->item[p->shard].data_id))
			changed(p);
		ll_hash128_free(p->digests);
		p->digests = ll_hash128_new();
		p->in_shard = 0;
		p->shard++;
	}
}

static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	struct ll_id digest = ll_record_digest(ll_doc_record(doc));

	(void)context;
	(void)worker;
	ll_sink_decide(sink, doc, digest.byte, sizeof(digest.byte));
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	struct pass *p = context;

	(void)doc;
	close_full_shards(p);
	if (p->shard == p->list->shards->len)
		changed(p);
	ll_hash128_update(p->digests, data, len);
	p->in_shard++;
	*value = drop_cursor_ask(&p->cursor, p->document++);
	return *value ? p->list->reason : NULL;
}

static void at_end(void *context)
{
	struct pass *p = context;

	close_full_shards(p);
	if (p->shard != p->list->shards->len)
		changed(p);
}

int drop_pass(const struct drop_list *list, const char *const *files, size_t n)
{
	struct pass p = { .list = list, .files = files, .cursor = { .next = list->next, .source = list->source } };
	struct ll_filter filter = { .context = &p, .map = map, .decide = decide, .end = at_end };

	LL_ASSERT(list->shards->len == n);
	p.digests = ll_hash128_new();
	int status = ll_filter_run(&filter, files, n);
	ll_hash128_free(p.digests);
	drop_cursor_free(&p.cursor);
	return status;
}
