/* SPDX-License-Identifier: MIT */
/* ops_baseline.c - the float32 backend for any processor, matrix products by BLAS where it is built in, else by tiles. */
#define real float
#define OPS_STRUCT struct ll_ops_f32
#define OPS_TABLE ll_ops_f32_scalar
#define OPS_NAME "scalar"
#define OPS_TABLE_BF16 ll_ops_bf16_scalar
#ifdef HAVE_BLAS
#define OPS_GEMM 1
#else
#define OPS_TILES ll_gemm_f32_scalar
#endif
#include "kernels/ops_dispatch.h"

#include "kernels/ops_impl.h"
