/* SPDX-License-Identifier: MIT */
#include "bpe/char_model.h"
#include "text/json.h"

/* The name of the token as a JSON string. */
static void put_token(const struct ll_bpe *b, uint32_t id, struct ll_buf *scratch, struct ll_buf *out)
{
	ll_buf_clear(scratch);
	ll_bpe_put_name(b, id, scratch);
	ll_json_escape(out, ll_buf_str(scratch), false);
}

static void put_byte_level(struct ll_buf *out, bool prefix_space, bool trim, bool regex)
{
	ll_buf_printf(out, "{\"type\":\"ByteLevel\",\"add_prefix_space\":%s,\"trim_offsets\":%s,\"use_regex\":%s}",
		      prefix_space ? "true" : "false", trim ? "true" : "false", regex ? "true" : "false");
}

static void put_split(struct ll_split split, struct ll_buf *out)
{
	static const char *const behavior[] = { "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext" };
	ll_buf_printf(out, "{\"type\":\"Split\",\"pattern\":{\"%s\":", split.literal ? "String" : "Regex");
	ll_json_escape(out, split.pattern, false);
	/* "engine" is ours: tokenizers pass over it. */
	ll_buf_printf(out, "},\"behavior\":\"%s\",\"invert\":%s%s}", behavior[split.behavior],
		      split.invert ? "true" : "false", split.pcre2 ? ",\"engine\":\"PCRE2\"" : "");
}

/* GPT-2's pattern is ByteLevel's own. */
static void put_pre_tokenizer(const struct ll_pretokenizer *p, struct ll_buf *out)
{
	size_t n = ll_pretokenizer_splits(p), before = 0;
	while (before < n && !ll_pretokenizer_split(p, before).spelled)
		before++;
	struct ll_split last = before ? ll_pretokenizer_split(p, before - 1) : (struct ll_split){ .literal = true };
	bool own = !last.literal && last.behavior == LL_SPLIT_ISOLATED &&
		   ll_scheme_by_patterns(&last.pattern, 1) == LL_SCHEME_GPT2;
	bool sequence = n > own;
	ll_buf_puts(out, sequence ? "{\"type\":\"Sequence\",\"pretokenizers\":[" : "");
	for (size_t i = 0; i < before - own; i++) {
		put_split(ll_pretokenizer_split(p, i), out);
		ll_buf_putc(out, ',');
	}
	put_byte_level(out, ll_pretokenizer_prefixes(p), true, own);
	for (size_t i = before; i < n; i++) {
		ll_buf_putc(out, ',');
		put_split(ll_pretokenizer_split(p, i), out);
	}
	ll_buf_puts(out, sequence ? "]}" : "");
}

void ll_bpe_put_added(const struct ll_bpe *b, struct ll_buf *out)
{
	static const char *const yes[] = { "false", "true" };
	const char *comma = "";
	ll_buf_puts(out, "\"added_tokens\":[");
	for (uint32_t id = 0; id < b->tokens; id++) {
		unsigned flags = b->token[id].flags;
		if (!(flags & LL_TOKEN_ADDED))
			continue;
		ll_buf_printf(out, "%s{\"id\":%u,\"content\":", comma, id);
		ll_json_escape(out, ll_bpe_token_name(b, id), false);
		ll_buf_printf(out, ",\"single_word\":%s,\"lstrip\":%s,\"rstrip\":%s,\"normalized\":%s,\"special\":%s}",
			      yes[!!(flags & LL_TOKEN_SINGLE_WORD)], yes[!!(flags & LL_TOKEN_LSTRIP)], yes[!!(flags & LL_TOKEN_RSTRIP)],
			      yes[!!(flags & LL_TOKEN_NORMALIZED)], yes[!!(flags & LL_TOKEN_SPECIAL)]);
		comma = ",";
	}
	ll_buf_puts(out, "],");
}

uint32_t ll_bpe_end_of_vocab(const struct ll_bpe *b)
{
	const struct ll_char_model *m = b->chars;
	uint32_t end = (uint32_t)b->tokens, holes = 0;
	while (end && (b->token[end - 1].flags & LL_TOKEN_PRESENT) && !ll_token_is_ordinary(b->token[end - 1].flags))
		end--;
	if (m && m->unknown != LL_BPE_NONE)
		end = LL_MAX(end, m->unknown + 1);
	for (unsigned i = 0; m && i < 256 && m->byte_fallback; i++)
		end = LL_MAX(end, m->fallback[i] + 1);
	for (uint32_t id = 0; id < end; id++)
		holes += !(b->token[id].flags & LL_TOKEN_PRESENT);
	return holes ? (uint32_t)b->tokens : end;
}

void ll_bpe_json(const struct ll_bpe *b, struct ll_buf *out)
{
	struct ll_buf scratch = { 0 };
	if (b->chars) {
		ll_char_model_json(b, out);
		return;
	}
	ll_buf_puts(out, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,");
	ll_bpe_put_added(b, out);
	if (ll_bpe_normalizer(b))
		ll_buf_printf(out, "\"normalizer\":{\"type\":\"%s\"},\"pre_tokenizer\":", ll_bpe_normalizer(b));
	else
		ll_buf_puts(out, "\"normalizer\":null,\"pre_tokenizer\":");
	put_pre_tokenizer(b->pretokenizer, out);
	ll_buf_puts(out, ",\"post_processor\":");
	put_byte_level(out, false, false, true);
	ll_buf_puts(out, ",\"decoder\":");
	put_byte_level(out, true, true, true);
	ll_buf_printf(
		out,
		",\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"continuing_subword_prefix\":null,"
		"\"end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":%s,\"vocab\":"
		"{",
		b->ignore_merges ? "true" : "false");
	const char *comma = "";
	for (uint32_t id = 0, end = b->ignore_merges ? ll_bpe_end_of_vocab(b) : (uint32_t)b->tokens; id < end; id++) {
		if (!(b->token[id].flags & LL_TOKEN_PRESENT))
			continue;
		ll_buf_puts(out, comma);
		put_token(b, id, &scratch, out);
		ll_buf_printf(out, ":%u", id);
		comma = ",";
	}
	ll_buf_puts(out, "},\"merges\":[");
	comma = "";
	for (size_t i = 0; i < b->merges; i++) {
		ll_buf_printf(out, "%s[", comma);
		put_token(b, b->merge[i].left, &scratch, out);
		ll_buf_putc(out, ',');
		put_token(b, b->merge[i].right, &scratch, out);
		ll_buf_putc(out, ']');
		comma = ",";
	}
	ll_buf_puts(out, "]}}\n");
	ll_buf_free(&scratch);
}
