/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "bpe/added_tokens.h"
#include "bpe/char_model.h"

/* Bytes at the end that begin a character and do not complete it: 0 to 3. */
static size_t incomplete(const char *p, size_t n)
{
	for (size_t tail = 1; tail <= 3 && tail <= n; tail++) {
		unsigned char c = (unsigned char)p[n - tail];
		if ((c & 0xc0) == 0x80)
			continue;
		size_t length = c >= 0xf0 && c <= 0xf4	 ? 4
				: c >= 0xe0 && c <= 0xef ? 3
				: c >= 0xc2 && c <= 0xdf ? 2
							 : 1;
		return length > tail ? tail : 0;
	}
	return 0;
}

/* What a token is where no text is yet; sets `begun` when there is from now on. */
static struct ll_str first_text(const struct ll_bpe *b, struct ll_str token, bool *begun)
{
	if (b->chars && b->chars->drop_first_space && token.len && token.data[0] == ' ')
		token = ll_str(token.data + 1, token.len - 1);
	*begun = token.len || !b->chars || !b->chars->drop_each_space;
	return token;
}

int ll_bpe_stream_put(struct ll_bpe_stream *s, const struct ll_bpe *b, uint32_t id, struct ll_buf *out,
		      struct ll_err *err)
{
	struct ll_str token = ll_bpe_token_bytes(b, id);
	size_t from = out->len;
	if (!token.data)
		return ll_err_set(err, "the vocabulary has no id %u", id);
	if (!s->inside)
		token = first_text(b, token, &s->inside);
	ll_buf_add(out, s->held, s->helds);
	ll_buf_add_str(out, token);
	s->helds = out->len > from ? (unsigned)incomplete(out->data + from, out->len - from) : 0;
	out->len -= s->helds;
	if (s->helds)
		memcpy(s->held, out->data + out->len, s->helds);
	return 0;
}

void ll_bpe_stream_end(struct ll_bpe_stream *s, struct ll_buf *out)
{
	ll_buf_add(out, s->held, s->helds);
	*s = (struct ll_bpe_stream){ .inside = s->inside };
}

int ll_bpe_decode(const struct ll_bpe *b, const uint32_t *ids, size_t n, struct ll_buf *out, struct ll_err *err)
{
	bool begun = false;
	for (size_t i = 0; i < n; i++) {
		struct ll_str token = ll_bpe_token_bytes(b, ids[i]);
		if (!token.data)
			return ll_err_set(err, "token %zu: the vocabulary has no id %u", i, ids[i]);
		if (!begun)
			token = first_text(b, token, &begun);
		ll_buf_add_str(out, token);
	}
	return 0;
}

static bool changes_spaces(const struct ll_bpe *b)
{
	for (size_t i = 0; i < b->addeds; i++)
		if (b->token[b->added[i]].flags & (LL_TOKEN_LSTRIP | LL_TOKEN_RSTRIP))
			return true;
	return ll_pretokenizer_prefixes(b->pretokenizer);
}

struct ll_str ll_bpe_decoded_form(const struct ll_bpe *b, struct ll_str text, struct ll_buf *scratch)
{
	struct ll_buf normal = { 0 };
	struct ll_added_part part, inner;
	if (b->chars || !changes_spaces(b))
		return ll_bpe_normalize(b, text, scratch);
	ll_buf_clear(scratch);
	for (struct ll_added_cutter raw = ll_added_cut(b, text, true, false); ll_added_next(&raw, &part);) {
		if (part.id != LL_BPE_NONE) {
			ll_buf_add_str(scratch, ll_bpe_token_text(b, part.id));
			continue;
		}
		struct ll_added_cutter c = ll_added_cut(b, ll_bpe_normalize(b, ll_added_text(&raw, &part), &normal), true, true);
		while (ll_added_next(&c, &inner)) {
			struct ll_str words = inner.id == LL_BPE_NONE ? ll_added_text(&c, &inner) : ll_bpe_token_text(b, inner.id);
			size_t space = inner.id == LL_BPE_NONE && words.data[0] == ' ' && ll_pretokenizer_prefixes(b->pretokenizer);
			ll_buf_add(scratch, words.data + space, words.len - space);
		}
	}
	ll_buf_free(&normal);
	return scratch->data ? ll_buf_str(scratch) : ll_str("", 0);
}

void ll_ids_free(struct ll_ids *ids)
{
	ll_free(ids->id);
	*ids = (struct ll_ids){ 0 };
}
