/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_merge.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "bpe/bpe_chars.h"

#define WINDOW ((size_t)1 << 16)
#define WALK_WORTH ((size_t)1 << 17) /* bytes that the heap merges in the time that it takes to make the walk */
#define LIVE_WORTH ((size_t)1 << 13) /* the same for what is known of every token, where every merge happens */
#define APART_WORTH 4 /* bytes that the heap merges while two tokens are merged to see whether they stay apart */

/* A token of the run being merged, at the place of its first byte. */
struct ll_merge_node {
	uint32_t id, next, prev; /* places */
	uint32_t rank;		 /* of this token with the next: LL_BPE_NONE when they do not merge */
};

void ll_merger_init(struct ll_merger *m, const struct ll_bpe *b)
{
	*m = (struct ll_merger){ .bpe = b, .scan = ll_scan_plain };
#ifdef HAVE_AVX
	if (ll_cpu() == LL_CPU_AVX512)
		m->scan = ll_scan_avx512;
	else if (ll_cpu() == LL_CPU_AVX2)
		m->scan = ll_scan_avx2;
#endif
}

void ll_merger_free(struct ll_merger *m)
{
	ll_free(m->node);
	ll_free(m->heap);
	ll_ids_free(&m->window);
	ll_walker_free(&m->walker);
	*m = (struct ll_merger){ 0 };
}

struct keys {
	uint32_t key[LL_SCAN_MOST];
};

#include "bpe/bpe_scan.h"

ALWAYS void keys_load(struct keys *k, const uint32_t *key, unsigned n)
{
	memcpy(k->key, key, n * sizeof *key);
}

ALWAYS void keys_set(struct keys *k, unsigned n, unsigned i, uint32_t key)
{
	if (i < n)
		k->key[i] = key;
}

ALWAYS uint32_t keys_lowest(const struct keys *k, unsigned n)
{
	uint32_t low = k->key[0];
	for (unsigned i = 1; i < n; i++)
		low = LL_MIN(low, k->key[i]);
	return low;
}

unsigned ll_scan_plain(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n)
{
	return scan(b, p, id, n, (n + 15) & ~15u);
}

/* ---- merging a long run with a heap ---- */

static void heap_push(struct ll_merger *m, uint64_t v)
{
	if (m->heap_len == m->heap_cap)
		LL_GROW(m->heap, m->heap_cap, m->heap_len + 1);
	size_t i = m->heap_len++;
	for (; i > 0 && m->heap[(i - 1) / 2] > v; i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = v;
}

static void sift_down(uint64_t *heap, size_t n, size_t i)
{
	uint64_t v = heap[i];
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		child += child + 1 < n && heap[child + 1] < heap[child];
		if (heap[child] >= v)
			break;
		heap[i] = heap[child];
	}
	heap[i] = v;
}

static uint64_t heap_pop(struct ll_merger *m)
{
	uint64_t top = m->heap[0];
	m->heap[0] = m->heap[--m->heap_len];
	if (m->heap_len)
		sift_down(m->heap, m->heap_len, 0);
	return top;
}

static bool rank_node(struct ll_merger *m, uint32_t place, uint32_t end)
{
	struct ll_merge_node *node = &m->node[place];
	node->rank = LL_BPE_NONE;
	if (node->next == end)
		return false;
	node->rank = ll_bpe_rank(m->bpe, node->id, m->node[node->next].id);
	return node->rank != LL_BPE_NONE;
}

static void merge_heap(struct ll_merger *m, const char *p, size_t bytes, struct ll_ids *out)
{
	uint32_t n = (uint32_t)bytes;
	LL_GROW(m->node, m->nodes_cap, bytes);
	for (uint32_t i = 0; i < n; i++)
		m->node[i] = (struct ll_merge_node){ .id = m->bpe->byte_id[(unsigned char)p[i]],
						     .next = i + 1,
						     .prev = i ? i - 1 : LL_BPE_NONE };
	LL_GROW(m->heap, m->heap_cap, bytes);
	m->heap_len = 0;
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint32_t rank = m->bpe->bytes_rank[(unsigned char)p[i] << 8 | (unsigned char)p[i + 1]];
		m->node[i].rank = rank;
		if (rank != LL_BPE_NONE)
			m->heap[m->heap_len++] = (uint64_t)rank << 32 | i;
	}
	m->node[n - 1].rank = LL_BPE_NONE;
	for (size_t i = m->heap_len / 2; i-- > 0;)
		sift_down(m->heap, m->heap_len, i);
	while (m->heap_len) {
		uint64_t top = heap_pop(m);
		uint32_t place = (uint32_t)top;
		struct ll_merge_node *node = &m->node[place];
		if (node->rank != top >> 32)
			continue;
		struct ll_merge_node *right = &m->node[node->next];
		node->id = ll_bpe_merged(m->bpe, node->rank);
		node->next = right->next;
		right->rank = LL_BPE_NONE;
		if (node->next != n)
			m->node[node->next].prev = place;
		if (rank_node(m, place, n))
			heap_push(m, (uint64_t)node->rank << 32 | place);
		if (node->prev != LL_BPE_NONE && rank_node(m, node->prev, n))
			heap_push(m, (uint64_t)m->node[node->prev].rank << 32 | node->prev);
	}
	uint32_t *id = ll_ids_reserve(out, bytes);
	for (uint32_t i = 0; i < n; i = m->node[i].next, out->len++)
		*id++ = m->node[i].id;
}

static bool is_ascii(const unsigned char *p, size_t n)
{
	const uint64_t high = 0x8080808080808080u;
	uint64_t any = 0;
	if (n < 8) {
		for (size_t i = 0; i < n; i++)
			any |= p[i];
	} else {
		for (size_t i = 0; i + 8 < n; i += 8)
			any |= ll_get64(p + i);
		any |= ll_get64(p + n - 8);
	}
	return !(any & high);
}

/*
 * Bytes as tokens, those two joined at once which nothing can take apart: as long as they are two, whatever merges with
 * either of them has a higher rank, so their merge is the first to touch them; and as the ranks are steady, what comes
 * out of it merges with nothing before that time. These merges do not wait for each other, nor do they meet: of two pairs with
 * a byte in common, the one of the higher rank can be taken apart by the other. No branch hangs on what the bytes are.
 */
static unsigned first_tokens(const struct ll_bpe *b, const unsigned char *p, size_t n, uint32_t *id)
{
	unsigned made = 0, skipped = 0;
	uint32_t before = LL_BPE_NONE;
	for (size_t i = 0; i + 1 < n; i++) {
		unsigned pair = p[i] << 8 | p[i + 1];
		uint32_t rank = b->bytes_rank[pair], after = i + 2 < n ? b->sooner[p[i + 1] << 8 | p[i + 2]].right : LL_BPE_NONE;
		uint32_t joins = (uint32_t)(rank < before) & (uint32_t)(rank < after); /* not where there is no rank: that is the highest */
		uint32_t joined = b->ids_follow_ranks ? b->first_merged + rank : b->merged_id[rank & -joins], byte = b->byte_id[p[i]];
		id[made] = byte ^ ((byte ^ joined) & -joins);
		made += 1 - skipped;
		skipped = joins;
		before = b->sooner[pair].left;
	}
	id[made] = b->byte_id[p[n - 1]];
	return made + 1 - skipped;
}

/* False where it is too long for that. */
static bool merge_short(struct ll_merger *m, const char *text, size_t n, struct ll_ids *out)
{
	const unsigned char *p = (const unsigned char *)text;
	const struct ll_bpe *b = m->bpe;
	unsigned made = 0;
	if (b->merges >= LL_SCAN_RANKS || n > 3 * LL_SCAN_MOST)
		return false;
	uint32_t *id = ll_ids_reserve(out, LL_SCAN_MOST);
	if (b->char_tokens && !is_ascii(p, n))
		made = ll_bpe_char_tokens(b, p, n, id, LL_SCAN_MOST);
	if (made) {
		out->len += m->scan(b, NULL, id, made);
	} else if (n <= LL_SCAN_MOST && b->sooner) {
		out->len += m->scan(b, NULL, id, first_tokens(b, p, n, id));
	} else if (n <= LL_SCAN_MOST) {
		for (size_t i = 0; i < n; i++)
			id[i] = b->byte_id[p[i]];
		out->len += m->scan(b, p, id, (unsigned)n);
	} else {
		return false;
	}
	return true;
}

static void merge_run(struct ll_merger *m, const char *text, size_t n, struct ll_ids *out)
{
	if (!merge_short(m, text, n, out))
		merge_heap(m, text, n, out);
}

/* A run of any length, window by window: see the head of this file. */
static void merge_windows(struct ll_merger *m, const char *p, size_t n, struct ll_ids *out)
{
	const struct ll_bpe *b = m->bpe;
	size_t base = out->len, width = LL_MAX(WINDOW, (size_t)8 * b->longest),
	       done = 0; /* bytes covered by out[base..] */
	merge_run(m, p, LL_MIN(width, n), out);
	for (done = LL_MIN(width, n); done < n;) {
		/* Step back over a margin, then go on from the start of the token there. */
		size_t keep = out->len, start = done, margin = LL_MIN(width / 4, (size_t)4 * b->longest);
		while (keep > base && done - start < margin)
			start -= b->token[out->id[--keep]].len;
		size_t len = LL_MIN(width, n - start);
		bool joined = false;
		for (; start + len > done;) {
			m->window.len = 0;
			merge_run(m, p + start, len, &m->window);
			if (keep == base || m->window.id[0] == out->id[keep]) {
				joined = true;
				break;
			}
			if (done - start > width / 2)
				break;
			for (int back = 0; back < 4 && keep > base; back++)
				start -= b->token[out->id[--keep]].len;
			len = LL_MIN(width, n - start);
		}
		if (!joined) {
			/* The window was too small to settle: take a wider one from the start. */
			width = width > n / 2 ? n : 2 * width;
			out->len = base;
			merge_run(m, p, LL_MIN(width, n), out);
			done = LL_MIN(width, n);
			continue;
		}
		out->len = keep;
		memcpy(ll_ids_reserve(out, m->window.len), m->window.id, m->window.len * sizeof *out->id);
		out->len += m->window.len;
		done = start + len;
	}
}

/* True once so much has been done otherwise that making what is in bpe_walk.h is no more. */
static bool is_worth(struct ll_merger *m, size_t bytes, size_t limit)
{
	m->unwalked += m->unwalked < WALK_WORTH ? bytes : 0;
	return m->unwalked >= limit;
}

/* As ll_walk_apart, by merging the bytes of both. */
static bool merge_apart(struct ll_merger *m, uint32_t left, uint32_t right)
{
	const struct ll_bpe *b = m->bpe;
	const struct ll_bpe_token *l = &b->token[left], *r = &b->token[right];
	char both[2 * LL_SCAN_MOST];
	memcpy(both, b->bytes.data + l->offset, l->len);
	memcpy(both + l->len, b->bytes.data + r->offset, r->len);
	m->window.len = 0;
	return merge_short(m, both, l->len + r->len, &m->window) && m->window.len == 2 && m->window.id[0] == left &&
	       m->window.id[1] == right;
}

bool ll_merger_apart(struct ll_merger *m, uint32_t left, uint32_t right)
{
	const struct ll_bpe *b = m->bpe;
	int known = ll_walker_recall(&m->walker, left, right);
	if (known < 0) {
		const struct ll_bpe_live *live = ll_bpe_live_made(b);
		bool listed = ll_bpe_lists_live(b);
		if (!listed && !live && is_worth(m, APART_WORTH, b->merges_live ? LIVE_WORTH : WALK_WORTH))
			live = ll_bpe_live(b);
		if (!listed && !live && LL_MAX(b->token[left].len, b->token[right].len) > LL_SCAN_MOST)
			return false;
		known = listed || live ? ll_walk_apart(b, live, left, right, &m->walker.steps) : merge_apart(m, left, right);
		ll_walker_remember(&m->walker, left, right, known);
	}
	return known;
}

void ll_merge(struct ll_merger *m, const char *p, size_t n, struct ll_ids *out)
{
	const struct ll_bpe_walk *walk;
	if (merge_short(m, p, n, out))
		return;
	if (is_worth(m, n, WALK_WORTH) && (walk = ll_bpe_walk(m->bpe)))
		ll_walk(&m->walker, m->bpe, walk, p, n, out);
	else if (n <= WINDOW)
		merge_heap(m, p, n, out);
	else
		merge_windows(m, p, n, out);
}
