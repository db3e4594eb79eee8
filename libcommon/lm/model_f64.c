/* SPDX-License-Identifier: MIT */
/* model_f64.c - the sources of the model compiled in double precision (model_f64.h). */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/gemm.h"
#include "kernels/ops.h"
#include "lm/lm_tensor.h"
#include "lm/rotary.h"
#include "lm/model_f64_names.h"

#include "lm/model.c"
#include "lm/model_batch_norm.c"
#include "lm/model_decode.c"
#include "lm/model_experts.c"
#include "lm/model_init.c"
#include "lm/model_run.c"
