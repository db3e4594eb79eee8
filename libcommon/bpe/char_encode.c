/* SPDX-License-Identifier: MIT */
/* Text to ids for tokenizers over characters: added tokens, normaliser, words; what a word becomes is char_words.c's.
 */
#include "base/memory.h"
#include "bpe/bert_chars.h"
#include "bpe/char_words.h"
#include "text/utf8.h"

struct ll_char_encoder *ll_char_encoder_new(const struct ll_bpe *b)
{
	struct ll_char_encoder *e = ll_calloc(1, sizeof *e);
	e->b = b;
	e->splitter = ll_char_splitter_new(b->chars->splits);
	return e;
}

void ll_char_encoder_free(struct ll_char_encoder *e)
{
	if (!e)
		return;
	ll_char_splitter_free(e->splitter);
	ll_free(e->symbol);
	ll_free(e->heap);
	ll_free(e->best);
	ll_buf_free(&e->repaired);
	ll_buf_free(&e->normalized);
	ll_free(e);
}

/* ---- added tokens ---- */

/* Which added tokens are looked for, and as what. */
struct wanted {
	bool normalized; /* those that are looked for in normalised text, with their normalised content */
	bool special;	 /* special ones too */
	bool first[256], any;
};

/* The i-th added token as it is looked for; empty when it is not. */
static struct ll_str added_text(const struct ll_bpe *b, const struct wanted *w, size_t i)
{
	const struct ll_char_model *m = b->chars;
	unsigned flags = b->token[b->added[i]].flags;
	size_t from = i ? m->added_end[i - 1] : 0;
	if (!!(flags & LL_TOKEN_NORMALIZED) != w->normalized || (!w->special && (flags & LL_TOKEN_SPECIAL)))
		return ll_str("", 0);
	return w->normalized ? ll_str(m->added.data ? m->added.data + from : "", m->added_end[i] - from)
			     : ll_bpe_token_name(b, b->added[i]);
}

static void want(const struct ll_bpe *b, struct wanted *w, bool normalized, bool special)
{
	*w = (struct wanted){ .normalized = normalized, .special = special };
	for (size_t i = 0; i < b->addeds; i++) {
		struct ll_str text = added_text(b, w, i);
		if (text.len)
			w->any = w->first[(unsigned char)text.data[0]] = true;
	}
}

struct hit {
	uint32_t id;
	size_t from, to; /* with the white space that it takes along */
	size_t next;	 /* where to look on */
};

/* The first added token from `at` on; `free` is where what was not taken yet begins. */
static bool find_added(const struct ll_bpe *b, const struct wanted *w, struct ll_str text, size_t at, size_t free,
		       struct hit *hit)
{
	for (; w->any && at < text.len; at++) {
		if (!w->first[(unsigned char)text.data[at]])
			continue;
		size_t best = 0, longest = 0;
		for (size_t i = 0; i < b->addeds; i++) {
			struct ll_str t = added_text(b, w, i);
			if (t.len > longest && t.len <= text.len - at && memcmp(t.data, text.data + at, t.len) == 0) {
				best = i;
				longest = t.len;
			}
		}
		if (!longest)
			continue;
		*hit = (struct hit){ b->added[best], at, at + longest, at + longest };
		unsigned flags = b->token[hit->id].flags;
		while ((flags & LL_TOKEN_LSTRIP) && hit->from > free) {
			const char *p = text.data + hit->from - 1;
			while (p > text.data + free && (*p & 0xc0) == 0x80)
				p--;
			size_t before = (size_t)(p - text.data);
			if (!ll_bert_is_space(ll_utf8_next(&p)))
				break;
			hit->from = before;
		}
		while ((flags & LL_TOKEN_RSTRIP) && hit->to < text.len) {
			const char *p = text.data + hit->to;
			if (!ll_bert_is_space(ll_utf8_next(&p)))
				break;
			hit->to = (size_t)(p - text.data);
		}
		return true;
	}
	return false;
}

/* ---- stretches ---- */

struct run {
	struct ll_char_encoder *e;
	struct wanted raw, normalized;
	struct ll_ids *out;
	struct ll_err *err;
};

static void put_id(struct ll_ids *out, uint32_t id)
{
	LL_GROW(out->id, out->cap, out->len + 1);
	out->id[out->len++] = id;
}

static int encode_words(struct run *r, struct ll_str text, bool at_start)
{
	const struct ll_words *words;
	if (text.len == 0)
		return 0;
	if (ll_char_split(r->e->splitter, text, at_start, &words, r->err))
		return -1;
	size_t at = 0;
	for (size_t i = 0; i < words->n; at = words->end[i++]) {
		struct ll_str word = ll_str(words->text.data + at, words->end[i] - at);
		if (r->e->trace)
			ll_trace_put(r->e->trace, word, false);
		ll_char_word(r->e, word, r->out);
	}
	return 0;
}

/* Hands what lies between the added tokens to `plain`, and puts these. */
static int around_added(struct run *r, const struct wanted *w, struct ll_str text, bool at_start,
			int (*plain)(struct run *r, struct ll_str text, bool at_start))
{
	size_t free = 0, at = 0;
	struct hit hit;
	while (find_added(r->e->b, w, text, at, free, &hit)) {
		if (hit.from > free && plain(r, ll_str(text.data + free, hit.from - free), at_start && free == 0))
			return -1;
		put_id(r->out, hit.id);
		if (r->e->trace)
			ll_trace_put(r->e->trace, ll_bpe_token_name(r->e->b, hit.id), true);
		free = hit.to;
		at = LL_MAX(hit.next, free);
	}
	return free < text.len ? plain(r, ll_str(text.data + free, text.len - free), at_start && free == 0) : 0;
}

static int encode_stretch(struct run *r, struct ll_str text, bool at_start)
{
	struct ll_char_encoder *e = r->e;
	if (e->b->chars->normalizer) {
		ll_buf_clear(&e->normalized);
		if (ll_normalizer_apply(e->b->chars->normalizer, text, &e->normalized, r->err))
			return -1;
		text = ll_buf_str(&e->normalized);
	}
	return around_added(r, &r->normalized, text, at_start, encode_words);
}

int ll_char_encode(struct ll_char_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out,
		   struct ll_err *err)
{
	struct run r = { .e = e, .out = out, .err = err };
	if (ll_utf8_valid_prefix(text.data, text.len) != text.len) {
		ll_buf_clear(&e->repaired);
		ll_utf8_repair(&e->repaired, text.data, text.len);
		text = ll_buf_str(&e->repaired);
	}
	want(e->b, &r.raw, false, allow_special);
	want(e->b, &r.normalized, true, allow_special);
	return around_added(&r, &r.raw, text, true, encode_stretch);
}
