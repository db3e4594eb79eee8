/* SPDX-License-Identifier: MIT */
/* ops_reference_f64.c - float64, for finite differences. */
#define real double
#define OPS_STRUCT struct ll_ops_f64
#define OPS_TABLE ll_ops_f64_reference
#define OPS_NAME "reference"
#define OPS_GEMM 0
#include "kernels/ops_impl.h"
