/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shard_order.h"

#include "base/memory.h"
#include "base/number.h"

char *shard_order_line(uint64_t part, uint64_t parts)
{
	if (parts == 1)
		return ll_strdup("");
	return ll_format("part=%llu/%llu\n", (unsigned long long)part, (unsigned long long)parts);
}

void shard_order_add(struct shard_order *o, const struct ll_header *h, size_t first, size_t n)
{
	struct signed_part p = { 1, 1, first, n };
	char *text = ll_header_get(h, "part"), *slash = text ? strchr(text, '/') : NULL;

	if (text && (!slash || ll_parse_u64(ll_str(text, (size_t)(slash - text)), &p.part) < 0 ||
		     ll_parse_u64(ll_cstr(slash + 1), &p.parts) < 0 || p.part < 1 || p.part > p.parts))
		ll_die(LL_EXIT_INPUT, "signatures of a part that is none: %s", text);
	ll_free(text);
	LL_GROW(o->part, o->cap, o->len + 1);
	o->part[o->len++] = p;
}

/* Puts the segments that begin at `at` and are parts of one list into `member`, by part; returns how many there are. The
 * room is one more than the segments that are left: when they are too few, the first that is missing has a place too. */
static size_t collect(const struct shard_order *o, size_t at, const struct signed_part **member)
{
	uint64_t parts = o->part[at].parts;
	size_t n = 0, room = o->len - at + 1;

	memset(member, 0, room * sizeof(*member));
	for (; at + n < o->len && n < parts && o->part[at + n].parts == parts; n++) {
		const struct signed_part *p = &o->part[at + n];
		if (p->part > room || member[p->part - 1])
			break;
		member[p->part - 1] = p;
	}
	if (n == parts)
		return n;
	for (size_t i = 0; i < room; i++)
		if (!member[i]) {
			ll_hint("the signatures of all %llu parts are needed, each once, one list after the other",
				(unsigned long long)parts);
			ll_die(LL_EXIT_INPUT,
			       "the signatures of part %zu/%llu are missing, or those of another part are there twice", i + 1,
			       (unsigned long long)parts);
		}
	LL_BUG("an incomplete list without a missing part");
}

static void check_list(const struct signed_part *const *member, size_t parts)
{
	for (size_t i = 1; i < parts; i++)
		if (member[i]->n > member[i - 1]->n || member[i]->n + 1 < member[0]->n)
			ll_die(LL_EXIT_INPUT,
			       "parts %zu/%zu and %zu/%zu have %zu and %zu files: they were not taken from one list", i, parts,
			       i + 1, parts, member[i - 1]->n, member[i]->n);
}

void shard_order_finish(struct shard_order *o, const struct shards *shards)
{
	const struct signed_part **member = ll_calloc(o->len + 1, sizeof(*member));
	uint64_t next = 0, documents = 0;

	o->shards = shards->len;
	o->place = ll_calloc(LL_MAX(o->shards, 1), sizeof(*o->place));
	o->end = ll_calloc(LL_MAX(o->shards, 1), sizeof(*o->end));
	for (size_t at = 0, parts; at < o->len; at += parts) {
		parts = collect(o, at, member);
		check_list(member, parts);
		for (size_t k = 0; k < member[0]->n; k++)
			for (size_t i = 0; i < parts && k < member[i]->n; i++)
				o->place[member[i]->first + k] = next++;
	}
	LL_ASSERT(next == o->shards);
	for (size_t i = 0; i < o->shards; i++)
		o->end[i] = documents += shards->item[i].records;
	ll_free(member);
}

uint64_t shard_order_place(const struct shard_order *o, uint64_t document)
{
	size_t low = 0, high = o->shards - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (o->end[middle] > document)
			high = middle;
		else
			low = middle + 1;
	}
	return o->place[low];
}

void shard_order_free(struct shard_order *o)
{
	ll_free(o->part);
	ll_free(o->place);
	ll_free(o->end);
	*o = (struct shard_order){ 0 };
}
