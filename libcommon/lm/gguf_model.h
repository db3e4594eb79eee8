/* SPDX-License-Identifier: MIT */
/*
 * gguf_model.h - a model as a GGUF file that llama.cpp computes (src/models/{gpt2,llama,qwen3,gptneox,bloom}.cpp there; names and keys as its
 * conversion/ writes them). llama.cpp wants Q | K | V one below the other, as we have them, and of a llama the rows of q and k in pairs
 * (2i, 2i+1) where ours lie in halves (i, i + n/2), as qwen3 wants them. Vectors and learned positions stay float32, as it expects.
 */
#ifndef LL_GGUF_MODEL_H
#define LL_GGUF_MODEL_H

#include "io/gguf.h"
#include "lm/model.h"

/* "gpt2", "llama", "qwen3", "gptneox", "bloom"; NULL and why where no architecture of llama.cpp computes this configuration. *note (may be NULL)
 * gets what it computes a little otherwise, or NULL. */
const char *ll_gguf_architecture(const struct ll_lm_config *c, const char **note, struct ll_err *err) LL_MUST_CHECK;

struct ll_out;
/*
 * Writes the whole file into an open output, one tensor after the other. `tokenizer` holds `pairs` pairs "tokenizer.*"; pairs 0: none is
 * known, and the file says so. -1 where ll_gguf_architecture gives none, and with the tensor's name where a weight is beyond
 * float16; then what was written is no file. *kept: matrices that stay float16 because their rows are no multiple of the 32
 * of a block of Q8_0.
 */
int ll_gguf_model_write(struct ll_out *out, const struct ll_lm *m, enum ll_gguf_tensor_type type, struct ll_str tokenizer, uint64_t pairs,
			size_t *kept, struct ll_err *err) LL_MUST_CHECK;

/* ---- elements (gguf_elements.c) ---- */

/* Bytes of n elements; of Q8_0 n is a multiple of 32. */
size_t ll_gguf_bytes(enum ll_gguf_tensor_type type, size_t n);
/* Converts as ggml does: to the nearest, ties to even; Q8_0: blocks of 32 with one float16 scale, max |x| / 127. false: one is finite, and
 * beyond what the type holds. */
bool ll_gguf_convert(enum ll_gguf_tensor_type type, const float *x, size_t n, unsigned char *out);

#endif
