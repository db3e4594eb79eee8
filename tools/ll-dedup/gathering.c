/* SPDX-License-Identifier: MIT */
#include "ll-dedup/gathering.h"

#include "base/memory.h"

void gathering_start(struct gathering *g, const struct signature_rule *rule, bool keep_first)
{
	*g = (struct gathering){ .rule = rule };
	if (rule->bands == 0)
		g->exact = exact_duplicates_new(ll_memory_left() / 2);
	else
		g->cluster = cluster_new(rule->bands, keep_first);
}

void gathering_record(void *gathering, const unsigned char *record, size_t len)
{
	struct gathering *g = gathering;
	struct signature s;
	struct ll_err err;

	if (signature_get(record, len, g->rule->bands, &s, &err) < 0)
		ll_die(LL_EXIT_INPUT, "signatures: %s", err.text);
	if (s.type == SIGNATURE_SHARD) {
		shards_add(&g->shards, s.records, s.data_id, s.name);
		return;
	}
	if (g->exact)
		exact_duplicates_add(g->exact, g->documents, s.text);
	else
		cluster_add(g->cluster, &s);
	g->documents++;
}

void gathering_resolve(struct gathering *g, const struct shard_order *order)
{
	uint64_t documents = 0;

	for (size_t i = 0; i < g->shards.len; i++)
		documents += g->shards.item[i].records;
	if (documents != g->documents)
		ll_die(LL_EXIT_INPUT, "signatures of %llu documents in shards of %llu",
		       (unsigned long long)g->documents, (unsigned long long)documents);
	if (g->exact)
		exact_duplicates_resolve(g->exact, order);
	else
		cluster_resolve(g->cluster, order);
}

bool gathering_next(void *gathering, struct duplicate *out)
{
	struct gathering *g = gathering;

	return g->exact ? exact_duplicates_next(g->exact, out) : cluster_next(g->cluster, out);
}

void gathering_note(const struct gathering *g)
{
	ll_note("%llu documents, %llu clusters, %llu duplicates", (unsigned long long)g->documents,
		(unsigned long long)(g->exact ? exact_duplicates_groups(g->exact) : cluster_clusters(g->cluster)),
		(unsigned long long)(g->exact ? exact_duplicates_count(g->exact) : cluster_duplicates(g->cluster)));
}

void gathering_free(struct gathering *g)
{
	exact_duplicates_free(g->exact);
	if (g->cluster)
		cluster_free(g->cluster);
	shards_free(&g->shards);
}
