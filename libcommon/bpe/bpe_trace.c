/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_trace.h"

#include "base/memory.h"
#include "bpe/added_tokens.h"
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
	struct ll_buf normal, prefixed;
	struct ll_trace *t;
};

static const char *trace_words(struct byte_trace *bt, struct ll_str text)
{
	size_t end[64], at = 0;
	text = ll_pretokenizer_prefixed(bt->b->pretokenizer, text, &bt->prefixed);
	for (size_t n; (n = ll_split(bt->splitter, text, at, end, LL_COUNT(end)));)
		for (size_t i = 0; i < n; at = end[i++])
			ll_trace_put(bt->t, ll_str(text.data + at, end[i] - at), false);
	return ll_splitter_error(bt->splitter);
}

static const char *trace_part(struct byte_trace *bt, const struct ll_added_cutter *c, const struct ll_added_part *part,
			      const char *(*plain)(struct byte_trace *bt, struct ll_str text))
{
	if (part->id == LL_BPE_NONE)
		return plain(bt, ll_added_text(c, part));
	ll_trace_put(bt->t, ll_bpe_token_name(bt->b, part->id), true);
	return NULL;
}

static const char *trace_stretch(struct byte_trace *bt, struct ll_str text)
{
	const char *error = NULL;
	struct ll_added_part part;
	text = ll_bpe_normalize(bt->b, text, &bt->normal);
	for (struct ll_added_cutter c = ll_added_cut(bt->b, text, false, true); !error && ll_added_next(&c, &part);)
		error = trace_part(bt, &c, &part, trace_words);
	return error;
}

static int trace_bytes(const struct ll_bpe *b, struct ll_str text, struct ll_trace *t, struct ll_err *err)
{
	struct byte_trace bt = { b, ll_splitter_new(b->pretokenizer), { 0 }, { 0 }, t };
	const char *error = NULL;
	struct ll_added_part part;
	for (struct ll_added_cutter c = ll_added_cut(b, text, false, false); !error && ll_added_next(&c, &part);)
		error = trace_part(&bt, &c, &part, trace_stretch);
	int rc = error ? ll_err_set(err, "%s", error) : 0;
	ll_splitter_free(bt.splitter);
	ll_buf_free(&bt.normal);
	ll_buf_free(&bt.prefixed);
	return rc;
}

int ll_bpe_trace(const struct ll_bpe *b, struct ll_str text, struct ll_trace *t, struct ll_err *err)
{
	ll_buf_clear(&t->pieces.text);
	t->pieces.n = 0;
	return b->chars ? trace_chars(b, text, t, err) : trace_bytes(b, text, t, err);
}
