/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_model.h"

int ll_bpe_learn_merge(struct ll_bpe *b, const uint32_t pair[2], struct ll_buf *joined, struct ll_err *err)
{
	ll_buf_clear(joined);
	for (int side = 0; side < 2; side++) {
		struct ll_str part = ll_bpe_token_bytes(b, pair[side]);
		if (!part.data || ll_bpe_is_special(b, pair[side]))
			return ll_err_set(err, "merge %zu names id %u, which is no token yet", b->merges, pair[side]);
		ll_buf_add_str(joined, part);
	}
	uint32_t id = ll_bpe_find_word(b, joined->data, joined->len);
	if (id == LL_BPE_NONE) {
		id = (uint32_t)b->tokens;
		if (ll_bpe_add_token(b, id, ll_buf_str(joined), 0, err))
			return -1;
	}
	ll_bpe_add_merge(b, pair[0], pair[1], (uint32_t)b->merges, id);
	return 0;
}

static int build(struct ll_bpe *b, const struct ll_bpe_spec *spec, struct ll_err *err)
{
	for (size_t i = 0; i < spec->specials; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(spec->special[i], spec->special[k]) == 0)
				return ll_err_set(err, "the special token '%s' is given twice", spec->special[i]);
		if (ll_bpe_add_token(b, i, ll_cstr(spec->special[i]), LL_TOKEN_ADDED | LL_TOKEN_SPECIAL, err))
			return -1;
	}
	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)ll_bpe_base_byte(i);
		if (ll_bpe_add_token(b, spec->specials + i, ll_str(&byte, 1), 0, err))
			return -1;
	}
	struct ll_buf joined = { 0 };
	int rc = 0;
	for (size_t rank = 0; rank < spec->merges && !rc; rank++)
		rc = ll_bpe_learn_merge(b, spec->merge[rank], &joined, err);
	ll_buf_free(&joined);
	return rc ? rc : ll_bpe_seal(b, err);
}

struct ll_bpe *ll_bpe_build(const struct ll_bpe_spec *spec, struct ll_err *err)
{
	struct ll_pretokenizer *pretokenizer = ll_pretokenizer_parse(spec->pretokenizer, err);
	if (!pretokenizer)
		return NULL;
	struct ll_bpe *b = ll_bpe_new(pretokenizer);
	b->normal_form = ll_pretokenizer_brings_nfc(pretokenizer) ? LL_NFC : LL_NO_NORMAL_FORM;
	if (build(b, spec, err)) {
		ll_bpe_free(b);
		return NULL;
	}
	return b;
}
