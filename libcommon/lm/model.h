/* SPDX-License-Identifier: MIT */
/*
 * model.h - the language model: parameters, forward, backward, inference. Memory is planned and taken once, in
 * ll_lm_new; no call below allocates afterwards. Results are equal to the bit at any number of threads of the pool.
 *
 * Parameters lie in one float arena, gradients in another of the same layout; matrices are [out, in], row-major, y = x W^T.
 * Tensor names ("h.N" is layer N, from 0; what a configuration lacks is absent):
 *
 *   wte [vocabulary, embedding_width]   wpe [context, width] (learned positions)   emb_norm.w emb_norm.b [width]
 *   emb_in.w [width, embedding_width]   emb_out.w [embedding_width, width] (both where these two differ)
 *   h.N.norm1.w h.N.norm1.b [width]          h.N.qkv.w [(heads + 2 kv_heads) head_dim, width] h.N.qkv.b: rows Q | K | V
 *   with norm = batch behind the .b of every norm: .mean .var [width], running statistics that no gradient reaches
 *   h.N.q_norm.w h.N.k_norm.w [head_dim] (qk_norm)
 *   h.N.proj.w [width, heads head_dim] h.N.proj.b [width]
 *   h.N.norm2.w h.N.norm2.b [width]          h.N.up.w [ffn, width] or, gated, [2 ffn, width]: rows gate | up; h.N.up.b
 *   h.N.down.w [width, ffn] h.N.down.b [width]
 *   with experts, of which E is one, in place of these: h.N.router.w [experts, width] h.N.eE.up.w ... h.N.eE.down.b
 *   norm_f.w norm_f.b [width] (not with post_norm)   head.w [vocabulary, embedding_width] (not tied)   head.b [vocabulary]
 *
 * Rotary tables follow the split-half convention of Hugging Face unless rotary_interleaved.
 */
#ifndef LL_MODEL_H
#define LL_MODEL_H

#include "base/thread.h"
#include "lm/lm_tensor.h"

struct ll_lm {
	struct ll_lm_config config; /* checked */
	struct ll_lm_tensor *tensor;
	size_t tensors;
	size_t parameters;   /* floats in each arena */
	float *param;        /* owned; fill by ll_lm_init or a checkpoint, update in place */
	float *grad;         /* owned; NULL in inference */
	int64_t batch, seq_len; /* a call takes at most batch x seq_len tokens, in sequences of at most seq_len */
	double embedding_gradient; /* times the gradient that reaches the embeddings, not that of a tied head; 1 to begin with */
	uint64_t dropped;       /* choices that met a full expert in the last pass */
	uint64_t *routed;       /* NULL, or borrowed, [layers][experts + 1], to which a pass adds: choices of each expert, those that met a full one */
	double balance;         /* the sum of the balance losses of its layers and tokens */
	double added;           /* what label smoothing, z-loss and balance added to the sum of the last ll_lm_loss in training */
	double log_z;           /* sum of log Z over the targets of the last ll_lm_loss */
	double attention_lse;   /* largest log of the sum of the exponentials of a row of attention scores, in its layers: the largest
	                           score, or up to log T above */
	const int32_t *start;   /* borrowed; [batch, seq_len] of the next ll_lm_loss: the first position that each attends to, at
	                           most its own and growing along a row; NULL: 0 */
	struct ll_pool *pool;   /* borrowed */
	struct ll_lm_memory *memory; /* activations; private */
};

/* What ll_lm_new would take with a pool of ll_threads() threads: exactly, less than 1 KiB of pointers apart. */
struct ll_lm_plan ll_lm_plan(const struct ll_lm_config *config, int64_t batch, int64_t seq_len, enum ll_lm_mode mode);

/* config must have passed ll_lm_config_check; seq_len <= context. */
struct ll_lm *ll_lm_new(const struct ll_lm_config *config, int64_t batch, int64_t seq_len, enum ll_lm_mode mode,
			struct ll_pool *pool);
void ll_lm_free(struct ll_lm *m);
/* The tensors such a model has, without its memory; the caller frees. */
struct ll_lm_tensor *ll_lm_tensors(const struct ll_lm_config *config, size_t *n);
const struct ll_lm_tensor *ll_lm_find(const struct ll_lm *m, const char *name);
/* By config.init: normal numbers keyed by (seed, tensor index, element). */
void ll_lm_init(struct ll_lm *m, uint64_t seed);

/*
 * Forward, and in training mode backward too: tokens and targets are [batch, seq_len] of this call, at most as
 * many as m->batch x m->seq_len, and seq_len <= m->seq_len; a target < 0 is ignored. Returns the sum over targets of the cross-entropy in nats and their number in *count.
 * With m->grad and a scale that is not 0, adds d(scale x (that sum + m->added)) to the gradients; `zero_grad` overwrites instead of adding.
 * token_loss (may be NULL): [batch, seq_len], loss of each target, 0 where ignored. greedy (may be NULL): whether the target
 * has the largest logit (the lowest id wins a tie).
 */
double ll_lm_loss(struct ll_lm *m, const int32_t *tokens, const int32_t *targets, int64_t batch, int64_t seq_len,
		  struct ll_lm_step step, float scale, bool zero_grad, uint64_t *count, float *token_loss, unsigned char *greedy);

/* Mean |x| over the `batch` rows of the last ll_lm_loss of a model in training: at place 0 of the embeddings, at N of the stream
 * behind layer N, counted from 1. */
double ll_lm_activation(const struct ll_lm *m, int64_t place, int64_t batch);

/* Forward only; logits [vocabulary] of one position (row b, position t) of the last such call or ll_lm_loss. */
void ll_lm_forward(struct ll_lm *m, const int32_t *tokens, int64_t batch, int64_t seq_len);
void ll_lm_logits(struct ll_lm *m, int64_t b, int64_t t, float *logits);

/* Incremental decoding of one sequence with a key/value cache of `context` positions. */
struct ll_lm_cache;
struct ll_lm_cache *ll_lm_cache_new(const struct ll_lm *m);
void ll_lm_cache_reset(struct ll_lm_cache *c);
int64_t ll_lm_cache_length(const struct ll_lm_cache *c);
/* Feeds one token at the next position (length < context) and gives the logits after it. */
void ll_lm_decode(struct ll_lm *m, struct ll_lm_cache *c, int32_t token, float *logits);
void ll_lm_cache_free(struct ll_lm_cache *c);

#endif
