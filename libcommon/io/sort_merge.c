/* SPDX-License-Identifier: MIT */
#include "io/sort_merge.h"

#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

#define FAN_IN_MAX 64
#define BUFFER_MIN (32 * LL_KIB)
#define BUFFER_MAX (4 * LL_MIB)

struct run {
	uint64_t start, end; /* bytes in the file */
};

struct ll_runs {
	struct ll_run_format format;
	uint64_t memory;
	const char *purpose;
	char name[300]; /* for messages */
	int fd;
	uint64_t size; /* written, buffer included */
	struct run *run;
	size_t n, cap;
	size_t largest; /* record */
	char *buffer;
	size_t len, buffer_cap;
};

static struct ll_runs *runs_new(struct ll_run_format format, uint64_t memory, const char *purpose)
{
	struct ll_runs *r = ll_calloc(1, sizeof(*r));

	r->format = format;
	r->memory = memory;
	r->purpose = purpose;
	snprintf(r->name, sizeof(r->name), "%s: temporary file for %s", ll_tmpdir(), purpose);
	r->fd = ll_temp_file(purpose);
	r->buffer_cap = (size_t)LL_MAX(LL_MIN(memory / 16, LL_MIB), BUFFER_MIN);
	r->buffer = ll_malloc(r->buffer_cap);
	return r;
}

struct ll_runs *ll_runs_new(struct ll_run_format format, uint64_t memory, const char *purpose)
{
	return runs_new(format, memory, purpose);
}

static void flush(struct ll_runs *r)
{
	ll_pwrite_full(r->fd, r->buffer, r->len, r->size - r->len, r->name);
	r->len = 0;
}

void ll_runs_begin(struct ll_runs *r)
{
	LL_GROW(r->run, r->cap, r->n + 1);
	r->run[r->n].start = r->size;
}

void ll_runs_put(struct ll_runs *r, const char *record, size_t size)
{
	r->largest = LL_MAX(r->largest, size);
	if (r->len + size > r->buffer_cap)
		flush(r);
	if (size > r->buffer_cap) {
		ll_pwrite_full(r->fd, record, size, r->size, r->name);
	} else {
		memcpy(r->buffer + r->len, record, size);
		r->len += size;
	}
	r->size += size;
}

void ll_runs_end(struct ll_runs *r)
{
	flush(r);
	r->run[r->n++].end = r->size;
}

void ll_runs_free(struct ll_runs *r)
{
	if (!r)
		return;
	close(r->fd);
	ll_free(r->run);
	ll_free(r->buffer);
	ll_free(r);
}

/* ---- one merge ---- */

struct source {
	uint64_t at, end; /* what of the run is not yet in the buffer */
	char *buffer;
	size_t pos, len, cap;
};

struct ll_run_merge {
	struct ll_runs *runs;
	struct source *source;
	size_t k;
	size_t *heap, heap_len; /* source numbers, least (key, number) on top */
	bool started;		/* the top was handed out and must move on first */
};

/* Makes the record at pos whole in the buffer; false at the end of the run. */
static bool source_load(struct ll_run_merge *m, struct source *s)
{
	const struct ll_run_format *f = &m->runs->format;
	size_t have = s->len - s->pos, need = f->record_bytes ? f->record_bytes : 4, size, more;

	if (have == 0 && s->at == s->end)
		return false;
	if (have >= need) {
		size = ll_run_record_size(f, s->buffer + s->pos);
		if (have >= size)
			return true;
	}
	memmove(s->buffer, s->buffer + s->pos, have);
	s->pos = 0;
	s->len = have;
	for (;;) {
		more = (size_t)LL_MIN(s->cap - s->len, s->end - s->at);
		ll_pread_full(m->runs->fd, s->buffer + s->len, more, s->at, m->runs->name);
		s->len += more;
		s->at += more;
		LL_ASSERT(s->len >= need);
		size = ll_run_record_size(f, s->buffer);
		if (size <= s->len)
			return true;
		LL_ASSERT(s->at < s->end);
		s->cap = size; /* and no more: each source may come to the largest */
		s->buffer = ll_realloc(s->buffer, s->cap);
	}
}

static bool before(const struct ll_run_merge *m, size_t a, size_t b)
{
	const struct source *x = &m->source[a], *y = &m->source[b];
	int c = ll_run_compare(&m->runs->format, x->buffer + x->pos, y->buffer + y->pos);

	return c < 0 || (c == 0 && a < b);
}

static void sift_down(struct ll_run_merge *m, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1, top;
		if (child >= m->heap_len)
			return;
		if (child + 1 < m->heap_len && before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!before(m, m->heap[child], m->heap[i]))
			return;
		top = m->heap[i];
		m->heap[i] = m->heap[child];
		m->heap[child] = top;
		i = child;
	}
}

static struct ll_run_merge *merge_new(struct ll_runs *runs, const struct run *run, size_t k)
{
	struct ll_run_merge *m = ll_calloc(1, sizeof(*m));
	size_t share = (size_t)LL_MAX(LL_MIN(runs->memory / (k + 1), BUFFER_MAX), BUFFER_MIN / 8);

	m->runs = runs;
	m->k = k;
	m->source = ll_calloc(LL_MAX(k, 1), sizeof(*m->source));
	m->heap = ll_calloc(LL_MAX(k, 1), sizeof(*m->heap));
	for (size_t i = 0; i < k; i++) {
		struct source *s = &m->source[i];
		s->at = run[i].start;
		s->end = run[i].end;
		s->cap = LL_MAX(share, runs->format.record_bytes);
		s->buffer = ll_malloc(s->cap);
		if (source_load(m, s))
			m->heap[m->heap_len++] = i;
	}
	for (size_t i = m->heap_len / 2 + 1; i-- > 0;)
		sift_down(m, i);
	return m;
}

const char *ll_run_merge_next(struct ll_run_merge *m)
{
	struct source *s;

	if (m->heap_len == 0)
		return NULL;
	if (m->started) {
		s = &m->source[m->heap[0]];
		s->pos += ll_run_record_size(&m->runs->format, s->buffer + s->pos);
		if (!source_load(m, s)) {
			ll_free(s->buffer);
			s->buffer = NULL;
			m->heap[0] = m->heap[--m->heap_len];
		}
		sift_down(m, 0);
		if (m->heap_len == 0)
			return NULL;
	}
	m->started = true;
	s = &m->source[m->heap[0]];
	return s->buffer + s->pos;
}

void ll_run_merge_free(struct ll_run_merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->k; i++)
		ll_free(m->source[i].buffer);
	ll_free(m->source);
	ll_free(m->heap);
	ll_free(m);
}

/* One level: groups of neighbouring runs into a new file, which then takes the old one's place. */
static void merge_level(struct ll_runs *r, size_t fan_in)
{
	struct ll_runs *to = runs_new(r->format, r->memory, r->purpose), old;
	const char *record;

	for (size_t i = 0; i < r->n; i += fan_in) {
		struct ll_run_merge *m = merge_new(r, r->run + i, LL_MIN(fan_in, r->n - i));
		ll_runs_begin(to);
		while ((record = ll_run_merge_next(m)))
			ll_runs_put(to, record, ll_run_record_size(&r->format, record));
		ll_runs_end(to);
		ll_run_merge_free(m);
	}
	old = *r;
	*r = *to;
	*to = old;
	ll_runs_free(to);
}

struct ll_run_merge *ll_runs_merge(struct ll_runs *r)
{
	size_t fan_in = (size_t)LL_MAX(2, LL_MIN(r->memory / LL_MAX(BUFFER_MIN, r->largest), FAN_IN_MAX));

	while (r->n > fan_in)
		merge_level(r, fan_in);
	return merge_new(r, r->run, r->n);
}
