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

static uint32_t char_before(struct ll_str text, size_t *at)
{
	do
		--*at;
	while (*at > 0 && (text.data[*at] & 0xc0) == 0x80);
	const char *p = text.data + *at;
	return ll_utf8_next(&p);
}

static uint32_t char_after(struct ll_str text, size_t *at)
{
	const char *p = text.data + *at;
	uint32_t c = ll_utf8_next(&p);
	*at = (size_t)(p - text.data);
	return c;
}

static bool inside_word(struct ll_str text, size_t from, size_t to)
{
	return (from > 0 && ll_char_is_word(char_before(text, &from))) ||
	       (to < text.len && ll_char_is_word(char_after(text, &to)));
}

/* The longest added token at `at`; of two that are looked for as the same text, where tokenizers takes any, the first. */
static bool added_at(const struct ll_bpe *b, const struct wanted *w, struct ll_str text, size_t at, struct hit *hit)
{
	size_t longest = 0;
	if (!w->first[(unsigned char)text.data[at]])
		return false;
	for (size_t i = 0; i < b->addeds; i++) {
		struct ll_str t = added_text(b, w, i);
		if (t.len && t.len >= longest && t.len <= text.len - at && memcmp(t.data, text.data + at, t.len) == 0 &&
		    (t.len > longest || b->added[i] < hit->id)) {
			hit->id = b->added[i];
			longest = t.len;
		}
	}
	hit->from = at;
	hit->to = hit->next = at + longest;
	return longest > 0;
}

/* The first added token from `at` on. As in tokenizers a longer one hides those in it even where it is dropped for being inside a
 * word, and white space that is taken along is looked at again. */
static bool find_added(const struct ll_bpe *b, const struct wanted *w, struct ll_str text, size_t at, struct hit *hit)
{
	while (w->any && at < text.len) {
		if (!added_at(b, w, text, at, hit)) {
			at++;
			continue;
		}
		unsigned flags = b->token[hit->id].flags;
		if ((flags & LL_TOKEN_SINGLE_WORD) && inside_word(text, hit->from, hit->to)) {
			at = hit->next;
			continue;
		}
		for (size_t from = hit->from; (flags & LL_TOKEN_LSTRIP) && from > 0 && ll_bert_is_space(char_before(text, &from));)
			hit->from = from;
		for (size_t to = hit->to; (flags & LL_TOKEN_RSTRIP) && to < text.len && ll_bert_is_space(char_after(text, &to));)
			hit->to = to;
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
	struct hit hit = { 0 };
	while (find_added(r->e->b, w, text, at, &hit)) {
		if (hit.from > free && plain(r, ll_str(text.data + free, hit.from - free), at_start && free == 0))
			return -1;
		bool taken = (r->e->b->token[hit.id].flags & LL_TOKEN_LSTRIP) && hit.to <= free; /* with the white space of the last */
		if (!taken)
			put_id(r->out, hit.id);
		if (!taken && r->e->trace)
			ll_trace_put(r->e->trace, ll_bpe_token_name(r->e->b, hit.id), true);
		free = hit.to;
		at = hit.next;
	}
	return free < text.len ? plain(r, ll_str(text.data + free, text.len - free), at_start && free == 0) : 0;
}

static int encode_stretch(struct run *r, struct ll_str text, bool at_start)
{
	struct ll_char_encoder *e = r->e;
	if (e->b->chars->normalizer) {
		ll_buf_clear(&e->normalized);
		if (ll_normalizer_apply(e->b->chars->normalizer, text, &e->normalized, &at_start, r->err))
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
