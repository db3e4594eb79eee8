/* SPDX-License-Identifier: MIT */
/* Words to ids: BPE with a heap, WordPiece and Unigram with a trie; and all three by their plain rules. */
#include "bpe/char_words.h"

#include "base/memory.h"
#include "bpe/bpe_merges.h"
#include "text/utf8.h"

static void put_id(struct ll_ids *out, uint32_t id)
{
	LL_GROW(out->id, out->cap, out->len + 1);
	out->id[out->len++] = id;
}

static size_t char_len(const char *p)
{
	const char *next = p;
	ll_utf8_next(&next);
	return (size_t)(next - p);
}

/* ---- BPE ---- */

/* True, with its token, where a word that is a token is not merged. */
static bool whole_word(const struct ll_bpe *b, struct ll_str word, struct ll_ids *out)
{
	uint32_t id = b->ignore_merges ? ll_bpe_find_word(b, word.data, word.len) : LL_BPE_NONE;
	if (id != LL_BPE_NONE)
		put_id(out, id);
	return id != LL_BPE_NONE;
}

/* The symbols that a word starts with: characters, bytes of characters that are no token, or the unknown token. */
static void first_symbols(const struct ll_bpe *b, struct ll_str word, struct ll_ids *out)
{
	const struct ll_char_model *m = b->chars;
	bool unknown = false;
	for (size_t at = 0, n; at < word.len; at += n) {
		n = char_len(word.data + at);
		uint32_t id = ll_bpe_find_word(b, word.data + at, n);
		if (id == LL_BPE_NONE && m->byte_fallback) {
			for (size_t i = 0; i < n; i++)
				put_id(out, m->fallback[(unsigned char)word.data[at + i]]);
			continue;
		}
		if (id != LL_BPE_NONE || !unknown || !m->fuse_unknown)
			put_id(out, id == LL_BPE_NONE ? m->unknown : id);
		unknown = id == LL_BPE_NONE;
	}
}

static void heap_push(struct ll_char_encoder *e, uint64_t v)
{
	LL_GROW(e->heap, e->heap_cap, e->heap_len + 1);
	size_t i = e->heap_len++;
	for (; i > 0 && e->heap[(i - 1) / 2] > v; i = (i - 1) / 2)
		e->heap[i] = e->heap[(i - 1) / 2];
	e->heap[i] = v;
}

static uint64_t heap_pop(struct ll_char_encoder *e)
{
	uint64_t top = e->heap[0], v = e->heap[--e->heap_len];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < e->heap_len; i = child) {
		child += child + 1 < e->heap_len && e->heap[child + 1] < e->heap[child];
		if (e->heap[child] >= v)
			break;
		e->heap[i] = e->heap[child];
	}
	e->heap[i] = v;
	return top;
}

static void rank_symbol(struct ll_char_encoder *e, uint32_t place, uint32_t n)
{
	struct ll_symbol *s = &e->symbol[place];
	s->rank = LL_BPE_NONE;
	if (s->next == n)
		return;
	s->rank = ll_bpe_rank(e->b, s->id, e->symbol[s->next].id);
	if (s->rank != LL_BPE_NONE)
		heap_push(e, (uint64_t)s->rank << 32 | place);
}

static void bpe_word(struct ll_char_encoder *e, struct ll_str word, struct ll_ids *out)
{
	const struct ll_bpe *b = e->b;
	size_t base = out->len;
	if (whole_word(b, word, out))
		return;
	first_symbols(b, word, out);
	uint32_t n = (uint32_t)(out->len - base);
	LL_GROW(e->symbol, e->symbols_cap, n);
	e->heap_len = 0;
	for (uint32_t i = 0; i < n; i++)
		e->symbol[i] =
			(struct ll_symbol){ .id = out->id[base + i], .next = i + 1, .prev = i ? i - 1 : LL_BPE_NONE };
	for (uint32_t i = 0; i < n; i++)
		rank_symbol(e, i, n);
	while (e->heap_len) {
		uint64_t top = heap_pop(e);
		uint32_t place = (uint32_t)top;
		struct ll_symbol *s = &e->symbol[place];
		if (s->rank != top >> 32)
			continue;
		struct ll_symbol *right = &e->symbol[s->next];
		s->id = ll_bpe_merged(e->b, s->rank);
		s->next = right->next;
		right->rank = LL_BPE_NONE;
		if (s->next != n)
			e->symbol[s->next].prev = place;
		rank_symbol(e, place, n);
		if (s->prev != LL_BPE_NONE)
			rank_symbol(e, s->prev, n);
	}
	out->len = base;
	for (uint32_t i = 0; i < n; i = e->symbol[i].next)
		out->id[out->len++] = e->symbol[i].id;
}

/* ---- WordPiece ---- */

static void wordpiece_word(struct ll_char_encoder *e, struct ll_str word, struct ll_ids *out)
{
	const struct ll_bpe *b = e->b;
	const struct ll_trie *t = &b->chars->trie;
	size_t base = out->len, at = 0;
	if (ll_utf8_count(word.data, word.len) > b->chars->most_chars)
		goto unknown;
	while (at < word.len) {
		uint32_t node = at ? b->chars->inside : LL_TRIE_ROOT, id = LL_TRIE_NONE;
		size_t end = at;
		for (size_t i = at; i < word.len && node != LL_TRIE_NONE;) {
			node = ll_trie_step(t, node, (unsigned char)word.data[i++]);
			if (node != LL_TRIE_NONE && t->token[node] != LL_TRIE_NONE) {
				id = t->token[node];
				end = i;
			}
		}
		if (id == LL_TRIE_NONE)
			goto unknown;
		put_id(out, id);
		at = end;
	}
	return;
unknown:
	out->len = base;
	put_id(out, b->chars->unknown);
}

/* ---- Unigram ---- */

static bool better(const struct ll_best *best, double score)
{
	return best->from == SIZE_MAX || score > best->score;
}

/* What the trie has for every place, or with `plain` what the hash table of tokens has, length by length. */
static void find_paths(struct ll_char_encoder *e, struct ll_str word, bool plain)
{
	const struct ll_bpe *b = e->b;
	const struct ll_char_model *m = b->chars;
	LL_GROW(e->best, e->best_cap, word.len + 1);
	for (size_t i = 0; i <= word.len; i++)
		e->best[i] = (struct ll_best){ 0, SIZE_MAX, 0 };
	for (size_t at = 0, n; at < word.len; at += n) {
		double here = e->best[at].score;
		uint32_t node = LL_TRIE_ROOT;
		bool single = false;
		n = char_len(word.data + at);
		for (size_t len = 1; len <= LL_MIN(word.len - at, b->longest); len++) {
			uint32_t id;
			if (plain) {
				id = ll_bpe_find_word(b, word.data + at, len);
			} else {
				node = ll_trie_step(&m->trie, node, (unsigned char)word.data[at + len - 1]);
				if (node == LL_TRIE_NONE)
					break;
				id = m->trie.token[node];
			}
			if (id == LL_BPE_NONE || id >= m->scores)
				continue;
			if (better(&e->best[at + len], here + m->score[id]))
				e->best[at + len] = (struct ll_best){ here + m->score[id], at, id };
			single |= len == n;
		}
		if (!single && better(&e->best[at + n], here + m->unknown_score))
			e->best[at + n] = (struct ll_best){ here + m->unknown_score, at, m->unknown };
	}
}

/* An unknown stretch: a token after all, bytes, or the unknown token. */
static void put_unknown(const struct ll_bpe *b, struct ll_str text, struct ll_ids *out)
{
	const struct ll_char_model *m = b->chars;
	uint32_t id = ll_bpe_find_word(b, text.data, text.len);
	if (id != LL_BPE_NONE || !m->byte_fallback) {
		put_id(out, id != LL_BPE_NONE ? id : m->unknown);
		return;
	}
	for (size_t i = 0; i < text.len; i++)
		put_id(out, m->fallback[(unsigned char)text.data[i]]);
}

static void unigram_word(struct ll_char_encoder *e, struct ll_str word, bool plain, struct ll_ids *out)
{
	find_paths(e, word, plain);
	/* The path backwards: each place on it learns where the path goes on. */
	for (size_t to = word.len, from; to > 0; to = from) {
		from = e->best[to].from;
		e->best[from].score = (double)to; /* not needed any more; places are exact in a double */
	}
	for (size_t at = 0; at < word.len;) {
		size_t to = (size_t)e->best[at].score, start = at;
		if (e->best[to].id != e->b->chars->unknown) {
			put_id(out, e->best[to].id);
			at = to;
			continue;
		}
		while (at < word.len && e->best[(size_t)e->best[at].score].id == e->b->chars->unknown)
			at = (size_t)e->best[at].score;
		put_unknown(e->b, ll_str(word.data + start, at - start), out);
	}
}

/* ---- all kinds ---- */

void ll_char_word(struct ll_char_encoder *e, struct ll_str word, struct ll_ids *out)
{
	if (e->b->kind == LL_MODEL_CHARS)
		bpe_word(e, word, out);
	else if (e->b->kind == LL_MODEL_WORDPIECE)
		wordpiece_word(e, word, out);
	else
		unigram_word(e, word, false, out);
}

static void plain_bpe(const struct ll_bpe *b, struct ll_str word, struct ll_ids *out)
{
	size_t base = out->len;
	if (whole_word(b, word, out))
		return;
	first_symbols(b, word, out);
	ll_bpe_merge_symbols(b, out, base);
}

static void plain_wordpiece(const struct ll_bpe *b, struct ll_str word, struct ll_ids *out)
{
	const struct ll_char_model *m = b->chars;
	struct ll_buf piece = { 0 };
	size_t base = out->len, at = 0, prefix = strlen(m->prefix);
	bool found = ll_utf8_count(word.data, word.len) <= m->most_chars;
	while (at < word.len && found) {
		ll_buf_clear(&piece);
		if (at)
			ll_buf_puts(&piece, m->prefix);
		ll_buf_add(&piece, word.data + at, word.len - at);
		size_t least = at ? prefix : 0;
		uint32_t id = LL_BPE_NONE;
		while (piece.len > least && (id = ll_bpe_find_word(b, piece.data, piece.len)) == LL_BPE_NONE)
			piece.len--;
		found = id != LL_BPE_NONE;
		if (found) {
			put_id(out, id);
			at += piece.len - least;
		}
	}
	if (!found) {
		out->len = base;
		put_id(out, m->unknown);
	}
	ll_buf_free(&piece);
}

void ll_char_plain(const struct ll_bpe *b, struct ll_str word, struct ll_ids *out)
{
	if (b->kind == LL_MODEL_CHARS) {
		plain_bpe(b, word, out);
	} else if (b->kind == LL_MODEL_WORDPIECE) {
		plain_wordpiece(b, word, out);
	} else {
		struct ll_char_encoder *e = ll_char_encoder_new(b);
		unigram_word(e, word, true, out);
		ll_char_encoder_free(e);
	}
}
