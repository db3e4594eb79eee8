/* SPDX-License-Identifier: MIT */
/* ops_reference_f32.c - the float32 oracle: plain loops. */
#define real float
#define OPS_STRUCT struct ll_ops_f32
#define OPS_TABLE ll_ops_f32_reference
#define OPS_NAME "reference"
#define OPS_GEMM 0
#include "kernels/ops_impl.h"
