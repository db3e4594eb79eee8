/* SPDX-License-Identifier: MIT */
/*
 * hf_names.h - our tensors and configurations under the names of Hugging Face transformers, as one table for writing
 * and reading. Families: gpt2 (Conv1D weights are [in, out], the transpose of ours; Q|K|V fused), llama (q, k, v and
 * gate, up apart; rotary in the split-half form), qwen3 (a llama whose queries and keys are normed), mixtral (a llama of
 * experts, two or more a token: their weights sum to 1), gptj (q, k, v apart, pairs turned), gpt_neox and bloom (Q, K, V fused
 * head by head) and opt (two rows of positions before the first; computes what gpt2 does, so it is taken where
 * family = opt, and for what no other has: post_norm, and embeddings of another width). What fits none is "lltools": our names, no transformers class.
 */
#ifndef LL_HF_NAMES_H
#define LL_HF_NAMES_H

#include "lm/model.h"

enum ll_hf_family { LL_HF_NONE, LL_HF_GPT2, LL_HF_LLAMA, LL_HF_GPTJ, LL_HF_NEOX, LL_HF_BLOOM, LL_HF_OPT, LL_HF_QWEN3, LL_HF_MIXTRAL };

/* The family whose transformers class computes exactly this configuration. */
enum ll_hf_family ll_hf_family(const struct ll_lm_config *c);
/* "gpt2", "llama", "gptj", "gpt_neox", "bloom", "opt", "qwen3", "mixtral", "lltools". */
const char *ll_hf_family_name(enum ll_hf_family f);

/* A piece of one of our tensors under a name of the family: rows [row, row + rows), all columns. */
struct ll_hf_tensor {
	char name[96];
	size_t tensor; /* index in ll_lm.tensor */
	int64_t row, rows;
	bool transpose; /* the family holds [in, out] */
	int64_t heads;  /* above 0: ours is Q | K | V by heads, the family's Q K V of the first head, then the second */
	int64_t before; /* rows of the family before our first, zero when written */
};
/* All pieces, in the order of our tensors; caller frees. */
struct ll_hf_tensor *ll_hf_tensors(const struct ll_lm *m, enum ll_hf_family f, size_t *n);

/* config.json; eot is the end-of-text id or -1. */
void ll_hf_config_write(const struct ll_lm_config *c, enum ll_hf_family f, int64_t eot, struct ll_buf *out);
/* A configuration from config.json of a known family; what the engine cannot compute exactly is an error. */
int ll_hf_config_read(struct ll_str json, struct ll_lm_config *c, struct ll_err *err) LL_MUST_CHECK;

#endif
