/* SPDX-License-Identifier: MIT */
/* dedup_steps.c - the steps of an array job as commands: sign (map), join and cluster (merge), apply. */
#include "base/memory.h"
#include "io/sort.h"
#include "io/spool.h"
#include "ll-dedup/band_store.h"
#include "ll-dedup/crawl_index.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/drop_pass.h"
#include "ll-dedup/duplicates.h"
#include "ll-dedup/joins.h"
#include "ll-dedup/merging.h"
#include "ll-dedup/sign_pass.h"
#include "ll-dedup/unit_steps.h"

/* ---- map ---- */

static void write_record(void *context, uint64_t document, const unsigned char *record, size_t len)
{
	(void)document;
	ll_writer_put(context, record, len);
}

int dedup_sign(const char *const *files, size_t n)
{
	struct signature_rule rule;

	if (dedup.exact) {
		struct unit_rule unit = unit_rule_parse(dedup.exact);
		unit.min_bytes = (uint64_t)dedup.min_bytes;
		signature_rule_init_exact(&rule, &unit);
		rule.text_bits = dedup.hash_bits ? (uint32_t)dedup.hash_bits : dedup.verify_bytes ? 64 : 0;
	} else {
		signature_rule_init(&rule);
	}
	rule.keeps_shingles = dedup.verify;
	rule.carry = dedup.carry.item;
	rule.n_carry = dedup.carry.len;
	for (size_t i = 0; i < rule.n_carry; i++)
		if (strpbrk(rule.carry[i], ",\n"))
			ll_die(LL_EXIT_USAGE, "--carry=%s: not the name of a tag", rule.carry[i]);
	signature_rule_note(&rule);
	char *kind = signature_rule_lines(&rule), *part = shard_order_line(ll_common.part, ll_common.parts);
	char *lines = ll_format("%s%s", kind, part);
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("signatures", 1, lines));
	struct sign_visitor visitor = { .context = out, .record = write_record };
	if (dedup.through) {
		if (n != 1)
			ll_die(LL_EXIT_USAGE, "--through passes one input on, not %zu", n);
		visitor.through = ll_writer_open(dedup.through, ll_header_new("docs", 1, NULL));
		visitor.name = strcmp(dedup.through, "-") == 0 ? NULL : ll_path_base(dedup.through);
	}
	struct ll_lineage *lineage = sign_pass(files, n, &rule, &visitor);
	if (visitor.through)
		ll_writer_close(visitor.through, lineage);
	ll_writer_close(out, lineage);
	ll_lineage_free(lineage);
	ll_free(kind);
	ll_free(part);
	ll_free(lines);
	signature_rule_free(&rule);
	return LL_EXIT_OK;
}

/* ---- join ---- */

struct joining {
	struct signature_rule *rule;
	struct shards shards;
	struct band_store *bands;
	uint64_t documents, old;
};

static void join_record(void *context, uint64_t document, const unsigned char *record, size_t len)
{
	struct joining *j = context;
	struct signature s;
	struct ll_err err;

	(void)document;
	if (signature_get(record, len, j->rule->bands, &s, &err) < 0)
		ll_die(LL_EXIT_INPUT, "signatures: %s", err.text);
	if (s.type == SIGNATURE_SHARD) {
		shards_add(&j->shards, s.records, s.data_id, s.name);
		return;
	}
	if (j->documents >= UNION_FIND_MAX)
		ll_die(LL_EXIT_RESOURCE, "more than %u documents in one run", UNION_FIND_MAX);
	band_store_add(j->bands, s.bands);
	j->documents++;
}

static void join_old(void *context, uint64_t document, const unsigned char *record, size_t len)
{
	struct joining *j = context;

	join_record(context, document, record, len);
	j->old = j->documents;
}

static void join_make_room(void *context)
{
	struct joining *j = context;

	band_store_make_room(j->bands);
}

static void join_pair(void *context, uint32_t first, uint32_t other)
{
	union_find_join(context, first, other);
}

int dedup_join(const char *const *files, size_t n)
{
	struct merging m;
	struct union_find u;
	uint32_t first = 0, last;

	merging_open(&m, files, n);
	if (m.rule.bands == 0)
		ll_die(LL_EXIT_USAGE, "exact signatures have no bands: cluster takes them as they are");
	last = m.rule.bands - 1;
	if (dedup.bands)
		joins_parse_bands(dedup.bands, m.rule.bands, &first, &last);
	char *range = ll_format("%u-%u", first + 1, last + 1);
	ll_identity_set("bands", range);
	struct joining j = { .rule = &m.rule, .bands = band_store_new(first, last, ll_memory_left() / 2) };
	char *kind = signature_rule_copy(m.first), *lines = ll_format("%sjoin=%s\n", kind, range);
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("joins", 1, lines));
	if (dedup.against)
		crawl_index_read(dedup.against, m.kind, join_old, join_make_room, &j);
	ll_reader_on_large(m.in, join_make_room, &j);
	merging_each(&m, join_record, &j);
	union_find_init(&u, j.documents);
	band_store_pairs(j.bands, join_pair, &u);
	joins_write(out, &j.shards, j.old, &u);
	ll_writer_close(out, ll_reader_lineage(m.in));
	union_find_free(&u);
	band_store_free(j.bands);
	shards_free(&j.shards);
	ll_free(range);
	ll_free(kind);
	ll_free(lines);
	merging_close(&m);
	return LL_EXIT_OK;
}

/* ---- cluster ---- */

static bool keeps_none(void)
{
	return dedup.keep && strcmp(dedup.keep, "none") == 0;
}

/* What the signatures are decides what --keep means. */
static void check_keep(const struct merging *m)
{
	if (dedup.min_count && !keeps_none())
		ll_die(LL_EXIT_USAGE, "--min-count goes with --keep=none");
	if (m->rule.bands > 0) {
		if (keeps_none() || dedup.verify_bytes)
			ll_die(LL_EXIT_USAGE, "these signatures are of --minhash: %s goes with --exact", dedup.verify_bytes ? "--verify-bytes" : "--keep=none");
		return;
	}
	if (dedup.verify_bytes && !m->rule.text_bits)
		ll_die(LL_EXIT_INPUT, "these signatures have no texts to compare: ll-dedup sign --verify-bytes keeps them");
	if (dedup.keep && !keeps_none() && strcmp(dedup.keep, "first") != 0)
		ll_die(LL_EXIT_USAGE, "these signatures are exact, the first copy or none is kept: --keep=%s goes with --minhash", dedup.keep);
	if (dedup.jaccard || dedup.containment || dedup.components || dedup.joins.len || dedup.against || dedup.index_out || dedup.tag_survivors)
		ll_die(LL_EXIT_USAGE, "these signatures are exact: --jaccard, --containment, --cluster, --join, --against, "
				      "--index-out and --tag-survivors go with --minhash");
	ll_identity_set("keep", keeps_none() ? "none" : "first");
	if (keeps_none() && !dedup.min_count)
		dedup.min_count = 2;
}

static void start(struct merging *m, struct gathering *g)
{
	struct cluster_rule rule;

	if (m->rule.bands == 0) {
		gathering_start(g, &m->rule, NULL);
		return;
	}
	dedup_cluster_rule(&rule, m->rule.bands);
	rule.joined = dedup.joins.len > 0;
	if (rule.walk.likeness != LIKE_CANDIDATES && !m->rule.keeps_shingles)
		ll_die(LL_EXIT_INPUT, "these signatures have no shingles to verify by: ll-dedup sign --verify keeps them");
	if (rule.policy.tag && !signature_rule_carries(m->first, rule.policy.tag))
		ll_die(LL_EXIT_INPUT, "these signatures do not carry the tag %s: ll-dedup sign --carry=%s makes them", rule.policy.tag, rule.policy.tag);
	gathering_start(g, &m->rule, &rule);
}

/* Documents of the signatures that survive, for the index. */
struct surviving {
	struct drop_cursor cursor;
	struct ll_writer *out;
};

static void write_surviving(void *context, uint64_t document, const unsigned char *record, size_t len)
{
	struct surviving *s = context;

	if (record[8] == SIGNATURE_DOCUMENT && !drop_cursor_ask(&s->cursor, document))
		ll_writer_put(s->out, record, len);
}

static bool next_copy(void *source, struct duplicate *out)
{
	struct ll_sorter *copies = source;
	const void *payload;
	size_t len;
	const unsigned char *key = ll_sorter_next_variable(copies, &payload, &len);

	if (!key)
		return false;
	*out = (struct duplicate){ .similarity = -1 };
	for (int i = 0; i < 8; i++)
		out->document = out->document << 8 | key[i];
	return true;
}

/* Reads the signatures once more: those of the documents that were not dropped make the index. */
static void write_index(struct merging *m, const char *const *files, size_t n, struct ll_sorter *dropped)
{
	struct surviving s = { .cursor = { .next = next_copy, .source = dropped } };
	struct ll_reader *in = ll_reader_open(files, n, "signatures");

	ll_sorter_finish(dropped);
	s.out = crawl_index_write_lines(dedup.index_out, dedup.against, m->first, m->kind);
	signatures_each(in, write_surviving, &s);
	ll_writer_close(s.out, ll_reader_lineage(in));
	ll_reader_close(in);
	drop_cursor_free(&s.cursor);
}

static void write_duplicates(struct gathering *g, struct ll_writer *out, struct ll_sorter *dropped)
{
	struct duplicate d;
	bool have = gathering_next(g, &d);
	uint64_t offset = 0;

	for (size_t i = 0; i < g->shards.len; i++) {
		duplicates_put_shard(out, &g->shards.item[i]);
		for (; have && d.document < offset + g->shards.item[i].records; have = gathering_next(g, &d)) {
			unsigned char key[8];
			for (int k = 0; k < 8; k++)
				key[k] = (unsigned char)(d.document >> (56 - 8 * k));
			if (dropped && !d.survives)
				ll_sorter_add_variable(dropped, key, key, 0);
			duplicates_put(out, d.document - offset, &d);
		}
		offset += g->shards.item[i].records;
	}
	LL_ASSERT(!have);
}

int dedup_cluster(const char **files, size_t n)
{
	struct merging m;
	struct gathering g;

	if (dedup.jaccard || dedup.containment || dedup.index_out)
		ll_spool_inputs(files, n);
	if (dedup.against)
		ll_spool_inputs(&dedup.against, 1);
	merging_open(&m, files, n);
	check_keep(&m);
	if (signature_rule_is_keys(&m.rule) || keeps_none()) {
		int status = unit_cluster(&m, (uint64_t)dedup.min_count);
		merging_close(&m);
		return status;
	}
	start(&m, &g);
	m.shards = &g.shards;
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("duplicates", 1, m.rule.bands ? NULL : "exact=document\n"));
	dedup_old_signatures(&g, m.kind, false);
	ll_reader_on_large(m.in, gathering_make_room, &g);
	merging_each(&m, gathering_record, &g);
	shard_order_finish(&m.order, &g.shards);
	gathering_join(&g);
	if (dedup.joins.len)
		joins_read(dedup.joins.item, dedup.joins.len, m.kind, m.rule.bands, &g.shards, g.old, g.cluster);
	gathering_rank(&g, &m.order);
	if (dedup.jaccard || dedup.containment) {
		struct ll_reader *second = ll_reader_open(files, n, "signatures");
		dedup_old_signatures(&g, m.kind, true);
		ll_reader_on_large(second, gathering_make_room, &g);
		signatures_each(second, gathering_second, &g);
		ll_reader_close(second);
	}
	gathering_resolve(&g);
	struct ll_sorter *dropped = dedup.index_out ? ll_sorter_new_variable(8, ll_memory_left() / 8, "documents dropped") : NULL;
	write_duplicates(&g, out, dropped);
	ll_writer_finish(out, ll_reader_lineage(m.in));
	if (dropped)
		write_index(&m, files, n, dropped);
	ll_sorter_free(dropped);
	ll_writer_publish(out);
	gathering_note(&g);
	gathering_free(&g);
	merging_close(&m);
	return LL_EXIT_OK;
}

/* ---- apply ---- */

/* Records and data id of a file that holds one segment, from its end frame; otherwise by reading it. */
static void add_shard(struct shards *shards, const char *path, const char *name)
{
	struct ll_end end;
	struct ll_in *in = ll_in_open(path);
	uint64_t size = ll_in_size(in), records = 0;

	ll_in_close(in);
	if (ll_stream_end(path, &end) && !end.failed && end.segment_len == size) {
		shards_add(shards, end.records, end.data_id, ll_cstr(name));
		return;
	}
	struct ll_hash128_state *digests = ll_hash128_new();
	struct ll_reader *r = ll_reader_open(&path, 1, "docs");
	const unsigned char *record;
	size_t len;
	while ((record = ll_reader_next(r, &len)) != NULL) {
		struct ll_id digest = ll_record_digest(record);
		ll_hash128_update(digests, digest.byte, sizeof(digest.byte));
		records++;
	}
	ll_reader_close(r);
	shards_add(shards, records, ll_hash128_digest(digests), ll_cstr(name));
	ll_hash128_free(digests);
}

int dedup_apply(const char **files, size_t n)
{
	struct shards shards = { 0 };
	const char **names = ll_calloc(n + 1, sizeof(*names));

	if (!dedup.duplicates)
		ll_die(LL_EXIT_USAGE, "--duplicates=FILE is needed: what ll-dedup cluster wrote");
	for (size_t i = 0; i < n; i++)
		names[i] = ll_path_base(files[i]);
	ll_spool_inputs(&dedup.duplicates, 1);
	ll_spool_inputs(files, n);
	for (size_t i = 0; i < n; i++)
		add_shard(&shards, files[i], names[i]);
	int status;
	struct removed_rule removed;
	if (removed_rule_read(&removed, dedup.duplicates)) {
		status = unit_apply(&removed, dedup.duplicates, &shards, files, n);
	} else {
		struct duplicates *duplicates = duplicates_load(dedup.duplicates, &shards);
		struct drop_list list = { duplicates_next, duplicates, duplicates_reason(duplicates), &shards, NULL };
		status = drop_pass(&list, files, n);
		duplicates_free(duplicates);
	}
	shards_free(&shards);
	ll_free(names);
	return status;
}
