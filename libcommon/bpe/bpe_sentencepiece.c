/* SPDX-License-Identifier: MIT */
/*
 * SentencePiece's .model of the BPE type: a ModelProto (src/sentencepiece_model.proto) in the wire format of protocol
 * buffers (protobuf.dev/programming-guides/encoding), read by hand. Merging (src/bpe_model.cc): the adjacent pair whose
 * joined text is the piece of the highest score, the leftmost of several. Normalising (src/normalizer.cc) is written
 * out as normalizers of a tokenizer.json.
 */
#include "bpe/sp_pieces.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bpe/bpe_merges.h"
#include "bpe/bpe_read.h"
#include "bpe/char_model.h"
#include "text/json_tree.h"
#include "text/utf8.h"

#define SIGN "\xe2\x96\x81" /* stands for a space in pieces */

/* ---- the pieces as a tokenizer ---- */

static int by_score(const void *a, const void *b)
{
	const struct ll_sp_piece *x = *(const struct ll_sp_piece *const *)a, *y = *(const struct ll_sp_piece *const *)b;
	return x->score > y->score ? -1 : x->score < y->score;
}

/* The ranks of normal pieces by falling score; equal scores, equal ranks. */
static uint32_t *ranks_of(const struct ll_sp_model *m)
{
	const struct ll_sp_piece **sorted = ll_malloc(m->pieces * sizeof *sorted);
	uint32_t *rank = ll_malloc(m->pieces * sizeof *rank), at = 0;
	for (size_t i = 0; i < m->pieces; i++)
		sorted[i] = &m->piece[i];
	qsort(sorted, m->pieces, sizeof *sorted, by_score);
	for (size_t i = 0; i < m->pieces; i++) {
		at += i && sorted[i]->score < sorted[i - 1]->score;
		rank[sorted[i] - m->piece] = sorted[i]->type == LL_SP_NORMAL ? at : LL_BPE_NONE;
	}
	ll_free(sorted);
	return rank;
}

static int add_user_defined(struct ll_bpe *b, const struct ll_sp_model *m, size_t id, struct ll_err *err)
{
	struct ll_str text = m->piece[id].text;
	if (m->dummy_prefix || m->remove_extra_spaces || m->charsmap.len || memchr(text.data, ' ', text.len) ||
	    memmem(text.data, text.len, SIGN, 3))
		return ll_err_set(err,
				  "piece %zu '%.*s' is user-defined, which together with a dummy prefix, a normaliser "
				  "or spaces is "
				  "not supported",
				  id, (int)LL_MIN(text.len, 60), text.data);
	return ll_bpe_add_token(b, id, text, LL_TOKEN_ADDED | LL_TOKEN_ORDINARY, err);
}

static int add_pieces(struct ll_bpe *b, const struct ll_sp_model *m, struct ll_err *err)
{
	for (size_t id = 0; id < m->pieces; id++) {
		const struct ll_sp_piece *p = &m->piece[id];
		int rc = 0;
		if (ll_utf8_valid_prefix(p->text.data, p->text.len) != p->text.len)
			return ll_err_set(err, "piece %zu is not UTF-8", id);
		switch (p->type) {
		case LL_SP_NORMAL:
		case LL_SP_BYTE:
			rc = ll_bpe_add_token(b, id, p->text, 0, err);
			break;
		case LL_SP_UNKNOWN:
			if (b->chars->unknown != LL_BPE_NONE)
				return ll_err_set(err, "pieces %u and %zu both stand for the unknown",
						  b->chars->unknown, id);
			b->chars->unknown = (uint32_t)id; /* fall through */
		case LL_SP_CONTROL:
			rc = ll_bpe_add_token(b, id, p->text, LL_TOKEN_ADDED | LL_TOKEN_SPECIAL, err);
			break;
		case LL_SP_USER_DEFINED:
			rc = add_user_defined(b, m, id, err);
			break;
		default:
			return ll_err_set(err, "piece %zu '%.*s' is of type %d, which is not supported", id,
					  (int)LL_MIN(p->text.len, 60), p->text.data, p->type);
		}
		if (rc)
			return rc;
	}
	return b->chars->unknown == LL_BPE_NONE ? ll_err_set(err, "no piece stands for the unknown") : 0;
}

static int add_fallback(struct ll_bpe *b, const struct ll_sp_model *m, struct ll_err *err)
{
	static const char digit[] = "0123456789ABCDEF";
	b->chars->byte_fallback = m->byte_fallback;
	for (unsigned i = 0; i < 256 && m->byte_fallback; i++) {
		char name[] = { '<', '0', 'x', digit[i >> 4], digit[i & 15], '>' };
		b->chars->fallback[i] = ll_bpe_find_word(b, name, sizeof name);
		if (b->chars->fallback[i] == LL_BPE_NONE || m->piece[b->chars->fallback[i]].type != LL_SP_BYTE)
			return ll_err_set(err, "byte_fallback without a piece %.6s", name);
	}
	return 0;
}

/* What normalizer.cc does, in its order: the map; spaces at both ends and in runs; the dummy prefix; signs for spaces.
 * (Where it takes spaces off the end it takes signs in the text off too.) */
static struct json_object *normalizer_of(const struct ll_sp_model *m, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	ll_buf_puts(&text, "{\"type\":\"Sequence\",\"normalizers\":[");
	if (m->charsmap.len) {
		ll_buf_puts(&text, "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"");
		ll_base64_encode(m->charsmap, &text);
		ll_buf_puts(&text, "\",\"engine\":\"SentencePiece\"},");
	}
	if (m->remove_extra_spaces)
		ll_buf_puts(&text, "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(?<![\\\\s\\\\S]) +|[ " SIGN
				   "]+(?![\\\\s\\\\S])\"},\"content\":\"\"},"
				   "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\" \"},");
	if (m->dummy_prefix)
		ll_buf_puts(&text, "{\"type\":\"Prepend\",\"prepend\":\"" SIGN "\"},");
	ll_buf_puts(&text, "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"" SIGN "\"}]}");
	struct json_object *o = ll_json_value_parse(ll_buf_str(&text), 16, err);
	ll_buf_free(&text);
	return o;
}

static struct json_object *decoder_of(const struct ll_sp_model *m, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	ll_buf_puts(&text, "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"" SIGN
			   "\"},\"content\":\" \"},{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}");
	if (m->remove_extra_spaces) /* sentencepiece_processor.cc: one of each piece as long as there is no text */
		ll_buf_puts(&text, ",{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\A +\"},\"content\":\"\","
				   "\"engine\":\"SentencePiece\"}");
	else if (m->dummy_prefix)
		ll_buf_puts(&text, ",{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}");
	ll_buf_puts(&text, "]}");
	struct json_object *o = ll_json_value_parse(ll_buf_str(&text), 16, err);
	ll_buf_free(&text);
	return o;
}

static int build(struct ll_bpe *b, const struct ll_sp_model *m, struct ll_err *err)
{
	b->kind = LL_MODEL_CHARS;
	b->chars = ll_calloc(1, sizeof *b->chars);
	b->chars->unknown = LL_BPE_NONE;
	b->chars->fuse_unknown = true;
	ll_trie_init(&b->chars->trie);
	if (m->pieces == 0)
		return ll_err_set(err, "no pieces in it");
	struct json_object *normalizer = normalizer_of(m, err), *decoder = decoder_of(m, err);
	int rc = normalizer && decoder ? ll_char_model_parts(b, normalizer, NULL, decoder, err) : -1;
	json_object_put(normalizer);
	json_object_put(decoder);
	if (rc || add_pieces(b, m, err) || add_fallback(b, m, err))
		return -1;
	uint32_t *rank = ranks_of(m);
	rc = ll_bpe_merges_of_ranks(b, rank, true, err);
	ll_free(rank);
	return rc;
}

struct ll_bpe *ll_bpe_of_pieces(const struct ll_sp_model *m, const struct ll_bpe_file *f, struct ll_err *err)
{
	struct ll_bpe *b = ll_bpe_new(NULL);
	if (build(b, m, err)) {
		ll_bpe_free(b);
		return NULL;
	}
	return ll_bpe_finish(b, f, err);
}

/* ---- the wire format ---- */

struct field {
	uint32_t number, type; /* 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes */
	uint64_t value;
	struct ll_str bytes;
};

static int take_varint(const char **p, const char *end, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
		unsigned char byte = (unsigned char)*(*p)++;
		*out |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return 0;
	}
	return -1;
}

/* The next field of a message: 1, 0 at its end, -1 when it is damaged. */
static int next_field(struct ll_str *message, struct field *f)
{
	const char *p = message->data, *end = p + message->len;
	uint64_t key, n = 0;
	if (p == end)
		return 0;
	if (take_varint(&p, end, &key))
		return -1;
	*f = (struct field){ .number = (uint32_t)(key >> 3), .type = key & 7 };
	if (key >> 3 > UINT32_MAX >> 3 || f->number == 0)
		return -1;
	if (f->type == 0) {
		if (take_varint(&p, end, &f->value))
			return -1;
	} else {
		n = f->type == 1 ? 8 : f->type == 5 ? 4 : 0;
		if (f->type == 2 ? take_varint(&p, end, &n) : n == 0)
			return -1;
		if (n > (uint64_t)(end - p))
			return -1;
		f->bytes = ll_str(p, (size_t)n);
		if (f->type == 5)
			f->value = ll_get32(p);
		p += n;
	}
	*message = ll_str(p, (size_t)(end - p));
	return 1;
}

static int read_piece(struct ll_str message, struct ll_sp_piece *piece)
{
	struct field f;
	int more;
	*piece = (struct ll_sp_piece){ .text = { "", 0 }, .type = LL_SP_NORMAL };
	while ((more = next_field(&message, &f)) > 0) {
		uint32_t bits = (uint32_t)f.value;
		if (f.number == 1 && f.type == 2)
			piece->text = f.bytes;
		else if (f.number == 2 && f.type == 5)
			memcpy(&piece->score, &bits, 4);
		else if (f.number == 3 && f.type == 0)
			piece->type = (int)LL_MIN(f.value, 100);
	}
	return more || piece->text.len == 0 || piece->score != piece->score ? -1 : 0;
}

struct proto {
	struct ll_sp_model model;
	uint64_t model_type;
	bool suffix, keep_spaces;
	struct ll_str denormalizer;
};

static int read_trainer(struct ll_str message, struct proto *p)
{
	struct field f;
	int more;
	while ((more = next_field(&message, &f)) > 0) {
		if (f.number == 3)
			p->model_type = f.value;
		else if (f.number == 24)
			p->suffix = f.value;
		else if (f.number == 35)
			p->model.byte_fallback = f.value;
	}
	return more;
}

static int read_normalizer(struct ll_str message, struct proto *p, bool denormalizer)
{
	struct field f;
	int more;
	while ((more = next_field(&message, &f)) > 0) {
		if (f.number == 2 && f.type == 2)
			*(denormalizer ? &p->denormalizer : &p->model.charsmap) = f.bytes;
		else if (f.number == 3 && !denormalizer)
			p->model.dummy_prefix = f.value;
		else if (f.number == 4 && !denormalizer)
			p->model.remove_extra_spaces = f.value;
		else if (f.number == 5 && !denormalizer)
			p->keep_spaces = !f.value;
	}
	return more;
}

static int read_proto(struct ll_str data, struct proto *p, struct ll_err *err)
{
	struct ll_str rest = data;
	struct field f;
	int more;
	while ((more = next_field(&rest, &f)) > 0) {
		size_t at = (size_t)(rest.data - data.data) - f.bytes.len;
		int rc = 0;
		if (f.type == 2 && f.number == 1) {
			LL_GROW(p->model.piece, p->model.pieces_cap, p->model.pieces + 1);
			rc = read_piece(f.bytes, &p->model.piece[p->model.pieces++]);
		} else if (f.type == 2 && f.number == 2) {
			rc = read_trainer(f.bytes, p);
		} else if (f.type == 2 && (f.number == 3 || f.number == 5)) {
			rc = read_normalizer(f.bytes, p, f.number == 5);
		}
		if (rc)
			return ll_err_set(err, "byte %zu: a damaged message in a SentencePiece model", at);
	}
	return more ? ll_err_set(err, "byte %zu: no field of a SentencePiece model", (size_t)(rest.data - data.data))
		    : 0;
}

struct ll_bpe *ll_bpe_read_sentencepiece(struct ll_str data, const struct ll_bpe_file *f, struct ll_err *err)
{
	static const char *const types[] = { "none", "Unigram", "BPE", "word", "character" };
	struct proto p = { .model = { .dummy_prefix = true, .remove_extra_spaces = true }, .model_type = 1 };
	struct ll_bpe *b = NULL;
	if (read_proto(data, &p, err) == 0) {
		if (p.model_type != 2)
			ll_err_set(err, "a SentencePiece model of type %s is not supported (only BPE)%s",
				   p.model_type < LL_COUNT(types) ? types[p.model_type] : "unknown",
				   p.model_type == 1 ? "; its tokenizer.json is" : "");
		else if (p.suffix || p.keep_spaces)
			ll_err_set(err, "a SentencePiece model with %s is not supported",
				   p.suffix ? "treat_whitespace_as_suffix" : "escape_whitespaces off");
		else if (p.denormalizer.len)
			ll_err_set(err, "a SentencePiece model with a denormalizer is not supported");
		else
			b = ll_bpe_of_pieces(&p.model, f, err);
	}
	ll_free(p.model.piece);
	return b;
}
