/* SPDX-License-Identifier: MIT */
/*
 * ops_run.h - one operation of kernels/ops.h forward and backward, for ops_test.c: included once a precision with
 * `real`, OPS (the type of the table) and RUN (the name to define). x holds all inputs one behind the other, y the output; g
 * becomes the gradient of the sum of r times y by x.
 */
static void RUN(const OPS *o, struct ll_pool *pool, const struct op_case *c, const real *x, const real *r, real *y,
		real *g)
{
	int64_t M = c->B * c->T, N = c->N, K = c->K;
	real *scratch = ll_calloc((size_t)(6 * c->T * c->T + 2 * K * (M / 64 + 1)), sizeof(real));
	real *kept = ll_calloc((size_t)(2 * M * LL_MAX(c->heads, 1)), sizeof(real));
	memset(g, 0, inputs_of(c) * sizeof(real));
	switch (c->op) {
	case LINEAR:
		o->linear(pool, y, x, x + M * K, x + M * K + N * K, M, N, K);
		o->linear_din(pool, g, r, x + M * K, M, N, K, false);
		for (int64_t i = 0; i < N * K; i++) /* written over what is there, then added to */
			g[M * K + i] = NAN;
		o->linear_dw(pool, g + M * K, NULL, r, x, M, N, K, false);
		o->linear_dw(pool, g + M * K, g + M * K + N * K, r, x, M, N, K, true);
		for (int64_t i = 0; i < N * K; i++)
			g[M * K + i] /= 2;
		break;
	case NORM: {
		bool layer = c->kind == LL_OP_NORM_LAYER;
		const real *w = x + M * K, *b = layer ? w + K : NULL;
		o->norm(pool, (enum ll_op_norm)c->kind, y, kept, kept + M, x, w, b, M, K, 1e-5);
		o->norm_back(pool, (enum ll_op_norm)c->kind, g, g + M * K, layer ? g + M * K + K : NULL, r, x, kept,
			     kept + M, w, M, K, scratch);
		break;
	}
	case ATTENTION: {
		int64_t stride = (c->heads + 2 * c->kv_heads) * c->K;
		struct ll_op_attention s = { c->B, c->T, c->heads, c->kv_heads, c->K, stride, c->kind & 1, c->kind & 2 ? 0.7 : 0,
					     c->N, c->kind & 4 ? 1.5 : 0, c->kind & 8 ? 0.3 : 0, 1, 2, 3, 4, NULL };
		o->attention(pool, &s, y, kept, x, scratch);
		o->attention_back(pool, &s, g, r, x, y, kept, scratch);
		break;
	}
	case ROTARY: {
		struct ll_op_rotary s = { c->B, c->T, c->heads, c->K, c->heads * c->K + 3, c->N, c->kind, 2 };
		real *table = ll_calloc((size_t)((c->T + 2) * c->N), sizeof(real));
		for (int64_t t = 0; t < c->T + 2; t++)
			for (int64_t i = 0; i < c->N / 2; i++) {
				table[t * c->N + i] = (real)cos((double)t / (double)(i + 1));
				table[t * c->N + c->N / 2 + i] = (real)sin((double)t / (double)(i + 1));
			}
		memcpy(y, x, inputs_of(c) * sizeof(real));
		memcpy(g, r, inputs_of(c) * sizeof(real));
		o->rotary(pool, &s, y, table, false);
		o->rotary(pool, &s, g, table, true);
		ll_free(table);
		break;
	}
	case ACT:
		o->act(pool, (enum ll_op_act)c->kind, y, x, M, K);
		o->act_back(pool, (enum ll_op_act)c->kind, g, r, x, M, K);
		break;
	case CROSS_ENTROPY: { /* r is the same for every row; y becomes loss and what is added to it */
		int32_t *targets = make_ids(M, K, true);
		struct ll_op_loss s = { c->kind & 1 ? 0.2 : 0, c->kind & 2 ? 0.03 : 0 };
		memcpy(g, x, inputs_of(c) * sizeof(real));
		real *log_z = ll_calloc((size_t)M, sizeof(real));
		o->cross_entropy(pool, &s, g, y, y + M, log_z, NULL, targets, M, K, r[0]);
		ll_free(log_z);
		ll_free(targets);
		break;
	}
	case EMBED: {
		int32_t *tokens = make_ids(M, N, false);
		if (c->kind) {
			o->embed(pool, y, tokens, x, NULL, M, c->T, K, 0);
			o->embed(pool, y, NULL, NULL, x + N * K, M, c->T, K, 0);
			o->embed_back(pool, g, NULL, r, tokens, M, c->T, K);
			o->embed_back(pool, NULL, g + N * K, r, NULL, M, c->T, K);
		} else {
			o->embed(pool, y, tokens, x, x + N * K, M, c->T, K, 0);
			o->embed_back(pool, g, g + N * K, r, tokens, M, c->T, K);
		}
		ll_free(tokens);
		break;
	}
	case DROPOUT:
		memcpy(y, x, inputs_of(c) * sizeof(real));
		memcpy(g, r, inputs_of(c) * sizeof(real));
		o->dropout(pool, y, 0.3, 1, 2, 3, 4, M, c->T, K);
		o->dropout(pool, g, 0.3, 1, 2, 3, 4, M, c->T, K);
		break;
	case SCALE:
		memcpy(y, x, inputs_of(c) * sizeof(real));
		memcpy(g, r, inputs_of(c) * sizeof(real));
		o->scale(pool, y, 0.3, M * K);
		o->scale(pool, g, 0.3, M * K);
		break;
	case ADD:
		o->add(pool, y, x, x + M * K, M * K);
		memcpy(g, r, (size_t)(M * K) * sizeof(real));
		memcpy(g + M * K, r, (size_t)(M * K) * sizeof(real));
		break;
	}
	ll_free(scratch);
	ll_free(kept);
}
#undef RUN
#undef OPS
#undef real
