/* SPDX-License-Identifier: MIT */
/* Text to ids for tokenizers over characters: added tokens, normaliser, words; what a word becomes is char_words.c's.
 */
#include "base/memory.h"
#include "bpe/added_tokens.h"
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

/* ---- stretches ---- */

struct run {
	struct ll_char_encoder *e;
	bool special; /* special tokens are looked for */
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

static void put_added(struct run *r, uint32_t id)
{
	put_id(r->out, id);
	if (r->e->trace)
		ll_trace_put(r->e->trace, ll_bpe_token_name(r->e->b, id), true);
}

static int encode_stretch(struct run *r, struct ll_str text, bool at_start)
{
	struct ll_char_encoder *e = r->e;
	struct ll_added_part part;
	int rc = 0;
	if (e->b->chars->normalizer) {
		ll_buf_clear(&e->normalized);
		if (ll_normalizer_apply(e->b->chars->normalizer, text, &e->normalized, &at_start, r->err))
			return -1;
		text = ll_buf_str(&e->normalized);
	}
	for (struct ll_added_cutter c = ll_added_cut(e->b, text, r->special, true); !rc && ll_added_next(&c, &part);) {
		if (part.id != LL_BPE_NONE)
			put_added(r, part.id);
		else
			rc = encode_words(r, ll_added_text(&c, &part), at_start && part.from == 0);
	}
	return rc;
}

int ll_char_encode(struct ll_char_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out,
		   struct ll_err *err)
{
	struct run r = { .e = e, .special = allow_special, .out = out, .err = err };
	struct ll_added_part part;
	int rc = 0;
	if (ll_utf8_valid_prefix(text.data, text.len) != text.len) {
		ll_buf_clear(&e->repaired);
		ll_utf8_repair(&e->repaired, text.data, text.len);
		text = ll_buf_str(&e->repaired);
	}
	for (struct ll_added_cutter c = ll_added_cut(e->b, text, allow_special, false); !rc && ll_added_next(&c, &part);) {
		if (part.id != LL_BPE_NONE)
			put_added(&r, part.id);
		else
			rc = encode_stretch(&r, ll_added_text(&c, &part), part.from == 0);
	}
	return rc;
}
