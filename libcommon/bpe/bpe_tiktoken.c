/* SPDX-License-Identifier: MIT */
/*
 * Rank files (.tiktoken): lines of "base64 SPACE rank". The rule of tiktoken is to merge the adjacent pair whose joined
 * bytes have the lowest rank; so every way to cut a token into two tokens is a merge, of the token's rank.
 */
#include "base/number.h"
#include "bpe/bpe_model.h"

static int base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int base64_decode(struct ll_str s, struct ll_buf *out)
{
	if (s.len == 0 || s.len % 4)
		return -1;
	for (size_t i = 0; i < s.len; i += 4) {
		unsigned pad = i + 4 < s.len ? 0
					     : (unsigned)(s.data[i + 3] == '=') +
						       (s.data[i + 3] == '=' && s.data[i + 2] == '=');
		uint32_t v = 0;
		for (unsigned k = 0; k < 4; k++) {
			int digit = k < 4 - pad ? base64_digit((unsigned char)s.data[i + k]) : 0;
			if (digit < 0)
				return -1;
			v = v << 6 | (uint32_t)digit;
		}
		for (unsigned k = 0; k < 3 - pad; k++)
			ll_buf_putc(out, (char)(v >> (16 - 8 * k)));
	}
	return 0;
}

static int parse_lines(struct ll_bpe *b, struct ll_str text, struct ll_err *err)
{
	struct ll_buf bytes = { 0 };
	const char *p = text.data, *end = p + text.len;
	int rc = 0;
	for (unsigned line = 1; p < end && !rc; line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct ll_str row = ll_str(p, (size_t)((eol ? eol : end) - p));
		if (row.len && row.data[row.len - 1] == '\r')
			row.len--;
		const char *space = memchr(row.data, ' ', row.len);
		size_t split = space ? (size_t)(space - row.data) : 0;
		uint64_t rank;
		ll_buf_clear(&bytes);
		if (!space || base64_decode(ll_str(row.data, split), &bytes) ||
		    ll_parse_u64(ll_str(row.data + split + 1, row.len - split - 1), &rank))
			rc = ll_err_set(err,
					"line %u: not \"base64 rank\": neither a tokenizer.json nor a .tiktoken file",
					line);
		else
			rc = ll_bpe_add_token(b, rank, ll_buf_str(&bytes), 0, err);
		p = eol ? eol + 1 : end;
	}
	ll_buf_free(&bytes);
	return rc;
}

static void derive_merges(struct ll_bpe *b)
{
	for (uint32_t id = 0; id < b->tokens; id++) {
		struct ll_str whole = ll_bpe_token_bytes(b, id);
		for (size_t cut = 1; cut < whole.len; cut++) {
			uint32_t left = ll_bpe_find_word(b, whole.data, cut);
			uint32_t right =
				left == LL_BPE_NONE ? left : ll_bpe_find_word(b, whole.data + cut, whole.len - cut);
			if (right != LL_BPE_NONE)
				ll_bpe_add_merge(b, left, right, id, id);
		}
	}
}

struct ll_bpe *ll_bpe_parse_tiktoken(struct ll_str text, const char *pretokenizer, struct ll_err *err)
{
	struct ll_pretokenizer *p = NULL;
	if (!pretokenizer) {
		ll_err_set(err, "a .tiktoken file does not say its pre-tokenizer; give --pretokenizer=NAME");
		return NULL;
	}
	if (!(p = ll_pretokenizer_parse(pretokenizer, err)))
		return NULL;
	struct ll_bpe *b = ll_bpe_new(p);
	b->ranked = b->ignore_merges = true;
	b->normal_form = ll_pretokenizer_brings_nfc(p) ? LL_NFC : LL_NO_NORMAL_FORM;
	int rc = parse_lines(b, text, err);
	if (!rc && b->tokens == 0)
		rc = ll_err_set(err, "no tokens in it");
	if (!rc) {
		derive_merges(b);
		rc = ll_bpe_seal(b, err);
	}
	if (rc) {
		ll_bpe_free(b);
		return NULL;
	}
	return b;
}
