/* SPDX-License-Identifier: MIT */
/*
 * Short pre-tokens are looked up in a cache of fixed size. Misses are merged: short ones by scanning for the lowest
 * rank, long ones with a heap, and very long ones window by window.
 *
 * Why windows are exact, whatever the merges: let the tokens of a window end with t and those of the next window, which
 * starts where t starts, begin with t. Then joining both is the encoding of the whole. For if the whole ever merged
 * across one of the joined boundaries, take the first time: until then the state inside the window that holds this
 * boundary has been a state of that window's own run (it has met the same pairs in the same order), so the lowest,
 * leftmost pair of the whole would have been the choice of that window too, and it would have crossed the boundary,
 * which it did not.
 */
#include "base/memory.h"
#include "bpe/char_model.h"
#include "bpe/piece_cache.h"
#include "text/unicode.h"
#include "text/utf8.h"

#define SCAN_MOST 48 /* bytes of a pre-token merged by scanning */
#define WINDOW ((size_t)1 << 16)

/* A token of the run being merged, at the place of its first byte. */
struct node {
	uint32_t id, next, prev; /* places */
	uint32_t rank, merged;	 /* of this token with the next: rank LL_BPE_NONE when they do not merge */
};

struct ll_bpe_encoder {
	const struct ll_bpe *bpe;
	struct ll_char_encoder *chars; /* of a tokenizer over characters, which has all the rest of its own */
	struct ll_splitter *splitter;
	struct ll_piece_cache cache;
	struct ll_batch batch;
	struct node *node;
	size_t nodes_cap;
	uint64_t *heap; /* rank << 32 | place: pops the lowest rank, the leftmost of equals */
	size_t heap_len, heap_cap;
	struct ll_ids window;
	struct ll_buf normalized;
	bool skeleton;	   /* see bpe.h */
	const char *error; /* of the splitter, in the text at hand */
	void (*piece)(void *context, struct ll_str piece, struct ll_ids *out); /* in the stead of the merges, or NULL */
	void *context;
};

/* Every token is a pre-token that is known before it is seen. */
static void seed(struct ll_bpe_encoder *e)
{
	const struct ll_bpe *b = e->bpe;
	if (!b->ignore_merges)
		return;
	const char *end = b->bytes.data + b->bytes.len;
	for (uint32_t id = 0; id < b->tokens; id++) {
		const struct ll_bpe_token *t = &b->token[id];
		if ((t->flags & (LL_TOKEN_PRESENT | LL_TOKEN_ADDED)) != LL_TOKEN_PRESENT || t->len > LL_PIECE_SHORT)
			continue;
		const char *p = b->bytes.data + t->offset;
		struct ll_piece piece = ll_piece_pack(p, t->len, end);
		ll_piece_cache_put(&e->cache, piece, e->cache.set(&e->cache, piece), p, t->len, &id, 1);
	}
}

struct ll_bpe_encoder *ll_bpe_encoder_new(const struct ll_bpe *b)
{
	struct ll_bpe_encoder *e = ll_calloc(1, sizeof *e);
	e->bpe = b;
	if (b->chars) {
		e->chars = ll_char_encoder_new(b);
		return e;
	}
	e->splitter = ll_splitter_new(b->pretokenizer);
	ll_piece_cache_init(&e->cache);
	seed(e);
	return e;
}

void ll_bpe_encoder_free(struct ll_bpe_encoder *e)
{
	if (!e)
		return;
	ll_char_encoder_free(e->chars);
	ll_splitter_free(e->splitter);
	ll_piece_cache_free(&e->cache);
	ll_free(e->node);
	ll_free(e->heap);
	ll_ids_free(&e->window);
	ll_buf_free(&e->normalized);
	ll_free(e);
}

void ll_bpe_encoder_skeleton(struct ll_bpe_encoder *e)
{
	e->skeleton = true;
}

static inline uint32_t *ids_reserve(struct ll_ids *out, size_t n)
{
	if (LL_UNLIKELY(out->cap - out->len < n))
		LL_GROW(out->id, out->cap, out->len + n);
	return out->id + out->len;
}

/* ---- merging a short run: n <= SCAN_MOST ---- */

static void merge_scan(const struct ll_bpe *b, const char *p, size_t n, struct ll_ids *out)
{
	uint32_t id[SCAN_MOST], rank[SCAN_MOST], merged[SCAN_MOST];
	for (size_t i = 0; i < n; i++)
		id[i] = b->byte_id[(unsigned char)p[i]];
	for (size_t i = 0; i + 1 < n; i++) {
		struct ll_bpe_merged m = b->bytes_merged[(unsigned char)p[i] << 8 | (unsigned char)p[i + 1]];
		rank[i] = m.rank;
		merged[i] = m.id;
	}
	while (n > 1) {
		size_t best = 0;
		for (size_t i = 1; i + 1 < n; i++)
			if (rank[i] < rank[best])
				best = i;
		if (rank[best] == LL_BPE_NONE)
			break;
		id[best] = merged[best];
		n--;
		size_t tail = n - best - 1;
		memmove(id + best + 1, id + best + 2, tail * sizeof *id);
		if (tail) {
			memmove(rank + best + 1, rank + best + 2, (tail - 1) * sizeof *rank);
			memmove(merged + best + 1, merged + best + 2, (tail - 1) * sizeof *merged);
		}
		for (size_t i = best ? best - 1 : 0; i <= best && i + 1 < n; i++) {
			const struct ll_bpe_pair *pair = ll_bpe_find_pair(b, id[i], id[i + 1]);
			rank[i] = pair->rank;
			merged[i] = pair->id;
		}
	}
	memcpy(ids_reserve(out, n), id, n * sizeof *id);
	out->len += n;
}

/* ---- merging a long run with a heap ---- */

static void heap_push(struct ll_bpe_encoder *e, uint64_t v)
{
	if (e->heap_len == e->heap_cap)
		LL_GROW(e->heap, e->heap_cap, e->heap_len + 1);
	size_t i = e->heap_len++;
	for (; i > 0 && e->heap[(i - 1) / 2] > v; i = (i - 1) / 2)
		e->heap[i] = e->heap[(i - 1) / 2];
	e->heap[i] = v;
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

static uint64_t heap_pop(struct ll_bpe_encoder *e)
{
	uint64_t top = e->heap[0];
	e->heap[0] = e->heap[--e->heap_len];
	if (e->heap_len)
		sift_down(e->heap, e->heap_len, 0);
	return top;
}

static bool rank_node(struct ll_bpe_encoder *e, uint32_t place, uint32_t end)
{
	struct node *node = &e->node[place];
	node->rank = LL_BPE_NONE;
	if (node->next == end)
		return false;
	const struct ll_bpe_pair *pair = ll_bpe_find_pair(e->bpe, node->id, e->node[node->next].id);
	node->rank = pair->rank;
	node->merged = pair->id;
	return node->rank != LL_BPE_NONE;
}

static void merge_heap(struct ll_bpe_encoder *e, const char *p, size_t bytes, struct ll_ids *out)
{
	uint32_t n = (uint32_t)bytes;
	LL_GROW(e->node, e->nodes_cap, bytes);
	for (uint32_t i = 0; i < n; i++)
		e->node[i] = (struct node){ .id = e->bpe->byte_id[(unsigned char)p[i]],
					    .next = i + 1,
					    .prev = i ? i - 1 : LL_BPE_NONE };
	LL_GROW(e->heap, e->heap_cap, bytes);
	e->heap_len = 0;
	for (uint32_t i = 0; i + 1 < n; i++) {
		struct ll_bpe_merged m = e->bpe->bytes_merged[(unsigned char)p[i] << 8 | (unsigned char)p[i + 1]];
		e->node[i].rank = m.rank;
		e->node[i].merged = m.id;
		if (m.rank != LL_BPE_NONE)
			e->heap[e->heap_len++] = (uint64_t)m.rank << 32 | i;
	}
	e->node[n - 1].rank = LL_BPE_NONE;
	for (size_t i = e->heap_len / 2; i-- > 0;)
		sift_down(e->heap, e->heap_len, i);
	while (e->heap_len) {
		uint64_t top = heap_pop(e);
		uint32_t place = (uint32_t)top;
		struct node *node = &e->node[place];
		if (node->rank != top >> 32)
			continue;
		struct node *right = &e->node[node->next];
		node->id = node->merged;
		node->next = right->next;
		right->rank = LL_BPE_NONE;
		if (node->next != n)
			e->node[node->next].prev = place;
		if (rank_node(e, place, n))
			heap_push(e, (uint64_t)node->rank << 32 | place);
		if (node->prev != LL_BPE_NONE && rank_node(e, node->prev, n))
			heap_push(e, (uint64_t)e->node[node->prev].rank << 32 | node->prev);
	}
	uint32_t *id = ids_reserve(out, bytes);
	for (uint32_t i = 0; i < n; i = e->node[i].next, out->len++)
		*id++ = e->node[i].id;
}

static void merge_run(struct ll_bpe_encoder *e, const char *p, size_t n, struct ll_ids *out)
{
	if (n <= SCAN_MOST)
		merge_scan(e->bpe, p, n, out);
	else
		merge_heap(e, p, n, out);
}

/* A run of any length, window by window: see the head of this file. */
static void merge_windows(struct ll_bpe_encoder *e, const char *p, size_t n, struct ll_ids *out)
{
	const struct ll_bpe *b = e->bpe;
	size_t base = out->len, width = LL_MAX(WINDOW, (size_t)8 * b->longest),
	       done = 0; /* bytes covered by out[base..] */
	merge_run(e, p, LL_MIN(width, n), out);
	for (done = LL_MIN(width, n); done < n;) {
		/* Step back over a margin, then go on from the start of the token there. */
		size_t keep = out->len, start = done, margin = LL_MIN(width / 4, (size_t)4 * b->longest);
		while (keep > base && done - start < margin)
			start -= b->token[out->id[--keep]].len;
		size_t len = LL_MIN(width, n - start);
		bool joined = false;
		for (; start + len > done;) {
			e->window.len = 0;
			merge_run(e, p + start, len, &e->window);
			if (keep == base || e->window.id[0] == out->id[keep]) {
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
			merge_run(e, p, LL_MIN(width, n), out);
			done = LL_MIN(width, n);
			continue;
		}
		out->len = keep;
		memcpy(ids_reserve(out, e->window.len), e->window.id, e->window.len * sizeof *out->id);
		out->len += e->window.len;
		done = start + len;
	}
}

/* ---- pre-tokens ---- */

static void encode_piece(struct ll_bpe_encoder *e, const char *p, size_t n, struct ll_ids *out)
{
	const struct ll_bpe *b = e->bpe;
	if (e->skeleton) {
		*ids_reserve(out, 1) = 0;
		out->len++;
		return;
	}
	if (b->ignore_merges) {
		uint32_t id = ll_bpe_find_word(b, p, n);
		if (id != LL_BPE_NONE) {
			*ids_reserve(out, 1) = id;
			out->len++;
			return;
		}
	}
	if (n <= WINDOW)
		merge_run(e, p, n, out);
	else
		merge_windows(e, p, n, out);
}

void ll_bpe_encode_piece(struct ll_bpe_encoder *e, struct ll_str piece, struct ll_ids *out)
{
	encode_piece(e, piece.data, piece.len, out);
}

/* A piece that is in no slot as it is: longer, of more ids, or new. */
static void encode_other(struct ll_bpe_encoder *e, size_t i, const char *p, size_t n, struct ll_ids *out)
{
	struct ll_piece piece = e->batch.piece[i];
	uint32_t set = e->batch.set[i];
	if (n > LL_PIECE_CACHED) {
		encode_piece(e, p, n, out);
		return;
	}
	if (n > LL_PIECE_SHORT) {
		piece = ll_piece_long(p, n);
		set = e->cache.set(&e->cache, piece);
	}
	size_t ids, before = out->len;
	const uint32_t *id = ll_piece_cache_find(&e->cache, piece, set, p, n, &ids);
	if (id) {
		memcpy(ids_reserve(out, ids), id, ids * sizeof *id);
		out->len += ids;
		return;
	}
	encode_piece(e, p, n, out);
	if (!e->skeleton)
		ll_piece_cache_put(&e->cache, piece, set, p, n, out->id + before, out->len - before);
}

/* Batch by batch: where the pieces end, their keys, their ids. */
static void encode_plain(struct ll_bpe_encoder *e, struct ll_str text, struct ll_ids *out)
{
	struct ll_batch *b = &e->batch;
	size_t at = 0;
	for (size_t n; (n = ll_split(e->splitter, text, at, b->end, LL_PIECE_BATCH)) > 0; at = b->end[n - 1]) {
		e->cache.keys(&e->cache, b, text.data, at, n, text.len);
		for (size_t i = 0;; i++) {
			uint32_t *to = ids_reserve(out, LL_SLOT_IDS * (n - i) + 1);
			i = e->cache.hits(&e->cache, b, i, n, &to);
			out->len = (size_t)(to - out->id);
			if (i == n)
				break;
			size_t start = i ? b->end[i - 1] : at;
			encode_other(e, i, text.data + start, b->end[i] - start, out);
		}
	}
	e->error = ll_splitter_error(e->splitter);
}

/* The added tokens that are looked for in one pass. */
struct wanted {
	bool special, normalized; /* those that are special too; those looked for in normalized text, or the others */
	bool first[256], any;	  /* bytes that one begins with */
};

static bool is_wanted(const struct wanted *w, const struct ll_bpe_token *t)
{
	return (w->special || !(t->flags & LL_TOKEN_SPECIAL)) &&
	       w->normalized == ((t->flags & LL_TOKEN_NORMALIZED) != 0);
}

static struct wanted want(const struct ll_bpe *b, bool special, bool normalized)
{
	struct wanted w = { .special = special, .normalized = normalized };
	for (size_t i = 0; i < b->addeds; i++) {
		const struct ll_bpe_token *t = &b->token[b->added[i]];
		if (is_wanted(&w, t))
			w.any = w.first[(unsigned char)b->bytes.data[t->offset]] = true;
	}
	return w;
}

/* The first added token from byte *at on, the longest of several that start there, and *at where; or LL_BPE_NONE. */
static uint32_t find_added(const struct ll_bpe *b, const struct wanted *w, struct ll_str text, size_t *at)
{
	for (; w->any && *at < text.len; (*at)++) {
		if (!w->first[(unsigned char)text.data[*at]])
			continue;
		for (size_t i = 0; i < b->addeds; i++) {
			const struct ll_bpe_token *t = &b->token[b->added[i]];
			if (is_wanted(w, t) && t->len <= text.len - *at &&
			    memcmp(b->bytes.data + t->offset, text.data + *at, t->len) == 0)
				return b->added[i];
		}
	}
	return LL_BPE_NONE;
}

static void encode_between(struct ll_bpe_encoder *e, struct ll_str text, bool special, bool normalized,
			   struct ll_ids *out);

/* Cuts added tokens out, first those of the text as it is, then between them those of the normalized text. */
static void encode_added(struct ll_bpe_encoder *e, struct ll_str text, bool special, bool normalized,
			 struct ll_ids *out)
{
	struct wanted w = want(e->bpe, special, normalized);
	size_t from = 0, at = 0;
	for (uint32_t id; (id = find_added(e->bpe, &w, text, &at)) != LL_BPE_NONE && !e->error; from = at) {
		encode_between(e, ll_str(text.data + from, at - from), special, normalized, out);
		*ids_reserve(out, 1) = id;
		out->len++;
		at += e->bpe->token[id].len;
	}
	encode_between(e, ll_str(text.data + from, text.len - from), special, normalized, out);
}

void ll_bpe_encoder_pieces(struct ll_bpe_encoder *e, void (*piece)(void *context, struct ll_str piece, struct ll_ids *out),
			   void *context)
{
	e->piece = piece;
	e->context = context;
}

static void hand_out_pieces(struct ll_bpe_encoder *e, struct ll_str text, struct ll_ids *out)
{
	size_t ends[256], at = 0;
	for (size_t n; (n = ll_split(e->splitter, text, at, ends, LL_COUNT(ends)));)
		for (size_t i = 0; i < n; at = ends[i++])
			e->piece(e->context, ll_str(text.data + at, ends[i] - at), out);
	e->error = ll_splitter_error(e->splitter);
}

static void encode_between(struct ll_bpe_encoder *e, struct ll_str text, bool special, bool normalized,
			   struct ll_ids *out)
{
	if (text.len == 0 || e->error)
		return;
	if (!normalized)
		text = ll_bpe_normalize(e->bpe, text, &e->normalized);
	if (!normalized && e->bpe->added_normalized)
		encode_added(e, text, special, true, out);
	else if (e->piece)
		hand_out_pieces(e, text, out);
	else
		encode_plain(e, text, out);
}

int ll_bpe_try_encode(struct ll_bpe_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out,
		      struct ll_err *err)
{
	if (e->chars)
		return ll_char_encode(e->chars, text, allow_special, out, err);
	e->error = NULL;
	encode_added(e, text, allow_special, false, out);
	return e->error ? ll_err_set(err, "%s", e->error) : 0;
}

int64_t ll_bpe_find_special(const struct ll_bpe *b, struct ll_str text)
{
	struct ll_buf scratch = { 0 };
	uint32_t found = LL_BPE_NONE;
	for (int normalized = 0; normalized <= b->added_normalized && found == LL_BPE_NONE; normalized++) {
		struct wanted w = want(b, true, normalized);
		if (normalized)
			text = ll_bpe_normalize(b, text, &scratch);
		for (size_t at = 0; (found = find_added(b, &w, text, &at)) != LL_BPE_NONE; at += b->token[found].len)
			if (b->token[found].flags & LL_TOKEN_SPECIAL)
				break;
	}
	ll_buf_free(&scratch);
	return found == LL_BPE_NONE ? -1 : (int64_t)found;
}

void ll_bpe_encode(struct ll_bpe_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out)
{
	struct ll_err err;
	if (ll_bpe_try_encode(e, text, allow_special, out, &err)) {
		ll_hint(LL_SPLITTER_HINT);
		ll_die(LL_EXIT_INPUT, "text: %s", err.text);
	}
}
