/* SPDX-License-Identifier: MIT */
/* ops_avx512.c - the float32 backend for AVX-512: products by tiles of our own, those of few rows by BLAS where it is built in. */
#define real float
#define OPS_STRUCT struct ll_ops_f32
#define OPS_TABLE ll_ops_f32_avx512
#define OPS_NAME "avx512"
#define OPS_TABLE_BF16 ll_ops_bf16_avx512
#define OPS_TILES ll_gemm_f32_avx512
#ifdef HAVE_BLAS
#define OPS_GEMM 1
#else
#define OPS_GEMM 0
#endif
#include "kernels/ops_dispatch.h"

#include "kernels/ops_impl.h"
