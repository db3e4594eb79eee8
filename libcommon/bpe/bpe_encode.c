/* SPDX-License-Identifier: MIT */
/* Short pre-tokens are looked up in a cache of fixed size (piece_cache.h); misses are merged (bpe_merge.h). */
#include "base/memory.h"
#include "bpe/added_tokens.h"
#include "bpe/bpe_merge.h"
#include "bpe/bpe_parts.h"
#include "bpe/char_model.h"
#include "bpe/piece_cache.h"
#include "text/unicode.h"
#include "text/utf8.h"

#define SEED_WORTH ((size_t)1 << 20) /* of text, where it has to be found out which tokens come out */

struct ll_bpe_encoder {
	const struct ll_bpe *bpe;
	struct ll_char_encoder *chars; /* of a tokenizer over characters, which has all the rest of its own */
	struct ll_splitter *splitter;
	struct ll_piece_cache cache;
	struct ll_parts parts;
	struct ll_batch batch;
	struct ll_merger merger;
	struct ll_buf normalized, prefixed;
	bool skeleton, inside; /* see bpe.h */
	bool seeded;
	size_t encoded; /* bytes, until it is seeded */
	const char *error; /* of the splitter, in the text at hand */
	void (*piece)(void *context, struct ll_str piece, struct ll_ids *out); /* in the stead of the merges, or NULL */
	void *context;
};

/* Every token that comes out of its own bytes is a pre-token that is known before it is seen. `live`: which do; NULL:
 * all. */
static void seed(struct ll_bpe_encoder *e, const struct ll_bpe_live *live)
{
	const struct ll_bpe *b = e->bpe;
	const char *end = b->bytes.data + b->bytes.len;
	e->seeded = true;
	for (uint32_t id = 0; id < b->tokens; id++) {
		const struct ll_bpe_token *t = &b->token[id];
		if (!ll_token_is_ordinary(t->flags) || t->len == 0 || t->len > LL_PIECE_SHORT ||
		    (live && !live[id].len))
			continue;
		const char *p = b->bytes.data + t->offset;
		struct ll_piece piece = ll_piece_pack(p, t->len, end);
		ll_piece_cache_put(&e->cache, piece, e->cache.set(&e->cache, piece), p, t->len, &id, 1);
	}
}

struct ll_bpe_encoder *ll_bpe_encoder_new(const struct ll_bpe *b)
{
	struct ll_bpe_encoder *e = ll_calloc(1, sizeof *e);
	e->bpe = b;
	if (b->chars) {
		e->chars = ll_char_encoder_new(b);
		return e;
	}
	e->splitter = ll_splitter_new(b->pretokenizer);
	ll_merger_init(&e->merger, b);
	ll_piece_cache_init(&e->cache);
	e->parts = (struct ll_parts){ .bpe = b, .cache = &e->cache, .merger = &e->merger };
	if (b->ignore_merges || b->all_live)
		seed(e, NULL);
	return e;
}

void ll_bpe_encoder_free(struct ll_bpe_encoder *e)
{
	if (!e)
		return;
	ll_char_encoder_free(e->chars);
	ll_splitter_free(e->splitter);
	ll_piece_cache_free(&e->cache);
	ll_parts_free(&e->parts);
	ll_merger_free(&e->merger);
	ll_buf_free(&e->normalized);
	ll_buf_free(&e->prefixed);
	ll_free(e);
}

void ll_bpe_encoder_skeleton(struct ll_bpe_encoder *e)
{
	e->skeleton = true;
}

void ll_bpe_encoder_inside(struct ll_bpe_encoder *e)
{
	e->inside = true;
}

/* ---- pre-tokens ---- */

static void put_id(struct ll_ids *out, uint32_t id)
{
	*ll_ids_reserve(out, 1) = id;
	out->len++;
}

static void encode_piece(struct ll_bpe_encoder *e, const char *p, size_t n, struct ll_ids *out)
{
	const struct ll_bpe *b = e->bpe;
	if (e->skeleton) {
		put_id(out, 0);
		return;
	}
	if (b->ignore_merges && (!b->all_live || n > LL_PIECE_CACHED)) {
		uint32_t id = ll_bpe_find_word(b, p, n);
		if (id != LL_BPE_NONE) {
			put_id(out, id);
			return;
		}
	}
	ll_merge(&e->merger, p, n, out);
}

void ll_bpe_encode_piece(struct ll_bpe_encoder *e, struct ll_str piece, struct ll_ids *out)
{
	encode_piece(e, piece.data, piece.len, out);
}

/* A piece that is in no slot as it is: longer, of more ids, or new. */
static void encode_other(struct ll_bpe_encoder *e, size_t i, const char *p, size_t n, const char *stop, struct ll_ids *out)
{
	struct ll_piece piece = e->batch.piece[i];
	uint32_t set = e->batch.set[i];
	size_t ids, before = out->len;
	if (!e->skeleton && ll_has_parts(e->bpe, p, n) && ll_parts_encode(&e->parts, p, n, stop, out)) {
		if (n <= LL_PIECE_SHORT && out->len - before <= LL_SLOT_IDS)
			ll_piece_cache_put(&e->cache, piece, set, p, n, out->id + before, out->len - before);
		return;
	}
	if (n > LL_PIECE_CACHED) {
		encode_piece(e, p, n, out);
		return;
	}
	if (n > LL_PIECE_SHORT) {
		piece = ll_piece_long(p, n);
		set = e->cache.set(&e->cache, piece);
	}
	const uint32_t *id = ll_piece_cache_find(&e->cache, piece, set, p, n, &ids);
	if (id) {
		memcpy(ll_ids_reserve(out, ids), id, ids * sizeof *id);
		out->len += ids;
		return;
	}
	encode_piece(e, p, n, out);
	if (!e->skeleton)
		ll_piece_cache_put(&e->cache, piece, set, p, n, out->id + before, out->len - before);
}

/* Batch by batch: where the pieces end, their keys, their ids. */
static void encode_plain(struct ll_bpe_encoder *e, struct ll_str text, struct ll_ids *out)
{
	struct ll_batch *b = &e->batch;
	size_t at = 0;
	if (!e->seeded && (e->encoded += text.len) >= SEED_WORTH) {
		const struct ll_bpe_live *live = ll_bpe_live(e->bpe);
		e->seeded = true;
		if (live && !e->skeleton)
			seed(e, live);
	}
	for (size_t n; (n = ll_split(e->splitter, text, at, b->end, LL_PIECE_BATCH)) > 0; at = b->end[n - 1]) {
		e->cache.keys(&e->cache, b, text.data, at, n, text.len);
		for (size_t i = 0;; i++) {
			uint32_t *to = ll_ids_reserve(out, LL_SLOT_IDS * (n - i) + 1);
			i = e->cache.hits(&e->cache, b, i, n, &to);
			out->len = (size_t)(to - out->id);
			if (i == n)
				break;
			size_t start = i ? b->end[i - 1] : at;
			encode_other(e, i, text.data + start, b->end[i] - start, text.data + text.len, out);
		}
	}
	e->error = ll_splitter_error(e->splitter);
}

void ll_bpe_encoder_pieces(struct ll_bpe_encoder *e, void (*piece)(void *context, struct ll_str piece, struct ll_ids *out),
			   void *context)
{
	e->piece = piece;
	e->context = context;
}

static void hand_out_pieces(struct ll_bpe_encoder *e, struct ll_str text, struct ll_ids *out)
{
	size_t ends[256], at = 0;
	for (size_t n; (n = ll_split(e->splitter, text, at, ends, LL_COUNT(ends)));)
		for (size_t i = 0; i < n; at = ends[i++])
			e->piece(e->context, ll_str(text.data + at, ends[i] - at), out);
	e->error = ll_splitter_error(e->splitter);
}

/* What lies between added tokens that are looked for in the text as it is. */
static void encode_stretch(struct ll_bpe_encoder *e, struct ll_str text, bool special, struct ll_ids *out)
{
	struct ll_added_part part;
	text = ll_bpe_normalize(e->bpe, text, &e->normalized);
	for (struct ll_added_cutter c = ll_added_cut(e->bpe, text, special, true); !e->error && ll_added_next(&c, &part);) {
		struct ll_str words = ll_added_text(&c, &part);
		if (!e->inside)
			words = ll_pretokenizer_prefixed(e->bpe->pretokenizer, words, &e->prefixed);
		if (part.id != LL_BPE_NONE)
			put_id(out, part.id);
		else if (e->piece)
			hand_out_pieces(e, words, out);
		else
			encode_plain(e, words, out);
	}
}

int ll_bpe_try_encode(struct ll_bpe_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out,
		      struct ll_err *err)
{
	struct ll_added_part part;
	if (e->chars)
		return ll_char_encode(e->chars, text, allow_special, out, err);
	e->error = NULL;
	for (struct ll_added_cutter c = ll_added_cut(e->bpe, text, allow_special, false); !e->error && ll_added_next(&c, &part);) {
		if (part.id != LL_BPE_NONE)
			put_id(out, part.id);
		else
			encode_stretch(e, ll_added_text(&c, &part), allow_special, out);
	}
	return e->error ? ll_err_set(err, "%s", e->error) : 0;
}

int64_t ll_bpe_find_special(const struct ll_bpe *b, struct ll_str text)
{
	return ll_added_find(b, text, true, LL_TOKEN_SPECIAL);
}

void ll_bpe_encode(struct ll_bpe_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out)
{
	struct ll_err err;
	if (ll_bpe_try_encode(e, text, allow_special, out, &err)) {
		ll_hint(LL_SPLITTER_HINT);
		ll_die(LL_EXIT_INPUT, "text: %s", err.text);
	}
}
