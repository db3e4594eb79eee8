/* SPDX-License-Identifier: MIT */
/* ops_dispatch.h - the float32 backends that ops_dispatch.c chooses from. */
#ifndef LL_OPS_DISPATCH_H
#define LL_OPS_DISPATCH_H

#include "kernels/ops.h"

extern const struct ll_ops_f32 ll_ops_f32_scalar, ll_ops_f32_avx2, ll_ops_f32_avx512;
extern const struct ll_ops_f32 ll_ops_bf16_scalar, ll_ops_bf16_avx2, ll_ops_bf16_avx512;

#endif
