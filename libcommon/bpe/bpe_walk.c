/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_walk.h"

#include <pthread.h>

#include "base/memory.h"
#include "bpe/bpe_merge.h"

#define MEMO_BITS 13
#define NODES_MOST (1u << 24)

/* ---- do two tokens stay apart ---- */

/* What a token that comes out of its own bytes is merged from. */
static inline struct ll_bpe_live made_from(const struct ll_bpe *b, const struct ll_bpe_live *live, uint32_t id)
{
	if (live)
		return live[id];
	uint32_t rank = id - b->first_merged;
	if (rank >= b->merges)
		return (struct ll_bpe_live){ 0 };
	return (struct ll_bpe_live){ .left = b->merge[rank].left, .right = b->merge[rank].right, .rank = rank + 1 };
}

/* As ll_walk_apart, from the time on when the pair itself would merge, of `limit`. */
static bool apart_before(const struct ll_bpe *b, const struct ll_bpe_live *live, uint32_t left, uint32_t right,
			 uint64_t *steps)
{
	for (;; ++*steps) {
		struct ll_bpe_live l = made_from(b, live, left), r = made_from(b, live, right);
		uint32_t limit;
		if (l.rank > r.rank) {
			limit = l.rank - 1; /* at the same rank the left one would have gone first */
			left = l.right;
		} else if (r.rank) {
			limit = r.rank;
			right = r.left;
		} else {
			return true;
		}
		if (ll_bpe_rank(b, left, right) < limit)
			return false;
	}
}

bool ll_walk_apart(const struct ll_bpe *b, const struct ll_bpe_live *live, uint32_t left, uint32_t right, uint64_t *steps)
{
	return ll_bpe_rank(b, left, right) == LL_BPE_NONE && apart_before(b, live, left, right, steps);
}

/* ---- making ---- */

static uint32_t slot_of(const struct ll_bpe_walk *w, uint32_t key)
{
	return (uint32_t)(key * 0x9e3779b1u) >> w->shift;
}

static uint32_t step(const struct ll_bpe_walk *w, uint32_t node, unsigned char byte)
{
	uint32_t key = node << 8 | byte;
	for (size_t i = slot_of(w, key);; i = i + 1 == w->slots ? 0 : i + 1) {
		if (w->edge[i].key == key)
			return w->edge[i].node;
		if (w->edge[i].key == LL_BPE_NONE)
			return LL_BPE_NONE;
	}
}

static void put_edge(struct ll_bpe_walk *w, struct ll_walk_edge edge)
{
	size_t i = slot_of(w, edge.key);
	while (w->edge[i].key != LL_BPE_NONE)
		i = i + 1 == w->slots ? 0 : i + 1;
	w->edge[i] = edge;
}

static void grow_edges(struct ll_bpe_walk *w, unsigned bits)
{
	struct ll_walk_edge *old = w->edge;
	size_t olds = w->slots;
	w->slots = (size_t)1 << bits;
	w->shift = 32 - bits;
	w->edge = ll_alloc_pages(w->slots * sizeof *w->edge);
	memset(w->edge, 0xff, w->slots * sizeof *w->edge);
	for (size_t i = 0; i < olds; i++)
		if (old[i].key != LL_BPE_NONE)
			put_edge(w, old[i]);
	ll_free_pages(old, olds * sizeof *old);
}

static uint32_t new_node(struct ll_bpe_walk *w)
{
	LL_GROW(w->node, w->nodes_cap, w->nodes + 1);
	w->node[w->nodes] = (struct ll_walk_node){ .token = LL_BPE_NONE };
	return (uint32_t)w->nodes++;
}

/* Adds a token of two bytes or more, after all shorter ones; false when there are too many. */
static bool add_token(struct ll_bpe_walk *w, const struct ll_bpe *b, uint32_t id)
{
	const unsigned char *p = (const unsigned char *)b->bytes.data + b->token[id].offset;
	uint32_t *two = &w->two[p[0] << 8 | p[1]], node, shorter = b->byte_id[p[0]];
	if (w->nodes + b->token[id].len >= NODES_MOST)
		return false;
	if (*two == LL_BPE_NONE)
		*two = new_node(w);
	node = *two;
	for (uint32_t i = 2; i < b->token[id].len; i++) {
		if (w->node[node].token != LL_BPE_NONE)
			shorter = w->node[node].token;
		uint32_t next = step(w, node, p[i]);
		if (next == LL_BPE_NONE) {
			if (++w->edges > w->slots / 8 * 5)
				grow_edges(w, 33 - w->shift);
			next = new_node(w);
			w->node[node].bytes |= (uint64_t)1 << (p[i] & 63);
			put_edge(w, (struct ll_walk_edge){ node << 8 | p[i], next });
		}
		node = next;
	}
	w->node[node].token = id;
	w->shorter[id] = shorter;
	return true;
}

/* The merge of every token that comes out of its own bytes; false where it cannot be told. */
static bool find_live(struct ll_bpe_live *live, const struct ll_bpe *b)
{
	uint64_t steps = 0;
	const char *bytes = b->bytes.data;
	for (unsigned c = 0; c < 256; c++)
		live[b->byte_id[c]] = (struct ll_bpe_live){ .len = 1 };
	for (size_t i = 0; i < b->merges; i++) {
		const struct ll_bpe_pair *m = &b->merge[i];
		const struct ll_bpe_live *l = &live[m->left], *r = &live[m->right];
		const struct ll_bpe_token *joined = &b->token[m->id], *left = &b->token[m->left];
		if (i && m->rank <= m[-1].rank)
			return false;
		if (!b->merges_live) {
			if (!l->len || !r->len || ll_bpe_rank(b, m->left, m->right) != m->rank)
				continue; /* one that never happens */
			if (joined->len != l->len + r->len ||
			    memcmp(bytes + joined->offset, bytes + left->offset, l->len) != 0 ||
			    memcmp(bytes + joined->offset + l->len, bytes + b->token[m->right].offset, r->len) != 0)
				return false;
			if (!apart_before(b, live, m->left, m->right, &steps))
				continue;
			if (live[m->id].len)
				return false;
		}
		live[m->id] = (struct ll_bpe_live){ m->left, m->right, m->rank + 1, joined->len };
	}
	return true;
}

/* Tokens by length, so that those that begin a token are there before it. */
static bool add_tokens(struct ll_bpe_walk *w, const struct ll_bpe *b)
{
	uint32_t longest = 0, *first, *order = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *order);
	for (size_t id = 0; id < b->tokens; id++)
		longest = LL_MAX(longest, w->live[id].len);
	first = ll_calloc((size_t)longest + 2, sizeof *first);
	for (size_t id = 0; id < b->tokens; id++)
		first[w->live[id].len + 1]++;
	for (uint32_t len = 0; len <= longest; len++)
		first[len + 1] += first[len];
	for (uint32_t id = 0; id < b->tokens; id++)
		order[first[w->live[id].len]++] = id;
	bool fit = true;
	for (size_t i = 0; i < b->tokens && fit; i++)
		if (w->live[order[i]].len >= 2)
			fit = add_token(w, b, order[i]);
	ll_free(first);
	ll_free(order);
	return fit;
}

static struct ll_bpe_live *make_live(const struct ll_bpe *b)
{
	struct ll_bpe_live *live = ll_calloc(LL_MAX(b->tokens, 1), sizeof *live);
	if (find_live(live, b))
		return live;
	ll_free(live);
	return NULL;
}

static struct ll_bpe_walk *make_walk(const struct ll_bpe *b)
{
	struct ll_bpe_walk *w = ll_calloc(1, sizeof *w);
	w->live = b->live;
	w->shorter = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *w->shorter);
	memset(w->shorter, 0xff, b->tokens * sizeof *w->shorter);
	w->two = ll_malloc(65536 * sizeof *w->two);
	memset(w->two, 0xff, 65536 * sizeof *w->two);
	unsigned bits = 10;
	while (((size_t)1 << bits) < 4 * b->tokens)
		bits++;
	grow_edges(w, bits);
	if (add_tokens(w, b))
		return w;
	ll_bpe_walk_free(w);
	return NULL;
}

/* The model is the same for all threads: what is made late is made once. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

const struct ll_bpe_live *ll_bpe_live_made(const struct ll_bpe *b)
{
	return __atomic_load_n(&b->live, __ATOMIC_ACQUIRE);
}

const struct ll_bpe_live *ll_bpe_live(const struct ll_bpe *b)
{
	struct ll_bpe *shared = (struct ll_bpe *)b;
	const struct ll_bpe_live *known = ll_bpe_live_made(b);
	if (known || !b->steady || __atomic_load_n(&shared->no_walk, __ATOMIC_ACQUIRE))
		return known;
	pthread_mutex_lock(&making);
	if (!shared->live && !shared->no_walk) {
		struct ll_bpe_live *live = make_live(b);
		__atomic_store_n(&shared->no_walk, !live, __ATOMIC_RELEASE);
		__atomic_store_n(&shared->live, live, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&making);
	return shared->live;
}

const struct ll_bpe_walk *ll_bpe_walk(const struct ll_bpe *b)
{
	struct ll_bpe *shared = (struct ll_bpe *)b;
	struct ll_bpe_walk *w = __atomic_load_n(&shared->walk, __ATOMIC_ACQUIRE);
	if (w || !ll_bpe_live(b) || __atomic_load_n(&shared->no_walk, __ATOMIC_ACQUIRE))
		return w;
	pthread_mutex_lock(&making);
	if (!shared->walk && !shared->no_walk) {
		w = make_walk(b);
		__atomic_store_n(&shared->no_walk, !w, __ATOMIC_RELEASE);
		__atomic_store_n(&shared->walk, w, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&making);
	return __atomic_load_n(&shared->walk, __ATOMIC_ACQUIRE);
}

void ll_bpe_walk_free(struct ll_bpe_walk *w)
{
	if (!w)
		return;
	ll_free(w->shorter);
	ll_free(w->node);
	ll_free(w->two);
	ll_free_pages(w->edge, w->slots * sizeof *w->edge);
	ll_free(w);
}

/* ---- walking ---- */

void ll_walker_free(struct ll_walker *r)
{
	ll_free(r->dead);
	ll_free(r->memo);
	*r = (struct ll_walker){ 0 };
}

static void begin(struct ll_walker *r, size_t n)
{
	size_t words = n / 64 + 1;
	if (words > r->dead_cap)
		LL_GROW(r->dead, r->dead_cap, words);
	memset(r->dead, 0, words * sizeof *r->dead);
}

static uint32_t longest_token(struct ll_walker *r, const struct ll_bpe *b, const struct ll_bpe_walk *w,
			      const unsigned char *p, size_t n)
{
	uint32_t token = b->byte_id[*p], node = n > 1 ? w->two[p[0] << 8 | p[1]] : LL_BPE_NONE;
	size_t i = 2;
	while (node != LL_BPE_NONE) {
		const struct ll_walk_node *at = &w->node[node];
		token = at->token != LL_BPE_NONE ? at->token : token;
		if (i == n || !(at->bytes >> (p[i] & 63) & 1))
			break;
		node = step(w, node, p[i++]);
	}
	r->steps += i;
	return token;
}

static uint64_t memo_key(uint32_t left, uint32_t right)
{
	return (uint64_t)left << 33 | (uint64_t)right << 1;
}

static uint64_t *memo_slot(struct ll_walker *r, uint64_t key)
{
	if (LL_UNLIKELY(!r->memo)) {
		r->memo = ll_malloc(sizeof *r->memo << MEMO_BITS);
		memset(r->memo, 0xff, sizeof *r->memo << MEMO_BITS);
	}
	return &r->memo[(key * 0x9e3779b97f4a7c15u) >> (64 - MEMO_BITS)];
}

int ll_walker_recall(struct ll_walker *r, uint32_t left, uint32_t right)
{
	uint64_t key = memo_key(left, right), known = *memo_slot(r, key);
	return (known & ~(uint64_t)1) == key ? (int)(known & 1) : -1;
}

void ll_walker_remember(struct ll_walker *r, uint32_t left, uint32_t right, bool apart)
{
	uint64_t key = memo_key(left, right);
	*memo_slot(r, key) = key | apart;
}

static bool stay_apart(struct ll_walker *r, const struct ll_bpe *b, const struct ll_bpe_walk *w, uint32_t left,
		       uint32_t right)
{
	int known = ll_walker_recall(r, left, right);
	r->steps++;
	if (known < 0) {
		known = ll_walk_apart(b, w->live, left, right, &r->steps);
		ll_walker_remember(r, left, right, known);
	}
	return known;
}

void ll_walk(struct ll_walker *r, const struct ll_bpe *b, const struct ll_bpe_walk *w, const char *text, size_t n,
	     struct ll_ids *out)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t base = out->len, at = 0;
	begin(r, n);
	uint64_t *dead = r->dead;
	uint32_t token = longest_token(r, b, w, p, n);
	while (at < n) {
		uint32_t last = out->len > base ? out->id[out->len - 1] : LL_BPE_NONE;
		for (; token != LL_BPE_NONE; token = w->shorter[token]) {
			size_t end = at + w->live[token].len;
			if (!(dead[end / 64] >> (end % 64) & 1) &&
			    (last == LL_BPE_NONE || stay_apart(r, b, w, last, token)))
				break;
		}
		if (token != LL_BPE_NONE) {
			*ll_ids_reserve(out, 1) = token;
			out->len++;
			at += w->live[token].len;
			token = at < n ? longest_token(r, b, w, p + at, n - at) : LL_BPE_NONE;
		} else {
			if (last == LL_BPE_NONE)
				LL_BUG("%zu bytes have no encoding", n);
			dead[at / 64] |= (uint64_t)1 << (at % 64);
			out->len--;
			at -= w->live[last].len;
			token = last;
		}
	}
}
