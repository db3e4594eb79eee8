/* SPDX-License-Identifier: MIT */
/*
 * ops.h - the operations of the model engine as functions over explicit buffers, and the table a backend fills. Shapes are in
 * elements; all matrices are row-major and dense. M is the number of token rows, B x T of them in order of (b, t).
 *
 * Every operation cuts its sums by shape alone and combines partial sums in a fixed order, so results are equal to the bit at
 * any number of threads of the pool. "+=" adds to what is there, "=" overwrites. Backends for float32: "reference" (plain C
 * loops, the oracle), "scalar", "avx2", "avx512" (the same source compiled for each instruction set, matrix products by a
 * single-threaded BLAS or by tiles of our own, gemm.h, whichever is faster); and with the products of linear, linear_din, linear_dw
 * and attention taking bfloat16, as gemm.h says, all else as before. Float64 has the reference alone: for finite differences.
 */
#ifndef LL_OPS_H
#define LL_OPS_H

#include "base/thread.h"

enum ll_op_norm { LL_OP_NORM_LAYER, LL_OP_NORM_RMS };
enum ll_op_act { LL_OP_GELU, LL_OP_GELU_TANH, LL_OP_RELU, LL_OP_SWIGLU, LL_OP_GEGLU };

#define LL_ATTENTION_BLOCK 64 /* query rows of attention computed at a time */

/* Shapes of causal attention: q rows of `heads`, k and v rows of `kv_heads` (divides heads), all inside rows of `stride`. */
struct ll_op_attention {
	int64_t batch, seq_len, heads, kv_heads, head_dim;
	int64_t stride; /* of a qkv row: Q at 0, K at heads head_dim, V at (heads + kv_heads) head_dim */
	bool alibi;     /* slopes 2^(-8 (h+1) / n) for n a power of two (Press et al. 2022, section 3), interleaved else */
	double scale;   /* of q k; 0: 1 / sqrt(head_dim) */
	int64_t band;   /* keys a query meets: its own and those just before it (Child et al. 2019, local attention); 0: all before it */
	double cap;     /* scores s become cap tanh(s / cap) (Gemma 2, 2024, section 2); 0: stay */
	double dropout; /* of probabilities, keyed by (seed, site, head, step, sample, query, key); the sample in row 0 is `first` */
	uint64_t seed, site, step, first;
	const int32_t *start; /* [batch, seq_len]: the first key that each query meets, at most its own and growing along a row; NULL: 0 */
};

struct ll_op_rotary {
	int64_t batch, seq_len, heads, head_dim, stride; /* heads counts Q and K heads together: they are adjacent */
	int64_t turning;     /* the first dimensions of a head that turn, even */
	bool interleaved;
	int64_t first;       /* position of t = 0 */
};

/* What cross_entropy takes the gradient of: (1 - smoothing) of the cross-entropy and `smoothing` of the mean of -log p over all
 * words (Szegedy et al. 2016, section 7), and z_loss times the square of log Z (Chowdhery et al. 2022, section 5). */
struct ll_op_loss {
	double smoothing, z_loss;
};

#define LL_DECLARE_OPS(real, suffix)                                                                                              \
	struct ll_ops_##suffix {                                                                                                  \
		const char *name;                                                                                                 \
		/* out[M,N] = in[M,K] w[N,K]^T + bias[N] (bias may be NULL) */                                                    \
		void (*linear)(struct ll_pool *, real *out, const real *in, const real *w, const real *bias, int64_t M,           \
			       int64_t N, int64_t K);                                                                             \
		/* din[M,K] = or += dout[M,N] w[N,K] */                                                                           \
		void (*linear_din)(struct ll_pool *, real *din, const real *dout, const real *w, int64_t M, int64_t N, int64_t K, \
				   bool add);                                                                                     \
		/* dw[N,K] = or += dout^T in; db[N] += column sums of dout (db may be NULL) */                                    \
		void (*linear_dw)(struct ll_pool *, real *dw, real *db, const real *dout, const real *in, int64_t M, int64_t N,   \
				  int64_t K, bool add);                                                                           \
		/* out = norm(in) w + b; mean[M] (layer norm) and rstd[M] are kept for the way back; b may be NULL */             \
		void (*norm)(struct ll_pool *, enum ll_op_norm, real *out, real *mean, real *rstd, const real *in,                \
			     const real *w, const real *b, int64_t M, int64_t C, double eps);                                     \
		/* din += ...; dw += ...; db += ... (may be NULL); scratch: 2 C ceil(M/64) */                                     \
		void (*norm_back)(struct ll_pool *, enum ll_op_norm, real *din, real *dw, real *db, const real *dout,             \
				  const real *in, const real *mean, const real *rstd, const real *w, int64_t M, int64_t C,        \
				  real *scratch);                                                                                 \
		/* out[M, heads head_dim]; lse[batch heads seq_len] is kept; scratch: threads x 2 seq_len min(seq_len, LL_ATTENTION_BLOCK) */      \
		void (*attention)(struct ll_pool *, const struct ll_op_attention *, real *out, real *lse, const real *qkv,        \
				  real *scratch);                                                                                 \
		/* dqkv = */                                                                                                      \
		void (*attention_back)(struct ll_pool *, const struct ll_op_attention *, real *dqkv, const real *dout,            \
				       const real *qkv, const real *out, const real *lse, real *scratch);                         \
		/* turns q and k in place; `backward` turns them back (the transpose); table: [seq_len, turning] cos | sin */     \
		void (*rotary)(struct ll_pool *, const struct ll_op_rotary *, real *qkv, const real *table, bool backward);       \
		/* out[M,F] = act(in[M,F]), gated: act(in[:, :F]) in[:, F:] with rows of 2F */                                    \
		void (*act)(struct ll_pool *, enum ll_op_act, real *out, const real *in, int64_t M, int64_t F);                   \
		void (*act_back)(struct ll_pool *, enum ll_op_act, real *din, const real *dout, const real *in, int64_t M,        \
				 int64_t F);                                                                                      \
		/* Rows of logits [M,V] to loss[M], the plain cross-entropy (nats; 0 where target < 0), to added[M], what smoothing \
		 * and z-loss add to it, to log_z[M] its log Z (0 too), and, with scale != 0, in place to scale x d (loss + added) / d logits; greedy[M] may be NULL */ \
		void (*cross_entropy)(struct ll_pool *, const struct ll_op_loss *, real *logits, real *loss, real *added,         \
				      real *log_z, unsigned char *greedy, const int32_t *targets, int64_t M, int64_t V, real scale);           \
		/* out[M,C] = wte[token] (+ wpe[t] where wpe; t = row mod T, from `first`); without wte out += wpe[t], tokens unread */ \
		void (*embed)(struct ll_pool *, real *out, const int32_t *tokens, const real *wte, const real *wpe, int64_t M,    \
			      int64_t T, int64_t C, int64_t first);                                                               \
		/* += both; either may be NULL */                                                                                 \
		void (*embed_back)(struct ll_pool *, real *dwte, real *dwpe, const real *dout, const int32_t *tokens, int64_t M,  \
				   int64_t T, int64_t C);                                                                         \
		/* out = a + b */                                                                                                 \
		void (*add)(struct ll_pool *, real *out, const real *a, const real *b, int64_t n);                                \
		/* out[r, c] = in[r, c] in rows of their own lengths */                                                           \
		void (*copy_rows)(struct ll_pool *, real *out, int64_t out_stride, const real *in, int64_t in_stride, int64_t M,  \
				  int64_t C);                                                                                     \
		/* x *= factor */                                                                                                 \
		void (*scale)(struct ll_pool *, real *x, double factor, int64_t n);                                               \
		/* x *= mask / (1 - p) in rows of C; row i is sample first + i / T; keyed by (seed, site, step, sample, place) */ \
		void (*dropout)(struct ll_pool *, real *x, double p, uint64_t seed, uint64_t site, uint64_t step,                 \
				uint64_t first, int64_t M, int64_t T, int64_t C);                                                 \
	};
LL_DECLARE_OPS(float, f32)
LL_DECLARE_OPS(double, f64)

extern const struct ll_ops_f32 ll_ops_f32_reference;
extern const struct ll_ops_f64 ll_ops_f64_reference;
/* The fastest for this processor (base/cpu.h); LL_OPS=reference asks for the oracle. */
const struct ll_ops_f32 *ll_ops_f32_best(void);
/* The same with bf16 products; LL_OPS=reference: the scalar one. */
const struct ll_ops_f32 *ll_ops_bf16_best(void);
/* For --version: the BLAS under the matrix products and how it was built, or "no BLAS". */
const char *ll_ops_features(void);

/* Sum of squares in double, in blocks of 65536 combined in order. */
double ll_sum_of_squares(struct ll_pool *pool, const float *x, size_t n);

#endif
