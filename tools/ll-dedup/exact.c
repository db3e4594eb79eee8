/* SPDX-License-Identifier: MIT */
/*
 * exact.c - --exact: of every document, line, paragraph, run of sentences or URL the first goes on, in order, while later
 * ones are still being read. When the set of digests has filled its share of --memory, the rest of the input is put off
 * until its digests went through an external sort. --bloom and --verify-bytes put other sets in its place. --keep=none
 * reads the input twice: which units do many documents share, then without them.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "doc/filter.h"
#include "io/spool.h"
#include "ll-dedup/bloom.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/digest_set.h"
#include "ll-dedup/exact_duplicates.h"
#include "ll-dedup/shared_units.h"
#include "ll-dedup/text_set.h"
#include "ll-dedup/two_passes.h"
#include "ll-dedup/unit_edit.h"

#define BATCH 256u		/* keys that are asked about at once */
#define SOME 64u		/* keys that are made at once, and tell how many the rest may have */
#define NOT_ATTACHED UINT64_MAX /* for a number of keys: they are made where the document is decided */

struct exact {
	struct unit_rule rule;
	uint64_t share;			/* of --memory, for the set */
	struct digest_set set;		/* seen before; --keep=none: shared by many documents */
	struct bloom *bloom;		/* or this one */
	struct text_set *texts;		/* or this one */
	struct shared_units *shared;	/* first pass of --keep=none */
	uint64_t document, key;		/* numbers of the next ones */
	struct exact_duplicates *later; /* keys that were put off; NULL while there are none */
	uint64_t first_later;
	struct duplicate ahead; /* the next key of those that is a duplicate */
	bool have_ahead;
	struct two_passes *check; /* by keys, with --keep=none */
	uint64_t bloom_items;
	/* of the document being decided */
	struct unit_walk walk;
	struct unit_edit edit;
	uint32_t *line_end; /* where `walk` found that its lines end */
	size_t line_end_cap;
};

/* ---- keys of a document: made by the workers, or where they are needed when there are too many to be kept ---- */

struct worker {
	struct unit_walk walk;
	struct ll_buf keys; /* u64 number, digests, where they end if unit_lines_end says so */
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
	unit_walk_free(&w->walk);
	ll_buf_free(&w->keys);
	ll_free(w);
}

/* Appends the digests of all keys; false where they take, or seem to take, more than the text. */
static bool make_keys(struct ll_buf *out, struct unit_walk *w, const struct unit_rule *rule, const struct ll_doc *doc)
{
	bool ends = unit_lines_end(rule, doc->text);
	size_t each = sizeof(struct ll_id) + (ends ? sizeof(uint32_t) : 0), room = (doc->text.len + 4096) / each, n = 0, more;
	struct ll_id *digest = (struct ll_id *)ll_buf_reserve(out, room * each);

	unit_walk_start(w, rule, doc);
	w->line_end = ends ? (uint32_t *)(digest + room) : NULL;
	for (; (more = unit_walk_digests(w, digest + n, LL_MIN(room - n, (size_t)SOME))) > 0; n += more) {
		if (n >= SOME && (uint64_t)n * doc->text.len > (uint64_t)room * w->at)
			return false;
		w->line_end += ends ? more : 0;
	}
	if (ends)
		memmove(digest + n, digest + room, n * sizeof(uint32_t));
	out->len += n * each;
	return n < room;
}

static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	struct exact *e = context;
	struct worker *w = worker;

	ll_buf_clear(&w->keys);
	ll_buf_put64(&w->keys, NOT_ATTACHED);
	if (!e->texts && make_keys(&w->keys, &w->walk, &e->rule, doc))
		ll_put64(w->keys.data, (w->keys.len - 8) / (sizeof(struct ll_id) + (w->walk.line_end ? sizeof(uint32_t) : 0)));
	else
		w->keys.len = 8;
	ll_sink_decide(sink, doc, w->keys.data, w->keys.len);
}

/* The keys of one document, a batch at a time. */
struct key_source {
	struct exact *e;
	const unsigned char *attached;
	uint64_t left; /* of those attached, or NOT_ATTACHED */
	size_t made_n; /* made so far */
	bool lines;    /* it is worth knowing where they end */
	struct ll_id made[BATCH];
};

static void keys_start(struct key_source *k, struct exact *e, const struct ll_doc *doc, const void *data)
{
	k->e = e;
	k->left = ll_get64(data);
	k->attached = (const unsigned char *)data + 8;
	k->made_n = 0;
	k->lines = !e->texts && unit_lines_end(&e->rule, doc->text);
	e->edit.line_end = k->lines && k->left != NOT_ATTACHED ? k->attached + k->left * sizeof(struct ll_id) : NULL;
	if (k->left == NOT_ATTACHED)
		unit_walk_start(&e->walk, &e->rule, doc);
}

static struct ll_id number_as_id(uint64_t number)
{
	struct ll_id id = { { 0 } };

	ll_put64(id.byte + 8, number);
	ll_put64(id.byte, number * 0x9e3779b97f4a7c15ull); /* spreads over the tables of a digest_set */
	return id;
}

/* With --verify-bytes a key is the number of its text among all distinct ones; *fresh: bits of those that are new. */
static const struct ll_id *keys_next(struct key_source *k, size_t *n, uint64_t fresh[BATCH / 64])
{
	struct exact *e = k->e;

	if (k->left != NOT_ATTACHED) {
		const unsigned char *from = k->attached;
		*n = LL_MIN(k->left, BATCH);
		k->left -= *n;
		k->attached += *n * sizeof(struct ll_id);
		return (const struct ll_id *)from;
	}
	if (!e->texts) {
		if (k->lines) {
			LL_GROW(e->line_end, e->line_end_cap, k->made_n + BATCH);
			e->walk.line_end = e->line_end + k->made_n;
			e->edit.line_end = (const unsigned char *)e->line_end;
		}
		*n = unit_walk_digests(&e->walk, k->made, BATCH);
		k->made_n += *n;
		return k->made;
	}
	memset(fresh, 0, BATCH / 8);
	for (*n = 0; *n < BATCH && unit_walk_next(&e->walk); ++*n) {
		struct ll_str text = unit_walk_text(&e->walk);
		bool is_fresh = true;
		k->made[*n] = text.len < e->rule.min_bytes ? (struct ll_id){ { 0 } } : number_as_id(text_set_add(e->texts, text, &is_fresh));
		fresh[*n / 64] |= (uint64_t)is_fresh << (*n % 64);
	}
	return k->made;
}

/* ---- decisions ---- */

static void LL_NORETURN bloom_is_full(const struct exact *e)
{
	ll_hint("more than %llu distinct units: give --bloom-items=N with their number, or more --memory", (unsigned long long)e->bloom_items);
	ll_die(LL_EXIT_RESOURCE, "the Bloom filter is full: it cannot hold --bloom=%g any longer", dedup.bloom);
}

static void ask_later(struct exact *e, size_t n, uint64_t first)
{
	for (size_t i = 0; i < n; i++) {
		while (e->have_ahead && e->ahead.document < e->key + i)
			e->have_ahead = exact_duplicates_next(e->later, &e->ahead);
		if (e->have_ahead && e->ahead.document == e->key + i)
			e->edit.gone[(first + i) / 64] |= (uint64_t)1 << ((first + i) % 64);
	}
}

/* Sets bit first + i of `gone` for every key that is a duplicate. */
static void ask(struct exact *e, const struct ll_id *key, size_t n, const uint64_t *fresh, uint64_t first)
{
	if (e->check) {
		two_passes_update(e->check, key, n * sizeof(*key));
		digest_set_has_all(&e->set, key, n, e->edit.gone, first);
	} else if (e->texts) {
		for (size_t i = 0; i < n; i++)
			if (!(fresh[i / 64] >> (i % 64) & 1))
				e->edit.gone[(first + i) / 64] |= (uint64_t)1 << ((first + i) % 64);
	} else if (e->bloom) {
		bloom_add_all(e->bloom, key, n, e->edit.gone, first);
		if (bloom_len(e->bloom) > e->bloom_items)
			bloom_is_full(e);
	} else if (e->later) {
		ask_later(e, n, first);
	} else {
		digest_set_add_all(&e->set, key, n, e->edit.gone, first);
	}
	e->key += n;
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	struct exact *e = context;
	struct key_source source;
	struct ll_id last = { { 0 } };
	const struct ll_id *key;
	uint64_t fresh[BATCH / 64], keys = 0;
	size_t n;

	(void)len;
	e->document++;
	keys_start(&source, e, doc, data);
	while (key = keys_next(&source, &n, fresh), n > 0) {
		unit_edit_room(&e->edit, keys, n);
		ask(e, key, n, fresh, keys);
		keys += n;
		last = key[n - 1];
	}
	if (e->texts && e->rule.kind == UNIT_DOCUMENT && (e->edit.gone[0] & 1))
		last = ll_hash128(doc->text.data, doc->text.len);
	return unit_edit_decide(&e->edit, doc, keys, last, value);
}

static const char *edit(void *context, struct ll_doc *doc)
{
	struct exact *e = context;

	return unit_edit_apply(&e->edit, doc);
}

static void make_text(void *context, struct ll_doc *doc, char *place)
{
	struct exact *e = context;

	unit_edit_text(&e->edit, doc, place);
}

/* ---- when the set is full ---- */

static uint64_t weight(void *context, const struct ll_doc *doc, const void *data, size_t len)
{
	struct exact *e = context;
	uint64_t n = ll_get64(data);

	(void)len;
	if (n != NOT_ATTACHED)
		return n;
	unit_walk_start(&e->walk, &e->rule, doc);
	return unit_walk_count(&e->walk);
}

static bool put_off(void *context, uint64_t keys)
{
	struct exact *e = context;

	if (digest_set_has_room(&e->set, keys))
		return false;
	e->first_later = e->key;
	e->later = exact_duplicates_new(e->share / 2);
	return true;
}

static void preview(void *context, const struct ll_doc *doc, const void *data, size_t len)
{
	struct exact *e = context;
	struct key_source source;
	const struct ll_id *key;
	uint64_t fresh[BATCH / 64], known[BATCH / 64];
	size_t n;

	(void)len;
	keys_start(&source, e, doc, data);
	for (; key = keys_next(&source, &n, fresh), n > 0; e->key += n) {
		memset(known, 0, sizeof(known));
		digest_set_has_all(&e->set, key, n, known, 0);
		for (size_t i = 0; i < n; i++) {
			if (unit_is_none(key[i]))
				continue;
			if (known[i / 64] >> (i % 64) & 1)
				exact_duplicates_known(e->later, e->key + i, key[i]);
			else
				exact_duplicates_add(e->later, e->key + i, key[i]);
		}
	}
}

static void settle(void *context)
{
	struct exact *e = context;

	digest_set_free(&e->set);
	exact_duplicates_resolve(e->later, NULL);
	e->have_ahead = exact_duplicates_next(e->later, &e->ahead);
	e->key = e->first_later;
}

/* ---- --keep=none ---- */

static const char *count_document(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	struct exact *e = context;
	struct key_source source;
	const struct ll_id *key;
	uint64_t fresh[BATCH / 64];
	size_t n;

	(void)len;
	(void)value;
	keys_start(&source, e, doc, data);
	while (key = keys_next(&source, &n, fresh), n > 0) {
		two_passes_update(e->check, key, n * sizeof(*key));
		for (size_t i = 0; i < n; i++)
			if (!unit_is_none(key[i]))
				shared_units_add(e->shared, key[i], e->document);
	}
	e->document++;
	return NULL;
}

static void begin_file(void *context, const char *file)
{
	struct exact *e = context;

	if (e->check)
		two_passes_file(e->check, file);
}

static void count_all(struct exact *e, const char **files, size_t n)
{
	static struct two_passes check;
	struct ll_filter filter = { .context = e, .times = unit_times(&e->rule), .worker_new = worker_new, .worker_free = worker_free,
				    .map = map, .decide = count_document, .file = begin_file };

	ll_spool_inputs(files, n);
	two_passes_start(&check, files, n);
	e->check = &check;
	e->shared = shared_units_new(e->share);
	digest_set_init(&e->set, e->share);
	ll_progress_pass(1, 2);
	ll_documents_scan(&filter, files, n, NULL);
	two_passes_end(e->check);
	shared_units_find(e->shared, (uint64_t)dedup.min_count, &e->set);
	shared_units_free(e->shared);
	e->document = 0;
	ll_progress_pass(2, 2);
}

static void compare_passes(void *context)
{
	struct exact *e = context;

	if (e->check)
		two_passes_end(e->check);
}

/* ---- the stage ---- */

void dedup_exact_check(void)
{
	bool none = dedup.keep && strcmp(dedup.keep, "none") == 0;

	unit_rule_parse(dedup.exact);
	if (dedup.minhash || dedup.ngram || dedup.unit)
		ll_die(LL_EXIT_USAGE, "--exact compares whole texts: %s goes without it",
		       dedup.minhash ? "--minhash" : dedup.ngram ? "--ngram" : "--unit");
	if (dedup.keep && !none && strcmp(dedup.keep, "first") != 0)
		ll_die(LL_EXIT_USAGE, "--exact keeps the first copy or none: --keep=%s goes with --minhash", dedup.keep);
	if (dedup.min_count && !none)
		ll_die(LL_EXIT_USAGE, "--min-count goes with --keep=none");
	if (none && !dedup.min_count)
		dedup.min_count = 2;
	if (dedup.bloom > 0 && none)
		ll_die(LL_EXIT_USAGE, "--bloom knows what came before, not how often: --keep=none goes without it");
	if (dedup.bloom > 0 && (dedup.verify_bytes || dedup.hash_bits))
		ll_die(LL_EXIT_USAGE, "--bloom keeps no texts to compare: --verify-bytes goes without it");
	if (dedup.bloom_items && dedup.bloom == 0)
		ll_die(LL_EXIT_USAGE, "--bloom-items goes with --bloom");
}

static void start_bloom(struct exact *e)
{
	struct bloom_plan plan = dedup.bloom_items ? bloom_plan_items((uint64_t)dedup.bloom_items, dedup.bloom)
						   : bloom_plan_bytes(ll_memory_budget() / 2, dedup.bloom);
	char items[24];

	e->bloom = bloom_new(&plan);
	e->bloom_items = plan.items;
	snprintf(items, sizeof(items), "%llu", (unsigned long long)plan.items);
	ll_identity_set("bloom-items", items);
	ll_note("Bloom filter for %llu units, %u bits each in blocks of 512, %llu MiB", (unsigned long long)plan.items, plan.probes,
		(unsigned long long)(plan.blocks * BLOOM_BLOCK_BYTES / LL_MIB));
}

int dedup_exact(const char **files, size_t n)
{
	static struct exact e;
	bool none = dedup.min_count > 0, verify = dedup.verify_bytes || dedup.hash_bits;
	struct ll_filter filter = { .context = &e,
				    .worker_new = worker_new,
				    .worker_free = worker_free,
				    .map = map,
				    .decide = decide,
				    .edit = edit,
				    .text = make_text,
				    .file = begin_file,
				    .end = compare_passes };

	e.rule = unit_rule_parse(dedup.exact);
	e.rule.min_bytes = (uint64_t)dedup.min_bytes;
	filter.times = unit_times(&e.rule);
	filter.edits_most = e.rule.kind == UNIT_LINE; /* one line that came before is enough */
	unit_edit_init(&e.edit, &e.rule, none);
	uint64_t left = ll_memory_left(), flow = ll_filter_memory();
	e.share = LL_MAX(left > flow ? (left - flow) / 2 : 0, left / 4);
	if (verify)
		e.texts = text_set_new(dedup.hash_bits ? (unsigned)dedup.hash_bits : 64);
	if (none) {
		count_all(&e, files, n);
	} else if (dedup.bloom > 0) {
		start_bloom(&e);
	} else if (!verify) {
		digest_set_init(&e.set, e.share);
		filter.weight = weight;
		filter.put_off = put_off;
		filter.preview = preview;
		filter.settle = settle;
	}
	int status = ll_filter_run(&filter, files, n);
	unit_edit_note(&e.edit);
	digest_set_free(&e.set);
	bloom_free(e.bloom);
	text_set_free(e.texts);
	exact_duplicates_free(e.later);
	if (e.check)
		two_passes_free(e.check);
	unit_walk_free(&e.walk);
	ll_free(e.line_end);
	unit_edit_free(&e.edit);
	return status;
}
