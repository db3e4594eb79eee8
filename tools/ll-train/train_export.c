/* SPDX-License-Identifier: MIT */
/* train_export.c - ll-train export: a model as a file that other programs compute. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "bpe/bpe.h"
#include "io/file.h"
#include "ll-train/train.h"
#include "lm/gguf_model.h"

static const char *to, *type = "f16";

const struct ll_option ll_train_export_options[] = {
	{ LL_OPT_CHOICE, 0, "to", &to, "FORMAT", "the format of the file (required)", 0, "gguf", 0, 0 },
	{ LL_OPT_CHOICE, 0, "type", &type, "TYPE", "of its matrices; the rest stays f32", 0, "f32|f16|bf16|q8_0", 0, 0 },
	{ 0 },
};

static enum ll_gguf_tensor_type tensor_type(void)
{
	return strcmp(type, "f32") == 0	   ? LL_GGML_F32
	       : strcmp(type, "f16") == 0  ? LL_GGML_F16
	       : strcmp(type, "bf16") == 0 ? LL_GGML_BF16
					   : LL_GGML_Q8_0;
}

/* The pairs of the tokenizer beside the model; none where the folder has none. */
static struct ll_buf tokenizer_pairs(const struct ll_lm_folder *f, uint64_t *pairs)
{
	struct ll_buf out = { 0 };
	struct ll_err err;
	*pairs = 0;
	if (!f->tokenizer_path) {
		ll_warn("%s: there is no tokenizer.json: the file says that its tokenizer is none", f->dir);
		return out;
	}
	struct ll_bpe *b = ll_bpe_load(f->tokenizer_path, NULL);
	if (ll_bpe_gguf_pairs(b, (uint64_t)f->config.vocabulary, &out, pairs, &err))
		ll_die(LL_EXIT_INPUT, "%s: %s", f->tokenizer_path, err.text);
	ll_bpe_warn_of_losses(b, true);
	ll_bpe_free(b);
	return out;
}

int ll_train_export(int operands, char **operand)
{
	struct ll_lm_folder folder;
	struct ll_err err;
	const char *note;
	uint64_t pairs;
	size_t kept;
	if (operands != 1 || !to)
		ll_die(LL_EXIT_USAGE, "%s", to ? "one folder is asked for: RUN/latest, another checkpoint, or one of Hugging Face's" : "--to=FORMAT is required");
	ll_lm_folder_open(operand[0], &folder);
	if (!ll_gguf_architecture(&folder.config, &note, &err))
		ll_die(LL_EXIT_INPUT, "%s: %s", operand[0], err.text);
	if (note)
		ll_warn("%s", note);
	struct ll_buf tokenizer = tokenizer_pairs(&folder, &pairs);
	ll_lm_folder_free(&folder);
	struct ll_pool *pool = ll_pool_new(1);
	struct ll_lm *m = ll_lm_load_folder(operand[0], 1, 1, LL_LM_INFERENCE, pool, NULL);
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags() | LL_OUT_BINARY);
	if (ll_gguf_model_write(out, m, tensor_type(), ll_buf_str(&tokenizer), pairs, &kept, &err))
		ll_die(LL_EXIT_INPUT, "%s: %s", operand[0], err.text);
	ll_out_commit(out);
	if (kept)
		ll_warn("%zu matrices stay f16: their rows are no multiple of the 32 of a block of q8_0", kept);
	ll_lm_free(m);
	ll_pool_free(pool);
	ll_buf_free(&tokenizer);
	return LL_EXIT_OK;
}
