/* SPDX-License-Identifier: MIT */
/* The proof of a tokenizer: what encodes against what is plain (bpe.h, ll_bpe_prove). */
#include "base/memory.h"
#include "base/random.h"
#include "bpe/added_tokens.h"
#include "bpe/bpe_merges.h"
#include "bpe/char_model.h"
#include "text/utf8.h"

#define TEXTS 4000u /* generated */
#define MOST 300u   /* bytes of one, about */
#define SEED 20261125u

struct proof {
	const struct ll_bpe *b;
	struct ll_bpe_encoder *encoder;
	struct ll_char_encoder *chars;
	struct ll_splitter *splitter;
	struct ll_ids fast, plain;
	struct ll_buf text, back, prefixed;
	uint64_t draws;
};

static uint32_t below(struct proof *p, uint32_t n)
{
	return (uint32_t)ll_random_below(SEED, 1, p->draws++, n);
}

static int differ(struct proof *p, struct ll_str text, const char *what, struct ll_err *err)
{
	struct ll_buf shown = { 0 };
	for (size_t i = 0; i < LL_MIN(text.len, 60); i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c > ' ' && c < 0x7f && c != '\\')
			ll_buf_putc(&shown, (char)c);
		else
			ll_buf_printf(&shown, "\\x%02x", c);
	}
	size_t at = 0;
	while (at < p->fast.len && at < p->plain.len && p->fast.id[at] == p->plain.id[at])
		at++;
	int rc = ll_err_set(err, "the proof fails: %s differs at token %zu (%u and %u tokens) of the text '%s'%s", what,
			    at, (unsigned)p->fast.len, (unsigned)p->plain.len, ll_buf_cstr(&shown),
			    text.len > 60 ? "..." : "");
	ll_buf_free(&shown);
	return rc;
}

static bool equal(const struct proof *p)
{
	return p->fast.len == p->plain.len &&
	       (p->fast.len == 0 || memcmp(p->fast.id, p->plain.id, p->fast.len * sizeof *p->fast.id) == 0);
}

/* ---- byte-level BPE ---- */

static int plain_bytes(struct proof *p, struct ll_str text, struct ll_err *err)
{
	size_t end[64], at = 0;
	p->plain.len = 0;
	for (size_t n; (n = ll_split(p->splitter, text, at, end, LL_COUNT(end)));)
		for (size_t i = 0; i < n; at = end[i++]) {
			struct ll_str piece = ll_str(text.data + at, end[i] - at);
			uint32_t id = p->b->ignore_merges ? ll_bpe_find_word(p->b, piece.data, piece.len) : LL_BPE_NONE;
			if (id == LL_BPE_NONE) {
				ll_bpe_plain_merge(p->b, piece, &p->plain, NULL);
			} else {
				LL_GROW(p->plain.id, p->plain.cap, p->plain.len + 1);
				p->plain.id[p->plain.len++] = id;
			}
		}
	return ll_splitter_error(p->splitter) ? ll_err_set(err, "%s", ll_splitter_error(p->splitter)) : 0;
}

static int prove_bytes_text(struct proof *p, struct ll_str text, struct ll_err *err)
{
	if (ll_added_find(p->b, text, false, LL_TOKEN_ADDED) >= 0)
		return 0;
	p->fast.len = 0;
	ll_buf_clear(&p->back);
	if (ll_bpe_try_encode(p->encoder, text, false, &p->fast, err) ||
	    ll_bpe_decode(p->b, p->fast.id, p->fast.len, &p->back, err))
		return -1;
	struct ll_str back = ll_buf_str(&p->back);
	if (!ll_bpe_normalizes(p->b) && !ll_str_eq(back, ll_pretokenizer_prefixed(p->b->pretokenizer, text, &p->prefixed)))
		return ll_err_set(err, "the proof fails: a text of %zu bytes decodes to %zu others", text.len,
				  back.len);
	/* What comes back is the normalised text, whose pieces are those that were merged. */
	if (plain_bytes(p, back.data ? back : ll_str("", 0), err))
		return -1;
	return equal(p) ? 0 : differ(p, text, "encoding", err);
}

/* ---- tokenizers over characters ---- */

static int prove_word(struct proof *p, struct ll_str word, struct ll_err *err)
{
	if (word.len == 0 || ll_utf8_valid_prefix(word.data, word.len) != word.len)
		return 0;
	p->fast.len = p->plain.len = 0;
	ll_char_word(p->chars, word, &p->fast);
	ll_char_plain(p->b, word, &p->plain);
	return equal(p) ? 0 : differ(p, word, "a word", err);
}

static int prove_text(struct proof *p, struct ll_str text, struct ll_err *err)
{
	return p->chars ? prove_word(p, text, err) : prove_bytes_text(p, text, err);
}

/* ---- texts ---- */

/* Tokens in a row, whole and cut, which meet every kind of boundary; runs; any characters; any bytes. */
static void put_stretch(struct proof *p)
{
	char utf8[4];
	uint32_t how = below(p, 16);
	struct ll_str token = ll_bpe_token_name(p->b, below(p, (uint32_t)p->b->tokens));
	if (how < 9) {
		ll_buf_add(&p->text, token.data, LL_MIN(token.len, MOST));
	} else if (how < 12) {
		size_t n = LL_MIN(token.len, MOST), cut = n ? below(p, (uint32_t)n) : 0;
		while (p->chars && cut && cut < token.len && (token.data[cut] & 0xc0) == 0x80)
			cut--;
		ll_buf_add(&p->text, token.data, cut);
	} else if (how < 13) {
		for (uint32_t n = below(p, 12); n && token.len && token.len < 20; n--)
			ll_buf_add(&p->text, token.data, token.len);
	} else if (how < 15 || p->chars) {
		uint32_t c = how < 14 ? below(p, 128) : below(p, 0x30000);
		ll_buf_add(&p->text, utf8, ll_utf8_put(utf8, c >= 0xd800 && c < 0xe000 ? ' ' : c));
	} else {
		ll_buf_putc(&p->text, (char)below(p, 256));
	}
}

static int prove_texts(struct proof *p, struct ll_err *err)
{
	for (uint32_t id = 0; id < p->b->tokens; id++) {
		struct ll_str token = ll_bpe_token_name(p->b, id);
		if (token.data && token.len <= LL_BPE_RANKED_MOST && prove_text(p, token, err))
			return -1;
	}
	for (uint32_t i = 0; i < TEXTS; i++) {
		uint32_t most = i % 50 ? 40 : MOST;
		ll_buf_clear(&p->text);
		do
			put_stretch(p);
		while (p->text.len < most && below(p, 8));
		if (p->text.len && prove_text(p, ll_buf_str(&p->text), err))
			return -1;
	}
	/* Long runs take another way through the encoder than short ones. */
	for (unsigned i = 0; i < 24; i++) {
		struct ll_str token = ll_bpe_token_name(p->b, below(p, (uint32_t)p->b->tokens));
		ll_buf_clear(&p->text);
		while (token.len && token.len < 40 && p->text.len < 1500)
			ll_buf_add_str(&p->text, token);
		if (p->text.len && prove_text(p, ll_buf_str(&p->text), err))
			return -1;
	}
	return 0;
}

int ll_bpe_prove(const struct ll_bpe *b, struct ll_err *err)
{
	struct proof p = { .b = b };
	if (b->chars) {
		p.chars = ll_char_encoder_new(b);
	} else {
		if (ll_pretokenizer_prove(b->pretokenizer, SEED, LL_PROVE_STRINGS, err))
			return -1;
		p.encoder = ll_bpe_encoder_new(b);
		p.splitter = ll_splitter_new(b->pretokenizer);
	}
	int rc = b->tokens ? prove_texts(&p, err) : 0;
	ll_char_encoder_free(p.chars);
	ll_bpe_encoder_free(p.encoder);
	ll_splitter_free(p.splitter);
	ll_ids_free(&p.fast);
	ll_ids_free(&p.plain);
	ll_buf_free(&p.text);
	ll_buf_free(&p.back);
	ll_buf_free(&p.prefixed);
	return rc;
}
