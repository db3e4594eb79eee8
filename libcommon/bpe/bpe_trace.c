/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_trace.h"

#include "base/memory.h"
#include "bpe/char_words.h"

void ll_trace_put(struct ll_trace *t, struct ll_str piece, bool added)
{
	struct ll_words *w = &t->pieces;
	LL_GROW(w->end, w->cap, w->n + 1);
	LL_GROW(t->added, t->added_cap, w->n + 1);
	ll_buf_add_str(&w->text, piece);
	t->added[w->n] = added;
	w->end[w->n++] = w->text.len;
}

void ll_trace_free(struct ll_trace *t)
{
	ll_buf_free(&t->pieces.text);
	ll_free(t->pieces.end);
	ll_free(t->added);
	*t = (struct ll_trace){ 0 };
}

static int trace_chars(const struct ll_bpe *b, struct ll_str text, struct ll_trace *t, struct ll_err *err)
{
	struct ll_char_encoder *e = ll_char_encoder_new(b);
	struct ll_ids ids = { 0 };
	e->trace = t;
	int rc = ll_char_encode(e, text, false, &ids, err);
	ll_char_encoder_free(e);
	ll_ids_free(&ids);
	return rc;
}

struct byte_trace {
	const struct ll_bpe *b;
	struct ll_splitter *splitter;
	struct ll_buf normal;
	struct ll_trace *t;
	struct ll_err *err;
};

/* The longest added token that text goes on with, no special, of those that are looked for in such text; 0: none. */
static size_t added_at(const struct ll_bpe *b, struct ll_str text, bool normalized)
{
	for (size_t i = 0; i < b->addeds; i++) { /* longest first */
		struct ll_str name = ll_bpe_token_name(b, b->added[i]);
		unsigned flags = b->token[b->added[i]].flags;
		if (!(flags & LL_TOKEN_SPECIAL) && !!(flags & LL_TOKEN_NORMALIZED) == normalized &&
		    name.len <= text.len && memcmp(name.data, text.data, name.len) == 0)
			return name.len;
	}
	return 0;
}

static int around_added(struct byte_trace *bt, struct ll_str text, bool normalized);

static int between(struct byte_trace *bt, struct ll_str text, bool normalized)
{
	size_t end[64], at = 0;
	if (!normalized)
		return around_added(bt, ll_bpe_normalize(bt->b, text, &bt->normal), true);
	for (size_t n; (n = ll_split(bt->splitter, text, at, end, LL_COUNT(end)));)
		for (size_t i = 0; i < n; at = end[i++])
			ll_trace_put(bt->t, ll_str(text.data + at, end[i] - at), false);
	return ll_splitter_error(bt->splitter) ? ll_err_set(bt->err, "%s", ll_splitter_error(bt->splitter)) : 0;
}

static int around_added(struct byte_trace *bt, struct ll_str text, bool normalized)
{
	size_t from = 0;
	int rc = 0;
	for (size_t i = 0, n; i <= text.len && !rc; i += n ? n : 1) {
		n = i < text.len ? added_at(bt->b, ll_str(text.data + i, text.len - i), normalized) : 0;
		if (!n && i < text.len)
			continue;
		if (i > from)
			rc = between(bt, ll_str(text.data + from, i - from), normalized);
		if (n)
			ll_trace_put(bt->t, ll_str(text.data + i, n), true);
		from = i + n;
	}
	return rc;
}

static int trace_bytes(const struct ll_bpe *b, struct ll_str text, struct ll_trace *t, struct ll_err *err)
{
	struct byte_trace bt = { b, ll_splitter_new(b->pretokenizer), { 0 }, t, err };
	int rc = around_added(&bt, text, false);
	ll_splitter_free(bt.splitter);
	ll_buf_free(&bt.normal);
	return rc;
}

int ll_bpe_trace(const struct ll_bpe *b, struct ll_str text, struct ll_trace *t, struct ll_err *err)
{
	ll_buf_clear(&t->pieces.text);
	t->pieces.n = 0;
	return b->chars ? trace_chars(b, text, t, err) : trace_bytes(b, text, t, err);
}
