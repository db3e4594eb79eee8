/* SPDX-License-Identifier: MIT */
/*
 * lm_presets.c - published models as configurations. GPT-2: Radford et al. 2019 and the released hyper-parameters; GPT-3: Brown et
 * al. 2020, table 2.1 (dense here; of theirs every second layer is banded, and the width of the band is not given; for 1.3B
 * the table has 24 heads of 128 at a width of 2048, which would be 1.5B parameters: it is 16 of them that make 1.3B); Llama: Touvron
 * et al. 2023, table 2; llama-15m and -110m: the llama2.c sizes; GPT-J-6B: Wang and Komatsuzaki 2021 and the released config.json;
 * GPT-NeoX-20B: Black et al. 2022; OPT: Zhang et al. 2022, table 1, with the released vocabulary, opt-350m as its config.json
 * has it; BLOOM: BigScience 2022, table 3.
 */
#include <string.h>

#include "base/buffer.h"
#include "base/option.h"
#include "lm/lm_config.h"

struct preset {
	const char *name;
	enum { GPT2, LLAMA, GPTJ, NEOX, BLOOM, OPT } family;
	int64_t vocabulary, context, layers, width, heads, ffn_width;
};

static const struct preset presets[] = {
	{ "demo", GPT2, 4096, 256, 4, 192, 6, 0 },
	{ "gpt2-tiny", GPT2, 256, 64, 2, 32, 4, 0 },
	{ "gpt2-mini", GPT2, 4096, 256, 4, 128, 4, 0 },
	{ "gpt2-124m", GPT2, 50257, 1024, 12, 768, 12, 0 },
	{ "gpt2-355m", GPT2, 50257, 1024, 24, 1024, 16, 0 },
	{ "gpt2-774m", GPT2, 50257, 1024, 36, 1280, 20, 0 },
	{ "gpt2-1558m", GPT2, 50257, 1024, 48, 1600, 25, 0 },
	{ "gpt3-125m", GPT2, 50257, 2048, 12, 768, 12, 0 },
	{ "gpt3-350m", GPT2, 50257, 2048, 24, 1024, 16, 0 },
	{ "gpt3-760m", GPT2, 50257, 2048, 24, 1536, 16, 0 },
	{ "gpt3-1.3b", GPT2, 50257, 2048, 24, 2048, 16, 0 },
	{ "gpt3-2.7b", GPT2, 50257, 2048, 32, 2560, 32, 0 },
	{ "gpt3-6.7b", GPT2, 50257, 2048, 32, 4096, 32, 0 },
	{ "gpt3-13b", GPT2, 50257, 2048, 40, 5140, 40, 0 },
	{ "gpt3-175b", GPT2, 50257, 2048, 96, 12288, 96, 0 },
	{ "llama-tiny", LLAMA, 256, 64, 2, 32, 4, 88 },
	{ "llama-mini", LLAMA, 4096, 256, 4, 128, 4, 344 },
	{ "llama-15m", LLAMA, 32000, 256, 6, 288, 6, 768 },
	{ "llama-110m", LLAMA, 32000, 1024, 12, 768, 12, 2048 },
	{ "llama-7b", LLAMA, 32000, 2048, 32, 4096, 32, 11008 },
	{ "llama-13b", LLAMA, 32000, 2048, 40, 5120, 40, 13824 },
	{ "llama-33b", LLAMA, 32000, 2048, 60, 6656, 52, 17920 },
	{ "llama-65b", LLAMA, 32000, 2048, 80, 8192, 64, 22016 },
	{ "gpt-j-tiny", GPTJ, 256, 64, 2, 32, 4, 0 },
	{ "gpt-j-6b", GPTJ, 50400, 2048, 28, 4096, 16, 0 },
	{ "neox-tiny", NEOX, 256, 64, 2, 32, 4, 0 },
	{ "neox-20b", NEOX, 50432, 2048, 44, 6144, 64, 0 },
	{ "opt-tiny", OPT, 256, 64, 2, 32, 4, 0 },
	{ "opt-125m", OPT, 50272, 2048, 12, 768, 12, 0 },
	{ "opt-350m", OPT, 50272, 2048, 24, 1024, 16, 0 },
	{ "opt-1.3b", OPT, 50272, 2048, 24, 2048, 32, 0 },
	{ "opt-2.7b", OPT, 50272, 2048, 32, 2560, 32, 0 },
	{ "opt-6.7b", OPT, 50272, 2048, 32, 4096, 32, 0 },
	{ "opt-13b", OPT, 50272, 2048, 40, 5120, 40, 0 },
	{ "opt-30b", OPT, 50272, 2048, 48, 7168, 56, 0 },
	{ "opt-66b", OPT, 50272, 2048, 64, 9216, 72, 0 },
	{ "opt-175b", OPT, 50272, 2048, 96, 12288, 96, 0 },
	{ "bloom-tiny", BLOOM, 256, 64, 2, 32, 4, 0 },
	{ "bloom-560m", BLOOM, 250880, 2048, 24, 1024, 16, 0 },
	{ "bloom-1b1", BLOOM, 250880, 2048, 24, 1536, 16, 0 },
	{ "bloom-1b7", BLOOM, 250880, 2048, 24, 2048, 16, 0 },
	{ "bloom-3b", BLOOM, 250880, 2048, 30, 2560, 32, 0 },
	{ "bloom-7b1", BLOOM, 250880, 2048, 30, 4096, 32, 0 },
	{ "bloom-176b", BLOOM, 250880, 2048, 70, 14336, 112, 0 },
};

const char *const *ll_lm_preset_names(void)
{
	static const char *names[LL_COUNT(presets) + 1];
	for (size_t i = 0; i < LL_COUNT(presets); i++)
		names[i] = presets[i].name;
	return names;
}

#define FAMILIES "demo, gpt2-*, gpt3-*, llama-*, gpt-j-*, neox-*, opt-* and bloom-*"

/* What was meant: the nearest name, or the names that begin as this one does. */
static int no_preset(const char *name, struct ll_err *err)
{
	struct ll_buf all = { 0 };
	size_t most = 0, found = 0, len = strlen(name);
	for (size_t i = 0; i < LL_COUNT(presets); i++) {
		size_t n = 0;
		while (n < len && presets[i].name[n] == name[n])
			n++;
		if (n < most)
			continue;
		found = n > most ? 1 : found + 1;
		if (found == 1)
			ll_buf_clear(&all);
		ll_buf_printf(&all, "%s%s", all.len ? ", " : "", presets[i].name);
		most = n;
	}
	const char *near = ll_nearest(name, ll_lm_preset_names(), LL_COUNT(presets));
	if (near && (most < len || found == 1))
		ll_err_set(err, "no preset \"%s\"; did you mean \"%s\"?", name, near);
	else
		ll_err_set(err, "no preset \"%.40s\"; there are %s", name, most ? ll_buf_cstr(&all) : FAMILIES);
	ll_buf_free(&all);
	return -1;
}

int ll_lm_preset(struct ll_lm_config *c, const char *name, struct ll_err *err)
{
	static const int64_t positions[] = { [GPT2] = LL_LM_POS_LEARNED, [LLAMA] = LL_LM_POS_ROTARY, [GPTJ] = LL_LM_POS_ROTARY, [NEOX] = LL_LM_POS_ROTARY,
					     [BLOOM] = LL_LM_POS_ALIBI, [OPT] = LL_LM_POS_LEARNED };
	for (size_t i = 0; i < LL_COUNT(presets); i++) {
		const struct preset *p = &presets[i];
		if (strcmp(p->name, name) != 0)
			continue;
		bool llama = p->family == LLAMA, gptj = p->family == GPTJ, neox = p->family == NEOX;
		*c = (struct ll_lm_config){
			.vocabulary = p->vocabulary,
			.context = p->context,
			.layers = p->layers,
			.width = p->width,
			.heads = p->heads,
			.ffn_width = p->ffn_width,
			.norm = llama ? LL_LM_NORM_RMS : LL_LM_NORM_LAYER,
			.position = positions[p->family],
			.ffn = llama ? LL_LM_FFN_SWIGLU : p->family == OPT ? LL_LM_FFN_RELU : LL_LM_FFN_GELU_TANH,
			.rotary_fraction = gptj || neox ? 0.25 : 1,
			.rotary_interleaved = gptj,
			.parallel_residual = gptj || neox,
			.shared_norm = gptj,
			.attention_bias = !gptj,
			.head_bias = gptj,
			.embedding_norm = p->family == BLOOM,
			.family = p->family == OPT ? LL_LM_FAMILY_OPT : LL_LM_FAMILY_AUTO,
			.rotary_base = 10000,
			.bias = !llama,
			.tied_head = !llama && !gptj && !neox,
			.norm_eps = 1e-5,
			.init = neox ? LL_LM_INIT_WANG : LL_LM_INIT_NORMAL,
			.init_std = 0.02,
			.init_scale_residual = true,
		};
		/* Brown et al. give 5140 for 40 heads of 128: head sizes rule. */
		if (strcmp(name, "gpt3-13b") == 0)
			c->head_dim = 128;
		if (strcmp(name, "opt-350m") == 0)
			c->embedding_width = 512, c->post_norm = true;
		return 0;
	}
	return no_preset(name, err);
}
