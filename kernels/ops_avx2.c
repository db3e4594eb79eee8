/* SPDX-License-Identifier: MIT */
/* ops_avx2.c - the float32 backend for AVX2: products by tiles of our own. */
#define real float
#define OPS_STRUCT struct ll_ops_f32
#define OPS_TABLE ll_ops_f32_avx2
#define OPS_NAME "avx2"
#define OPS_TABLE_BF16 ll_ops_bf16_avx2
#define OPS_TILES ll_gemm_f32_avx2
#include "kernels/ops_dispatch.h"

#include "kernels/ops_impl.h"
