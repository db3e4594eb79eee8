/* SPDX-License-Identifier: MIT */
#include "ll-dedup/joins.h"

#include "base/memory.h"
#include "base/number.h"
#include "stream/reader.h"

#define FIXED 24u
#define SHARD_BYTES 40u
#define PAIRS 4096u /* a record */

enum { SHARD = 1, OLD = 2, JOINS = 3 };

static void start(struct ll_buf *b, int type, uint64_t number)
{
	ll_buf_clear(b);
	ll_buf_put64(b, 0); /* sizes */
	ll_buf_put64(b, (uint64_t)type);
	ll_buf_put64(b, number);
}

static void put(struct ll_writer *out, struct ll_buf *b)
{
	ll_put32(b->data, (uint32_t)b->len);
	ll_put32(b->data + 4, (uint32_t)b->len - 8);
	ll_writer_put(out, b->data, b->len);
}

void joins_write(struct ll_writer *out, const struct shards *shards, uint64_t old, struct union_find *u)
{
	static const unsigned char none[16];
	struct ll_buf b = { 0 }, pairs = { 0 };

	if (old) {
		start(&b, OLD, old);
		ll_buf_add(&b, none, sizeof(none));
		put(out, &b);
	}
	for (size_t i = 0; i < shards->len; i++) {
		start(&b, SHARD, shards->item[i].records);
		ll_buf_add(&b, shards->item[i].data_id.byte, 16);
		put(out, &b);
	}
	for (uint64_t i = 0; i < u->n; i++) {
		uint32_t root = union_find_root(u, (uint32_t)i);
		if (root != i) {
			ll_buf_put32(&pairs, (uint32_t)i);
			ll_buf_put32(&pairs, root);
		}
		if (pairs.len == 8 * PAIRS || (i + 1 == u->n && pairs.len)) {
			start(&b, JOINS, pairs.len / 8);
			ll_buf_add_str(&b, ll_buf_str(&pairs));
			put(out, &b);
			ll_buf_clear(&pairs);
		}
	}
	ll_buf_free(&b);
	ll_buf_free(&pairs);
}

static int parse_bands(const char *text, uint32_t bands, uint32_t *first, uint32_t *last)
{
	const char *dash = strchr(text, '-');
	uint64_t i, j;

	if (ll_parse_u64(dash ? ll_str(text, (size_t)(dash - text)) : ll_cstr(text), &i) < 0)
		return -1;
	j = i;
	if ((dash && ll_parse_u64(ll_cstr(dash + 1), &j) < 0) || i < 1 || i > j || j > bands)
		return -1;
	*first = (uint32_t)i - 1;
	*last = (uint32_t)j - 1;
	return 0;
}

void joins_parse_bands(const char *text, uint32_t bands, uint32_t *first, uint32_t *last)
{
	if (parse_bands(text, bands, first, last) < 0)
		ll_die(LL_EXIT_USAGE, "--bands=%s: not a range I-J of the %u bands", text, bands);
}

struct reading {
	const char *kind;
	uint32_t bands;
	const struct shards *shards;
	uint64_t old, file_old;
	size_t shard; /* of the file: next */
	bool seen[BANDS_MAX];
	size_t files;
};

static void check_header(struct reading *x, const char *file, const struct ll_header *h)
{
	struct signature_rule rule;
	char *kind = signature_rule_read(&rule, h), *range = ll_header_get(h, "join");
	uint32_t first, last;

	if (strcmp(kind, x->kind) != 0)
		ll_die(LL_EXIT_INPUT, "%s: joins of signatures of another kind: %s, where %s is needed", file, kind, x->kind);
	if (!range || parse_bands(range, x->bands, &first, &last) < 0)
		ll_die(LL_EXIT_INPUT, "%s: joins of no range of bands", file);
	for (uint32_t i = first; i <= last; i++) {
		if (x->seen[i])
			ll_die(LL_EXIT_INPUT, "%s: the joins of band %u are there twice", file, i + 1);
		x->seen[i] = true;
	}
	ll_free(kind);
	ll_free(range);
}

static void check_shard(struct reading *x, const char *file, const unsigned char *p)
{
	const struct shard *s = x->shard < x->shards->len ? &x->shards->item[x->shard] : NULL;

	if (!s || s->records != ll_get64(p + 16) || memcmp(s->data_id.byte, p + 24, 16) != 0) {
		ll_hint("join and cluster must be given the same signatures in the same order");
		ll_die(LL_EXIT_INPUT, "%s: the joins were made from other signatures: shard %zu differs", file, x->shard + 1);
	}
	x->shard++;
}

static void read_file(struct reading *x, const char *file, struct cluster *c)
{
	struct ll_reader *r = ll_reader_open(&file, 1, "joins");
	const struct ll_header *h = ll_reader_header(r);
	const unsigned char *p;
	size_t len;

	if (!h)
		ll_die(LL_EXIT_INPUT, "%s: no joins", file);
	check_header(x, file, h);
	x->shard = 0;
	x->file_old = 0;
	while ((p = ll_reader_next(r, &len)) != NULL) {
		if (ll_reader_header(r) != h)
			ll_die(LL_EXIT_INPUT, "%s: joins of several runs in one file: give each a file of its own", file);
		uint64_t type = len >= FIXED ? ll_get64(p + 8) : 0, number = type ? ll_get64(p + 16) : 0;
		if ((type == SHARD || type == OLD) && len == SHARD_BYTES) {
			if (type == SHARD)
				check_shard(x, file, p);
			else
				x->file_old = number;
			continue;
		}
		if (type != JOINS || number > PAIRS || len != FIXED + 8 * number)
			ll_die(LL_EXIT_INPUT, "%s: not a record of joins", ll_reader_where(r));
		for (uint64_t i = 0; i < number; i++)
			cluster_pair(c, ll_get32(p + FIXED + 8 * i), ll_get32(p + FIXED + 8 * i + 4));
	}
	if (x->shard != x->shards->len || x->file_old != x->old)
		ll_die(LL_EXIT_INPUT, "%s: the joins were made from other signatures: %zu shards and %llu older documents, not %zu and %llu", file,
		       x->shard, (unsigned long long)x->file_old, x->shards->len, (unsigned long long)x->old);
	ll_reader_close(r);
}

void joins_read(const char *const *files, size_t n, const char *kind, uint32_t bands, const struct shards *shards, uint64_t old, struct cluster *c)
{
	struct reading x = { .kind = kind, .bands = bands, .shards = shards, .old = old };

	for (size_t i = 0; i < n; i++)
		read_file(&x, files[i], c);
	for (uint32_t i = 0; i < bands; i++)
		if (!x.seen[i]) {
			ll_hint("the joins of all bands are needed, each once");
			ll_die(LL_EXIT_INPUT, "the joins of band %u are missing", i + 1);
		}
}
