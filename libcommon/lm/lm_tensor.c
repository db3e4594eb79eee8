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

double ll_lm_recompute_flops(const struct ll_lm_config *c, uint64_t seq_len, enum ll_lm_mode mode)
{
	double C = (double)c->width, F = (double)c->ffn_width, A = (double)(c->heads * c->head_dim);
	double up = (ll_lm_gated(c) ? 2 : 1) * F * C;
	if (c->post_norm && !c->experts) /* what it gave is normed */
		up += F * C;
	if (c->experts) /* what they answered, too */
		up = (double)c->experts_per_token * (up + F * C) + (double)c->experts * C;
	double layer = 2 * ((double)ll_lm_qkv_width(c) * C + A * C + up) + ll_lm_config_attention_flops(c, seq_len) / (3 * (double)c->layers);
	return mode == LL_LM_TRAINING_FULL ? (double)(c->layers - 1) * layer : 0; /* that of the last one is there still */
}
