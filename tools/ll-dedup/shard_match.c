/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shard_match.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

struct numbered {
	const struct shard *shard;
	size_t number;
};

static int by_documents(const struct shard *a, const struct shard *b)
{
	int c = memcmp(a->data_id.byte, b->data_id.byte, sizeof(a->data_id.byte));

	return c ? c : (a->records > b->records) - (a->records < b->records);
}

static int by_documents_and_number(const void *x, const void *y)
{
	const struct numbered *a = x, *b = y;
	int c = by_documents(a->shard, b->shard);

	return c ? c : (a->number > b->number) - (a->number < b->number);
}

static struct numbered *sorted(const struct shards *s)
{
	struct numbered *list = ll_calloc(s->len + 1, sizeof(*list));

	for (size_t i = 0; i < s->len; i++)
		list[i] = (struct numbered){ &s->item[i], i };
	if (s->len)
		qsort(list, s->len, sizeof(*list), by_documents_and_number);
	return list;
}

static size_t run_length(const struct numbered *list, size_t n)
{
	size_t len = n > 0;

	while (len < n && by_documents(list[0].shard, list[len].shard) == 0)
		len++;
	return len;
}

/* Where the name stands, alone; n when it does not, or more than once. */
static size_t find_name(const struct numbered *list, size_t n, const char *name)
{
	size_t found = n;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].shard->name, name) != 0)
			continue;
		if (found < n)
			return n;
		found = i;
	}
	return found;
}

/* Several clustered shards have the documents of some wanted ones. */
static void match_equal(const struct numbered *clustered, size_t n, const struct numbered *wanted, size_t n_wanted,
			size_t *match, const char *path)
{
	size_t named = 0;

	while (named < n_wanted && find_name(clustered, n, wanted[named].shard->name) < n &&
	       find_name(wanted, n_wanted, wanted[named].shard->name) < n_wanted)
		named++;
	if (named == n_wanted) {
		for (size_t i = 0; i < n_wanted; i++)
			match[clustered[find_name(clustered, n, wanted[i].shard->name)].number] = wanted[i].number;
		return;
	}
	if (n == n_wanted) {
		for (size_t i = 0; i < n; i++)
			match[clustered[i].number] = wanted[i].number;
		return;
	}
	ll_hint("give all %zu to one apply, or sign and apply them under names of their own", n);
	ll_die(LL_EXIT_INPUT,
	       "%s: input %zu (%s): %zu shards with these same documents were clustered: which of them is it?", path,
	       wanted[named].number + 1, wanted[named].shard->name, n);
}

size_t *shard_match(const struct shards *clustered, const struct shards *wanted, const char *path)
{
	struct numbered *had = sorted(clustered), *want = sorted(wanted);
	size_t *match = ll_malloc((clustered->len + 1) * sizeof(*match));

	for (size_t i = 0; i < clustered->len; i++)
		match[i] = SIZE_MAX;
	for (size_t h = 0, w = 0, n, m; w < wanted->len; w += m) {
		const struct shard *shard = want[w].shard;
		m = run_length(want + w, wanted->len - w);
		while (h < clustered->len && by_documents(had[h].shard, shard) < 0)
			h++;
		n = 0;
		if (h < clustered->len && by_documents(had[h].shard, shard) == 0)
			n = run_length(had + h, clustered->len - h);
		if (shard->records == 0)
			continue;
		if (n == 0)
			ll_die(LL_EXIT_INPUT, "%s: input %zu (%s) was not among the signatures that were clustered",
			       path, want[w].number + 1, shard->name);
		if (m > n)
			ll_die(LL_EXIT_INPUT, "%s: input %zu (%s): %zu inputs have these same documents, clustered were %zu",
			       path, want[w + n].number + 1, want[w + n].shard->name, m, n);
		if (n == 1)
			match[had[h].number] = want[w].number;
		else
			match_equal(had + h, n, want + w, m, match, path);
	}
	ll_free(had);
	ll_free(want);
	return match;
}
