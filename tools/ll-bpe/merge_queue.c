/* SPDX-License-Identifier: MIT */
#include "ll-bpe/merge_queue.h"

#include "base/memory.h"

static unsigned bucket_of(int64_t count)
{
	if (count < 16)
		return (unsigned)count;
	unsigned top = 63u - (unsigned)__builtin_clzll((uint64_t)count);
	return 16 + (top - 4) * 8 + (unsigned)(count >> (top - 3) & 7);
}

/* ---- which of two with equal counts goes first ---- */

static uint64_t key_by_values(const struct token_names *names, uint64_t key)
{
	uint64_t id[2] = { key >> 32, key & UINT32_MAX };
	for (int side = 0; side < 2; side++) {
		struct ll_str name = token_names_text(names, (uint32_t)id[side]);
		id[side] = name.len == 1 ? (unsigned char)name.data[0] : id[side] + 256;
	}
	return id[0] << 32 | id[1];
}

static int compare(struct ll_str a, struct ll_str b)
{
	int c = memcmp(a.data, b.data, LL_MIN(a.len, b.len));
	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static bool wins_tie(const struct merge_queue *q, uint64_t a, uint64_t b)
{
	if (q->ties == TIES_HF)
		return a < b;
	if (q->ties == TIES_IDS)
		return key_by_values(q->names, a) < key_by_values(q->names, b);
	int c = compare(token_names_text(q->names, (uint32_t)(a >> 32)), token_names_text(q->names, (uint32_t)(b >> 32)));
	if (!c)
		c = compare(token_names_text(q->names, (uint32_t)a), token_names_text(q->names, (uint32_t)b));
	return q->ties == TIES_BYTES ? c < 0 : c > 0;
}

static inline bool goes_first(const struct merge_queue *q, const struct candidate *a, const struct candidate *b)
{
	return a->count != b->count ? a->count > b->count : wins_tie(q, a->key, b->key);
}

/* ---- the heap ---- */

static void sift_down(struct merge_queue *q, size_t i)
{
	struct candidate *heap = q->heap.item, v = heap[i];
	for (size_t child; (child = 2 * i + 1) < q->heap.len; i = child) {
		child += child + 1 < q->heap.len && goes_first(q, &heap[child + 1], &heap[child]);
		if (!goes_first(q, &heap[child], &v))
			break;
		heap[i] = heap[child];
	}
	heap[i] = v;
}

static void append(struct merge_queue *q, struct candidates *c, struct candidate v)
{
	size_t before = c->cap;
	LL_GROW(c->item, c->cap, c->len + 1);
	c->item[c->len++] = v;
	q->capacity += c->cap - before;
}

void merge_queue_init(struct merge_queue *q, enum merge_ties ties, const struct token_names *names)
{
	*q = (struct merge_queue){ .ties = ties, .names = names, .low = MERGE_QUEUE_BUCKETS };
}

void merge_queue_push(struct merge_queue *q, struct candidate v)
{
	unsigned bucket = bucket_of(v.count);
	if (bucket < q->low) {
		append(q, &q->bucket[bucket], v);
		return;
	}
	append(q, &q->heap, v);
	struct candidate *heap = q->heap.item;
	size_t i = q->heap.len - 1;
	for (; i > 0 && goes_first(q, &v, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = v;
}

const struct candidate *merge_queue_top(struct merge_queue *q)
{
	while (!q->heap.len) {
		while (q->low && !q->bucket[q->low - 1].len)
			q->low--;
		if (!q->low)
			return NULL;
		struct candidates *next = &q->bucket[--q->low];
		ll_free(q->heap.item);
		q->capacity -= q->heap.cap;
		q->heap = *next;
		*next = (struct candidates){ 0 };
		for (size_t i = q->heap.len / 2; i-- > 0;)
			sift_down(q, i);
	}
	return q->heap.item;
}

void merge_queue_drop(struct merge_queue *q)
{
	q->heap.item[0] = q->heap.item[--q->heap.len];
	if (q->heap.len)
		sift_down(q, 0);
}

void merge_queue_recount(struct merge_queue *q, int64_t count)
{
	struct candidate v = q->heap.item[0];
	unsigned bucket = bucket_of(count);
	v.count = count;
	if (bucket < q->low) {
		append(q, &q->bucket[bucket], v);
		merge_queue_drop(q);
	} else {
		q->heap.item[0] = v;
		sift_down(q, 0);
	}
}

uint64_t merge_queue_bytes(const struct merge_queue *q)
{
	return q->capacity * sizeof(struct candidate);
}

void merge_queue_free(struct merge_queue *q)
{
	ll_free(q->heap.item);
	for (unsigned i = 0; i < MERGE_QUEUE_BUCKETS; i++)
		ll_free(q->bucket[i].item);
}
