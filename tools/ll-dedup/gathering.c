/* SPDX-License-Identifier: MIT */
#include "ll-dedup/gathering.h"

#include "base/memory.h"

void gathering_start(struct gathering *g, const struct signature_rule *rule, const struct cluster_rule *cluster)
{
	*g = (struct gathering){ .rule = rule };
	if (cluster)
		g->cluster = cluster_new(cluster);
	else
		g->exact = exact_duplicates_new(ll_memory_left() / 2);
}

static struct signature get(const struct gathering *g, const unsigned char *record, size_t len, uint32_t bands)
{
	struct signature s;
	struct ll_err err;

	(void)g;
	if (signature_get(record, len, bands, &s, &err) < 0)
		ll_die(LL_EXIT_INPUT, "signatures: %s", err.text);
	return s;
}

void gathering_record(void *gathering, uint64_t document, const unsigned char *record, size_t len)
{
	struct gathering *g = gathering;
	struct signature s = get(g, record, len, g->rule->bands);

	(void)document;
	if (s.type == SIGNATURE_SHARD) {
		shards_add(&g->shards, s.records, s.data_id, s.name);
		return;
	}
	if (g->exact)
		exact_duplicates_add(g->exact, g->documents, s.text);
	else
		cluster_add(g->cluster, &s, false);
	g->documents++;
}

void gathering_old_record(struct gathering *g, const unsigned char *record, size_t len)
{
	struct signature s = get(g, record, len, g->rule->bands);

	if (s.type == SIGNATURE_SHARD)
		return;
	cluster_add(g->cluster, &s, true);
	g->old++;
}

void gathering_join(struct gathering *g)
{
	uint64_t documents = 0;

	for (size_t i = 0; i < g->shards.len; i++)
		documents += g->shards.item[i].records;
	if (documents != g->documents)
		ll_die(LL_EXIT_INPUT, "signatures of %llu documents in shards of %llu",
		       (unsigned long long)g->documents, (unsigned long long)documents);
	if (g->cluster)
		cluster_join(g->cluster);
}

void gathering_rank(struct gathering *g, const struct shard_order *order)
{
	g->order = order;
	if (g->cluster)
		cluster_rank(g->cluster, order);
}

bool gathering_wants(const void *gathering, uint64_t document)
{
	const struct gathering *g = gathering;

	/* more documents than there were: the shard that ends will say so */
	return document < g->documents && cluster_wants(g->cluster, g->old + document);
}

static void LL_NORETURN changed(const struct gathering *g, uint64_t document)
{
	size_t i = 0;

	while (i + 1 < g->shards.len && document >= g->shards.item[i].records)
		document -= g->shards.item[i++].records;
	ll_die(LL_EXIT_INPUT, "%s: document %llu changed while the file was read several times", g->shards.item[i].name ? g->shards.item[i].name : "standard input",
	       (unsigned long long)document + 1);
}

void gathering_second(void *gathering, uint64_t document, const unsigned char *record, size_t len)
{
	struct gathering *g = gathering;
	struct signature s = get(g, record, len, g->rule->pairs_only ? 0 : g->rule->bands);

	if (s.type == SIGNATURE_DOCUMENT && document < g->documents && cluster_wants(g->cluster, g->old + document))
		if (!cluster_member(g->cluster, g->old + document, &s))
			changed(g, document);
}

void gathering_second_old(struct gathering *g, uint64_t document, const unsigned char *record, size_t len)
{
	struct signature s = get(g, record, len, g->rule->bands);

	if (s.type == SIGNATURE_DOCUMENT && document < g->old && cluster_wants(g->cluster, document) && !cluster_member(g->cluster, document, &s))
		ll_die(LL_EXIT_INPUT, "document %llu of the index of earlier crawls changed while it was read twice", (unsigned long long)document + 1);
}

void gathering_make_room(void *gathering)
{
	struct gathering *g = gathering;

	if (g->cluster)
		cluster_make_room(g->cluster);
}

void gathering_resolve(struct gathering *g)
{
	if (g->exact)
		exact_duplicates_resolve(g->exact, g->order);
	else
		cluster_resolve(g->cluster);
}

bool gathering_next(void *gathering, struct duplicate *out)
{
	struct gathering *g = gathering;

	return g->exact ? exact_duplicates_next(g->exact, out) : cluster_next(g->cluster, out);
}

void gathering_note(const struct gathering *g)
{
	ll_note("%llu documents, %llu %s, %llu duplicates", (unsigned long long)g->documents,
		(unsigned long long)(g->exact ? exact_duplicates_groups(g->exact) : cluster_clusters(g->cluster)),
		g->exact ? "texts with copies" : "components of candidates",
		(unsigned long long)(g->exact ? exact_duplicates_count(g->exact) : cluster_duplicates(g->cluster)));
}

void gathering_free(struct gathering *g)
{
	exact_duplicates_free(g->exact);
	cluster_free(g->cluster);
	shards_free(&g->shards);
}
