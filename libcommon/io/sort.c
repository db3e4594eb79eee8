/* SPDX-License-Identifier: MIT */
/*
 * Records lie in one arena in the order of ll_sort_add; what is sorted is an index of (first 8 key bytes, place in the
 * arena): by LSD radix on the prefix (Knuth, TAOCP volume 3, section 5.2.5, algorithm R), then by merging within equal
 * prefixes. Places ascend as records were added, so they break ties. Full arenas become runs (sort_merge.c).
 */
#include "io/sort.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/sort_merge.h"

#define INDEX_BYTES (2 * sizeof(struct entry)) /* a record's entry and its place in the radix scratch */
#define SMALL 64			       /* up to here plain merging beats counting */

struct entry {
	uint64_t prefix;
	uint64_t place;
};

struct ll_sorter {
	struct ll_run_format format;
	uint64_t memory, count;
	const char *purpose;
	char *arena;
	size_t arena_len, arena_cap;
	struct entry *index, *scratch;
	size_t n, index_cap, scratch_cap;
	size_t next;	      /* in memory: of the index */
	struct ll_runs *runs; /* NULL until the first spill */
	struct ll_run_merge *merge;
	bool finished;
};

static struct ll_sorter *sorter_new(struct ll_run_format format, uint64_t memory, const char *purpose)
{
	struct ll_sorter *s = ll_calloc(1, sizeof(*s));

	if (format.record_bytes > 0 && format.key_bytes > format.record_bytes)
		LL_BUG("a key of %zu bytes in records of %zu", format.key_bytes, format.record_bytes);
	s->format = format;
	s->memory = memory;
	s->purpose = purpose;
	return s;
}

struct ll_sorter *ll_sorter_new(size_t record_bytes, size_t key_bytes, uint64_t memory, const char *purpose)
{
	if (record_bytes == 0)
		LL_BUG("records of no bytes");
	return sorter_new((struct ll_run_format){ record_bytes, key_bytes, false }, memory, purpose);
}

struct ll_sorter *ll_sorter_new_variable(size_t key_bytes, uint64_t memory, const char *purpose)
{
	return sorter_new((struct ll_run_format){ 0, key_bytes, false }, memory, purpose);
}

struct ll_sorter *ll_sorter_new_strings(uint64_t memory, const char *purpose)
{
	return sorter_new((struct ll_run_format){ 0, 0, true }, memory, purpose);
}

static uint64_t key_prefix(const char *key, size_t key_bytes)
{
	uint64_t p = 0;
	size_t n = LL_MIN(key_bytes, 8);

	for (size_t i = 0; i < n; i++)
		p |= (uint64_t)(unsigned char)key[i] << (56 - 8 * i);
	return p;
}

static inline bool after(const struct ll_sorter *s, const struct entry *a, const struct entry *b)
{
	int c;

	if (a->prefix != b->prefix)
		return a->prefix > b->prefix;
	c = s->format.strings || s->format.key_bytes > 8 ?
		    ll_run_compare(&s->format, s->arena + a->place, s->arena + b->place) :
		    0;
	return c > 0 || (c == 0 && a->place > b->place);
}

/* Stable merge sort of index[0..n), using scratch[0..n); bottom-up. */
static void merge_sort(const struct ll_sorter *s, struct entry *index, struct entry *scratch, size_t n)
{
	struct entry *from = index, *to = scratch;

	for (size_t i = 0; i < n; i += 8) /* runs of 8 by insertion */
		for (size_t j = i + 1; j < LL_MIN(i + 8, n); j++) {
			struct entry e = index[j];
			size_t k = j;
			for (; k > i && after(s, &index[k - 1], &e); k--)
				index[k] = index[k - 1];
			index[k] = e;
		}
	for (size_t width = 8; width < n; width *= 2) {
		for (size_t i = 0; i < n; i += 2 * width) {
			size_t mid = LL_MIN(i + width, n), end = LL_MIN(i + 2 * width, n);
			size_t a = i, b = mid, o = i;
			while (a < mid && b < end)
				to[o++] = after(s, &from[a], &from[b]) ? from[b++] : from[a++];
			while (a < mid)
				to[o++] = from[a++];
			while (b < end)
				to[o++] = from[b++];
		}
		struct entry *swap = from;
		from = to;
		to = swap;
	}
	if (from != index)
		memcpy(index, from, n * sizeof(*index));
}

/* LSD radix on the bytes of the prefix that are not all equal. */
static void radix_sort(struct ll_sorter *s)
{
	struct entry *from = s->index, *to = s->scratch;
	size_t(*count)[256] = ll_calloc(8, sizeof(*count));

	for (size_t i = 0; i < s->n; i++)
		for (int b = 0; b < 8; b++)
			count[b][from[i].prefix >> (8 * b) & 255]++;
	for (int b = 0; b < 8; b++) {
		size_t sum = 0;
		if (count[b][from[0].prefix >> (8 * b) & 255] == s->n)
			continue;
		for (int v = 0; v < 256; v++) {
			size_t c = count[b][v];
			count[b][v] = sum;
			sum += c;
		}
		for (size_t i = 0; i < s->n; i++)
			to[count[b][from[i].prefix >> (8 * b) & 255]++] = from[i];
		struct entry *swap = from;
		from = to;
		to = swap;
	}
	if (from != s->index)
		memcpy(s->index, from, s->n * sizeof(*from));
	ll_free(count);
}

static void sort_arena(struct ll_sorter *s)
{
	if (s->n < 2)
		return;
	LL_GROW(s->scratch, s->scratch_cap, s->n);
	if (s->n <= SMALL) {
		merge_sort(s, s->index, s->scratch, s->n);
		return;
	}
	radix_sort(s);
	if (s->format.key_bytes <= 8 && !s->format.strings)
		return;
	for (size_t i = 0, j; i < s->n; i = j) {
		for (j = i + 1; j < s->n && s->index[j].prefix == s->index[i].prefix;)
			j++;
		if (j - i > 1)
			merge_sort(s, s->index + i, s->scratch, j - i);
	}
}

static void spill(struct ll_sorter *s)
{
	sort_arena(s);
	if (!s->runs)
		s->runs = ll_runs_new(s->format, s->memory, s->purpose);
	ll_runs_begin(s->runs);
	for (size_t i = 0; i < s->n; i++)
		ll_runs_put(s->runs, s->arena + s->index[i].place,
			    ll_run_record_size(&s->format, s->arena + s->index[i].place));
	ll_runs_end(s->runs);
	s->n = 0;
	s->arena_len = 0;
}

/* Room for a record of `size` bytes, entered in the index once its key is there. */
static char *add_record(struct ll_sorter *s, size_t size)
{
	uint64_t need = s->arena_len + size + (s->n + 1) * INDEX_BYTES;

	if (s->finished)
		LL_BUG("a record added after ll_sorter_finish");
	if (need > s->memory && s->n > 0)
		spill(s);
	LL_GROW(s->arena, s->arena_cap, s->arena_len + size);
	LL_GROW(s->index, s->index_cap, s->n + 1);
	s->index[s->n].place = s->arena_len;
	s->arena_len += size;
	s->count++;
	return s->arena + s->index[s->n].place;
}

void ll_sorter_add(struct ll_sorter *s, const void *record)
{
	char *to = add_record(s, s->format.record_bytes);

	memcpy(to, record, s->format.record_bytes);
	s->index[s->n++].prefix = key_prefix(to, s->format.key_bytes);
}

void ll_sorter_add_variable(struct ll_sorter *s, const void *key, const void *payload, size_t payload_len)
{
	char *to;

	if (payload_len > UINT32_MAX - 4 - s->format.key_bytes)
		LL_BUG("a payload of %zu bytes", payload_len);
	to = add_record(s, 4 + s->format.key_bytes + payload_len);
	ll_put32(to, (uint32_t)payload_len);
	if (s->format.key_bytes)
		memcpy(to + 4, key, s->format.key_bytes);
	if (payload_len)
		memcpy(to + 4 + s->format.key_bytes, payload, payload_len);
	s->index[s->n++].prefix = key_prefix(to + 4, s->format.key_bytes);
}

void ll_sorter_add_string(struct ll_sorter *s, struct ll_str key, const void *payload, size_t payload_len)
{
	char *to;

	if (payload_len > UINT32_MAX - 8 || key.len > UINT32_MAX - 8 - payload_len)
		LL_BUG("a record of %zu and %zu bytes", key.len, payload_len);
	to = add_record(s, 8 + key.len + payload_len);
	ll_put32(to, (uint32_t)(4 + key.len + payload_len));
	ll_put32(to + 4, (uint32_t)key.len);
	if (key.len)
		memcpy(to + 8, key.data, key.len);
	if (payload_len)
		memcpy(to + 8 + key.len, payload, payload_len);
	s->index[s->n++].prefix = key_prefix(to + 8, key.len);
}

void ll_sorter_make_room(struct ll_sorter *s)
{
	uint64_t held = s->arena_cap + s->index_cap * sizeof(*s->index) + s->scratch_cap * sizeof(*s->scratch);

	if (s->finished || held < s->memory / 8)
		return;
	if (s->n)
		spill(s);
	ll_free(s->arena);
	ll_free(s->index);
	ll_free(s->scratch);
	s->arena = NULL;
	s->index = s->scratch = NULL;
	s->arena_cap = s->index_cap = s->scratch_cap = 0;
}

void ll_sorter_finish(struct ll_sorter *s)
{
	if (s->finished)
		return;
	if (!s->runs) {
		sort_arena(s);
	} else {
		if (s->n > 0)
			spill(s);
		ll_free(s->arena);
		ll_free(s->index);
		s->arena = NULL;
		s->index = NULL;
		s->merge = ll_runs_merge(s->runs);
	}
	ll_free(s->scratch);
	s->scratch = NULL;
	s->finished = true;
}

static const char *next_record(struct ll_sorter *s)
{
	if (!s->finished)
		LL_BUG("ll_sorter_next before ll_sorter_finish");
	if (s->merge)
		return ll_run_merge_next(s->merge);
	return s->next < s->n ? s->arena + s->index[s->next++].place : NULL;
}

const void *ll_sorter_next(struct ll_sorter *s)
{
	return next_record(s);
}

const void *ll_sorter_next_variable(struct ll_sorter *s, const void **payload, size_t *payload_len)
{
	const char *r = next_record(s);

	if (!r)
		return NULL;
	*payload_len = ll_get32(r);
	*payload = r + 4 + s->format.key_bytes;
	return r + 4;
}

bool ll_sorter_next_string(struct ll_sorter *s, struct ll_str *key, struct ll_str *payload)
{
	const char *r = next_record(s);

	if (!r)
		return false;
	*key = ll_str(r + 8, ll_get32(r + 4));
	*payload = ll_str(r + 8 + key->len, ll_get32(r) - 4 - key->len);
	return true;
}

uint64_t ll_sorter_count(const struct ll_sorter *s)
{
	return s->count;
}

bool ll_sorter_spilled(const struct ll_sorter *s)
{
	return s->runs != NULL;
}

void ll_sorter_free(struct ll_sorter *s)
{
	if (!s)
		return;
	ll_run_merge_free(s->merge);
	ll_runs_free(s->runs);
	ll_free(s->arena);
	ll_free(s->index);
	ll_free(s->scratch);
	ll_free(s);
}
