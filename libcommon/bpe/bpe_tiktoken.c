/* SPDX-License-Identifier: MIT */
/*
 * Rank files (.tiktoken): lines of "base64 SPACE rank". The rule of tiktoken is to merge the adjacent pair whose joined
 * bytes have the lowest rank, and to take a pre-token that is a token as it is. A token of no bytes, which Whisper's file
 * has, is written "=": no text ever holds it. Such a file does not say its
 * pre-tokenizer and special tokens; of the official ones, known by their content, both are known.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "base/number.h"
#include "bpe/bpe_merges.h"
#include "bpe/bpe_read.h"

/* 1 + the value of a digit; 0: none. */
static const unsigned char base64_digit[256] = {
#define DIGIT(c, v) [c] = (v) + 1
#define FOUR(c, v) DIGIT(c, v), DIGIT((c) + 1, (v) + 1), DIGIT((c) + 2, (v) + 2), DIGIT((c) + 3, (v) + 3)
#define LETTERS(c, v)                                                                                                  \
	FOUR(c, v), FOUR((c) + 4, (v) + 4), FOUR((c) + 8, (v) + 8), FOUR((c) + 12, (v) + 12), FOUR((c) + 16, (v) + 16), \
		FOUR((c) + 20, (v) + 20), DIGIT((c) + 24, (v) + 24), DIGIT((c) + 25, (v) + 25)
	LETTERS('A', 0), LETTERS('a', 26), FOUR('0', 52), FOUR('4', 56), DIGIT('8', 60), DIGIT('9', 61), DIGIT('+', 62), DIGIT('/', 63),
};

void ll_base64_encode(struct ll_str s, struct ll_buf *out)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < s.len; i += 3) {
		unsigned n = (unsigned)LL_MIN(s.len - i, 3);
		uint32_t v = 0;
		for (unsigned k = 0; k < 3; k++)
			v = v << 8 | (k < n ? (unsigned char)s.data[i + k] : 0);
		for (unsigned k = 0; k < 4; k++)
			ll_buf_putc(out, k <= n ? digit[v >> (18 - 6 * k) & 63] : '=');
	}
}

int ll_base64_decode(struct ll_str s, struct ll_buf *out)
{
	if (s.len == 0 || s.len % 4)
		return -1;
	for (size_t i = 0; i < s.len; i += 4) {
		unsigned pad = i + 4 < s.len ? 0
					     : (unsigned)(s.data[i + 3] == '=') +
						       (s.data[i + 3] == '=' && s.data[i + 2] == '=');
		uint32_t v = 0;
		for (unsigned k = 0; k < 4; k++) {
			unsigned digit = k < 4 - pad ? base64_digit[(unsigned char)s.data[i + k]] : 1;
			if (digit == 0)
				return -1;
			v = v << 6 | (digit - 1);
		}
		for (unsigned k = 0; k < 3 - pad; k++)
			ll_buf_putc(out, (char)(v >> (16 - 8 * k)));
	}
	return 0;
}

static const char no_bytes[] = "=";

static int decode_token(struct ll_str base64, struct ll_buf *bytes)
{
	return ll_str_eq(base64, ll_cstr(no_bytes)) ? 0 : ll_base64_decode(base64, bytes);
}

void ll_bpe_put_rank(struct ll_str bytes, uint32_t rank, struct ll_buf *out)
{
	if (bytes.len == 0)
		ll_buf_puts(out, no_bytes);
	ll_base64_encode(bytes, out);
	ll_buf_printf(out, " %u\n", rank);
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
		p = eol ? eol + 1 : end;
		if (row.len == 0) /* as tiktoken */
			continue;
		const char *space = memchr(row.data, ' ', row.len);
		size_t split = space ? (size_t)(space - row.data) : 0;
		uint64_t rank;
		ll_buf_clear(&bytes);
		if (!space || decode_token(ll_str(row.data, split), &bytes) ||
		    ll_parse_u64(ll_str(row.data + split + 1, row.len - split - 1), &rank))
			rc = ll_err_set(err,
					"line %u: not \"base64 rank\", as a .tiktoken file has it, nor any other file with a tokenizer",
					line);
		else
			rc = ll_bpe_add_token(b, rank, ll_str(ll_buf_cstr(&bytes), bytes.len), 0, err);
	}
	ll_buf_free(&bytes);
	return rc;
}

/* ---- the official files ---- */

struct known {
	const char *content;	  /* XXH3-128 */
	const char *pretokenizer; /* as tiktoken splits; ids are the same with cl100k */
	const char *const *special;
};

static const char *const gpt2_specials[] = { "<|endoftext|>:50256", NULL };
static const char *const cl100k_specials[] = { "<|endoftext|>:100257",	 "<|fim_prefix|>:100258",
					       "<|fim_middle|>:100259",	 "<|fim_suffix|>:100260",
					       "<|endofprompt|>:100276", NULL };
static const char *const o200k_specials[] = { "<|endoftext|>:199999", "<|endofprompt|>:200018", NULL };

/* r50k_base, p50k_base, cl100k_base, o200k_base of tiktoken_ext/openai_public.py, whose SHA-256 begin with 306cd27f,
 * 94b5ca7d, 223921b7, 446a9538. */
static const struct known known_files[] = {
	{ "aa5ef69a716d8a563cb2fbe95939bd2d", "gpt2", gpt2_specials },
	{ "1bfe2eadd49e9688f2d3fa62565e6e17", "gpt2", gpt2_specials },
	{ "7cdb781bb5d59657aa5d7bf38900641a", "cl100k-tiktoken", cl100k_specials },
	{ "dee5d4ced09a2db672a095e82ca109d6", "o200k", o200k_specials },
};

static const struct known *find_known(struct ll_str text)
{
	char hex[33];
	ll_id_hex(ll_hash128(text.data, text.len), hex);
	for (size_t i = 0; i < LL_COUNT(known_files); i++)
		if (strcmp(known_files[i].content, hex) == 0)
			return &known_files[i];
	return NULL;
}

/* Whether the pre-tokenizer gives the ids of an official file: its own, or the form of cl100k that was published first. */
static bool suits(const struct known *known, const char *name)
{
	struct ll_err err;
	struct ll_pretokenizer *given = ll_pretokenizer_parse(name, &err);
	const char *const forms[] = { known->pretokenizer, "cl100k" };
	bool is = false;
	for (size_t i = 0; i < LL_COUNT(forms) && given; i++) {
		struct ll_pretokenizer *p = ll_pretokenizer_parse(forms[i], &err);
		is |= (i == 0 || strcmp(forms[0], "cl100k-tiktoken") == 0) && ll_pretokenizer_eq(given, p);
		ll_pretokenizer_free(p);
	}
	ll_pretokenizer_free(given);
	return is;
}

/* An official file says it: what does not suit is left to ll_bpe_open, which refuses it as it does with a tokenizer.json. */
static int name_pretokenizer(struct ll_bpe *b, const struct known *known, const struct ll_bpe_file *f, struct ll_err *err)
{
	struct ll_bpe_file own = *f;
	if (known && f->pretokenizer && !suits(known, f->pretokenizer))
		own.pretokenizer = NULL;
	return ll_bpe_name_pretokenizer(b, &own, known ? known->pretokenizer : NULL, "a .tiktoken file", err);
}

static int derive_merges(struct ll_bpe *b, struct ll_err *err)
{
	uint32_t *rank = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *rank);
	for (uint32_t id = 0; id < b->tokens; id++)
		rank[id] = b->token[id].flags & LL_TOKEN_PRESENT ? id : LL_BPE_NONE;
	int rc = ll_bpe_merges_of_ranks(b, rank, false, err);
	ll_free(rank);
	return rc;
}

struct ll_bpe *ll_bpe_read_ranks(struct ll_str text, const struct ll_bpe_file *f, struct ll_err *err)
{
	const struct known *known = find_known(text);
	struct ll_bpe *b = ll_bpe_new(NULL);
	b->ignore_merges = true;
	int rc = parse_lines(b, text, err);
	if (!rc && b->tokens == 0)
		rc = ll_err_set(err, "no tokens in it");
	if (!rc)
		rc = name_pretokenizer(b, known, f, err);
	if (!rc)
		rc = derive_merges(b, err);
	for (size_t i = 0; known && known->special[i] && !rc; i++)
		rc = ll_bpe_add_special(b, known->special[i], err);
	if (rc) {
		ll_bpe_free(b);
		return NULL;
	}
	return ll_bpe_finish(b, f, err);
}

struct ll_bpe *ll_bpe_parse_tiktoken(struct ll_str text, const char *pretokenizer, struct ll_err *err)
{
	return ll_bpe_read_ranks(text, &(struct ll_bpe_file){ .pretokenizer = pretokenizer }, err);
}
