/* SPDX-License-Identifier: MIT */
/*
 * Tokens stand for bytes of the normalised text, one after the other. To get from these to bytes of the text that came
 * in, it is cut into segments that are normalised each by itself: before any character that never joins with one before
 * it.
 */
#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe_model.h"
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

struct cursor {
	size_t at, len;		   /* of a segment in the text */
	size_t normal, normal_len; /* the same after the normaliser */
	bool changed;
	struct ll_buf form;
};

static void next_segment(struct cursor *c, const struct ll_bpe *b, struct ll_str text, uint32_t id)
{
	struct ll_str token = ll_bpe_token_bytes(b, id);
	c->at += c->len;
	c->normal += c->normal_len;
	c->changed = false;
	if (c->at == text.len)
		LL_BUG("ids of another text");
	/* Such an added token was cut out of the text before the normaliser saw it. */
	if ((b->token[id].flags & (LL_TOKEN_ADDED | LL_TOKEN_NORMALIZED)) == LL_TOKEN_ADDED &&
	    token.len <= text.len - c->at && memcmp(token.data, text.data + c->at, token.len) == 0) {
		c->len = c->normal_len = token.len;
		return;
	}
	c->len = c->normal_len = segment_length(text, c->at);
	if (c->len == 1)
		return;
	ll_buf_clear(&c->form);
	ll_bpe_normal_form(ll_str(text.data + c->at, c->len), (enum ll_normal_form)b->normal_form, &c->form);
	c->normal_len = c->form.len;
	c->changed = !ll_str_eq(ll_buf_str(&c->form), ll_str(text.data + c->at, c->len));
}

static void offsets_normalized(const struct ll_bpe *b, struct ll_str text, const uint32_t *ids, size_t n,
			       uint32_t *offset)
{
	struct cursor c = { 0 };
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		while (at >= c.normal + c.normal_len)
			next_segment(&c, b, text, ids[i]);
		offset[i] = (uint32_t)(c.at + (c.changed ? 0 : at - c.normal));
		at += b->token[ids[i]].len;
	}
	ll_buf_free(&c.form);
}

void ll_bpe_offsets(const struct ll_bpe *b, struct ll_str text, const uint32_t *ids, size_t n, uint32_t *offset)
{
	size_t at = 0;
	bool plain = true;
	if (ll_bpe_normalizes(b)) {
		struct ll_buf form = { 0 };
		plain = ll_str_eq(ll_bpe_normalize(b, text, &form), text);
		ll_buf_free(&form);
	}
	if (!plain) {
		offsets_normalized(b, text, ids, n, offset);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		offset[i] = (uint32_t)at;
		at += b->token[ids[i]].len;
	}
	if (at != text.len)
		LL_BUG("ids of %zu bytes for a text of %zu", at, text.len);
}
