/* SPDX-License-Identifier: MIT */
/*
 * lm_config.h - what a model is: every architectural choice as a key (DESIGN: "one decoder-only transformer described by a
 * configuration"). Keys are set one by one over a preset; ll_lm_config_check refuses what is impossible or not built.
 */
#ifndef LL_LM_CONFIG_H
#define LL_LM_CONFIG_H

#include "base/buffer.h"
#include "base/error.h"

enum ll_lm_norm { LL_LM_NORM_LAYER, LL_LM_NORM_RMS, LL_LM_NORM_NONE, LL_LM_NORM_BATCH /* model_batch_norm.c: for ablations */ };
enum ll_lm_position { LL_LM_POS_LEARNED, LL_LM_POS_ROTARY, LL_LM_POS_ALIBI, LL_LM_POS_SINUSOIDAL, LL_LM_POS_NONE };
enum ll_lm_rotary { LL_LM_ROTARY_PLAIN, LL_LM_ROTARY_LINEAR, LL_LM_ROTARY_YARN, LL_LM_ROTARY_LLAMA3 }; /* lm/rotary.h */
enum ll_lm_ffn { LL_LM_FFN_GELU, LL_LM_FFN_GELU_TANH, LL_LM_FFN_RELU, LL_LM_FFN_SWIGLU, LL_LM_FFN_GEGLU };

/*
 * Standard deviations of the initial weights; d is the width, L the number of layers. Gains begin at 1, biases at 0.
 *
 *   normal    init_std
 *   small     sqrt(2 / (5 d)) (Nguyen and Salazar 2019, "Transformers without tears")
 *   wang      small, and 2 / (L sqrt(d)) for the projections into the residual stream: the pair of GPT-NeoX-20B (Black et al. 2022)
 *   xavier    sqrt(2 / (in + out)) of every matrix (Glorot and Bengio 2010); embeddings have init_std
 *   t-fixup   xavier, times 0.67 L^(-1/4) for V, the output of attention and the feed-forward; embeddings 1 / sqrt(d) (Huang et
 *             al. 2020, section 3, for encoders: here, too, nothing attends to a second stack); made for norm = none, no warm-up
 *
 *   mup       init_std for the embeddings and the head, init_std / sqrt(m) for every other matrix, m = width / mup_base, whose
 *             learning rate is divided by m, too (Yang et al. 2022, "Tensor Programs V", table 8, for Adam). It asks for
 *             output_scale = 1 / m and attention_scale = 8 / head_dim, which is 1 / sqrt(head_dim) at 64, unless they are set
 *
 * With init_scale_residual normal, small, xavier and mup divide the projections into the residual stream by sqrt(2 L).
 */
enum ll_lm_scheme { LL_LM_INIT_NORMAL, LL_LM_INIT_SMALL, LL_LM_INIT_WANG, LL_LM_INIT_XAVIER, LL_LM_INIT_T_FIXUP, LL_LM_INIT_MUP };

#define LL_LM_EXPERTS_PER_TOKEN_MAX 64

/* How checkpoints are laid out where two families of transformers compute the same. */
enum ll_lm_family { LL_LM_FAMILY_AUTO, LL_LM_FAMILY_OPT };

struct ll_lm_config {
	int64_t vocabulary;  /* rows of the embedding */
	int64_t context;     /* longest sequence (rows of learned positions) */
	int64_t layers, width, heads;
	int64_t kv_heads;    /* 0: as heads; divides heads */
	int64_t head_dim;    /* 0: width / heads; even for rotary positions */
	int64_t ffn_width;   /* 0: 4 x width */
	int64_t embedding_width; /* of the embedding of tokens and the head; 0: width; another is projected into the stream, and out of it */
	int64_t norm;        /* enum ll_lm_norm */
	int64_t position;    /* enum ll_lm_position */
	int64_t ffn;         /* enum ll_lm_ffn; swiglu and geglu have a gate */
	int64_t experts;         /* feed-forwards a layer has, of which each token takes experts_per_token; 0: one, for all */
	int64_t experts_per_token; /* 0: 2, or 1 of 1; at most LL_LM_EXPERTS_PER_TOKEN_MAX */
	double expert_capacity;  /* in training an expert takes at most this times its even share of a sequence; 0: all that come */
	double expert_balance;   /* weight of the load-balancing loss, in training; see hf_config.c for that of transformers */
	bool rotary_interleaved; /* pairs (2i, 2i+1) instead of (i, i + n/2) */
	double rotary_fraction;  /* share of head_dim that turns, (0, 1]; the product is cut to a whole number */
	double rotary_base;
	int64_t rotary_scaling;  /* enum ll_lm_rotary: how turning is slowed for longer contexts */
	double rotary_factor;    /* by how much; at least 1, 0 without scaling */
	int64_t rotary_context;  /* yarn, llama3: the context before; 0: context / rotary_factor */
	double rotary_fast, rotary_slow; /* yarn, llama3: turns within it; 0: 32 or 4, and 1 */
	double rotary_attention; /* yarn: queries and keys are multiplied by it; 0: 0.1 ln rotary_factor + 1 */
	bool parallel_residual;  /* x + attention(norm1 x) + ffn(norm2 x) */
	bool shared_norm;        /* with parallel_residual: ffn(norm1 x), and no second norm (GPT-J) */
	bool post_norm;          /* norm2(y + ffn(y)) of y = norm1(x + attention(x)), and no last norm (Vaswani et al. 2017; opt-350m) */
	bool bias;               /* on projections and, for layer norm, the shift */
	bool attention_bias;     /* with bias: on the projections of attention too */
	bool tied_head;
	bool head_bias;          /* a bias on the logits (GPT-J) */
	bool qk_norm;            /* every head's query and key normed before positions turn them (Henry et al. 2020), by `norm`'s kind, by
				  * rms with none and batch, each with one gain for all heads (Qwen3) */
	int64_t band;            /* keys that a banded layer's queries meet, their own with them; 0: all layers are dense */
	int64_t band_every;      /* every such layer is banded, the last of each group; 0: 1 */
	double attention_cap;    /* scores s become cap tanh(s / cap); 0: stay */
	double attention_scale;  /* what scores are multiplied by; 0: 1 / sqrt(head_dim) */
	double output_scale;     /* what the input of the head is multiplied by; 0: 1 */
	bool embedding_norm;     /* a norm on the embeddings (BLOOM) */
	double norm_eps;
	double dropout;          /* on embeddings and on both residual branches, in training */
	double attention_dropout; /* on the probabilities of attention, in training */
	double label_smoothing;  /* share of the loss that goes to all words alike, in training; [0, 1) */
	double z_loss;           /* weight of the square of log Z in the loss, in training */
	int64_t init;            /* enum ll_lm_scheme */
	double init_std;
	int64_t mup_base;        /* the width that init_std and learning rate are meant for, with init = mup; 0: 256 */
	bool init_scale_residual; /* projections into the residual stream: / sqrt(2 layers); see enum ll_lm_scheme */
	int64_t family;           /* enum ll_lm_family */
};

/* Fills a configuration from a preset; vocabulary keeps the preset's. -1 and the nearest name in err when unknown. */
int ll_lm_preset(struct ll_lm_config *c, const char *name, struct ll_err *err) LL_MUST_CHECK;
/* All preset names, NULL-terminated. */
const char *const *ll_lm_preset_names(void);
/* Sets one key from text ("norm", "rms"); err says which the nearest key is, or why the value cannot be
 * (without key and value). */
int ll_lm_config_set(struct ll_lm_config *c, const char *key, const char *value, struct ll_err *err) LL_MUST_CHECK;
/* All keys, NULL-terminated. */
const char *const *ll_lm_config_keys(void);
/* Appends "key = value" lines of all keys. */
void ll_lm_config_print(const struct ll_lm_config *c, struct ll_buf *out);
/* Fills in what is 0 by default and refuses impossible combinations. */
int ll_lm_config_check(struct ll_lm_config *c, struct ll_err *err) LL_MUST_CHECK;
/* Closed form of the number of parameters of a checked configuration. */
uint64_t ll_lm_config_parameters(const struct ll_lm_config *c);
/* Floating-point operations a token of training (forward and backward) at a sequence length: 6 x the parameters that are
 * multiplied for a token (head included once, of the experts those that are chosen) + 6 layers width T for causal attention, of which a banded layer computes what is in its band. */
double ll_lm_config_flops(const struct ll_lm_config *c, uint64_t seq_len);
/* Those of attention among them, projections apart; a third is forward. */
double ll_lm_config_attention_flops(const struct ll_lm_config *c, uint64_t seq_len);

static inline int64_t ll_lm_qkv_width(const struct ll_lm_config *c)
{
	return (c->heads + 2 * c->kv_heads) * c->head_dim;
}

/* The band of a layer; 0: dense. */
static inline int64_t ll_lm_band(const struct ll_lm_config *c, int64_t layer)
{
	return c->band && (layer + 1) % c->band_every == 0 ? c->band : 0;
}

/* Dimensions of a head that rotary positions turn; 0 without them. */
static inline int64_t ll_lm_turning(const struct ll_lm_config *c)
{
	return c->position == LL_LM_POS_ROTARY ? (int64_t)((double)c->head_dim * c->rotary_fraction) : 0;
}

/* Embeddings and head of another width than the stream, with a projection on either side. */
static inline bool ll_lm_projects(const struct ll_lm_config *c)
{
	return c->embedding_width != c->width;
}

/* A norm between the stream and the head. */
static inline bool ll_lm_last_norm(const struct ll_lm_config *c)
{
	return c->norm != LL_LM_NORM_NONE && !c->post_norm;
}

/* Norms with a shift, where there are biases. */
static inline bool ll_lm_shifts(const struct ll_lm_config *c)
{
	return c->bias && (c->norm == LL_LM_NORM_LAYER || c->norm == LL_LM_NORM_BATCH);
}

static inline bool ll_lm_gated(const struct ll_lm_config *c)
{
	return c->ffn == LL_LM_FFN_SWIGLU || c->ffn == LL_LM_FFN_GEGLU;
}

#endif
