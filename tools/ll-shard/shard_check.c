/* SPDX-License-Identifier: MIT */
/* shard_check.c - ll-shard check: every hash, count and id of streams and token datasets. */
#include "ll-shard/ll_shard.h"

#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "doc/record.h"
#include "io/sort.h"
#include "ll-shard/dataset_walk.h"
#include "ll-shard/shard_check.h"
#include "text/utf8.h"

static bool unique_ids;
static int64_t expect = -1;
static struct ll_strings against;

/* ---- duplicate ids: records sorted by the hash of (source, id), with their places ---- */

static void remember_id(struct ll_check *c, const struct ll_shard_record *r, const struct ll_shard_names *names)
{
	unsigned char place[12];
	if (names->id.len == 0)
		return;
	ll_buf_clear(&c->payload);
	ll_buf_put32(&c->payload, (uint32_t)names->source.len);
	ll_buf_add_str(&c->payload, names->source);
	ll_buf_add_str(&c->payload, names->id);
	struct ll_id key = ll_hash128(c->payload.data, c->payload.len);
	ll_put32(place, (uint32_t)c->file_number);
	ll_put64(place + 4, r->number);
	ll_buf_clear(&c->payload);
	ll_buf_add(&c->payload, place, sizeof(place));
	ll_buf_add_str(&c->payload, names->id);
	ll_sorter_add_variable(c->ids, key.byte, c->payload.data, c->payload.len);
}

static void print_place(const char *const *files, const unsigned char *place)
{
	printf("\t%s:%llu", files[ll_get32(place)], (unsigned long long)ll_get64(place + 4));
}

/* One line an id that occurs more than once: the id and all its places. Returns how many. */
static uint64_t print_duplicates(struct ll_sorter *ids, const char *const *files)
{
	unsigned char last_key[16], last_place[12];
	const void *payload;
	size_t len;
	uint64_t duplicates = 0;
	bool have = false, open = false;
	ll_sorter_finish(ids);
	for (const void *key; (key = ll_sorter_next_variable(ids, &payload, &len));) {
		const unsigned char *place = payload;
		if (have && memcmp(key, last_key, sizeof(last_key)) == 0) {
			if (!open) {
				fwrite(place + 12, 1, len - 12, stdout);
				print_place(files, last_place);
				duplicates++;
			}
			print_place(files, place);
			open = true;
		} else {
			if (open)
				putchar('\n');
			open = false;
		}
		have = true;
		memcpy(last_key, key, sizeof(last_key));
		memcpy(last_place, place, sizeof(last_place));
	}
	if (open)
		putchar('\n');
	return duplicates;
}

/* ---- streams ---- */

static void check_text(const struct ll_shard_record *r)
{
	struct ll_doc d;
	struct ll_err err;
	if (strcmp(r->header->kind, "docs") != 0 || ll_doc_get(r->data, r->len, &d, &err) < 0)
		return;
	size_t good = ll_utf8_valid_prefix(d.text.data, d.text.len);
	if (good < d.text.len)
		ll_die(LL_EXIT_INPUT, "%s: record %llu: text is not UTF-8 at its byte %zu", ll_path_shown(r->file),
		       (unsigned long long)r->number, good);
}

static void check_record(void *context, const struct ll_shard_record *r)
{
	struct ll_check *c = context;
	struct ll_shard_names names;
	ll_hash128_update(c->data, r->digest.byte, sizeof(r->digest.byte));
	ll_id_add(&c->set_id, r->digest);
	c->records++;
	if (!ll_shard_names(r, &names))
		return;
	check_text(r);
	if (c->ids)
		remember_id(c, r, &names);
}

static void check_segment(void *context, const struct ll_segment *s)
{
	struct ll_check *c = context;
	c->segment++;
	if (!ll_id_eq(ll_hash128_digest(c->data), s->end.data_id))
		ll_die(LL_EXIT_INPUT, "%s: segment %llu: the data id of its end frame is not that of its records",
		       ll_path_shown(s->file), (unsigned long long)c->segment);
	if (!ll_id_eq(c->set_id, s->end.set_id))
		ll_die(LL_EXIT_INPUT, "%s: segment %llu: the set id of its end frame is not that of its records",
		       ll_path_shown(s->file), (unsigned long long)c->segment);
	ll_id_add(&c->file_set_id, c->set_id);
	c->set_id = (struct ll_id){ { 0 } };
	ll_hash128_free(c->data);
	c->data = ll_hash128_new();
	if (!c->kind)
		c->kind = ll_strdup(s->header->kind);
}

uint64_t ll_shard_check_stream(struct ll_check *c, const char *path, const char *kind)
{
	char set_id[33];
	struct ll_shard_scan scan = { .context = c, .record = check_record, .segment = check_segment };
	c->data = ll_hash128_new();
	c->set_id = c->file_set_id = (struct ll_id){ { 0 } };
	c->segment = c->records = 0;
	c->kind = NULL;
	ll_reader_close(ll_shard_scan(&scan, &path, 1, kind));
	if (!ll_is_quiet() && !kind)
		printf("%s: %s, %llu records, %llu segment%s, set id %s: good\n", ll_path_shown(path), c->kind,
		       (unsigned long long)c->records, (unsigned long long)c->segment, c->segment == 1 ? "" : "s",
		       ll_id_hex(c->file_set_id, set_id));
	ll_hash128_free(c->data);
	ll_free(c->kind);
	return c->records;
}

static int run_check(int operands, char **operand)
{
	const char **files;
	uint64_t *expected, total = 0, duplicates = 0;
	size_t n = ll_input_files(operands, operand, &files, &expected);
	struct ll_check c = { 0 };
	if (unique_ids)
		c.ids = ll_sorter_new_variable(16, ll_memory_left() / 2, "ids");
	for (size_t i = 0; i < n; i++) {
		c.file_number = i;
		bool dataset = dataset_is(files[i]);
		if (against.len && !dataset)
			ll_die(LL_EXIT_USAGE, "%s: --against is for token datasets", ll_path_shown(files[i]));
		uint64_t records =
			dataset ? ll_shard_check_dataset(files[i]) : ll_shard_check_stream(&c, files[i], NULL);
		if (expected[i] != UINT64_MAX && expected[i] != records)
			ll_die(LL_EXIT_INPUT, "%s: %llu records where the list says %llu", ll_path_shown(files[i]),
			       (unsigned long long)records, (unsigned long long)expected[i]);
		total += records;
	}
	if (expect >= 0 && total != (uint64_t)expect)
		ll_die(LL_EXIT_INPUT, "%llu records where --expect says %llu", (unsigned long long)total,
		       (unsigned long long)expect);
	if (c.ids) {
		duplicates = print_duplicates(c.ids, files);
		ll_sorter_free(c.ids);
	}
	ll_buf_free(&c.payload);
	bool same = against.len == 0 || ll_shard_check_against(files, n, against.item, against.len);
	return duplicates || !same ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}

static const struct ll_option options[] = {
	{ LL_OPT_LIST, 0, "against", &against, "STREAM",
	  "compare key and decoded text of every document of the datasets with this stream; may be repeated", 0, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "expect", &expect, "N", "fail unless the inputs hold N records together", 0, NULL, 0, 0x1p62 },
	{ LL_OPT_FLAG, 0, "unique-ids", &unique_ids, NULL,
	  "print every (source, id) that occurs twice or more, and where; exit status 1 when there is one", 0, NULL, 0,
	  0 },
	{ 0 },
};

const struct ll_command ll_shard_check_command = {
	.name = "check",
	.operands = "[FILE|DATASET]...",
	.summary = "verify every hash, count and id of streams and token datasets",
	.options = options,
	.common = LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_FILES | LL_COMMON_PART | LL_COMMON_PROGRESS,
	.run = run_check,
	.examples = "ll-shard check docs.ll\nll-shard check --unique-ids part-*.ll\n"
		    "ll-shard check --against=docs.ll train\n",
};
