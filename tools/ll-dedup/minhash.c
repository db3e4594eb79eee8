/* SPDX-License-Identifier: MIT */
/* minhash.c - --minhash in one process, and its three steps as commands: sign, cluster, apply. */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "io/file.h"
#include "io/spool.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/duplicates.h"
#include "ll-dedup/sign_pass.h"

/* ---- one process ---- */

struct gathering {
	const struct signature_rule *rule;
	struct cluster *cluster;
	struct shards shards;
	struct ll_strings names;
};

static void gather(void *context, const unsigned char *record, size_t len)
{
	struct gathering *g = context;
	struct signature s;
	struct ll_err err;

	if (signature_get(record, len, g->rule->bands, &s, &err) < 0)
		ll_die(LL_EXIT_INPUT, "signatures: %s", err.text);
	if (s.type == SIGNATURE_DOCUMENT) {
		cluster_add(g->cluster, &s);
		return;
	}
	LL_GROW(g->shards.item, g->shards.cap, g->shards.len + 1);
	g->shards.item[g->shards.len++] = (struct shard){ s.records, s.data_id };
	LL_GROW(g->names.item, g->names.cap, g->names.len + 1);
	g->names.item[g->names.len++] = ll_strndup(s.name.data, s.name.len);
}

static void free_gathering(struct gathering *g)
{
	for (size_t i = 0; i < g->names.len; i++)
		ll_free((char *)g->names.item[i]);
	ll_free(g->names.item);
	ll_free(g->shards.item);
	cluster_free(g->cluster);
}

static bool next_of_cluster(void *cluster, struct duplicate *out)
{
	return cluster_next(cluster, out);
}

int dedup_minhash(const char **files, size_t n)
{
	struct signature_rule rule;
	signature_rule_init(&rule, dedup.minhash, dedup.ngram, dedup.unit);
	ll_spool_inputs(files, n);
	struct gathering g = { .rule = &rule, .cluster = cluster_new(rule.bands, strcmp(dedup.keep, "first") == 0) };
	struct sign_visitor visitor = { &g, gather };
	ll_progress_pass(1, 2);
	ll_lineage_free(sign_pass(files, n, &rule, &visitor));
	cluster_resolve(g.cluster);
	ll_progress_pass(2, 2);
	struct drop_list list = { next_of_cluster, g.cluster, g.shards };
	int status = drop_pass(&list, files, n);
	free_gathering(&g);
	signature_rule_free(&rule);
	return status;
}

/* ---- map ---- */

static void write_record(void *context, const unsigned char *record, size_t len)
{
	ll_writer_put(context, record, len);
}

int dedup_sign(const char *const *files, size_t n)
{
	struct signature_rule rule;
	signature_rule_init(&rule, dedup.minhash, dedup.ngram, dedup.unit);
	char *lines = signature_rule_lines(&rule);
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("signatures", 1, lines));
	struct sign_visitor visitor = { out, write_record };
	struct ll_lineage *lineage = sign_pass(files, n, &rule, &visitor);
	ll_writer_close(out, lineage);
	ll_lineage_free(lineage);
	ll_free(lines);
	signature_rule_free(&rule);
	return LL_EXIT_OK;
}

/* ---- merge ---- */

/* The number of bands of a stream of signatures; every further header must say the same of all four keys. */
static uint32_t check_header(const struct ll_header *h, char **first)
{
	static const char *const keys[] = { "bands", "ngram", "rows", "unit" };
	struct ll_buf all = { 0 };
	uint32_t bands = 0;

	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		char *value = ll_header_get(h, keys[i]);
		if (i == 0 && value)
			bands = (uint32_t)strtoul(value, NULL, 10);
		ll_buf_printf(&all, "%s=%s ", keys[i], value ? value : "?");
		ll_free(value);
	}
	char *text = ll_buf_steal(&all);
	if (bands < 1 || bands > 1024)
		ll_die(LL_EXIT_INPUT, "signatures without a sane number of bands: %s", text);
	if (*first && strcmp(*first, text) != 0)
		ll_die(LL_EXIT_INPUT, "signatures of two kinds: %sand %s", *first, text);
	if (*first)
		ll_free(text);
	else
		*first = text;
	return bands;
}

static void write_duplicates(struct gathering *g, struct ll_writer *out)
{
	struct duplicate d;
	bool have = cluster_next(g->cluster, &d);
	uint64_t offset = 0;

	for (size_t i = 0; i < g->shards.len; i++) {
		duplicates_put_shard(out, &g->shards.item[i], ll_cstr(g->names.item[i]));
		for (; have && d.document < offset + g->shards.item[i].records; have = cluster_next(g->cluster, &d))
			duplicates_put(out, d.document - offset, d.key, d.id);
		offset += g->shards.item[i].records;
	}
	LL_ASSERT(!have);
}

int dedup_cluster(const char *const *files, size_t n)
{
	struct ll_reader *r = ll_reader_open(files, n, "signatures");
	struct ll_writer *out = ll_writer_open(ll_common.output, ll_header_new("duplicates", 1, NULL));
	struct signature_rule rule = { 0 };
	struct gathering g = { .rule = &rule };
	struct ll_data_frame frame;
	const struct ll_header *last = NULL;
	char *kind = NULL;

	while (ll_reader_next_frame(r, &frame)) {
		if (frame.segment != last) {
			rule.bands = check_header(frame.segment, &kind);
			last = frame.segment;
		}
		if (!g.cluster)
			g.cluster = cluster_new(rule.bands, strcmp(dedup.keep, "first") == 0);
		ll_data_frame_decode(&frame);
		const unsigned char *p = frame.raw;
		for (uint32_t i = 0; i < frame.header.records; i++, p += ll_get32(p))
			gather(&g, p, ll_get32(p));
		ll_data_frame_free(&frame);
	}
	if (!g.cluster)
		g.cluster = cluster_new(1, false);
	cluster_resolve(g.cluster);
	write_duplicates(&g, out);
	ll_writer_close(out, ll_reader_lineage(r));
	ll_reader_close(r);
	ll_note("%llu documents, %llu clusters, %llu duplicates", (unsigned long long)cluster_documents(g.cluster),
		(unsigned long long)cluster_clusters(g.cluster), (unsigned long long)cluster_duplicates(g.cluster));
	free_gathering(&g);
	ll_free(kind);
	return LL_EXIT_OK;
}

/* ---- apply ---- */

/* Records and data id of a file that holds one segment, from its end frame; otherwise by reading it. */
static struct shard shard_of(const char *path)
{
	struct ll_end end;
	struct ll_in *in = ll_in_open(path);
	uint64_t size = ll_in_size(in);

	ll_in_close(in);
	if (ll_stream_end(path, &end) && end.segment_len == size)
		return (struct shard){ end.records, end.data_id };
	struct ll_hash128_state *digests = ll_hash128_new();
	struct ll_reader *r = ll_reader_open(&path, 1, "docs");
	struct shard s = { 0, { { 0 } } };
	const unsigned char *record;
	size_t len;
	while ((record = ll_reader_next(r, &len)) != NULL) {
		struct ll_id digest = ll_record_digest(record);
		ll_hash128_update(digests, digest.byte, sizeof(digest.byte));
		s.records++;
	}
	ll_reader_close(r);
	s.data_id = ll_hash128_digest(digests);
	ll_hash128_free(digests);
	return s;
}

int dedup_apply(const char **files, size_t n)
{
	struct drop_list list = { .next = duplicates_next };

	if (!dedup.duplicates)
		ll_die(LL_EXIT_USAGE, "--duplicates=FILE is needed: what ll-dedup cluster wrote");
	ll_spool_inputs(files, n);
	for (size_t i = 0; i < n; i++) {
		LL_GROW(list.shards.item, list.shards.cap, list.shards.len + 1);
		list.shards.item[list.shards.len++] = shard_of(files[i]);
	}
	list.source = duplicates_load(dedup.duplicates, &list.shards);
	int status = drop_pass(&list, files, n);
	duplicates_free(list.source);
	ll_free(list.shards.item);
	return status;
}
