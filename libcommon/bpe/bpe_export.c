/* SPDX-License-Identifier: MIT */
/* Tokenizers in the formats of others: what a format cannot say exactly is refused. */
#include "base/memory.h"
#include "bpe/bpe_gguf.h"
#include "bpe/bpe_merges.h"
#include "bpe/char_model.h"
#include "bpe/sp_pieces.h"
#include "io/gguf.h"
#include "text/json.h"

static bool is_ordinary(const struct ll_bpe *b, uint32_t id)
{
	return ll_token_is_ordinary(b->token[id].flags);
}

static int need_bytes(const struct ll_bpe *b, const char *format, struct ll_err *err)
{
	return b->kind == LL_MODEL_BYTES
		       ? 0
		       : ll_err_set(err, "%s holds byte-level BPE only, and this is %s", format, ll_bpe_kind(b));
}

int ll_bpe_export_hf(const struct ll_bpe *b, struct ll_buf *out, struct ll_err *err)
{
	if (b->pretokenizer && ll_pretokenizer_own(b->pretokenizer))
		return ll_err_set(err, "the pre-tokenizer has %s, which tokenizers may read otherwise",
				  ll_pretokenizer_own(b->pretokenizer));
	uint32_t end = b->ignore_merges && !b->chars ? ll_bpe_end_of_vocab(b) : 0;
	for (uint32_t id = 0; id < end; id++) {
		struct ll_str name = ll_bpe_token_name(b, id);
		if (!is_ordinary(b, id) && (b->token[id].flags & LL_TOKEN_SINGLE_WORD))
			return ll_err_set(err, "the added token '%.*s' is single_word, and tokenizers makes it of words too (ignore_merges)",
					  (int)LL_MIN(name.len, 60), name.data);
	}
	if (b->chars && ll_normalizer_own(b->chars->normalizer))
		return ll_err_set(
			err,
			"tokenizers apply the precompiled_charsmap otherwise than SentencePiece, whose model this was");
	ll_bpe_json(b, out);
	return 0;
}

void ll_bpe_warn_of_losses(const struct ll_bpe *b, bool specials)
{
	struct ll_buf list = { 0 };
	for (uint32_t id = 0; id < b->tokens && list.len < 200; id++) {
		struct ll_str name = ll_bpe_token_name(b, id);
		const char *flags = ll_bpe_added_flags(b, id);
		if (ll_bpe_is_special(b, id) && (!specials || *flags))
			ll_buf_printf(&list, " %.*s:%u%s%s%s", (int)LL_MIN(name.len, 60), name.data, id, *flags ? " (" : "", flags,
				      *flags ? ")" : "");
	}
	if (list.len)
		ll_warn("the file does not say %s:%s", specials ? "what these special tokens do with what stands around them"
								: "the special tokens",
			ll_buf_cstr(&list));
	if (ll_bpe_normalizer(b))
		ll_warn("the file does not say that text is brought to %s first", ll_bpe_normalizer(b));
	if (b->pretokenizer && ll_pretokenizer_prefixes(b->pretokenizer))
		ll_warn("the file does not say that a space is put before texts");
	ll_buf_free(&list);
}

/* ---- ranks ---- */

/* A model of the same tokens that merges by rank, which is the id. */
static struct ll_bpe *by_rank(const struct ll_bpe *b, struct ll_err *err)
{
	struct ll_bpe *c = ll_bpe_new(NULL);
	uint32_t *rank = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *rank);
	int rc = 0;
	for (uint32_t id = 0; id < b->tokens && !rc; id++) {
		rank[id] = is_ordinary(b, id) ? id : LL_BPE_NONE;
		if (is_ordinary(b, id))
			rc = ll_bpe_add_token(c, id, ll_bpe_token_name(b, id), 0, err);
	}
	for (size_t id = c->tokens; id < b->tokens; id++)
		rank[id] = LL_BPE_NONE;
	if (!rc)
		rc = ll_bpe_merges_of_ranks(c, rank, false, err);
	ll_free(rank);
	if (rc) {
		ll_bpe_free(c);
		return NULL;
	}
	return c;
}

/* Both merge alike when every token has the same live merge, in the same order (bpe_merges.h). */
static int check_ranks(const struct ll_bpe *b, const struct ll_bpe_pair *live, struct ll_err *err)
{
	struct ll_bpe *c = by_rank(b, err);
	struct ll_bpe_pair last = { .rank = 0 };
	bool any = false;
	int rc = c ? 0 : -1;
	for (uint32_t id = 0, next = 0; !rc && id < b->tokens; id++) {
		if (!is_ordinary(b, id) || b->token[id].len < 2)
			continue;
		const struct ll_bpe_pair *ranked =
			next < c->merges && c->merge[next].id == id ? &c->merge[next++] : NULL;
		bool has = live[id].rank != LL_BPE_NONE;
		if (!has && !b->ignore_merges)
			rc = ll_err_set(err, "token %u is one that the merges never make, and ranks would", id);
		else if (has != (ranked != NULL) ||
			 (has && (live[id].left != ranked->left || live[id].right != ranked->right)))
			rc = ll_err_set(err, "token %u comes from other merges when ids are ranks", id);
		else if (has && any && live[id].rank < last.rank)
			rc = ll_err_set(err, "ids are no ranks: token %u is merged before token %u", id, last.id);
		if (has)
			last = live[id];
		any |= has;
	}
	ll_bpe_free(c);
	return rc;
}

int ll_bpe_export_ranks(const struct ll_bpe *b, struct ll_buf *out, struct ll_err *err)
{
	if (need_bytes(b, "a .tiktoken file", err))
		return -1;
	struct ll_bpe_pair *live = ll_bpe_live_merges(b);
	int rc = check_ranks(b, live, err);
	ll_free(live);
	for (uint32_t id = 0; id < b->tokens && !rc; id++)
		if (is_ordinary(b, id))
			ll_bpe_put_rank(ll_bpe_token_name(b, id), id, out);
	return rc;
}

/* ---- vocab.json and merges.txt ---- */

static int check_reachable(const struct ll_bpe *b, const char *format, struct ll_err *err)
{
	if (!b->ignore_merges)
		return 0;
	struct ll_bpe_pair *live = ll_bpe_live_merges(b);
	uint32_t id = 0;
	while (id < b->tokens && !(is_ordinary(b, id) && b->token[id].len > 1 && live[id].rank == LL_BPE_NONE))
		id++;
	ll_free(live);
	return id == b->tokens
		       ? 0
		       : ll_err_set(err,
				    "token %u is taken for a whole pre-token only (ignore_merges), which %s cannot say",
				    id, format);
}

static void put_merge(const struct ll_bpe *b, const struct ll_bpe_pair *merge, struct ll_buf *out)
{
	ll_bpe_put_name(b, merge->left, out);
	ll_buf_putc(out, ' ');
	ll_bpe_put_name(b, merge->right, out);
}

int ll_bpe_export_vocab(const struct ll_bpe *b, struct ll_buf *vocab, struct ll_buf *merges, struct ll_err *err)
{
	struct ll_buf name = { 0 };
	if (need_bytes(b, "vocab.json with merges.txt", err) || check_reachable(b, "merges.txt", err))
		return -1;
	const char *comma = "{";
	for (uint32_t id = 0; id < b->tokens; id++) {
		if (!(b->token[id].flags & LL_TOKEN_PRESENT))
			continue;
		ll_buf_clear(&name);
		ll_bpe_put_name(b, id, &name);
		ll_buf_puts(vocab, comma);
		ll_json_escape(vocab, ll_buf_str(&name), false);
		ll_buf_printf(vocab, ":%u", id);
		comma = ",";
	}
	ll_buf_puts(vocab, "}\n");
	ll_buf_free(&name);
	ll_buf_puts(merges, "#version: 0.2\n");
	for (size_t i = 0; i < b->merges; i++) {
		put_merge(b, &b->merge[i], merges);
		ll_buf_putc(merges, '\n');
	}
	return 0;
}

/* ---- GGUF ---- */

/* The name in llama.cpp of the pre-tokenizer and of what it does with whole pre-tokens, or NULL. */
static const char *gguf_pre(const struct ll_bpe *b, bool ignore_merges)
{
	struct ll_err err;
	for (const struct ll_gguf_pre *pre = ll_gguf_pres; pre->name; pre++) {
		struct ll_pretokenizer *p = ll_pretokenizer_parse(pre->pretokenizer, &err);
		bool is = pre->ignore_merges == ignore_merges && ll_pretokenizer_eq(p, b->pretokenizer);
		ll_pretokenizer_free(p);
		if (is)
			return pre->name;
	}
	return NULL;
}

static unsigned piece_type(const struct ll_bpe *b, uint64_t id)
{
	unsigned flags = id < b->tokens ? b->token[id].flags : 0;
	return !(flags & LL_TOKEN_PRESENT) ? LL_SP_UNUSED
	       : flags & LL_TOKEN_SPECIAL  ? LL_SP_CONTROL
	       : flags & LL_TOKEN_ADDED	   ? LL_SP_USER_DEFINED
					   : LL_SP_NORMAL;
}

static uint64_t put_pairs(const struct ll_bpe *b, const char *pre, uint64_t rows, struct ll_buf *out)
{
	struct ll_buf name = { 0 };
	int64_t eot = ll_bpe_eot(b);
	ll_gguf_put_string(out, "tokenizer.ggml.model", "gpt2");
	ll_gguf_put_string(out, "tokenizer.ggml.pre", pre);
	ll_gguf_put_array(out, "tokenizer.ggml.tokens", LL_GGUF_STRING, rows);
	for (uint64_t id = 0; id < rows; id++) {
		ll_buf_clear(&name);
		if (piece_type(b, id) != LL_SP_UNUSED)
			ll_bpe_put_name(b, (uint32_t)id, &name);
		else
			ll_buf_printf(&name, "[PAD%llu]", (unsigned long long)id);
		ll_gguf_put_text(out, ll_buf_str(&name));
	}
	ll_gguf_put_array(out, "tokenizer.ggml.token_type", LL_GGUF_I32, rows);
	for (uint64_t id = 0; id < rows; id++)
		ll_buf_put32(out, piece_type(b, id));
	ll_gguf_put_array(out, "tokenizer.ggml.merges", LL_GGUF_STRING, b->merges);
	for (size_t i = 0; i < b->merges; i++) {
		ll_buf_clear(&name);
		put_merge(b, &b->merge[i], &name);
		ll_gguf_put_text(out, ll_buf_str(&name));
	}
	ll_buf_free(&name);
	/* Some names of pre-tokenizers make llama.cpp begin every text with one. */
	ll_gguf_put_bool(out, "tokenizer.ggml.add_bos_token", false);
	if (eot < 0)
		return 6;
	ll_gguf_put_u32(out, "tokenizer.ggml.bos_token_id", (uint32_t)eot);
	ll_gguf_put_u32(out, "tokenizer.ggml.eos_token_id", (uint32_t)eot);
	return 8;
}

int ll_bpe_gguf_pairs(const struct ll_bpe *b, uint64_t rows, struct ll_buf *out, uint64_t *pairs, struct ll_err *err)
{
	if (need_bytes(b, "GGUF as written here", err))
		return -1;
	if (rows < b->tokens)
		return ll_err_set(err, "the tokenizer has %zu ids, the model %llu", b->tokens, (unsigned long long)rows);
	bool matters = b->ignore_merges;
	if (matters) {
		struct ll_bpe_pair *live = ll_bpe_live_merges(b);
		matters = !ll_bpe_all_live(b, live);
		ll_free(live);
	}
	const char *pre = gguf_pre(b, matters);
	if (!pre && !matters && b->ignore_merges)
		pre = gguf_pre(b, true);
	if (!pre)
		return ll_err_set(err, "llama.cpp has no pre-tokenizer like %.80s%s", ll_bpe_pretokenizer(b),
				  matters ? " that takes whole pre-tokens for tokens (ignore_merges)" : "");
	for (size_t i = 0; i < b->addeds; i++) { /* those that are special are text to most readers */
		const char *flags = ll_bpe_added_flags(b, b->added[i]);
		struct ll_str name = ll_bpe_token_name(b, b->added[i]);
		if (*flags && !(b->token[b->added[i]].flags & LL_TOKEN_SPECIAL))
			return ll_err_set(err, "the added token '%.*s' has %s, which GGUF cannot say", (int)LL_MIN(name.len, 60),
					  name.data, flags);
	}
	*pairs = put_pairs(b, pre, rows, out);
	return 0;
}

int ll_bpe_export_gguf(const struct ll_bpe *b, struct ll_buf *out, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	uint64_t pairs;
	int rc = ll_bpe_gguf_pairs(b, b->tokens, &text, &pairs, err);
	if (rc == 0) {
		ll_gguf_put_head(out, 0, pairs + 1);
		ll_gguf_put_string(out, "general.architecture", "gpt2");
		ll_buf_add_str(out, ll_buf_str(&text));
	}
	ll_buf_free(&text);
	return rc;
}
