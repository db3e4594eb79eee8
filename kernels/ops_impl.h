/* SPDX-License-Identifier: MIT */
/*
 * ops_impl.h - the source of every backend of ops.h, included once by each file that is compiled for one: that file defines
 *
 *   real        float or double            OPS_TABLE   the name of the table to define, and OPS_STRUCT its type
 *   OPS_NAME    "avx2"                     OPS_GEMM    0: plain loops, 1: single-threaded BLAS
 *
 * and for float, if wanted,
 *
 *   OPS_TILES   in place of OPS_GEMM: the kernel of gemm.h for the products with weights and of attention. A row's bits do not
 *               depend on how many rows there are, so a token decoded alone is what it is in its sequence
 *   OPS_TABLE_BF16   another table to define, whose products take bfloat16
 *
 * The parts: ops_math.h (exp and the matrix product), ops_linear.h, ops_norm.h, ops_attention.h, ops_pointwise.h,
 * ops_loss.h. Everything is static: one copy an instruction set.
 */
#include <math.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/gemm.h"
#include "kernels/ops.h"
#include "kernels/ops_math.h"

#include "kernels/ops_linear.h"

#include "kernels/ops_norm.h"

#include "kernels/ops_attention.h"

#include "kernels/ops_pointwise.h"

#include "kernels/ops_loss.h"

#define OPS_OTHERS                                                                                                                \
	.norm = norm, .norm_back = norm_back, .rotary = rotary,                                                                   \
	.act = act, .act_back = act_back, .cross_entropy = cross_entropy, .embed = embed, .embed_back = embed_back, .add = add,   \
	.scale = scale, .copy_rows = copy_rows, .dropout = dropout

const OPS_STRUCT OPS_TABLE = {
	.name = OPS_NAME,
	.linear = linear,
	.linear_din = linear_din,
	.linear_dw = linear_dw,
	.attention = attention,
	.attention_back = attention_back,
	OPS_OTHERS,
};

#ifdef OPS_TABLE_BF16
const OPS_STRUCT OPS_TABLE_BF16 = {
	.name = OPS_NAME, .linear = linear_bf16, .linear_din = linear_din_bf16, .linear_dw = linear_dw_bf16,
	.attention = attention_bf16, .attention_back = attention_back_bf16, OPS_OTHERS,
};
#endif
