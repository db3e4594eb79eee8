/* SPDX-License-Identifier: MIT */
#include "bpe/added_tokens.h"

#include "base/memory.h"
#include "bpe/bert_chars.h"
#include "bpe/char_model.h"
#include "bpe/char_splits.h"
#include "text/utf8.h"

/* ---- what is looked for ---- */

/* The content as the pass meets it; NULL data where the normaliser gives up. */
static struct ll_str looked_for(const struct ll_bpe *b, uint32_t id, struct ll_buf *scratch, struct ll_err *err)
{
	struct ll_str name = ll_bpe_token_name(b, id);
	if (!ll_added_is_normalized(b, id))
		return name;
	if (!b->chars)
		return ll_bpe_normalize(b, name, scratch);
	ll_buf_clear(scratch);
	if (ll_normalizer_apply(b->chars->normalizer, name, scratch, NULL, err))
		return ll_str(NULL, 0);
	return scratch->data ? ll_buf_str(scratch) : ll_str("", 0);
}

size_t ll_added_place(const struct ll_bpe *b, uint32_t id)
{
	size_t low = 0, high = b->addeds;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (b->added[middle] <= id)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Decoding gives what is looked for, as in tokenizers. */
static void keep_text(struct ll_bpe *b, uint32_t id, struct ll_str text)
{
	if (ll_str_eq(text, ll_bpe_token_name(b, id)))
		return;
	if (!b->added_text) {
		b->added_text = ll_malloc(b->addeds * sizeof *b->added_text);
		for (size_t i = 0; i < b->addeds; i++)
			b->added_text[i] = b->token[b->added[i]];
	}
	struct ll_bpe_token *kept = &b->added_text[ll_added_place(b, id)];
	kept->offset = b->bytes.len;
	kept->len = (uint32_t)text.len;
	ll_buf_add_str(&b->bytes, text);
}

/* True when a text cannot be cut between a letter and a blank without regard to this token: one that spans such a place, takes white
 * space behind it along there, or is none behind a letter. */
static bool spans_cuts(struct ll_str text, unsigned flags)
{
	for (size_t i = 0; i <= text.len; i++) {
		bool letter = i ? (unsigned char)text.data[i - 1] >= 0x80 || ll_char_is_word((unsigned char)text.data[i - 1])
				: (flags & LL_TOKEN_SINGLE_WORD) != 0;
		bool blank = i < text.len ? strchr(" \t\n\v\f\r", text.data[i]) != NULL : (flags & LL_TOKEN_RSTRIP) != 0;
		if (letter && blank)
			return true;
	}
	return false;
}

static struct ll_added_search *search_of(const struct ll_bpe *b, bool special, bool normalized)
{
	return &b->search[special * 2 + normalized];
}

int ll_added_index(struct ll_bpe *b, struct ll_err *err)
{
	struct ll_buf scratch = { 0 };
	int rc = 0;
	b->search = ll_calloc(4, sizeof *b->search);
	for (size_t id = b->tokens; id-- > 0 && !rc;) { /* of equal ones the last to come stays: the lowest id */
		unsigned flags = b->token[id].flags;
		if (!(flags & LL_TOKEN_ADDED))
			continue;
		struct ll_str text = looked_for(b, (uint32_t)id, &scratch, err);
		rc = text.data ? 0 : -1;
		if (text.data)
			keep_text(b, (uint32_t)id, text);
		for (int special = !!(flags & LL_TOKEN_SPECIAL); special < 2 && text.len; special++) {
			struct ll_added_search *s = search_of(b, special, ll_added_is_normalized(b, (uint32_t)id));
			if (!s->firsts)
				ll_trie_init(&s->trie);
			ll_trie_add(&s->trie, text, (uint32_t)id);
			s->last_first = (unsigned char)text.data[0];
			s->firsts += !s->first[s->last_first];
			s->first[s->last_first] = true;
		}
		b->added_in_text |= !(flags & LL_TOKEN_SPECIAL);
		b->added_spans_cuts |= !(flags & LL_TOKEN_SPECIAL) && text.data && spans_cuts(text, flags);
	}
	ll_buf_free(&scratch);
	return rc;
}

void ll_added_free(struct ll_bpe *b)
{
	for (int i = 0; b->search && i < 4; i++)
		ll_trie_free(&b->search[i].trie);
	ll_free(b->search);
}

/* ---- what stands around ---- */

/* The character at p, and its length; a byte that is no part of valid UTF-8 is one that is neither a letter nor white space. */
static uint32_t char_at(const char *p, size_t left, size_t *len)
{
	const char *next = p;
	if (ll_utf8_valid_prefix(p, LL_MIN(left, (size_t)4)) == 0) {
		*len = 1;
		return 0xfffd;
	}
	uint32_t c = ll_utf8_next(&next);
	*len = (size_t)(next - p);
	return c;
}

static uint32_t char_before(struct ll_str text, size_t at, size_t *len)
{
	size_t from = at - 1;
	while (from > 0 && at - from < 4 && (text.data[from] & 0xc0) == 0x80)
		from--;
	uint32_t c = char_at(text.data + from, at - from, len);
	if (*len == at - from)
		return c;
	*len = 1;
	return 0xfffd;
}

static bool inside_word(struct ll_str text, size_t from, size_t to)
{
	size_t len;
	return (from > 0 && ll_char_is_word(char_before(text, from, &len))) ||
	       (to < text.len && ll_char_is_word(char_at(text.data + to, text.len - to, &len)));
}

/* Where white space that ends at `at` begins, not before c->free: that has been handed out. */
static size_t space_before(const struct ll_added_cutter *c, size_t at)
{
	for (size_t len; at > c->free && ll_bert_is_space(char_before(c->text, at, &len));)
		at -= len;
	return at;
}

/* Where white space that begins at `at` ends. A run is gone through once, however many tokens there are in it. */
static size_t space_behind(struct ll_added_cutter *c, size_t at)
{
	if (at >= c->space_from && at < c->space_to)
		return c->space_to;
	c->space_from = at;
	for (size_t len; at < c->text.len && ll_bert_is_space(char_at(c->text.data + at, c->text.len - at, &len));)
		at += len;
	return c->space_to = at;
}

/* ---- cutting ---- */

/* The longest one at `at`. */
static bool longest_at(const struct ll_added_search *s, struct ll_str text, size_t at, struct ll_added_part *hit)
{
	uint32_t node = LL_TRIE_ROOT;
	bool found = false;
	for (size_t i = at; i < text.len && (node = ll_trie_step(&s->trie, node, (unsigned char)text.data[i])) != LL_TRIE_NONE; i++)
		if (s->trie.token[node] != LL_TRIE_NONE) {
			*hit = (struct ll_added_part){ at, i + 1, s->trie.token[node] };
			found = true;
		}
	return found;
}

/* The first place from `at` on where one may begin, or the end. */
static size_t next_first(const struct ll_added_search *s, struct ll_str text, size_t at)
{
	if (s->firsts == 1 && at < text.len) { /* as most often: '<' */
		const char *p = memchr(text.data + at, s->last_first, text.len - at);
		return p ? (size_t)(p - text.data) : text.len;
	}
	while (at < text.len && !s->first[(unsigned char)text.data[at]])
		at++;
	return at;
}

static bool find_hit(struct ll_added_cutter *c)
{
	const struct ll_added_search *s = c->search;
	struct ll_str text = c->text;
	if (!s->firsts)
		return false;
	for (size_t at = c->at; (at = next_first(s, text, at)) < text.len;) {
		if (!longest_at(s, text, at, &c->hit)) {
			at++;
			continue;
		}
		unsigned flags = c->b->token[c->hit.id].flags;
		at = c->hit_next = c->hit.to;
		if ((flags & LL_TOKEN_SINGLE_WORD) && inside_word(text, c->hit.from, c->hit.to))
			continue;
		if (flags & LL_TOKEN_LSTRIP)
			c->hit.from = LL_MAX(space_before(c, c->hit.from), c->free);
		if (flags & LL_TOKEN_RSTRIP)
			c->hit.to = space_behind(c, c->hit.to);
		return true;
	}
	return false;
}

struct ll_added_cutter ll_added_cut(const struct ll_bpe *b, struct ll_str text, bool special, bool normalized)
{
	return (struct ll_added_cutter){ .b = b, .search = search_of(b, special, normalized), .text = text };
}

bool ll_added_next(struct ll_added_cutter *c, struct ll_added_part *part)
{
	for (;;) {
		if (!c->has_hit && !c->done) {
			c->has_hit = find_hit(c);
			c->done = !c->has_hit;
			size_t to = c->has_hit ? c->hit.from : c->text.len;
			*part = (struct ll_added_part){ c->free, to, LL_BPE_NONE };
			if (c->free < to)
				return true;
		}
		if (!c->has_hit)
			return false;
		*part = c->hit;
		c->free = c->hit.to;
		c->at = c->hit_next;
		c->has_hit = false;
		if (part->from < part->to) /* else the one before has taken it along, as white space */
			return true;
	}
}

int64_t ll_added_find(const struct ll_bpe *b, struct ll_str text, bool special, unsigned flags)
{
	struct ll_added_cutter raw = ll_added_cut(b, text, special, false);
	struct ll_buf scratch = { 0 };
	int64_t found = -1;
	for (struct ll_added_part part, inner; found < 0 && ll_added_next(&raw, &part);) {
		if (part.id != LL_BPE_NONE) {
			found = b->token[part.id].flags & flags ? (int64_t)part.id : -1;
			continue;
		}
		if (!search_of(b, special, true)->firsts)
			continue;
		struct ll_added_cutter normal =
			ll_added_cut(b, ll_bpe_normalize(b, ll_added_text(&raw, &part), &scratch), special, true);
		while (found < 0 && ll_added_next(&normal, &inner))
			found = inner.id != LL_BPE_NONE && (b->token[inner.id].flags & flags) ? (int64_t)inner.id : -1;
	}
	ll_buf_free(&scratch);
	return found;
}
