/* SPDX-License-Identifier: MIT */
/* shard_get.c - ll-shard get: the documents of given ids or keys. */
#include "ll-shard/ll_shard.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "ll-shard/shard_scan.h"
#include "stream/large_frame.h"

static struct ll_strings ids, keys;
static size_t n_ids, n_keys; /* without repetitions */

static const struct ll_option options[] = {
	{ LL_OPT_LIST, 0, "id", &ids, "ID", "documents of this id; may be given several times", LL_OPT_IDENTITY, NULL,
	  0, 0 },
	{ LL_OPT_LIST, 0, "key", &keys, "HEX",
	  "documents of this key, 32 hexadecimal digits; may be given several times", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ 0 },
};

struct wanted_id {
	const char *id;
	bool found;
};

struct wanted_key {
	struct ll_id key;
	const char *text;
	bool found;
};

struct get {
	struct ll_writer *out;
	struct wanted_id *id;
	struct wanted_key *key;
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct wanted_id *)a)->id, ((const struct wanted_id *)b)->id);
}

static int by_key(const void *a, const void *b)
{
	return ll_id_cmp(((const struct wanted_key *)a)->key, ((const struct wanted_key *)b)->key);
}

static struct wanted_id *find_id(struct get *g, struct ll_str id)
{
	size_t low = 0, high = n_ids;
	while (low < high) {
		size_t middle = (low + high) / 2, len = strlen(g->id[middle].id);
		int order = memcmp(id.data, g->id[middle].id, LL_MIN(id.len, len));
		order = order ? order : id.len < len ? -1 : id.len > len;
		if (order == 0)
			return &g->id[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void get_record(void *context, const struct ll_shard_record *r)
{
	struct get *g = context;
	struct ll_shard_names names;
	if (!ll_shard_names(r, &names))
		ll_die(LL_EXIT_INPUT, "%s: records of kind %s have no ids", r->file, r->header->kind);
	struct wanted_key probe = { .key = names.key };
	struct wanted_key *key = n_keys ? bsearch(&probe, g->key, n_keys, sizeof(probe), by_key) : NULL;
	struct wanted_id *id = names.id.len ? find_id(g, names.id) : NULL;
	if (key)
		key->found = true;
	if (id)
		id->found = true;
	if (key || id)
		ll_writer_put_digested(g->out, r->data, r->len, r->digest);
}

static void prepare(struct get *g)
{
	g->id = ll_calloc(ids.len + 1, sizeof(*g->id));
	g->key = ll_calloc(keys.len + 1, sizeof(*g->key));
	for (size_t i = 0; i < ids.len; i++)
		g->id[i].id = ids.item[i];
	for (size_t i = 0; i < keys.len; i++) {
		g->key[i].text = keys.item[i];
		if (ll_id_parse(ll_cstr(keys.item[i]), &g->key[i].key) < 0)
			ll_die(LL_EXIT_USAGE, "--key=%s: must be 32 hexadecimal digits", keys.item[i]);
	}
	qsort(g->id, ids.len, sizeof(*g->id), by_id);
	qsort(g->key, keys.len, sizeof(*g->key), by_key);
	for (size_t i = 0; i < ids.len; i++)
		if (n_ids == 0 || strcmp(g->id[n_ids - 1].id, g->id[i].id) != 0)
			g->id[n_ids++] = g->id[i];
	for (size_t i = 0; i < keys.len; i++)
		if (n_keys == 0 || !ll_id_eq(g->key[n_keys - 1].key, g->key[i].key))
			g->key[n_keys++] = g->key[i];
}

static int run_get(int operands, char **operand)
{
	const char **files;
	struct get g = { 0 };
	if (ids.len + keys.len == 0)
		ll_die(LL_EXIT_USAGE, "nothing asked for: give --id or --key");
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct ll_reader *reader = ll_reader_open(files, n, NULL);
	const struct ll_header *first = ll_reader_header(reader);
	if (!first)
		ll_die(LL_EXIT_USAGE, "no input: nothing says what kind the output is");
	g.out = ll_writer_open(ll_common.output, ll_shard_header_like(first, NULL));
	prepare(&g);
	ll_shard_scan_reader(&(struct ll_shard_scan){ &g, get_record, NULL, LL_TIMES_PASSED_ON }, reader);
	ll_writer_close(g.out, ll_reader_lineage(reader));
	ll_reader_close(reader);
	bool all = true;
	for (size_t i = 0; i < n_ids; i++)
		if (!g.id[i].found) {
			ll_warn("no document with the id %s", g.id[i].id);
			all = false;
		}
	for (size_t i = 0; i < n_keys; i++)
		if (!g.key[i].found) {
			ll_warn("no document with the key %s", g.key[i].text);
			all = false;
		}
	ll_free(g.id);
	ll_free(g.key);
	return all ? LL_EXIT_OK : LL_EXIT_NEGATIVE;
}

const struct ll_command ll_shard_get_command = {
	.name = "get",
	.operands = "[FILE]...",
	.summary = "write the documents of given ids or keys; exit status 1 when one is not there",
	.options = options,
	.common = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS | LL_COMMON_FILES |
		  LL_COMMON_PART | LL_COMMON_PROGRESS,
	.run = run_get,
	.examples = "ll-shard get --id=page-17 docs.ll | ll-shard export --to=jsonl\n",
};
