/* SPDX-License-Identifier: MIT */
#include "bpe/added_tokens.h"
#include "bpe/bpe_chars.h"
#include "bpe/bpe_walk.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bpe/char_model.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* ---- the ByteLevel alphabet: bytes that print stand for themselves, the others follow from U+0100 on ---- */

static bool prints(unsigned byte)
{
	return (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
}

uint32_t ll_byte_char(unsigned char byte)
{
	if (prints(byte))
		return byte;
	uint32_t before = byte <= 32 ? byte : byte <= 160 ? 33u + byte - 127u : 67;
	return 0x100 + before;
}

int ll_char_byte(uint32_t c)
{
	if (c < 0x100)
		return prints(c) ? (int)c : -1;
	c -= 0x100;
	return c <= 32 ? (int)c : c <= 66 ? (int)c - 33 + 127 : c == 67 ? 173 : -1;
}

unsigned char ll_bpe_base_byte(unsigned place)
{
	if (place < 94)
		return (unsigned char)(33 + place);
	if (place < 94 + 12)
		return (unsigned char)(161 + place - 94);
	if (place < 94 + 12 + 82)
		return (unsigned char)(174 + place - 106);
	return (unsigned char)ll_char_byte(0x100 + place - 188);
}

bool ll_bytes_of_name(struct ll_str name, struct ll_buf *out)
{
	const char *p = name.data, *end = p + name.len;
	if (name.len == 0 || ll_utf8_valid_prefix(name.data, name.len) != name.len)
		return false;
	while (p < end) {
		int byte = ll_char_byte(ll_utf8_next(&p));
		if (byte < 0)
			return false;
		ll_buf_putc(out, (char)byte);
	}
	return true;
}

void ll_bpe_put_name(const struct ll_bpe *b, uint32_t id, struct ll_buf *out)
{
	struct ll_str bytes = ll_bpe_token_name(b, id);
	if (ll_bpe_is_special(b, id)) {
		ll_buf_add_str(out, bytes);
		return;
	}
	for (size_t i = 0; i < bytes.len; i++)
		out->len += ll_utf8_put(ll_buf_reserve(out, 4), ll_byte_char((unsigned char)bytes.data[i]));
}

/* ---- making ---- */

struct ll_bpe *ll_bpe_new(struct ll_pretokenizer *p)
{
	struct ll_bpe *b = ll_calloc(1, sizeof *b);
	b->pretokenizer = p;
	b->normal_form = LL_NO_NORMAL_FORM;
	return b;
}

void ll_bpe_free(struct ll_bpe *b)
{
	if (!b)
		return;
	ll_pretokenizer_free(b->pretokenizer);
	ll_char_model_free(b->chars);
	ll_added_free(b);
	ll_buf_free(&b->bytes);
	ll_free(b->token);
	ll_free(b->merge);
	ll_bpe_index_free(b);
	ll_bpe_walk_free(b->walk);
	ll_free(b->live);
	ll_free(b->char_tokens);
	ll_free(b->chars_joined);
	ll_free(b->words);
	ll_free(b->added);
	ll_free(b->added_text);
	ll_free(b->odd_added);
	ll_free(b);
}

uint32_t ll_bpe_table_mask(size_t entries)
{
	size_t slots = 1024;
	while (slots < 2 * entries)
		slots *= 2;
	return (uint32_t)(slots - 1);
}

/* The slot of an ordinary token with these bytes, or the empty slot where it would go. */
static struct ll_bpe_word *word_slot(const struct ll_bpe *b, const char *bytes, size_t len, uint64_t hash)
{
	for (uint32_t i = (uint32_t)hash;; i++) {
		struct ll_bpe_word *slot = &b->words[i & b->words_mask];
		if (slot->id == LL_BPE_NONE ||
		    (slot->tag == hash >> 32 && b->token[slot->id].len == len &&
		     memcmp(b->bytes.data + b->token[slot->id].offset, bytes, len) == 0))
			return slot;
	}
}

static void grow_words(struct ll_bpe *b)
{
	struct ll_bpe_word *old = b->words;
	size_t old_slots = old ? (size_t)b->words_mask + 1 : 0;
	b->words_mask = ll_bpe_table_mask(2 * b->words_len);
	b->words = ll_malloc(((size_t)b->words_mask + 1) * sizeof *b->words);
	memset(b->words, 0xff, ((size_t)b->words_mask + 1) * sizeof *b->words);
	for (size_t i = 0; i < old_slots; i++) {
		if (old[i].id == LL_BPE_NONE)
			continue;
		const struct ll_bpe_token *t = &b->token[old[i].id];
		const char *bytes = b->bytes.data + t->offset;
		*word_slot(b, bytes, t->len, ll_hash64(bytes, t->len)) = old[i];
	}
	ll_free(old);
}

static int add_word(struct ll_bpe *b, uint32_t id, struct ll_str bytes, struct ll_err *err)
{
	if (2 * (b->words_len + 1) > (size_t)b->words_mask + 1 || !b->words)
		grow_words(b);
	uint64_t hash = ll_hash64(bytes.data, bytes.len);
	struct ll_bpe_word *slot = word_slot(b, bytes.data, bytes.len, hash);
	if (slot->id != LL_BPE_NONE)
		return ll_err_set(err, "tokens %u and %u stand for the same bytes", slot->id, id);
	*slot = (struct ll_bpe_word){ id, (uint32_t)(hash >> 32) };
	b->words_len++;
	b->longest = LL_MAX(b->longest, (uint32_t)bytes.len);
	return 0;
}

int ll_bpe_add_token(struct ll_bpe *b, uint64_t id, struct ll_str bytes, unsigned flags, struct ll_err *err)
{
	if (id >= LL_BPE_MAX_IDS)
		return ll_err_set(err, "token id %llu is out of range", (unsigned long long)id);
	if ((bytes.len == 0 && (flags || b->chars)) || bytes.len > (1u << 24))
		return ll_err_set(err, "token %llu has %zu bytes", (unsigned long long)id, bytes.len);
	if (id >= b->tokens) {
		size_t old = b->tokens_cap;
		LL_GROW(b->token, b->tokens_cap, id + 1);
		memset(b->token + old, 0, (b->tokens_cap - old) * sizeof *b->token);
		b->tokens = id + 1;
	}
	if (b->token[id].flags & LL_TOKEN_PRESENT)
		return ll_err_set(err, "two tokens have the id %llu", (unsigned long long)id);
	if (ll_token_is_ordinary(flags | LL_TOKEN_PRESENT) && add_word(b, (uint32_t)id, bytes, err))
		return -1;
	b->token[id] = (struct ll_bpe_token){ b->bytes.len, (uint32_t)bytes.len, flags | LL_TOKEN_PRESENT };
	ll_buf_add_str(&b->bytes, bytes);
	return 0;
}

int ll_bpe_make_ordinary(struct ll_bpe *b, uint32_t id, struct ll_err *err)
{
	b->token[id].flags |= LL_TOKEN_ORDINARY;
	return add_word(b, id, ll_bpe_token_name(b, id), err);
}

uint32_t ll_bpe_find_word(const struct ll_bpe *b, const char *bytes, size_t len)
{
	return len > b->longest || !b->words ? LL_BPE_NONE : word_slot(b, bytes, len, ll_hash64(bytes, len))->id;
}

void ll_bpe_add_merge(struct ll_bpe *b, uint32_t left, uint32_t right, uint32_t rank, uint32_t id)
{
	LL_GROW(b->merge, b->merges_cap, b->merges + 1);
	b->merge[b->merges++] = (struct ll_bpe_pair){ left, right, rank, id };
}

static bool is_steady(const struct ll_bpe *b)
{
	uint32_t *latest = ll_calloc(b->tokens, sizeof *latest); /* 1 + the last rank that makes the token */
	bool steady = true;
	for (size_t i = 0; i < b->merges; i++) {
		const struct ll_bpe_pair *m = &b->merge[i];
		latest[m->id] = LL_MAX(latest[m->id], m->rank + 1);
	}
	for (size_t i = 0; i < b->merges && steady; i++) {
		const struct ll_bpe_pair *m = &b->merge[i];
		steady = latest[m->left] <= m->rank && latest[m->right] <= m->rank;
	}
	ll_free(latest);
	return steady;
}

/* Small parts are hashed together. */
static void hash_some(struct ll_hash128_state *s, struct ll_buf *some, size_t least)
{
	if (some->len < least)
		return;
	ll_hash128_update(s, some->data, some->len);
	ll_buf_clear(some);
}

static void add_u32(struct ll_buf *some, uint32_t v)
{
	ll_put32(ll_buf_reserve(some, 4), v);
	some->len += 4;
}

static void compute_id(struct ll_bpe *b)
{
	struct ll_hash128_state *s = ll_hash128_new();
	struct ll_buf head = { 0 };
	const unsigned idle = b->chars || b->added_normalized ? 0 : LL_TOKEN_NORMALIZED;
	ll_buf_printf(&head, "tokenizer 1\nunicode %s\n", LL_UNICODE_VERSION);
	if (b->chars) {
		ll_char_model_identity(b, &head);
	} else {
		ll_pretokenizer_identity(b->pretokenizer, &head);
		ll_buf_printf(&head, "normalizer %s\nignore_merges %d\n", ll_bpe_normalizer(b) ? ll_bpe_normalizer(b) : "none",
			      b->ignore_merges);
	}
	add_u32(&head, (uint32_t)b->tokens);
	for (size_t i = 0; i < b->tokens; i++) {
		add_u32(&head, b->token[i].flags & ~idle);
		add_u32(&head, b->token[i].len);
		ll_buf_add(&head, b->bytes.data + b->token[i].offset, b->token[i].len);
		hash_some(s, &head, 1 << 14);
	}
	for (size_t i = 0; i < b->merges; i++) {
		add_u32(&head, b->merge[i].left);
		add_u32(&head, b->merge[i].right);
		hash_some(s, &head, 1 << 14);
	}
	hash_some(s, &head, 1);
	ll_buf_free(&head);
	ll_id_hex(ll_hash128_digest(s), b->id);
	ll_hash128_free(s);
}

/* Without a normalizer, and where all are looked for in the same text, it makes no difference which. */
static void settle_normalized(struct ll_bpe *b)
{
	size_t as_is = 0, normalized = 0;
	for (uint32_t id = 0; id < b->tokens; id++)
		if (b->token[id].flags & LL_TOKEN_ADDED) {
			normalized += (b->token[id].flags & LL_TOKEN_NORMALIZED) != 0;
			as_is += !(b->token[id].flags & LL_TOKEN_NORMALIZED);
		}
	b->added_normalized = normalized && (as_is || ll_bpe_normalizes(b));
}

static void list_added(struct ll_bpe *b)
{
	for (uint32_t id = 0; id < b->tokens; id++)
		if (b->token[id].flags & LL_TOKEN_ADDED) {
			LL_GROW(b->added, b->addeds_cap, b->addeds + 1);
			b->added[b->addeds++] = id;
		}
}

/* Files name tokens, by which every name must be one token's; that of an added token is its text, that of an ordinary one is in the
 * ByteLevel alphabet. */
static int check_added_names(const struct ll_bpe *b, struct ll_err *err)
{
	struct ll_buf bytes = { 0 };
	int rc = 0;
	for (size_t i = 0; i < b->addeds && !rc; i++) {
		struct ll_str text = ll_bpe_token_name(b, b->added[i]);
		uint32_t other = LL_BPE_NONE;
		ll_buf_clear(&bytes);
		if (ll_bytes_of_name(text, &bytes))
			other = ll_bpe_find_word(b, bytes.data, bytes.len);
		for (size_t k = i; k-- > 0 && b->token[b->added[k]].len == text.len;)
			if (ll_str_eq(ll_bpe_token_name(b, b->added[k]), text))
				other = b->added[k];
		if (other == b->added[i])
			continue;
		if (other != LL_BPE_NONE)
			rc = ll_err_set(err, "the special token '%.*s' is spelled as token %u is in tokenizer files",
					(int)LL_MIN(text.len, 60), text.data, other);
	}
	ll_buf_free(&bytes);
	return rc;
}

int ll_bpe_seal(struct ll_bpe *b, struct ll_err *err)
{
	if (b->kind == LL_MODEL_BYTES && ll_bpe_index_alphabet(b, err))
		return -1;
	if (b->merges > LL_BPE_MAX_IDS)
		return ll_err_set(err, "%zu merges, more than the %u believed", b->merges, LL_BPE_MAX_IDS);
	for (size_t i = 0; i < b->merges; i++)
		if (b->merge[i].rank != i)
			LL_BUG("merge %zu has rank %u", i, b->merge[i].rank);
	if (!b->pairs) {
		ll_bpe_index_start(b, b->merges);
		for (size_t i = 0; i < b->merges; i++)
			ll_bpe_index_merge(b, &b->merge[i]);
	}
	if (b->kind == LL_MODEL_BYTES) {
		b->steady = is_steady(b);
		ll_bpe_index_sooner(b);
		ll_bpe_index_chars(b);
	}
	list_added(b);
	settle_normalized(b);
	if (ll_added_index(b, err))
		return -1;
	if (b->kind == LL_MODEL_BYTES && check_added_names(b, err))
		return -1;
	if (b->kind != LL_MODEL_BYTES && ll_char_model_seal(b, err))
		return -1;
	compute_id(b);
	return 0;
}

/* ---- asking ---- */

uint32_t ll_bpe_vocabulary(const struct ll_bpe *b)
{
	return (uint32_t)b->tokens;
}

int64_t ll_bpe_special(const struct ll_bpe *b, const char *token)
{
	for (size_t i = 0; i < b->addeds; i++)
		if (ll_str_is(ll_bpe_token_name(b, b->added[i]), token))
			return b->added[i];
	return -1;
}

int64_t ll_bpe_eot(const struct ll_bpe *b)
{
	static const char *const names[] = { "<|endoftext|>", "</s>", "<|end_of_text|>" };
	for (size_t i = 0; i < LL_COUNT(names); i++)
		if (ll_bpe_special(b, names[i]) >= 0)
			return ll_bpe_special(b, names[i]);
	return -1;
}

const char *ll_bpe_id(const struct ll_bpe *b)
{
	return b->id;
}

const char *ll_bpe_kind(const struct ll_bpe *b)
{
	static const char *const names[] = { [LL_MODEL_BYTES] = "byte-level BPE",
					     [LL_MODEL_CHARS] = "BPE over characters",
					     [LL_MODEL_WORDPIECE] = "WordPiece",
					     [LL_MODEL_UNIGRAM] = "Unigram" };
	return names[b->kind];
}

const char *ll_bpe_pretokenizer(const struct ll_bpe *b)
{
	if (b->chars)
		return b->chars->splits_json ? b->chars->splits_json : "none";
	return ll_pretokenizer_name(b->pretokenizer);
}

const struct ll_pretokenizer *ll_bpe_splitting(const struct ll_bpe *b)
{
	return b->pretokenizer;
}

size_t ll_bpe_merges(const struct ll_bpe *b)
{
	return b->merges;
}

struct ll_str ll_bpe_token_text(const struct ll_bpe *b, uint32_t id)
{
	if (!b->added_text || !ll_bpe_is_special(b, id))
		return ll_bpe_token_name(b, id);
	const struct ll_bpe_token *text = &b->added_text[ll_added_place(b, id)];
	return ll_str(b->bytes.data + text->offset, text->len);
}

struct ll_str ll_bpe_token_bytes(const struct ll_bpe *b, uint32_t id)
{
	return b->chars ? ll_char_token_bytes(b, id) : ll_bpe_token_text(b, id);
}

bool ll_bpe_is_special(const struct ll_bpe *b, uint32_t id)
{
	return id < b->tokens && (b->token[id].flags & LL_TOKEN_ADDED);
}

const char *ll_bpe_added_flags(const struct ll_bpe *b, uint32_t id)
{
	static const char *const names[] = { "", "lstrip", "rstrip", "lstrip, rstrip", "single_word", "single_word, lstrip",
					     "single_word, rstrip", "single_word, lstrip, rstrip" };
	return ll_bpe_is_special(b, id) ? names[b->token[id].flags / LL_TOKEN_LSTRIP & 7] : "";
}

unsigned ll_bpe_width(const struct ll_bpe *b)
{
	return b->tokens <= 65536 ? 2 : 4;
}
