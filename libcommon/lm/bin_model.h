/* SPDX-License-Identifier: MIT */
/*
 * bin_model.h - the model files of two C trainers, read: llm.c ("model.bin": 256 int32, of which magic 20240326, version 3 for float32
 * or 5 for bfloat16, context, vocabulary, layers, heads, width, rows of the embedding; then one kind of tensor over all layers after
 * the other) and llama2.c (export.py: version 0 without a magic and version 1 with "ak42"; float32). llama2.c turns pairs
 * of neighbours, so that the rows of its queries and keys are brought into the order of halves.
 */
#ifndef LL_BIN_MODEL_H
#define LL_BIN_MODEL_H

#include "lm/model.h"

struct ll_bin_model;
/* Opens a file and gives its configuration, checked; its length must be what the header asks for. NULL with the cause. */
struct ll_bin_model *ll_bin_model_open(const char *path, struct ll_lm_config *c, struct ll_err *err) LL_MUST_CHECK;
/* Fills the parameters of a model of that configuration. */
void ll_bin_model_read(const struct ll_bin_model *b, struct ll_lm *m);
void ll_bin_model_close(struct ll_bin_model *b);

#endif
