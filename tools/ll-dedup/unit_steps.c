/* SPDX-License-Identifier: MIT */
#include "ll-dedup/unit_steps.h"

#include "base/memory.h"
#include "base/option.h"
#include "doc/filter.h"
#include "ll-dedup/duplicates.h"
#include "ll-dedup/exact_duplicates.h"
#include "ll-dedup/shard_check.h"
#include "ll-dedup/shared_units.h"
#include "ll-dedup/signature.h"
#include "ll-dedup/text_numbers.h"
#include "ll-dedup/unit_edit.h"
#include "ll-dedup/unit_keys.h"

/* ---- cluster ---- */

struct unit_merge {
	bool keys; /* or whole documents */
	struct text_numbers *texts; /* keys are texts: their numbers are the digests */
	struct exact_duplicates *first;
	struct shared_units *shared; /* or this one */
	uint64_t key, document;	     /* numbers of the next ones */
	bool inside;		     /* of a document whose keys go on in the next record */
	struct shards shards, counts; /* counts: with the number of keys in the place of that of records */
	uint64_t shard_document, shard_key; /* the first ones of the shard in hand */
};

static void add_digest(void *context, struct ll_id digest, uint64_t document, uint64_t key)
{
	struct unit_merge *u = context;

	if (u->shared)
		shared_units_add_key(u->shared, digest, document, key);
	else
		exact_duplicates_add(u->first, key, digest);
}

static void add_key(struct unit_merge *u, const struct unit_key *k)
{
	uint64_t key = u->key++;

	if (k->none)
		return;
	if (u->texts)
		text_numbers_add(u->texts, k->hash, k->text, u->document, key);
	else
		add_digest(u, k->digest, u->document, key);
}

static void end_shard(struct unit_merge *u, const struct signature *s)
{
	if (u->inside || s->records != u->document - u->shard_document)
		ll_die(LL_EXIT_INPUT, "signatures of %llu documents in a shard of %llu",
		       (unsigned long long)(u->document - u->shard_document), (unsigned long long)s->records);
	shards_add(&u->shards, s->records, s->data_id, s->name);
	shards_add(&u->counts, u->key - u->shard_key, s->data_id, ll_str(NULL, 0));
	u->shard_document = u->document;
	u->shard_key = u->key;
}

static void add_keys(struct unit_merge *u, const unsigned char *record, size_t len)
{
	struct unit_keys keys;
	struct unit_key key;
	struct ll_err err;
	int more = unit_keys_get(record, len, u->texts != NULL, &keys, &err);

	while (more >= 0 && (more = unit_keys_next(&keys, &key, &err)) > 0)
		add_key(u, &key);
	if (more < 0)
		ll_die(LL_EXIT_INPUT, "signatures: %s", err.text);
	u->inside = !keys.last;
	u->document += keys.last;
}

static void take_record(void *context, uint64_t document, const unsigned char *record, size_t len)
{
	struct unit_merge *u = context;
	struct signature s;
	struct ll_err err;

	(void)document;
	if (u->keys && unit_keys_are(record, len)) {
		add_keys(u, record, len);
		return;
	}
	if (signature_get(record, len, 0, &s, &err) < 0)
		ll_die(LL_EXIT_INPUT, "signatures: %s", err.text);
	if (s.type == SIGNATURE_SHARD) {
		end_shard(u, &s);
		return;
	}
	if (u->keys)
		ll_die(LL_EXIT_INPUT, "signatures of whole documents where keys are expected");
	if (unit_is_none(s.text))
		s.text.byte[15] = 1; /* as unit_digest */
	add_key(u, &(struct unit_key){ .digest = s.text });
	u->document++;
}

static bool next_removed(struct unit_merge *u, uint64_t *key)
{
	struct duplicate d;

	if (u->shared)
		return shared_units_next_key(u->shared, key);
	if (!exact_duplicates_next(u->first, &d))
		return false;
	*key = d.document;
	return true;
}

static uint64_t write_removed(struct unit_merge *u, struct ll_writer *out)
{
	struct removed_out w = { .out = out };
	uint64_t key, start = 0, removed = 0;
	bool have = next_removed(u, &key);

	for (size_t i = 0; i < u->shards.len; i++) {
		uint64_t end = start + u->counts.item[i].records;
		duplicates_put_shard(out, &u->shards.item[i]);
		for (; have && key < end; have = next_removed(u, &key), removed++)
			removed_put(&w, key - start);
		removed_end_shard(&w);
		start = end;
	}
	LL_ASSERT(!have);
	ll_buf_free(&w.runs);
	return removed;
}

int unit_cluster(struct merging *m, uint64_t count)
{
	struct unit_merge u = { .keys = signature_rule_is_keys(&m->rule) };
	struct removed_rule rule = { m->rule.unit, count > 0 };
	char *lines = removed_rule_lines(&rule);
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("duplicates", 1, lines));

	m->shards = &u.shards;
	if (count)
		u.shared = shared_units_new_keys(ll_memory_left() / 2);
	else
		u.first = exact_duplicates_new(ll_memory_left() / 2);
	if (m->rule.text_bits)
		u.texts = text_numbers_new(ll_memory_left() / 4);
	merging_each(m, take_record, &u);
	if (u.document != u.shard_document || u.inside)
		ll_die(LL_EXIT_INPUT, "signatures of documents without a shard");
	if (u.texts)
		text_numbers_each(u.texts, add_digest, &u);
	shard_order_finish(&m->order, &u.counts);
	if (count)
		shared_units_find_keys(u.shared, count);
	else
		exact_duplicates_resolve(u.first, &m->order);
	uint64_t removed = write_removed(&u, out);
	ll_writer_close(out, ll_reader_lineage(m->in));
	ll_note("%llu documents, %llu keys, %llu removed", (unsigned long long)u.document, (unsigned long long)u.key,
		(unsigned long long)removed);
	shared_units_free(u.shared);
	exact_duplicates_free(u.first);
	text_numbers_free(u.texts);
	shards_free(&u.shards);
	shards_free(&u.counts);
	ll_free(lines);
	return LL_EXIT_OK;
}

/* ---- apply ---- */

struct apply {
	const struct unit_rule *rule;
	const char *duplicates; /* for messages */
	struct unit_edit edit;
	struct shard_check check;
	struct removed *removed;
	struct removed_run ahead;
	bool have;
	size_t shard;
	uint64_t key; /* of that shard, the next one */
};

/* What map attaches. */
struct counted {
	uint64_t keys;
	struct ll_id record, text;
};

static void *worker_new(void *context)
{
	(void)context;
	return ll_calloc(1, sizeof(struct unit_walk));
}

static void worker_free(void *context, void *worker)
{
	(void)context;
	unit_walk_free(worker);
	ll_free(worker);
}

static void count_keys(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	const struct apply *a = context;
	struct unit_walk *w = worker;
	struct counted c = { .record = ll_record_digest(ll_doc_record(doc)) };

	unit_walk_start(w, a->rule, doc);
	while (unit_walk_next(w))
		c.keys++;
	if (a->rule->kind == UNIT_DOCUMENT)
		c.text = unit_digest(doc->text);
	ll_sink_decide(sink, doc, &c, sizeof(c));
}

/* A run of a shard that is through is of keys that are not there. */
static void check_ahead(const struct apply *a, size_t shard)
{
	if (a->have && a->ahead.shard < shard)
		ll_die(LL_EXIT_INPUT, "%s: keys that the documents do not have", a->duplicates);
}

static void take_out(struct apply *a, uint64_t keys)
{
	uint64_t end = a->key + keys;

	while (a->have && a->ahead.shard == a->shard && a->ahead.first < end) {
		uint64_t stop = LL_MIN(a->ahead.first + a->ahead.keys, end);
		for (uint64_t i = a->ahead.first - a->key; i < stop - a->key; i++)
			a->edit.gone[i / 64] |= (uint64_t)1 << i % 64;
		a->ahead.keys -= stop - a->ahead.first;
		a->ahead.first = stop;
		if (a->ahead.keys > 0)
			break;
		a->have = removed_next(a->removed, &a->ahead);
	}
	a->key = end;
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	struct apply *a = context;
	const struct counted *c = data;

	(void)len;
	shard_check_document(&a->check, c->record.byte);
	if (a->check.shard != a->shard) {
		a->shard = a->check.shard;
		a->key = 0;
		check_ahead(a, a->shard);
	}
	unit_edit_room(&a->edit, 0, c->keys);
	take_out(a, c->keys);
	return unit_edit_decide(&a->edit, doc, c->keys, c->text, value);
}

static const char *edit(void *context, struct ll_doc *doc)
{
	struct apply *a = context;

	return unit_edit_apply(&a->edit, doc);
}

static void at_end(void *context)
{
	struct apply *a = context;

	shard_check_end(&a->check);
	check_ahead(a, SIZE_MAX);
}

int unit_apply(const struct removed_rule *rule, const char *duplicates, const struct shards *shards, const char *const *files, size_t n)
{
	struct apply a = { .rule = &rule->unit, .duplicates = duplicates, .removed = removed_load(duplicates, shards) };
	struct ll_filter filter = { .context = &a, .times = unit_times(a.rule), .worker_new = worker_new, .worker_free = worker_free, .map = count_keys,
				    .decide = decide, .edit = edit, .end = at_end };

	unit_edit_init(&a.edit, a.rule, rule->none);
	shard_check_start(&a.check, shards, files);
	a.have = removed_next(a.removed, &a.ahead);
	int status = ll_filter_run(&filter, files, n);
	unit_edit_note(&a.edit);
	unit_edit_free(&a.edit);
	shard_check_free(&a.check);
	removed_free(a.removed);
	return status;
}
