/* SPDX-License-Identifier: MIT */
/*
 * Tokens stand for bytes of the normalised text, one after the other, but for added tokens, which are looked for again. To get
 * from these to bytes of the text that came in, what lies between added tokens of that is cut into segments that are normalised
 * each by itself: before any character that never joins with one before it.
 */
#include "base/error.h"
#include "base/memory.h"
#include "bpe/added_tokens.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* True for characters that canonical composition never joins with what stands before, nor reorders. Beside marks these
 * are the medial vowels and final consonants of Hangul, and letters of Kirat Rai. False for characters unassigned here,
 * too: a longer segment is right as well. */
static bool starts_segment(uint32_t c)
{
	uint8_t class = ll_char_class(c);
	if (!class) /* neither letter, mark, number, sign nor space: controls and formats never join */
		return strcmp(ll_char_category(c), "Cn") != 0;
	return !(class & LL_CHAR_MARK) && !(c >= 0x1160 && c <= 0x11ff) && !(c >= 0x3131 && c <= 0x318e) &&
	       !(c >= 0xff9e && c <= 0xffdc) && !(c >= 0x16d40 && c <= 0x16d7f);
}

static size_t segment_length(struct ll_str text, size_t at)
{
	const char *p = text.data + at, *end = text.data + text.len;
	ll_utf8_next(&p);
	while (p < end) {
		const char *next = p;
		if (starts_segment(ll_utf8_next(&next)))
			break;
		p = next;
	}
	return (size_t)(p - text.data) - at;
}

/* From places of the normalised stretch to those of the text. */
struct cursor {
	struct ll_str text;
	size_t base;		   /* where the stretch begins in the whole text */
	size_t at, len;		   /* of a segment in the stretch */
	size_t normal, normal_len; /* the same after the normaliser */
	bool plain;		   /* the normaliser changes nothing */
	bool changed;
	struct ll_buf form;
};

static void next_segment(struct cursor *c, const struct ll_bpe *b)
{
	c->at += c->len;
	c->normal += c->normal_len;
	c->changed = false;
	if (c->at == c->text.len)
		LL_BUG("ids of another text");
	c->len = c->normal_len = segment_length(c->text, c->at);
	if (c->len == 1)
		return;
	struct ll_str segment = ll_str(c->text.data + c->at, c->len);
	ll_buf_clear(&c->form);
	ll_bpe_normal_form(segment, (enum ll_normal_form)b->normal_form, &c->form);
	c->normal_len = c->form.len;
	c->changed = !ll_str_eq(ll_buf_str(&c->form), segment);
}

/* Places come in order. */
static uint32_t original(struct cursor *c, const struct ll_bpe *b, size_t place)
{
	if (c->plain)
		return (uint32_t)(c->base + place);
	while (place >= c->normal + c->normal_len)
		next_segment(c, b);
	return (uint32_t)(c->base + c->at + (c->changed ? 0 : place - c->normal));
}

struct placing {
	const struct ll_bpe *b;
	const uint32_t *id;
	size_t n, i; /* ids, and how many have their place */
	uint32_t *offset;
	struct ll_buf normal;
	struct cursor c;
};

static void place(struct placing *x, uint32_t offset)
{
	if (x->i == x->n)
		LL_BUG("ids of another text");
	x->offset[x->i++] = offset;
}

/* Pre-tokens of the normalised stretch, `from` on: their tokens' bytes are those of the words, before which there may be a space
 * that is put there. */
static void place_words(struct placing *x, struct ll_str words, size_t from)
{
	size_t space = ll_pretokenizer_prefixes(x->b->pretokenizer) && words.data[0] != ' ', end = words.len + space;
	for (size_t at = 0; at != end; at += x->b->token[x->id[x->i - 1]].len) {
		if (at > end)
			LL_BUG("ids of another text");
		place(x, original(&x->c, x->b, from + (at ? at - space : 0)));
	}
}

/* What lies between added tokens of the text as it is. */
static void place_stretch(struct placing *x, struct ll_str text, size_t base, bool special)
{
	struct ll_str normal = ll_bpe_normalize(x->b, text, &x->normal);
	struct ll_added_part part;
	struct ll_buf form = x->c.form;
	x->c = (struct cursor){ .text = text, .base = base, .plain = ll_str_eq(normal, text), .form = form };
	for (struct ll_added_cutter c = ll_added_cut(x->b, normal, special, true); ll_added_next(&c, &part);) {
		if (part.id != LL_BPE_NONE)
			place(x, original(&x->c, x->b, part.from));
		else
			place_words(x, ll_added_text(&c, &part), part.from);
	}
}

void ll_bpe_offsets(const struct ll_bpe *b, struct ll_str text, bool allow_special, const uint32_t *ids, size_t n,
		    uint32_t *offset)
{
	struct placing x = { .b = b, .id = ids, .n = n, .offset = offset };
	struct ll_added_part part;
	for (struct ll_added_cutter c = ll_added_cut(b, text, allow_special, false); ll_added_next(&c, &part);) {
		if (part.id != LL_BPE_NONE)
			place(&x, (uint32_t)part.from);
		else
			place_stretch(&x, ll_added_text(&c, &part), part.from, allow_special);
	}
	if (x.i != n)
		LL_BUG("%zu ids for a text of %zu", n, x.i);
	ll_buf_free(&x.normal);
	ll_buf_free(&x.c.form);
}
