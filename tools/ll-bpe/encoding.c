/* SPDX-License-Identifier: MIT */
#include "ll-bpe/encoding.h"

#include "base/memory.h"
#include "bpe/bpe_dropout.h"
#include "ll-bpe/commands.h"

struct encoding {
	const struct ll_bpe *bpe;
	struct ll_bpe_encoder *encoder;
	struct ll_bpe_dropout *dropout; /* NULL: none */
	bool allow_special, refuse_special;
	struct ll_ids ids;
	uint32_t *offset;
	size_t offset_cap;
};

struct encoding *encoding_new(const struct ll_bpe *bpe)
{
	struct encoding *e = ll_calloc(1, sizeof *e);
	e->bpe = bpe;
	e->encoder = ll_bpe_encoder_new(bpe);
	e->refuse_special = strcmp(ll_bpe_options.special_in_text, "refuse") == 0;
	e->allow_special = ll_bpe_options.allow_special || strcmp(ll_bpe_options.special_in_text, "allow") == 0;
	if (ll_bpe_options.dropout > 0) {
		e->dropout = ll_bpe_dropout_new(bpe, ll_bpe_options.dropout, (uint64_t)ll_common.seed);
		ll_bpe_encoder_pieces(e->encoder, ll_bpe_dropout_piece, e->dropout);
	}
	return e;
}

void encoding_free(struct encoding *e)
{
	ll_bpe_encoder_free(e->encoder);
	ll_bpe_dropout_free(e->dropout);
	ll_ids_free(&e->ids);
	ll_free(e->offset);
	ll_free(e);
}

void encoding_trim(struct encoding *e)
{
	if (e->ids.cap <= 1 << 20)
		return;
	ll_ids_free(&e->ids);
	ll_free(e->offset);
	e->offset = NULL;
	e->offset_cap = 0;
}

const struct ll_ids *encoding_ids(struct encoding *e, struct ll_id key, struct ll_str text,
				  struct encoding_refusal *why)
{
	int64_t special = e->refuse_special ? ll_bpe_find_special(e->bpe, text) : -1;
	if (special >= 0) {
		struct ll_str token = ll_bpe_token_bytes(e->bpe, (uint32_t)special);
		why->reason = "special token";
		(void)ll_err_set(&why->text, "the special token %.*s is in the text", (int)LL_MIN(token.len, 100),
				 token.data);
		return NULL;
	}
	if (e->dropout)
		ll_bpe_dropout_begin(e->dropout, key);
	e->ids.len = 0;
	if (ll_bpe_try_encode(e->encoder, text, e->allow_special, &e->ids, &why->text)) {
		why->reason = "pattern gave up";
		return NULL;
	}
	return &e->ids;
}

const uint32_t *encoding_offsets(struct encoding *e, struct ll_str text)
{
	if (!ll_bpe_options.offsets)
		return NULL;
	LL_GROW(e->offset, e->offset_cap, e->ids.len + 1);
	ll_bpe_offsets(e->bpe, text, e->allow_special, e->ids.id, e->ids.len, e->offset);
	return e->offset;
}
