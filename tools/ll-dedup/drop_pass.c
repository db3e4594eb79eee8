/* SPDX-License-Identifier: MIT */
#include "ll-dedup/drop_pass.h"

#include "base/memory.h"
#include "doc/filter.h"

struct pass {
	const struct drop_list *list;
	struct duplicate next;
	struct ll_buf name; /* what the next duplicate's survivor is called */
	bool have_next;
	uint64_t document;  /* number of the one being decided, over all files */
	size_t shard;
	uint64_t in_shard;
	struct ll_hash128_state *digests;
};

static void fetch(struct pass *p)
{
	char hex[33];

	p->have_next = p->list->next(p->list->source, &p->next);
	if (!p->have_next)
		return;
	ll_buf_clear(&p->name);
	if (p->next.id.len)
		ll_buf_add_str(&p->name, p->next.id);
	else
		ll_buf_puts(&p->name, ll_id_hex(p->next.key, hex));
	ll_buf_cstr(&p->name);
}

static void LL_NORETURN changed(void)
{
	ll_die(LL_EXIT_INPUT, "the documents are not those that the signatures were made from");
}

static void close_full_shards(struct pass *p)
{
	const struct shards *s = &p->list->shards;

	while (p->shard < s->len && p->in_shard == s->item[p->shard].records) {
		if (!ll_id_eq(ll_hash128_digest(p->digests), s->item[p->shard].data_id))
			changed();
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
	if (p->shard == p->list->shards.len)
		changed();
	ll_hash128_update(p->digests, data, len);
	p->in_shard++;
	if (p->have_next && p->next.document < p->document)
		fetch(p);
	if (!p->have_next || p->next.document != p->document++)
		return NULL;
	*value = p->name.data;
	return "near-duplicate";
}

static void at_end(void *context)
{
	struct pass *p = context;

	close_full_shards(p);
	if (p->shard != p->list->shards.len)
		changed();
}

int drop_pass(const struct drop_list *list, const char *const *files, size_t n)
{
	struct pass p = { .list = list, .digests = ll_hash128_new() };
	struct ll_filter filter = { .context = &p, .map = map, .decide = decide, .end = at_end };

	fetch(&p);
	int status = ll_filter_run(&filter, files, n);
	ll_hash128_free(p.digests);
	ll_buf_free(&p.name);
	return status;
}
