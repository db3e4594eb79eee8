/* SPDX-License-Identifier: MIT */
#include "ll-dedup/cluster.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/union_find.h"

#define BAND_RECORD 14u /* band u16, hash u64, document u32, big-endian */
#define FACTS 52u       /* ~text bytes u32, key, text digest, record digest: ascending is best first */

struct cluster {
	uint32_t bands;
	bool keep_first;
	uint64_t documents, clusters, duplicates;
	struct ll_sorter *band;    /* BAND_RECORD */
	struct ll_sorter *facts;   /* document -> FACTS, id: comes in sorted, so this is a spool */
	struct ll_sorter *results; /* document -> survivor's key, id */
	struct union_find joined;
};

static void put_be32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static uint32_t get_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct cluster *cluster_new(uint32_t bands, bool keep_first)
{
	struct cluster *c = ll_calloc(1, sizeof(*c));
	uint64_t left = ll_memory_left();

	c->bands = bands;
	c->keep_first = keep_first;
	c->band = ll_sorter_new(BAND_RECORD, BAND_RECORD, left / 2, "band hashes");
	c->facts = ll_sorter_new_variable(4, left / 8, "document facts");
	return c;
}

void cluster_add(struct cluster *c, const struct signature *s)
{
	unsigned char key[4], band[BAND_RECORD];

	if (c->documents >= UNION_FIND_MAX)
		ll_die(LL_EXIT_RESOURCE, "more than %u documents in one run", UNION_FIND_MAX);
	put_be32(key, (uint32_t)c->documents++);
	memcpy(band + 10, key, 4);
	for (uint32_t i = 0; i < c->bands; i++) {
		band[0] = (unsigned char)(i >> 8);
		band[1] = (unsigned char)i;
		memcpy(band + 2, s->bands + 8 * (size_t)i, 8);
		ll_sorter_add(c->band, band);
	}
	unsigned char small[256], *facts = FACTS + s->id.len <= sizeof(small) ? small : ll_malloc(FACTS + s->id.len);
	put_be32(facts, ~s->text_bytes);
	memcpy(facts + 4, s->key.byte, 16);
	memcpy(facts + 20, s->text.byte, 16);
	memcpy(facts + 36, s->record.byte, 16);
	if (s->id.len)
		memcpy(facts + FACTS, s->id.data, s->id.len);
	ll_sorter_add_variable(c->facts, key, facts, FACTS + s->id.len);
	if (facts != small)
		ll_free(facts);
}

/* Documents with the same hash in the same band stand together. */
static void join(struct cluster *c)
{
	unsigned char run[10];
	const unsigned char *band;
	uint32_t first = 0;
	bool any = false;

	ll_sorter_finish(c->band);
	while ((band = ll_sorter_next(c->band)) != NULL) {
		uint32_t document = get_be32(band + 10);
		if (any && memcmp(run, band, sizeof(run)) == 0) {
			union_find_join(&c->joined, first, document);
			continue;
		}
		memcpy(run, band, sizeof(run));
		first = document;
		any = true;
	}
	ll_sorter_free(c->band);
	c->band = NULL;
}

/* The members of components of two or more, by component and best first. */
static struct ll_sorter *rank(struct cluster *c, const struct shard_order *places)
{
	struct ll_sorter *members = ll_sorter_new_variable(4 + FACTS + 4, ll_memory_left() / 2, "clusters");
	const void *payload;
	const unsigned char *key;
	size_t len;

	ll_sorter_finish(c->facts);
	while ((key = ll_sorter_next_variable(c->facts, &payload, &len)) != NULL) {
		const unsigned char *facts = payload;
		unsigned char order[4 + FACTS + 4];
		uint32_t document = get_be32(key);
		if (!union_find_is_joined(&c->joined, document))
			continue;
		put_be32(order, union_find_root(&c->joined, document));
		memcpy(order + 4, facts, FACTS);
		if (c->keep_first) {
			uint64_t place = places ? shard_order_place(places, document) : 0;
			memset(order + 4, 0, FACTS);
			put_be32(order + 4, (uint32_t)(place >> 32));
			put_be32(order + 8, (uint32_t)place);
		}
		put_be32(order + 4 + FACTS, document);
		/* the survivor's key and id are what the others will be tagged with */
		struct ll_buf named = { 0 };
		ll_buf_add(&named, facts + 4, 16);
		ll_buf_add(&named, facts + FACTS, len - FACTS);
		ll_sorter_add_variable(members, order, named.data, named.len);
		ll_buf_free(&named);
	}
	ll_sorter_free(c->facts);
	c->facts = NULL;
	return members;
}

void cluster_resolve(struct cluster *c, const struct shard_order *order)
{
	struct ll_buf survivor = { 0 };
	uint32_t component = 0;
	const unsigned char *member;
	const void *payload;
	size_t len;

	union_find_init(&c->joined, c->documents);
	join(c);
	struct ll_sorter *members = rank(c, order);
	union_find_free(&c->joined);
	c->results = ll_sorter_new_variable(4, ll_memory_left() / 8, "duplicates");
	ll_sorter_finish(members);
	while ((member = ll_sorter_next_variable(members, &payload, &len)) != NULL) {
		if (c->clusters == 0 || get_be32(member) != component) {
			component = get_be32(member);
			ll_buf_clear(&survivor);
			ll_buf_add(&survivor, payload, len);
			c->clusters++;
			continue;
		}
		ll_sorter_add_variable(c->results, member + 4 + FACTS, survivor.data, survivor.len);
		c->duplicates++;
	}
	ll_sorter_free(members);
	ll_buf_free(&survivor);
	ll_sorter_finish(c->results);
}

bool cluster_next(struct cluster *c, struct duplicate *out)
{
	const void *payload;
	size_t len;
	const unsigned char *key = ll_sorter_next_variable(c->results, &payload, &len);

	if (!key)
		return false;
	out->document = get_be32(key);
	memcpy(out->key.byte, payload, 16);
	out->id = ll_str((const char *)payload + 16, len - 16);
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
	ll_sorter_free(c->results);
	ll_free(c);
}
