/* SPDX-License-Identifier: MIT */
/* bpe_gguf.h - how llama.cpp calls pre-tokenizers; for the files of this room. */
#ifndef LL_BPE_GGUF_H
#define LL_BPE_GGUF_H

#include "base/base.h"

/* tokenizer.ggml.pre, the pre-tokenizer it stands for, and whether llama.cpp takes a pre-token that is a token as it is
 * with it. Of several with the same meaning the first is written. Ends with a NULL name. */
struct ll_gguf_pre {
	const char *name, *pretokenizer;
	bool ignore_merges;
};
extern const struct ll_gguf_pre ll_gguf_pres[];

#endif
