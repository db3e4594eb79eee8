/* SPDX-License-Identifier: MIT */
/* minhash.c - --minhash in one process: signs and joins in a first pass, reads the shingles of candidates in a second when they
 * are verified, drops in the last. */
#include "base/log.h"
#include "base/memory.h"
#include "io/spool.h"
#include "ll-dedup/crawl_index.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/drop_pass.h"
#include "ll-dedup/sign_pass.h"

void dedup_cluster_rule(struct cluster_rule *r, uint32_t bands)
{
	*r = (struct cluster_rule){ .bands = bands };
	dedup.keep = dedup.keep ? dedup.keep : "longest";
	r->policy = policy_parse(dedup.keep);
	ll_identity_set("keep", dedup.keep);
	if (dedup.jaccard && dedup.containment)
		ll_die(LL_EXIT_USAGE, "--jaccard or --containment, not both");
	r->walk.likeness = dedup.jaccard ? LIKE_JACCARD : dedup.containment ? LIKE_CONTAINMENT : LIKE_CANDIDATES;
	r->walk.threshold = dedup.jaccard ? dedup.jaccard : dedup.containment;
	bool verifies = r->walk.likeness != LIKE_CANDIDATES;
	if (dedup.components && strcmp(dedup.components, "survivor") == 0 && !verifies)
		ll_die(LL_EXIT_USAGE, "--cluster=survivor needs --jaccard or --containment");
	r->walk.transitive = verifies && dedup.components && strcmp(dedup.components, "component") == 0;
	r->copies = dedup.tag_survivors;
}

static void old_record(void *gathering, uint64_t document, const unsigned char *record, size_t len)
{
	(void)document;
	gathering_old_record(gathering, record, len);
}

static void old_shingles(void *gathering, uint64_t document, const unsigned char *record, size_t len)
{
	gathering_second_old(gathering, document, record, len);
}

void dedup_old_signatures(struct gathering *g, const char *kind, bool second)
{
	if (dedup.against)
		crawl_index_read(dedup.against, kind, second ? old_shingles : old_record, gathering_make_room, g);
}

static void sign(struct gathering *g, const char **files, size_t n, struct signature_rule *rule, const char *kind, bool verifies)
{
	struct sign_visitor visitor = { .context = g, .record = gathering_record, .make_room = gathering_make_room };

	visitor.times_later = dedup.index_out ? drop_index_times(&rule->shingle, verifies) : 0;
	rule->keeps_shingles = false;
	dedup_old_signatures(g, kind, false);
	ll_lineage_free(sign_pass(files, n, rule, &visitor));
	gathering_join(g);
	gathering_rank(g, NULL);
	if (verifies) {
		ll_progress_pass(2, 3);
		dedup_old_signatures(g, kind, true);
		visitor = (struct sign_visitor){ .context = g, .record = gathering_second, .wanted = gathering_wants, .make_room = gathering_make_room };
		rule->keeps_shingles = rule->pairs_only = true;
		ll_lineage_free(sign_pass(files, n, rule, &visitor));
		rule->pairs_only = false;
	}
	rule->keeps_shingles = verifies;
}

int dedup_minhash(const char **files, size_t n)
{
	struct signature_rule rule;
	struct cluster_rule cluster;
	struct gathering g;
	struct drop_index index = { .rule = &rule };

	signature_rule_init(&rule);
	dedup_cluster_rule(&cluster, rule.bands);
	if (cluster.policy.tag) {
		rule.carry = &cluster.policy.tag;
		rule.n_carry = 1;
	}
	bool verifies = cluster.walk.likeness != LIKE_CANDIDATES;
	rule.keeps_shingles = verifies;
	char *kind = signature_rule_kind(&rule);
	signature_rule_note(&rule);
	ll_spool_inputs(files, n);
	if (dedup.against)
		ll_spool_inputs(&dedup.against, 1);
	cluster.beside = sign_pass_memory();
	gathering_start(&g, &rule, &cluster);
	ll_progress_pass(1, verifies ? 3 : 2);
	sign(&g, files, n, &rule, kind, verifies);
	gathering_resolve(&g);
	if (ll_common.verbose)
		gathering_note(&g);
	ll_progress_pass(verifies ? 3 : 2, verifies ? 3 : 2);
	if (dedup.index_out)
		index.out = crawl_index_write(dedup.index_out, dedup.against, &rule, kind);
	struct drop_list list = { gathering_next, &g, "near-duplicate", &g.shards, dedup.index_out ? &index : NULL };
	int status = drop_pass(&list, files, n);
	gathering_free(&g);
	signature_rule_free(&rule);
	ll_free(kind);
	return status;
}
