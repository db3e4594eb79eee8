/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_model.h"
#include "text/unicode.h"
#include "text/utf8.h"

struct ll_str ll_bpe_normalize(const struct ll_bpe *b, struct ll_str text, struct ll_buf *scratch)
{
	if (!b->nfc || ll_utf8_valid_prefix(text.data, text.len) != text.len)
		return text;
	ll_buf_clear(scratch);
	ll_normalize(scratch, text, LL_NFC);
	return ll_buf_str(scratch);
}

bool ll_bpe_normalizes(const struct ll_bpe *b)
{
	return b->nfc;
}
