/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "bpe/bpe_model.h"

int ll_bpe_decode(const struct ll_bpe *b, const uint32_t *ids, size_t n, struct ll_buf *out, struct ll_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct ll_str token = ll_bpe_token_bytes(b, ids[i]);
		if (!token.data)
			return ll_err_set(err, "token %zu: the vocabulary has no id %u", i, ids[i]);
		ll_buf_add_str(out, token);
	}
	return 0;
}

void ll_ids_free(struct ll_ids *ids)
{
	ll_free(ids->id);
	*ids = (struct ll_ids){ 0 };
}
