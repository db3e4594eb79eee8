/* SPDX-License-Identifier: MIT */
/* model_memory.h - the activations behind struct ll_lm: private to the files model*.c. */
#ifndef LL_MODEL_MEMORY_H
#define LL_MODEL_MEMORY_H

#include "kernels/ops.h"
#include "lm/model.h"

struct ll_lm_expert {
	float *up_w, *up_b, *down_w, *down_b;
};

/* Parameters of one layer as pointers into an arena (parameters or gradients); NULL where there are none. */
struct ll_lm_layer {
	float *norm1_w, *norm1_b, *qkv_w, *qkv_b, *q_norm_w, *k_norm_w, *proj_w, *proj_b, *norm2_w, *norm2_b, *up_w, *up_b, *down_w, *down_b, *router_w;
	struct ll_lm_expert *expert; /* [experts], or NULL; layer 0 owns those of all layers */
};

struct ll_lm_weights {
	float *wte, *wpe, *emb_norm_w, *emb_norm_b, *norm_f_w, *norm_f_b, *head, *head_b, *emb_in, *emb_out;
	struct ll_lm_layer *layer;
};

/* What a layer keeps for the way back. All layers share one set of what the mode does not keep (of x two); with recomputation it is
 * the last layer's when the way back begins. M rows. With post_norm norm1 is x, which attention takes as it is, norm2 the norm of mid
 * by the weights of norm1, with mean1 and rstd1, which the feed-forward takes; mean2 and rstd2 are of sum. */
struct ll_lm_kept {
	float *x;                        /* [M, C] input of the layer */
	float *norm1, *mean1, *rstd1;    /* [M, C], [M], [M] */
	float *qkv, *attention, *lse;    /* [M, qkv], [M, heads head_dim], [M heads] */
	float *qk, *qk_mean, *qk_rstd;   /* with qk_norm, before it: Q [M, heads, head_dim], then K; [M, heads + kv_heads] */
	float *mid;                      /* [M, C] x + attention branch */
	float *norm2, *mean2, *rstd2;    /* those of norm1 with shared_norm */
	float *sum;                      /* [M, C] with post_norm: norm2 + feed-forward, of which the output is the norm */
	float *up, *act;                 /* [R, F or 2F], [R, F]; R: M, with experts M experts_per_token */
	/* With experts: probabilities [M, experts]; of each choice the expert, its weight, its row below R or -1; the choice in each row;
	 * each expert's first row [experts + 1] and room to count; outputs [R, C]. */
	float *probability, *gate, *answer;
	int32_t *expert, *slot, *source, *first;
};

struct ll_lm_memory {
	float *base;      /* one allocation for everything below */
	uint64_t bytes;   /* its size: what ll_lm_plan says for as many threads */
	enum ll_lm_mode mode;
	const struct ll_ops_f32 *ops;
	struct ll_lm_weights w, g;
	struct ll_lm_kept *kept;  /* [layers] */
	float *embedded, *mean_e, *rstd_e; /* before the embedding norm */
	float *x_final, *norm_f, *mean_f, *rstd_f;
	float *head_in, *dhead;   /* [M, embedding_width] norm_f projected, and its gradient; without a projection norm_f and dn1 */
	float *logits, *loss, *added, *log_z; /* [chunk, V], [M] each */
	int64_t chunk;            /* rows of the head at a time */
	float *positions;         /* [context, C], sinusoidal */
	float *rotary;            /* [context, turning] */
	int64_t turning;
	float *dx, *dn1, *dn2, *dqkv, *dattention, *dup, *dact; /* way back */
	float *gathered, *danswer, *drouter, *load; /* experts: [R, C], [R, C], [M, experts], [sequences, experts]: at most M */
	float *scratch;           /* attention and norms */
	int64_t last_seq_len;     /* of the last pass: its rows are [B, last_seq_len] */
	float *row;               /* [V] or more: one row of logits */
};

/* ---- norm = batch (model_batch_norm.c) ---- */

/* One norm of one pass. `running`: C means, then C variances: they follow the gain and, with biases, the shift in the arena. */
struct ll_lm_batch_norm {
	int64_t M, C;
	double eps;
	bool training; /* measure, and move the running means; else use these */
	bool again;    /* in training: as it was, the running means stay */
	const float *in, *w, *b;
	float *running, *out, *mean, *rstd; /* mean and rstd [C]: as used */
	const float *dout; /* and the way back: += all */
	float *din, *dw, *db;
};
void ll_lm_batch_norm(struct ll_pool *pool, struct ll_lm_batch_norm *n);
void ll_lm_batch_norm_back(struct ll_pool *pool, struct ll_lm_batch_norm *n);

/* ---- experts (model_experts.c) ---- */

/* One layer of one pass over k->norm2. */
struct ll_lm_experts {
	struct ll_lm *m;
	const struct ll_lm_layer *w, *g;
	struct ll_lm_kept *k;
	int64_t layer, batch, seq_len;
	enum ll_op_act act;
	bool training; /* capacity and balance count */
	bool again;    /* for the way back: counts nothing, and out is not needed but with post_norm */
	double scale;  /* of the loss, on the way back */
};
void ll_lm_experts_forward(const struct ll_lm_experts *x, float *out);
/* din = */
void ll_lm_experts_back(const struct ll_lm_experts *x, const float *dout, float *din);
/* One row; up, hidden, answer and router are room for F or 2F, F, width and experts numbers. */
void ll_lm_experts_one(const struct ll_lm *m, const struct ll_lm_layer *w, enum ll_op_act act, const float *in, float *up, float *hidden,
		       float *answer, float *router, float *out);

#endif
