/* SPDX-License-Identifier: MIT */
/*
 * model_f64.h - the model of model.h in double precision, from the same source: for finite differences and for judging float32.
 * Every name gets the suffix _f64. Not for training: it has the reference operations only. Include it after every other
 * header: `float` means double while model.h is read again.
 */
#ifndef LL_MODEL_F64_H
#define LL_MODEL_F64_H

#include "lm/model.h"

#include "lm/model_f64_names.h"
#undef LL_MODEL_H
#include "lm/model.h"
#include "lm/model_f64_names_end.h"

#endif
