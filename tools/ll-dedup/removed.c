/* SPDX-License-Identifier: MIT */
#include "ll-dedup/removed.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/duplicates.h"
#include "ll-dedup/rule.h"
#include "ll-dedup/shard_match.h"
#include "stream/reader.h"

#define FIXED 24u
#define RUN 16u
#define RUNS 4096u /* a record */
#define REMOVED 2u
#define SORTED 20u /* shard u32, first u64, both big-endian, keys u64 */

char *removed_rule_lines(const struct removed_rule *r)
{
	char *exact = signature_rule_exact_lines(&r->unit), *rest = strchr(exact, '\n') + 1;
	char *lines = ll_format("%.*skeep=%s\n%s", (int)(rest - exact), exact, r->none ? "none" : "first", rest);

	ll_free(exact);
	return lines;
}

bool removed_rule_read(struct removed_rule *r, const char *path)
{
	struct ll_reader *in = ll_reader_open(&path, 1, "duplicates");
	const struct ll_header *h = ll_reader_header(in);
	char *keep = h ? ll_header_get(h, "keep") : NULL;

	*r = (struct removed_rule){ .none = keep && strcmp(keep, "none") == 0 };
	if (keep && signature_rule_read_exact(&r->unit, h) < 0)
		ll_die(LL_EXIT_INPUT, "%s: duplicates of no unit that is known", path);
	ll_reader_close(in);
	ll_free(keep);
	return keep != NULL;
}

/* ---- writing ---- */

static void flush_runs(struct removed_out *w)
{
	struct ll_buf b = { 0 };
	uint64_t n = w->runs.len / RUN;

	if (n == 0)
		return;
	ll_buf_put32(&b, (uint32_t)(FIXED + w->runs.len));
	ll_buf_put32(&b, (uint32_t)(FIXED + w->runs.len) - 8);
	ll_buf_put64(&b, REMOVED);
	ll_buf_put64(&b, n);
	ll_buf_add_str(&b, ll_buf_str(&w->runs));
	ll_writer_put(w->out, b.data, b.len);
	ll_buf_free(&b);
	ll_buf_clear(&w->runs);
}

static void end_run(struct removed_out *w)
{
	if (w->keys == 0)
		return;
	ll_buf_put64(&w->runs, w->first);
	ll_buf_put64(&w->runs, w->keys);
	w->keys = 0;
	if (w->runs.len == RUNS * RUN)
		flush_runs(w);
}

void removed_put(struct removed_out *w, uint64_t key)
{
	if (w->keys && key != w->first + w->keys)
		end_run(w);
	if (w->keys++ == 0)
		w->first = key;
}

void removed_end_shard(struct removed_out *w)
{
	end_run(w);
	flush_runs(w);
}

/* ---- reading ---- */

struct removed {
	struct ll_sorter *runs;
};

static struct shards read_shards(const char *path)
{
	struct ll_reader *r = ll_reader_open(&path, 1, "duplicates");
	const struct ll_header *h = ll_reader_header(r);
	struct shards all = { 0 };
	const unsigned char *record;
	size_t len;

	while ((record = ll_reader_next(r, &len)) != NULL) {
		struct ll_str name;
		struct shard s;
		if (ll_reader_header(r) != h)
			ll_die(LL_EXIT_INPUT, "%s: duplicates of several runs in one file: give each a file of its own", path);
		if (duplicates_get_shard(record, len, &s, &name))
			shards_add(&all, s.records, s.data_id, name.len ? name : ll_cstr(""));
	}
	ll_reader_close(r);
	return all;
}

/* `end`: behind the last run of this shard. */
static void take_runs(struct removed *x, struct ll_reader *r, const unsigned char *record, size_t len, size_t shard, uint64_t *end)
{
	unsigned char sorted[SORTED];
	uint64_t n = len >= FIXED && record[8] == REMOVED ? ll_get64(record + 16) : RUNS + 1;

	if (n > RUNS || len != FIXED + RUN * n)
		ll_die(LL_EXIT_INPUT, "%s: not a record of removed keys", ll_reader_where(r));
	for (uint64_t i = 0; i < n; i++) {
		uint64_t first = ll_get64(record + FIXED + RUN * i), keys = ll_get64(record + FIXED + RUN * i + 8);
		if (first < *end || keys == 0 || first + keys < first)
			ll_die(LL_EXIT_INPUT, "%s: runs of keys out of order", ll_reader_where(r));
		*end = first + keys;
		if (shard == SIZE_MAX)
			continue;
		ll_put_be(sorted, shard, 4);
		ll_put_be(sorted + 4, first, 8);
		ll_put64(sorted + 12, keys);
		ll_sorter_add(x->runs, sorted);
	}
}

struct removed *removed_load(const char *path, const struct shards *wanted)
{
	struct removed *x = ll_calloc(1, sizeof(*x));
	struct shards all = read_shards(path);
	size_t *match = shard_match(&all, wanted, path), shard = SIZE_MAX, n = 0, len;
	uint64_t end = 0;
	const unsigned char *record;
	struct ll_str name;
	struct shard s;

	x->runs = ll_sorter_new(SORTED, 12, ll_memory_left() / 4, "removed keys");
	struct ll_reader *r = ll_reader_open(&path, 1, "duplicates");
	while ((record = ll_reader_next(r, &len)) != NULL) {
		if (!duplicates_get_shard(record, len, &s, &name)) {
			take_runs(x, r, record, len, shard, &end);
			continue;
		}
		shard = n < all.len ? match[n++] : SIZE_MAX;
		end = 0;
	}
	ll_reader_close(r);
	ll_free(match);
	shards_free(&all);
	ll_sorter_finish(x->runs);
	return x;
}

bool removed_next(struct removed *x, struct removed_run *out)
{
	const unsigned char *p = ll_sorter_next(x->runs);

	if (!p)
		return false;
	*out = (struct removed_run){ (size_t)ll_get_be(p, 4), ll_get_be(p + 4, 8), ll_get64(p + 12) };
	return true;
}

void removed_free(struct removed *x)
{
	ll_sorter_free(x->runs);
	ll_free(x);
}
