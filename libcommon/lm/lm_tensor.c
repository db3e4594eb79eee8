/* SPDX-License-Identifier: MIT */
#include "lm/lm_tensor.h"

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);
	return n >= k && strcmp(name + n - k, end) == 0;
}

size_t ll_lm_matrices(const struct ll_lm_config *c, const struct ll_lm_tensor *t, int64_t rows[3])
{
	if (ends_with(t->name, ".qkv.w")) {
		rows[0] = c->heads * c->head_dim;
		rows[1] = rows[2] = c->kv_heads * c->head_dim;
		return 3;
	}
	if (ends_with(t->name, ".up.w") && ll_lm_gated(c)) {
		rows[0] = rows[1] = t->shape[0] / 2;
		return 2;
	}
	rows[0] = t->shape[0];
	return 1;
}
