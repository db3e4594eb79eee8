/* SPDX-License-Identifier: MIT */
#include "ll-dedup/cluster.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/band_store.h"
#include "ll-dedup/chains.h"
#include "ll-dedup/text_store.h"
#include "ll-dedup/union_find.h"

#define RANKS 56u		/* rank u64, key, text digest, record digest: ascending is best first */
#define FACTS (RANKS + 4)	/* and the length of the id, before id and source */
#define MEMBER (4u + 1 + RANKS + 4) /* component, 0 for old ones, ranks, document */

struct cluster {
	struct cluster_rule rule;
	uint64_t documents, old, unranked, clusters, duplicates; /* unranked: new ones without what the policy asks for */
	struct band_store *bands;
	struct ll_sorter *facts;   /* document -> FACTS, id, source: comes in sorted, so this is a spool */
	struct ll_sorter *members; /* MEMBER -> shingles, key, id, source: by component, best first */
	struct text_store *large;  /* large sets of shingles (members.h); NULL until there is one */
	const struct shard_order *order;
	struct ll_sorter *results; /* document -> a struct duplicate */
	struct union_find joined;
	uint32_t component; /* of the member that was read last */
	struct ll_buf scratch;
};

static uint64_t left_beside(const struct cluster_rule *r)
{
	uint64_t left = ll_memory_left();

	return left - LL_MIN(r->beside, left / 2);
}

struct cluster *cluster_new(const struct cluster_rule *rule)
{
	struct cluster *c = ll_calloc(1, sizeof(*c));
	uint64_t left = left_beside(rule);

	c->rule = *rule;
	if (!rule->joined)
		c->bands = band_store_new(0, rule->bands - 1, left / 2);
	c->facts = ll_sorter_new_variable(4, left / 8, "document facts");
	return c;
}

void cluster_add(struct cluster *c, const struct signature *s, bool old)
{
	unsigned char key[4], facts[FACTS];

	if (c->documents >= UNION_FIND_MAX)
		ll_die(LL_EXIT_RESOURCE, "more than %u documents in one run", UNION_FIND_MAX);
	LL_ASSERT(!old || c->old == c->documents);
	ll_put_be(key, c->documents++, 4);
	c->old += old;
	if (c->bands)
		band_store_add(c->bands, s->bands);
	uint64_t rank = c->rule.policy.keep == KEEP_FIRST || old ? 0 : policy_rank(&c->rule.policy, s->text_bytes, s->tags);
	c->unranked += rank == POLICY_NONE;
	ll_put_be(facts, rank, 8);
	memcpy(facts + 8, s->key.byte, 16);
	memcpy(facts + 24, s->text.byte, 16);
	memcpy(facts + 40, s->record.byte, 16);
	ll_put32(facts + RANKS, (uint32_t)s->id.len);
	ll_buf_clear(&c->scratch);
	ll_buf_add(&c->scratch, facts, FACTS);
	ll_buf_add_str(&c->scratch, s->id);
	ll_buf_add_str(&c->scratch, s->source);
	ll_sorter_add_variable(c->facts, key, c->scratch.data, c->scratch.len);
}

static void pair(void *cluster, uint32_t a, uint32_t b)
{
	struct cluster *c = cluster;

	union_find_join(&c->joined, a, b);
}

void cluster_join(struct cluster *c)
{
	union_find_init(&c->joined, c->documents);
	if (c->bands) {
		band_store_pairs(c->bands, pair, c);
		band_store_free(c->bands);
		c->bands = NULL;
	}
}

void cluster_pair(struct cluster *c, uint64_t a, uint64_t b)
{
	if (a >= c->documents || b >= c->documents)
		ll_die(LL_EXIT_INPUT, "joins of documents that were not signed");
	union_find_join(&c->joined, (uint32_t)a, (uint32_t)b);
}

bool cluster_wants(const struct cluster *c, uint64_t document)
{
	return union_find_is_joined(&c->joined, (uint32_t)document);
}

/* ---- members of components, best first ---- */

static void put_member(struct cluster *c, uint32_t document, const unsigned char *facts, size_t len, const void *shingles, uint32_t n)
{
	unsigned char key[MEMBER], *ranks = key + 5;

	ll_put_be(key, union_find_root(&c->joined, document), 4);
	key[4] = document >= c->old;
	memcpy(ranks, facts, RANKS);
	if (c->rule.policy.keep == KEEP_FIRST || document < c->old) {
		memset(ranks, 0, RANKS);
		ll_put_be(ranks, c->order && document >= c->old ? shard_order_place(c->order, document - c->old) : 0, 8);
	}
	ll_put_be(ranks + RANKS, document, 4);
	/* u32 shingles, u32 length of the id, key, digest of the text, shingles or u64 where c->large has them, id, source */
	ll_buf_clear(&c->scratch);
	ll_buf_put32(&c->scratch, n);
	ll_buf_add(&c->scratch, facts + RANKS, 4);
	ll_buf_add(&c->scratch, facts + 8, 32);
	if (!set_is_large(n)) {
		ll_buf_add(&c->scratch, shingles, 8 * (size_t)n);
	} else {
		c->large = c->large ? c->large : text_store_new("shingles of large documents");
		ll_buf_put64(&c->scratch, text_store_add(c->large, shingles, 8 * (size_t)n));
	}
	ll_buf_add(&c->scratch, facts + FACTS, len - FACTS);
	ll_sorter_add_variable(c->members, key, c->scratch.data, c->scratch.len);
}

/* A misspelt tag, or dates in another form, leave the choice to keys. */
static void tell_unranked(const struct cluster *c)
{
	const char *what = c->rule.policy.keep == KEEP_NEWEST ? "date" : "number", *tag = c->rule.policy.tag;

	if (c->unranked == 0)
		return;
	if (c->unranked == c->documents - c->old)
		ll_warn("no document has a %s in %s: the smallest key decides which copy survives", what, tag);
	else
		ll_note("%llu of %llu documents have no %s in %s", (unsigned long long)c->unranked, (unsigned long long)(c->documents - c->old), what, tag);
}

void cluster_rank(struct cluster *c, const struct shard_order *order)
{
	tell_unranked(c);
	c->order = order;
	c->members = ll_sorter_new_variable(MEMBER, left_beside(&c->rule) / 2, "clusters");
	ll_sorter_finish(c->facts);
}

bool cluster_member(struct cluster *c, uint64_t document, const struct signature *s)
{
	const void *facts;
	const unsigned char *key;
	size_t len;

	do {
		key = ll_sorter_next_variable(c->facts, &facts, &len);
	} while (key && (uint32_t)ll_get_be(key, 4) < document);
	if (!key || (uint32_t)ll_get_be(key, 4) != document)
		LL_BUG("document %llu comes out of turn", (unsigned long long)document);
	if (memcmp((const unsigned char *)facts + 40, s->record.byte, 16) != 0)
		return false;
	put_member(c, (uint32_t)document, facts, len, s->shingles, s->n_shingles);
	return true;
}

void cluster_make_room(struct cluster *c)
{
	if (c->bands)
		band_store_make_room(c->bands);
	if (c->facts)
		ll_sorter_make_room(c->facts);
	if (c->members)
		ll_sorter_make_room(c->members);
}

/* Without verification the facts are all there is to know. */
static void all_members(struct cluster *c)
{
	const void *facts;
	const unsigned char *key;
	size_t len;

	while ((key = ll_sorter_next_variable(c->facts, &facts, &len)) != NULL)
		if (union_find_is_joined(&c->joined, (uint32_t)ll_get_be(key, 4)))
			put_member(c, (uint32_t)ll_get_be(key, 4), facts, len, NULL, 0);
}

static struct member get_member(const struct cluster *c, const unsigned char *order, const unsigned char *p, size_t len)
{
	struct member m = { .document = (uint32_t)ll_get_be(order + 5 + RANKS, 4), .n_shingles = ll_get32(p), .shingles = p + 40 };
	bool large = set_is_large(m.n_shingles);
	size_t id = ll_get32(p + 4), at = 40 + 8 * (large ? 1 : (size_t)m.n_shingles);

	if (large)
		m.shingles = (const unsigned char *)text_store_whole(c->large) + ll_get64(p + 40);
	m.old = m.document < c->old;
	memcpy(m.key.byte, p + 8, 16);
	memcpy(m.text.byte, p + 24, 16);
	m.id = ll_str((const char *)p + at, id);
	m.source = ll_str((const char *)p + at + id, len - at - id);
	return m;
}

/* ---- survivors ---- */

static void put_result(struct cluster *c, uint32_t document, const struct duplicate *d)
{
	unsigned char key[4];

	ll_put_be(key, document - c->old, 4);
	ll_buf_clear(&c->scratch);
	duplicate_put(&c->scratch, d);
	ll_sorter_add_variable(c->results, key, c->scratch.data, c->scratch.len);
}

static void duplicate(void *cluster, const struct member *m, const struct member *survivor, double similarity)
{
	struct cluster *c = cluster;

	put_result(c, m->document, &(struct duplicate){ .key = survivor->key, .text = survivor->text, .id = survivor->id, .source = survivor->source,
							.similarity = similarity });
	c->duplicates++;
}

static void survivor(void *cluster, const struct member *m, uint64_t copies, struct ll_str ids, struct ll_str similarities)
{
	struct cluster *c = cluster;

	if (!m->old)
		put_result(c, m->document, &(struct duplicate){ .survives = true, .similarity = -1, .copies = copies, .ids = ids, .similarities = similarities });
}

/* The next member; *first: it is the first of its component. */
static bool next_member(struct cluster *c, struct ll_sorter *members, struct member *m, bool *first)
{
	const void *payload;
	size_t len;
	const unsigned char *key = ll_sorter_next_variable(members, &payload, &len);

	if (!key)
		return false;
	*first = c->clusters == 0 || (uint32_t)ll_get_be(key, 4) != c->component;
	c->component = (uint32_t)ll_get_be(key, 4);
	c->clusters += *first;
	*m = get_member(c, key, payload, len);
	return true;
}

/* All members, component after component, by one of the two rules. */
static void judge(struct cluster *c, struct ll_sorter *members, const struct walk_events *events)
{
	uint64_t memory = ll_memory_left() / 4;
	struct chains *chains = c->rule.walk.transitive ? chains_new(&c->rule.walk, memory, events) : NULL;
	struct walk *walk = chains ? NULL : walk_new(&c->rule.walk, memory, events);
	struct member m;
	bool more, first = false;

	do {
		more = next_member(c, members, &m, &first);
		if (!more || first)
			chains ? chains_end_component(chains) : walk_end_component(walk);
		if (more)
			chains ? chains_add(chains, &m) : walk_add(walk, &m);
	} while (more);
	chains ? chains_free(chains) : walk_free(walk);
}

void cluster_resolve(struct cluster *c)
{
	struct walk_events events = { c, duplicate, c->rule.copies ? survivor : NULL };

	if (c->rule.walk.likeness == LIKE_CANDIDATES)
		all_members(c);
	ll_sorter_free(c->facts);
	c->facts = NULL;
	union_find_free(&c->joined);
	struct ll_sorter *members = c->members;
	c->members = NULL;
	c->results = ll_sorter_new_variable(4, ll_memory_left() / 8, "duplicates");
	ll_sorter_finish(members);
	judge(c, members, &events);
	ll_sorter_free(members);
	text_store_free(c->large);
	c->large = NULL;
	ll_sorter_finish(c->results);
}

bool cluster_next(struct cluster *c, struct duplicate *out)
{
	const void *payload;
	size_t len;
	const unsigned char *key = ll_sorter_next_variable(c->results, &payload, &len);

	if (!key)
		return false;
	*out = (struct duplicate){ .document = (uint32_t)ll_get_be(key, 4) };
	if (duplicate_get(ll_str(payload, len), out) < 0)
		LL_BUG("a duplicate that does not add up");
	return true;
}

uint64_t cluster_clusters(const struct cluster *c)
{
	return c->clusters;
}

uint64_t cluster_duplicates(const struct cluster *c)
{
	return c->duplicates;
}

void cluster_free(struct cluster *c)
{
	if (!c)
		return;
	band_store_free(c->bands);
	ll_sorter_free(c->facts);
	ll_sorter_free(c->members);
	text_store_free(c->large);
	ll_sorter_free(c->results);
	ll_buf_free(&c->scratch);
	ll_free(c);
}
