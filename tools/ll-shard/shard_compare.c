/* SPDX-License-Identifier: MIT */
/* shard_compare.c - ll-shard compare: are two streams the same set of records (two datasets the same tokens), else
 * where not? */
#include "ll-shard/ll_shard.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "doc/dataset.h"
#include "io/sort.h"
#include "ll-shard/dataset_walk.h"
#include "ll-shard/shard_scan.h"

static bool ordered;
static int64_t limit = 10;

struct side {
	const char *path;
	char *kind;
	uint64_t records;
	struct ll_id set_id;
	struct ll_hash128_state *data;
	struct ll_sorter *sorter; /* NULL when only the ids are wanted */
	unsigned char number;	  /* 0 or 1 */
	struct ll_buf payload;
};

/* ---- reading a side ---- */

static void on_record(void *context, const struct ll_shard_record *r)
{
	struct side *s = context;
	s->records++;
	ll_id_add(&s->set_id, r->digest);
	ll_hash128_update(s->data, r->digest.byte, sizeof(r->digest.byte));
	if (!s->sorter)
		return;
	struct ll_shard_names names = { .key = r->digest };
	unsigned char key[32];
	ll_shard_names(r, &names);
	memcpy(key, names.key.byte, 16);
	memcpy(key + 16, r->digest.byte, 16);
	ll_buf_clear(&s->payload);
	ll_buf_putc(&s->payload, (char)s->number);
	ll_buf_put64(&s->payload, r->number);
	ll_buf_add_str(&s->payload, names.id);
	ll_sorter_add_variable(s->sorter, key, s->payload.data, s->payload.len);
}

static void read_side(struct side *s)
{
	struct ll_shard_scan scan = { .context = s, .record = on_record };
	const char *list = s->path;
	s->records = 0;
	s->set_id = (struct ll_id){ { 0 } };
	ll_hash128_free(s->data);
	s->data = ll_hash128_new();
	struct ll_reader *reader = ll_reader_open(&list, 1, NULL);
	ll_free(s->kind);
	const struct ll_header *header = ll_reader_header(reader);
	s->kind = ll_strdup(header->kind);
	ll_shard_scan_reader(&scan, reader);
	ll_reader_close(reader);
}

static bool is_regular(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- the differences ---- */

/* One key: the versions of the record that A has more often, and B. */
struct group {
	unsigned char key[16];
	struct ll_buf name; /* id of a record that differs, or its key in hexadecimal */
	uint64_t only[2];
	uint64_t place[2]; /* record number of the first of them */
	bool any;
};

struct totals {
	uint64_t only[2], differ, printed;
};

static void print_group(const struct group *g, struct totals *t)
{
	if (g->only[0] == 0 && g->only[1] == 0)
		return;
	bool both = g->only[0] > 0 && g->only[1] > 0;
	if (both)
		t->differ++;
	else
		t->only[g->only[1] > 0] += g->only[g->only[1] > 0];
	if (t->printed++ >= (uint64_t)limit)
		return;
	int len = (int)LL_MIN(g->name.len, (size_t)200);
	if (both)
		printf("differs\t%.*s\tA:%llu\tB:%llu\n", len, g->name.data, (unsigned long long)g->place[0],
		       (unsigned long long)g->place[1]);
	else
		printf("only %c\t%.*s\t%c:%llu\n", g->only[0] ? 'A' : 'B', len, g->name.data, g->only[0] ? 'A' : 'B',
		       (unsigned long long)g->place[g->only[1] > 0]);
}

/* One record version (equal key and digest) with its counts on both sides. */
struct version {
	unsigned char key[32];
	uint64_t count[2], place[2];
	struct ll_buf id;
	bool any;
};

static void end_version(const struct version *v, struct group *g, struct totals *t)
{
	if (!v->any)
		return;
	if (!g->any || memcmp(g->key, v->key, 16) != 0) {
		if (g->any)
			print_group(g, t);
		ll_buf_clear(&g->name);
		g->only[0] = g->only[1] = 0;
		memcpy(g->key, v->key, 16);
		g->any = true;
	}
	if (v->count[0] == v->count[1])
		return;
	unsigned more = v->count[1] > v->count[0];
	if (g->only[more] == 0)
		g->place[more] = v->place[more];
	g->only[more] += v->count[more] - v->count[!more];
	if (g->name.len == 0) {
		struct ll_id key;
		char hex[33];
		memcpy(key.byte, v->key, 16);
		if (v->id.len)
			ll_buf_add(&g->name, v->id.data, v->id.len);
		else
			ll_buf_puts(&g->name, ll_id_hex(key, hex));
		for (size_t i = 0; i < g->name.len; i++) /* one line, whatever the id holds */
			if ((unsigned char)g->name.data[i] < 0x20)
				g->name.data[i] = '?';
	}
}

static struct totals print_differences(struct ll_sorter *sorter)
{
	struct totals t = { 0 };
	struct group g = { 0 };
	struct version v = { 0 };
	const void *payload;
	size_t len;
	ll_sorter_finish(sorter);
	for (const void *key; (key = ll_sorter_next_variable(sorter, &payload, &len));) {
		const unsigned char *p = payload;
		if (!v.any || memcmp(key, v.key, sizeof(v.key)) != 0) {
			end_version(&v, &g, &t);
			memcpy(v.key, key, sizeof(v.key));
			v.count[0] = v.count[1] = 0;
			v.any = true;
			ll_buf_clear(&v.id);
			ll_buf_add(&v.id, p + 9, len - 9);
		}
		/* The sort is stable, so A's come first: its last one, or B's first one too many, is what the other
		 * side lacks. */
		v.count[p[0]]++;
		if (p[0] == 0 || v.count[1] == v.count[0] + 1)
			v.place[p[0]] = ll_get64(p + 1);
	}
	end_version(&v, &g, &t);
	if (g.any)
		print_group(&g, &t);
	if (t.printed > (uint64_t)limit)
		printf("... and %llu more\n", (unsigned long long)(t.printed - (uint64_t)limit));
	ll_buf_free(&g.name);
	ll_buf_free(&v.id);
	return t;
}

/* ---- datasets: the same tokens in the same order, however they are cut into files ---- */

/* The first token that differs, or the shorter length. */
static uint64_t first_difference(struct ll_dataset *a, struct ll_dataset *b)
{
	enum { CHUNK = 65536 };
	uint32_t *x = ll_malloc(CHUNK * sizeof(*x)), *y = ll_malloc(CHUNK * sizeof(*y));
	uint64_t length = LL_MIN(ll_dataset_tokens(a), ll_dataset_tokens(b)), at = 0;
	while (at < length) {
		size_t n = (size_t)LL_MIN(length - at, (uint64_t)CHUNK), i = 0;
		ll_dataset_read(a, at, n, x);
		ll_dataset_read(b, at, n, y);
		while (i < n && x[i] == y[i])
			i++;
		at += i;
		if (i < n)
			break;
	}
	ll_free(x);
	ll_free(y);
	return at;
}

static int compare_datasets(const char *path_a, const char *path_b)
{
	struct ll_dataset *a = ll_dataset_open(path_a), *b = ll_dataset_open(path_b);
	uint64_t tokens_a = ll_dataset_tokens(a), tokens_b = ll_dataset_tokens(b), at;
	bool same = false;
	if (strcmp(ll_dataset_tokenizer_id(a), ll_dataset_tokenizer_id(b)) != 0)
		printf("different tokenizers: %s and %s\n", ll_dataset_tokenizer_id(a), ll_dataset_tokenizer_id(b));
	else if ((at = first_difference(a, b)) < LL_MAX(tokens_a, tokens_b))
		printf("different: A has %llu tokens, B has %llu, they differ from token %llu on\n",
		       (unsigned long long)tokens_a, (unsigned long long)tokens_b, (unsigned long long)at);
	else
		same = true;
	if (same)
		printf("equal: %llu tokens of %llu documents\n", (unsigned long long)tokens_a,
		       (unsigned long long)ll_dataset_documents(a));
	ll_dataset_close(a);
	ll_dataset_close(b);
	return same ? LL_EXIT_OK : LL_EXIT_NEGATIVE;
}

/* ---- the command ---- */

static int run_compare(int operands, char **operand)
{
	if (operands != 2)
		ll_die(LL_EXIT_USAGE, "two streams are compared, not %d", operands);
	struct side a = { .path = operand[0], .number = 0 }, b = { .path = operand[1], .number = 1 };
	if (strcmp(a.path, "-") == 0 && strcmp(b.path, "-") == 0)
		ll_die(LL_EXIT_USAGE, "standard input cannot be both streams");
	if (dataset_is(a.path) && dataset_is(b.path))
		return compare_datasets(a.path, b.path);
	/* Files are read once for their ids and again only when these differ; a pipe has to be sorted as it comes. */
	bool twice = is_regular(a.path) && is_regular(b.path);
	struct ll_sorter *sorter = NULL;
	for (int pass = twice ? 0 : 1; pass < 2; pass++) {
		if (pass == 1)
			sorter = ll_sorter_new_variable(32, ll_memory_left() / 2, "records");
		a.sorter = b.sorter = sorter;
		read_side(&a);
		read_side(&b);
		if (strcmp(a.kind, b.kind) != 0 || (a.records == b.records && ll_id_eq(a.set_id, b.set_id)))
			break;
	}
	char set_a[33], set_b[33];
	ll_id_hex(a.set_id, set_a);
	ll_id_hex(b.set_id, set_b);
	int status = LL_EXIT_NEGATIVE;
	if (strcmp(a.kind, b.kind) != 0) {
		printf("different kinds: %s and %s\n", a.kind, b.kind);
	} else if (a.records == b.records && ll_id_eq(a.set_id, b.set_id)) {
		bool same_order = ll_id_eq(ll_hash128_digest(a.data), ll_hash128_digest(b.data));
		printf("equal: %llu records, set id %s%s\n", (unsigned long long)a.records, set_a,
		       same_order ? "" : ", in another order");
		status = same_order || !ordered ? LL_EXIT_OK : LL_EXIT_NEGATIVE;
	} else {
		printf("different: A has %llu records, set id %s; B has %llu records, set id %s\n",
		       (unsigned long long)a.records, set_a, (unsigned long long)b.records, set_b);
		struct totals t = print_differences(sorter);
		printf("%llu only in A, %llu only in B, %llu differ\n", (unsigned long long)t.only[0],
		       (unsigned long long)t.only[1], (unsigned long long)t.differ);
	}
	if (sorter)
		ll_sorter_free(sorter);
	ll_hash128_free(a.data);
	ll_hash128_free(b.data);
	ll_buf_free(&a.payload);
	ll_buf_free(&b.payload);
	ll_free(a.kind);
	ll_free(b.kind);
	return status;
}

static const struct ll_option options[] = {
	{ LL_OPT_INT, 'n', "limit", &limit, "N", "print the first N differences (default 10)", 0, NULL, 0, 0x1p62 },
	{ LL_OPT_FLAG, 0, "ordered", &ordered, NULL, "another order of the same records is a difference, too", 0, NULL,
	  0, 0 },
	{ 0 },
};

const struct ll_command ll_shard_compare_command = {
	.name = "compare",
	.operands = "A B",
	.summary = "say whether two streams hold the same records (exit status 0) or what differs (1)",
	.options = options,
	.common = LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_PROGRESS,
	.run = run_compare,
	.examples = "ll-shard compare monday.ll tuesday.ll\n",
};
