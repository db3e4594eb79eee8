/* SPDX-License-Identifier: MIT */
#include "ll-dedup/drop_pass.h"

#include "base/memory.h"
#include "base/thread.h"
#include "doc/filter.h"
#include "ll-dedup/shard_check.h"
#include "stream/large_frame.h"

const struct duplicate *drop_cursor_find(struct drop_cursor *c, uint64_t document)
{
	while (!c->started || (c->have && c->ahead.document < document)) {
		c->started = true;
		c->have = c->next(c->source, &c->ahead);
	}
	return c->have && c->ahead.document == document ? &c->ahead : NULL;
}

const char *drop_cursor_ask(struct drop_cursor *c, uint64_t document)
{
	const struct duplicate *d = drop_cursor_find(c, document);
	char hex[33];

	if (!d || d->survives)
		return NULL;
	ll_buf_clear(&c->value);
	if (d->id.len)
		ll_buf_add_str(&c->value, d->id);
	else
		ll_buf_puts(&c->value, ll_id_hex(d->key, hex));
	return ll_buf_cstr(&c->value);
}

void drop_cursor_free(struct drop_cursor *c)
{
	ll_buf_free(&c->value);
}

/* The document as it was read counts in both. */
unsigned drop_index_times(const struct shingle_rule *rule, bool keeps_shingles)
{
	return shingle_times(rule, keeps_shingles) + LL_TIMES_PASSED_ON - 1;
}

struct pass {
	const struct drop_list *list;
	struct drop_cursor cursor;
	uint64_t document; /* number of the one being decided, over all files */
	struct shard_check check;
	struct ll_buf tags;
	unsigned times; /* what is held of a document, in times of its bytes */
	uint64_t kept;	/* bytes that a worker may keep for the next one: an eighth of --memory for all frames under way */
};

struct worker {
	struct signer signer;
	struct ll_buf data;
};

static void *worker_new(void *context)
{
	(void)context;
	return ll_calloc(1, sizeof(struct worker));
}

static void worker_free(void *context, void *worker)
{
	struct worker *w = worker;

	(void)context;
	signer_free(&w->signer);
	ll_buf_free(&w->data);
	ll_free(w);
}

/* The signature in the buffer, without growing, which leaves holes behind, and with the signer's own memory given back before the
 * buffer is copied. */
static void put_signature(const struct pass *p, struct worker *w, struct ll_id digest, const struct ll_doc *doc)
{
	const struct signature_rule *rule = p->list->index->rule;
	bool large = doc->text.len * (uint64_t)p->times > p->kept;

	if (large)
		ll_buf_reserve(&w->data, SIGNATURE_FIXED + 8 * (rule->bands + 1) + ll_get32(ll_doc_record(doc)) * (size_t)shingle_bytes(&rule->shingle));
	signature_put(&w->data, &w->signer, rule, digest, doc);
	if (large)
		signer_free(&w->signer);
}

/* The digest, and the signature where survivors' are kept. */
static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	const struct pass *p = context;
	struct worker *w = worker;
	struct ll_id digest = ll_record_digest(ll_doc_record(doc));

	ll_buf_clear(&w->data);
	ll_buf_add(&w->data, digest.byte, sizeof(digest.byte));
	if (p->list->index)
		put_signature(p, w, digest, doc);
	ll_sink_decide(sink, doc, w->data.data, w->data.len);
	if (w->data.len > p->kept)
		ll_buf_free(&w->data);
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	struct pass *p = context;
	unsigned char *signature = (unsigned char *)data + sizeof(struct ll_id);

	(void)doc;
	shard_check_document(&p->check, data);
	*value = drop_cursor_ask(&p->cursor, p->document++);
	if (!*value && p->list->index)
		ll_writer_put(p->list->index->out, signature, len - sizeof(struct ll_id));
	return *value ? p->list->reason : NULL;
}

/* What is known of the survivor besides its id. */
static void reject_tags(void *context, struct ll_buf *tags)
{
	struct pass *p = context;
	const struct duplicate *d = &p->cursor.ahead;
	char hex[33];

	if (strcmp(p->list->reason, "near-duplicate") != 0)
		return;
	ll_tags_add_string(tags, "reject.key", ll_str(ll_id_hex(d->key, hex), 32));
	ll_tags_add_string(tags, "reject.text", ll_str(ll_id_hex(d->text, hex), 32));
	if (d->source.len)
		ll_tags_add_string(tags, "reject.source", d->source);
	if (d->similarity >= 0)
		ll_tags_add_float(tags, "reject.similarity", d->similarity);
}

/* Tags a survivor with what was dropped for it. */
static const char *edit(void *context, struct ll_doc *doc)
{
	struct pass *p = context;
	const struct duplicate *d = drop_cursor_find(&p->cursor, p->document - 1);

	if (!d || !d->survives)
		return NULL;
	ll_buf_clear(&p->tags);
	ll_buf_add_str(&p->tags, doc->tags);
	ll_tags_add_int(&p->tags, "dedup.copies", (int64_t)d->copies);
	ll_tags_add_list(&p->tags, "dedup.ids", d->ids);
	if (d->similarities.len)
		ll_tags_add_list(&p->tags, "dedup.similarities", d->similarities);
	doc->tags = ll_buf_str(&p->tags);
	return "tags";
}

static void finish(void *context, const struct ll_lineage *lineage)
{
	struct pass *p = context;

	if (p->list->index)
		ll_writer_close(p->list->index->out, lineage);
}

static void at_end(void *context)
{
	struct pass *p = context;

	shard_check_end(&p->check);
}

int drop_pass(const struct drop_list *list, const char *const *files, size_t n)
{
	struct pass p = { .list = list, .cursor = { .next = list->next, .source = list->source } };
	struct ll_filter filter = { .context = &p, .worker_new = worker_new, .worker_free = worker_free, .map = map,
				    .decide = decide, .reject_tags = reject_tags, .edit = edit, .end = at_end, .finish = finish };

	LL_ASSERT(list->shards->len == n);
	p.kept = ll_memory_budget() / 8 / (uint64_t)ll_queue_depth();
	if (list->index)
		filter.times = p.times = drop_index_times(&list->index->rule->shingle, list->index->rule->keeps_shingles);
	shard_check_start(&p.check, list->shards, files);
	int status = ll_filter_run(&filter, files, n);
	shard_check_free(&p.check);
	drop_cursor_free(&p.cursor);
	ll_buf_free(&p.tags);
	return status;
}
