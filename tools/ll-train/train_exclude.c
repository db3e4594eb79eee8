/* SPDX-License-Identifier: MIT */
/* train_exclude.c - documents withdrawn from a run by a list of ids (train.h). */
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "doc/dataset.h"
#include "io/file.h"
#include "ll-train/train.h"
#include "stream/reader.h"

#define LIST_MAX ((size_t)4 << 30)

struct wanted {
	struct ll_id hash;
	struct ll_str id;
	bool found;
};
struct list {
	struct ll_buf text;
	struct wanted *wanted; /* by hash, each once */
	size_t n;
};

static int by_hash(const void *a, const void *b)
{
	return ll_id_cmp(((const struct wanted *)a)->hash, ((const struct wanted *)b)->hash);
}

static struct list read_list(const char *path)
{
	struct list l = { .text = ll_read_file(path, LIST_MAX) };
	size_t cap = 0, kept = 0;
	for (size_t at = 0, end; at < l.text.len; at = end + 1) {
		const char *line = l.text.data + at, *newline = memchr(line, '\n', l.text.len - at);
		end = newline ? (size_t)(newline - l.text.data) : l.text.len;
		size_t len = end - at - (end > at && l.text.data[end - 1] == '\r');
		if (len == 0)
			continue;
		LL_GROW(l.wanted, cap, l.n + 1);
		l.wanted[l.n++] = (struct wanted){ ll_hash128(line, len), ll_str(line, len), false };
	}
	if (l.n)
		qsort(l.wanted, l.n, sizeof(*l.wanted), by_hash);
	for (size_t i = 0; i < l.n; i++)
		if (kept == 0 || !ll_id_eq(l.wanted[i].hash, l.wanted[kept - 1].hash))
			l.wanted[kept++] = l.wanted[i];
	l.n = kept;
	return l;
}

/* "a#3" and "a@2" are "a" too: its third piece, its second copy (ll-docs.5). */
static bool cut_number(struct ll_str *id)
{
	size_t n = id->len;
	while (n > 0 && id->data[n - 1] >= '0' && id->data[n - 1] <= '9')
		n--;
	if (n == 0 || n == id->len || (id->data[n - 1] != '#' && id->data[n - 1] != '@'))
		return false;
	id->len = n - 1;
	return true;
}

static bool is_listed(struct list *l, struct ll_str id)
{
	bool listed = false;
	do {
		struct wanted key = { .hash = ll_hash128(id.data, id.len) };
		struct wanted *w = bsearch(&key, l->wanted, l->n, sizeof(key), by_hash);
		if (w)
			listed = w->found = true;
	} while (cut_number(&id));
	return listed;
}

static void find(struct ll_train_source *source, struct list *l, uint64_t *documents, uint64_t *tokens)
{
	const char *const path[] = { ll_dataset_documents_path(source->set) };
	struct ll_reader *r = ll_reader_open(path, 1, "documents");
	struct ll_dataset_entry e;
	struct ll_err err;
	const unsigned char *record;
	size_t cap = 0;
	for (size_t len; (record = ll_reader_next(r, &len));) {
		if (ll_dataset_entry_get(record, len, &e, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: %s", ll_reader_where(r), err.text);
		if (!is_listed(l, e.id) || e.length == 0)
			continue;
		LL_GROW(source->withdrawn, cap, source->withdrawn_n + 1);
		source->withdrawn[source->withdrawn_n++] = (struct ll_train_range){ e.offset, e.offset + e.length };
		++*documents;
		*tokens += e.length;
	}
	ll_reader_close(r);
}

void ll_train_withdraw(struct ll_train_data *d, const char *path)
{
	struct list l = read_list(path);
	struct ll_hash128_state *hash = ll_hash128_new();
	uint64_t documents = 0, tokens = 0, all = 0, missing = 0;
	const struct wanted *first = NULL;
	for (size_t i = 0; i < d->sources; i++) {
		find(&d->source[i], &l, &documents, &tokens);
		all += ll_dataset_tokens(d->source[i].set);
	}
	for (size_t i = 0; i < l.n; i++) {
		ll_hash128_update(hash, l.wanted[i].hash.byte, sizeof(l.wanted[i].hash.byte));
		missing += !l.wanted[i].found;
		first = !l.wanted[i].found && !first ? &l.wanted[i] : first;
	}
	ll_id_hex(ll_hash128_digest(hash), d->withdrawn_id);
	if (tokens == all)
		ll_die(LL_EXIT_INPUT, "%s: withdraws every document", path);
	ll_note("%s: %" PRIu64 " documents withdrawn, %" PRIu64 " of %" PRIu64 " tokens", path, documents, tokens, all);
	if (missing)
		ll_warn("%s: %" PRIu64 " of %zu ids are in none of the datasets, such as %.*s", path, missing, l.n,
			(int)LL_MIN(first->id.len, 100), first->id.data);
	ll_hash128_free(hash);
	ll_free(l.wanted);
	ll_buf_free(&l.text);
}

/* The first range that ends behind `at`. */
static size_t range_behind(const struct ll_train_source *s, uint64_t at)
{
	size_t low = 0, high = s->withdrawn_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->withdrawn[middle].end > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint64_t ll_train_withdrawn(const struct ll_train_source *s, uint64_t from, uint64_t end)
{
	uint64_t n = 0;
	for (size_t i = range_behind(s, from); i < s->withdrawn_n && s->withdrawn[i].from < end; i++)
		n += LL_MIN(s->withdrawn[i].end, end) - LL_MAX(s->withdrawn[i].from, from);
	return n;
}

void ll_train_hide(const struct ll_train_source *s, uint64_t start, int64_t n, int32_t *tokens, int32_t *targets)
{
	uint64_t end = start + (uint64_t)n + 1;
	int64_t eot = ll_dataset_eot(s->set);
	for (size_t i = range_behind(s, start); i < s->withdrawn_n && s->withdrawn[i].from < end; i++) {
		int64_t from = (int64_t)(LL_MAX(s->withdrawn[i].from, start) - start),
			to = (int64_t)(LL_MIN(s->withdrawn[i].end, end) - start);
		for (int64_t k = from; k < to; k++) {
			if (k < n)
				tokens[k] = eot < 0 ? 0 : (int32_t)eot;
			if (k > 0)
				targets[k - 1] = -1;
		}
	}
}
