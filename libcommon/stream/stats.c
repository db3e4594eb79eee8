/* SPDX-License-Identifier: MIT */
#include "stream/stats.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "io/file.h"

struct tally { /* one reason */
	char *name;
	uint64_t documents, bytes;
};

struct tallies {
	struct tally *item;
	size_t len, cap;
};

struct account { /* the whole stage, or one source */
	char *source;
	size_t source_len;
	uint64_t in, kept, bytes_in, bytes_out;
	struct tallies dropped, extra;
};

struct ll_stats {
	struct account all;
	struct tallies added, removed, counters;
	struct account **source; /* open addressing by XXH3-64 of the name */
	size_t sources, slots;
};

static void add_to(struct tallies *t, const char *name, uint64_t documents, uint64_t bytes)
{
	size_t i = 0;
	while (i < t->len && t->item[i].name != name && strcmp(t->item[i].name, name) != 0)
		i++;
	if (i == t->len) {
		LL_GROW(t->item, t->cap, t->len + 1);
		t->item[t->len++] = (struct tally){ ll_strdup(name), 0, 0 };
	}
	t->item[i].documents += documents;
	t->item[i].bytes += bytes;
}

static void free_tallies(struct tallies *t)
{
	for (size_t i = 0; i < t->len; i++)
		ll_free(t->item[i].name);
	ll_free(t->item);
	*t = (struct tallies){ 0 };
}

static uint64_t documents_of(const struct tallies *t)
{
	uint64_t n = 0;
	for (size_t i = 0; i < t->len; i++)
		n += t->item[i].documents;
	return n;
}

static uint64_t bytes_of(const struct tallies *t)
{
	uint64_t n = 0;
	for (size_t i = 0; i < t->len; i++)
		n += t->item[i].bytes;
	return n;
}

struct ll_stats *ll_stats_new(void)
{
	return ll_calloc(1, sizeof(struct ll_stats));
}

static void put_source(struct ll_stats *s, struct account *a)
{
	size_t i = ll_hash64(a->source, a->source_len) & (s->slots - 1);
	while (s->source[i])
		i = (i + 1) & (s->slots - 1);
	s->source[i] = a;
}

static struct account *source_account(struct ll_stats *s, struct ll_str name)
{
	if (s->sources * 2 >= s->slots) {
		struct account **old = s->source;
		size_t n = s->slots;
		s->slots = n ? 2 * n : 16;
		s->source = ll_calloc(s->slots, sizeof(*s->source));
		for (size_t i = 0; i < n; i++)
			if (old[i])
				put_source(s, old[i]);
		ll_free(old);
	}
	size_t i = ll_hash64(name.data, name.len) & (s->slots - 1);
	for (; s->source[i]; i = (i + 1) & (s->slots - 1))
		if (ll_str_eq(ll_str(s->source[i]->source, s->source[i]->source_len), name))
			return s->source[i];
	struct account *a = ll_calloc(1, sizeof(*a));
	a->source = ll_strndup(name.data, name.len);
	a->source_len = name.len;
	s->source[i] = a;
	s->sources++;
	return a;
}

void ll_stats_in(struct ll_stats *s, struct ll_str source, uint64_t text_bytes)
{
	struct account *both[] = { &s->all, source_account(s, source) };
	for (int i = 0; i < 2; i++) {
		both[i]->in++;
		both[i]->bytes_in += text_bytes;
	}
}

void ll_stats_kept(struct ll_stats *s, struct ll_str source, uint64_t text_bytes_out)
{
	struct account *both[] = { &s->all, source_account(s, source) };
	for (int i = 0; i < 2; i++) {
		both[i]->kept++;
		both[i]->bytes_out += text_bytes_out;
	}
}

void ll_stats_extra(struct ll_stats *s, struct ll_str source, const char *reason, uint64_t text_bytes_out)
{
	struct account *both[] = { &s->all, source_account(s, source) };
	for (int i = 0; i < 2; i++) {
		add_to(&both[i]->extra, reason, 1, text_bytes_out);
		both[i]->bytes_out += text_bytes_out;
	}
	add_to(&s->added, reason, 0, text_bytes_out);
}

void ll_stats_dropped(struct ll_stats *s, struct ll_str source, const char *reason, uint64_t text_bytes)
{
	add_to(&s->all.dropped, reason, 1, text_bytes);
	add_to(&source_account(s, source)->dropped, reason, 1, text_bytes);
	add_to(&s->removed, reason, 0, text_bytes);
}

void ll_stats_text(struct ll_stats *s, const char *reason, uint64_t removed, uint64_t added)
{
	if (removed)
		add_to(&s->removed, reason, 0, removed);
	if (added)
		add_to(&s->added, reason, 0, added);
}

void ll_stats_count(struct ll_stats *s, const char *name, uint64_t n)
{
	add_to(&s->counters, name, n, 0);
}

static void merge_tallies(struct tallies *into, const struct tallies *from)
{
	for (size_t i = 0; i < from->len; i++)
		add_to(into, from->item[i].name, from->item[i].documents, from->item[i].bytes);
}

static void merge_account(struct account *into, const struct account *from)
{
	into->in += from->in;
	into->kept += from->kept;
	into->bytes_in += from->bytes_in;
	into->bytes_out += from->bytes_out;
	merge_tallies(&into->dropped, &from->dropped);
	merge_tallies(&into->extra, &from->extra);
}

void ll_stats_merge(struct ll_stats *into, const struct ll_stats *from)
{
	merge_account(&into->all, &from->all);
	merge_tallies(&into->added, &from->added);
	merge_tallies(&into->removed, &from->removed);
	merge_tallies(&into->counters, &from->counters);
	for (size_t i = 0; i < from->slots; i++)
		if (from->source[i]) {
			const struct account *a = from->source[i];
			merge_account(source_account(into, ll_str(a->source, a->source_len)), a);
		}
}

static void clear_account(struct account *a)
{
	free_tallies(&a->dropped);
	free_tallies(&a->extra);
	a->in = a->kept = a->bytes_in = a->bytes_out = 0;
}

void ll_stats_clear(struct ll_stats *s)
{
	clear_account(&s->all);
	free_tallies(&s->added);
	free_tallies(&s->removed);
	free_tallies(&s->counters);
	for (size_t i = 0; i < s->slots; i++)
		if (s->source[i]) {
			clear_account(s->source[i]);
			ll_free(s->source[i]->source);
			ll_free(s->source[i]);
		}
	ll_free(s->source);
	s->source = NULL;
	s->sources = s->slots = 0;
}

void ll_stats_free(struct ll_stats *s)
{
	if (!s)
		return;
	ll_stats_clear(s);
	ll_free(s);
}

uint64_t ll_stats_documents_in(const struct ll_stats *s)
{
	return s->all.in;
}

uint64_t ll_stats_dropped_total(const struct ll_stats *s)
{
	return documents_of(&s->all.dropped);
}

void ll_stats_check(const struct ll_stats *s)
{
	const struct account *a = &s->all;
	uint64_t dropped = documents_of(&a->dropped), added = bytes_of(&s->added), removed = bytes_of(&s->removed);
	if (a->in != a->kept + dropped)
		LL_BUG("documents do not add up: %llu in, %llu kept, %llu dropped", (unsigned long long)a->in,
		       (unsigned long long)a->kept, (unsigned long long)dropped);
	if (a->bytes_in + added != a->bytes_out + removed)
		LL_BUG("text bytes do not add up: %llu in + %llu added, %llu out + %llu removed", (unsigned long long)a->bytes_in,
		       (unsigned long long)added, (unsigned long long)a->bytes_out, (unsigned long long)removed);
}

/* ---- JSON ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

static int by_source(const void *a, const void *b)
{
	return strcmp((*(struct account *const *)a)->source, (*(struct account *const *)b)->source);
}

static void put_name(struct ll_buf *out, const char *s)
{
	ll_buf_putc(out, '"');
	for (; *s; s++)
		if (*s == '"' || *s == '\\' || (unsigned char)*s < 0x20)
			ll_buf_printf(out, "\\u%04x", (unsigned char)*s);
		else
			ll_buf_putc(out, *s);
	ll_buf_putc(out, '"');
}

static void put_tallies(struct ll_buf *out, const char *name, const struct tallies *t, bool documents)
{
	ll_buf_printf(out, "\"%s\":{", name);
	if (t->len > 1)
		qsort(t->item, t->len, sizeof(*t->item), by_name);
	for (size_t i = 0; i < t->len; i++) {
		ll_buf_puts(out, i ? "," : "");
		put_name(out, t->item[i].name);
		ll_buf_printf(out, ":%llu", (unsigned long long)(documents ? t->item[i].documents : t->item[i].bytes));
	}
	ll_buf_putc(out, '}');
}

static void put_documents(struct ll_buf *out, const struct account *a)
{
	ll_buf_printf(out, "\"documents\":{\"in\":%llu,\"kept\":%llu,", (unsigned long long)a->in, (unsigned long long)a->kept);
	put_tallies(out, "dropped", &a->dropped, true);
	ll_buf_putc(out, ',');
	put_tallies(out, "extra", &a->extra, true);
	ll_buf_printf(out, ",\"out\":%llu}", (unsigned long long)(a->kept + documents_of(&a->extra)));
}

void ll_stats_json(const struct ll_stats *s, const char *in_set, const char *out_set, struct ll_buf *out)
{
	ll_buf_puts(out, "{\"program\":");
	put_name(out, ll_identity_program());
	ll_buf_puts(out, ",\"version\":\"" LL_VERSION "\",\n ");
	if (in_set)
		ll_buf_printf(out, "\"in_set\":\"%s\",", in_set);
	if (out_set)
		ll_buf_printf(out, "\"out_set\":\"%s\",", out_set);
	put_documents(out, &s->all);
	ll_buf_printf(out, ",\n \"text_bytes\":{\"in\":%llu,", (unsigned long long)s->all.bytes_in);
	put_tallies(out, "added", &s->added, false);
	ll_buf_putc(out, ',');
	put_tallies(out, "removed", &s->removed, false);
	ll_buf_printf(out, ",\"out\":%llu},\n ", (unsigned long long)s->all.bytes_out);
	put_tallies(out, "counters", &s->counters, true);
	ll_buf_puts(out, ",\n \"sources\":{");
	struct account **list = ll_malloc((s->sources + 1) * sizeof(*list));
	size_t n = 0;
	for (size_t i = 0; i < s->slots; i++)
		if (s->source[i])
			list[n++] = s->source[i];
	if (n > 1)
		qsort(list, n, sizeof(*list), by_source);
	for (size_t i = 0; i < n; i++) {
		ll_buf_puts(out, i ? ",\n  " : "");
		put_name(out, list[i]->source);
		ll_buf_puts(out, ":{");
		put_documents(out, list[i]);
		ll_buf_printf(out, ",\"text_bytes\":{\"in\":%llu,\"out\":%llu}}", (unsigned long long)list[i]->bytes_in,
			      (unsigned long long)list[i]->bytes_out);
	}
	ll_free(list);
	ll_buf_puts(out, "}}\n");
}

void ll_stats_finish(const struct ll_stats *s, const char *in_set, const char *out_set)
{
	struct ll_buf json = { 0 };
	ll_stats_check(s);
	if (!ll_common.stats)
		return;
	ll_stats_json(s, in_set, out_set, &json);
	ll_write_file(ll_common.stats, json.data, json.len);
	ll_buf_free(&json);
}
