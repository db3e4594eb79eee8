/* SPDX-License-Identifier: MIT */
/* dedup_steps.c - the three steps of an array job as commands: sign (map), cluster (merge), apply. */
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "io/spool.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/drop_pass.h"
#include "ll-dedup/duplicates.h"
#include "ll-dedup/gathering.h"
#include "ll-dedup/sign_pass.h"

/* ---- map ---- */

static void write_record(void *context, const unsigned char *record, size_t len)
{
	ll_writer_put(context, record, len);
}

int dedup_sign(const char *const *files, size_t n)
{
	struct signature_rule rule;
	if (dedup.exact)
		signature_rule_init_exact(&rule);
	else
		signature_rule_init(&rule, dedup.minhash, dedup.ngram, dedup.unit);
	char *kind = signature_rule_lines(&rule), *part = shard_order_line(ll_common.part, ll_common.parts);
	char *lines = ll_format("%s%s", kind, part);
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("signatures", 1, lines));
	struct sign_visitor visitor = { out, write_record };
	struct ll_lineage *lineage = sign_pass(files, n, &rule, &visitor);
	ll_writer_close(out, lineage);
	ll_lineage_free(lineage);
	ll_free(kind);
	ll_free(part);
	ll_free(lines);
	signature_rule_free(&rule);
	return LL_EXIT_OK;
}

/* ---- merge ---- */

struct merging {
	struct ll_reader *in;
	struct signature_rule rule;
	char *kind; /* what the first header says of the signatures; all others must say the same */
	const struct ll_header *last;
	struct gathering gathering;
	struct shard_order order;
	size_t shards; /* of the segments that ended */
};

static void check_header(struct merging *m, const struct ll_header *h)
{
	static const char *const keys[] = { "exact", "bands", "ngram", "rows", "unit" };
	struct ll_buf all = { 0 };
	uint64_t bands = 0;

	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		char *value = ll_header_get(h, keys[i]);
		if (value && strcmp(keys[i], "bands") == 0 && ll_parse_u64(ll_cstr(value), &bands) < 0)
			bands = 0;
		if (value)
			ll_buf_printf(&all, "%s%s=%s", all.len ? " " : "", keys[i], value);
		ll_free(value);
	}
	ll_buf_cstr(&all);
	if (bands > 1024 || (bands == 0) != (strcmp(all.data, "exact=document") == 0))
		ll_die(LL_EXIT_INPUT, "signatures without a sane number of bands: %s", all.data);
	if (m->kind && strcmp(m->kind, all.data) != 0)
		ll_die(LL_EXIT_INPUT, "signatures of two kinds: %s and %s", m->kind, all.data);
	if (m->kind) {
		ll_buf_free(&all);
		return;
	}
	m->kind = ll_buf_steal(&all);
	m->rule.bands = (uint32_t)bands;
}

static void end_segment(void *context, const struct ll_segment *s)
{
	struct merging *m = context;

	check_header(m, s->header);
	shard_order_add(&m->order, s->header, m->shards, m->gathering.shards.len - m->shards);
	m->shards = m->gathering.shards.len;
}

/* What the signatures are decides what --keep means. */
static void start(struct merging *m)
{
	const struct ll_header *h = ll_reader_header(m->in);

	if (!h)
		ll_die(LL_EXIT_INPUT, "no signatures to cluster");
	check_header(m, h);
	bool exact = m->rule.bands == 0;
	if (exact && dedup.keep && strcmp(dedup.keep, "first") != 0)
		ll_die(LL_EXIT_USAGE, "these signatures are exact, the first copy is kept: --keep=%s goes with --minhash",
		       dedup.keep);
	if (!dedup.keep)
		dedup.keep = exact ? "first" : "longest";
	ll_identity_set("keep", dedup.keep);
	gathering_start(&m->gathering, &m->rule, strcmp(dedup.keep, "first") == 0);
}

static void read_signatures(struct merging *m)
{
	struct ll_data_frame frame;

	while (ll_reader_next_frame(m->in, &frame)) {
		if (frame.segment != m->last) {
			check_header(m, frame.segment);
			m->last = frame.segment;
		}
		ll_data_frame_decode(&frame);
		const unsigned char *p = frame.raw;
		for (uint32_t i = 0; i < frame.header.records; i++, p += ll_get32(p))
			gathering_record(&m->gathering, p, ll_get32(p));
		ll_data_frame_free(&frame);
	}
}

static void write_duplicates(struct gathering *g, struct ll_writer *out)
{
	struct duplicate d;
	bool have = gathering_next(g, &d);
	uint64_t offset = 0;

	for (size_t i = 0; i < g->shards.len; i++) {
		duplicates_put_shard(out, &g->shards.item[i]);
		for (; have && d.document < offset + g->shards.item[i].records; have = gathering_next(g, &d))
			duplicates_put(out, d.document - offset, d.key, d.id);
		offset += g->shards.item[i].records;
	}
	LL_ASSERT(!have);
}

int dedup_cluster(const char *const *files, size_t n)
{
	struct merging m = { .in = ll_reader_open(files, n, "signatures") };

	ll_reader_on_segment(m.in, end_segment, &m);
	start(&m);
	const char *kind = m.rule.bands ? NULL : "exact=document\n";
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("duplicates", 1, kind));
	read_signatures(&m);
	shard_order_finish(&m.order, &m.gathering.shards);
	gathering_resolve(&m.gathering, &m.order);
	write_duplicates(&m.gathering, out);
	ll_writer_close(out, ll_reader_lineage(m.in));
	ll_reader_close(m.in);
	gathering_note(&m.gathering);
	gathering_free(&m.gathering);
	shard_order_free(&m.order);
	ll_free(m.kind);
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
	struct duplicates *duplicates = duplicates_load(dedup.duplicates, &shards);
	struct drop_list list = { duplicates_next, duplicates, duplicates_reason(duplicates), &shards };
	int status = drop_pass(&list, files, n);
	duplicates_free(duplicates);
	shards_free(&shards);
	ll_free(names);
	return status;
}
