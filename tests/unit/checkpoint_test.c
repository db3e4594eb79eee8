/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: every family there and back to the bit, names and shapes as transformers has them, refusals.
 *
 *     checkpoint_test --logits DIR ID...    prints the logits after each of the tokens
 *     checkpoint_test --gradients DIR RUN ID...    saves the gradients of the mean loss of each token but the first in the
 *                                                  place of the weights, as RUN/latest
 * (tests/interop/transformers_*.py)
 */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"
#include "lm/checkpoint.h"
#include "lm/folder.h"
#include "lm/hf_names.h"
#include "lm/safetensors.h"

static struct ll_pool *pool;

static struct ll_lm *model_of(const char *preset, const char *key, const char *value)
{
	struct ll_lm_config c;
	struct ll_err err;
	if (ll_lm_preset(&c, preset, &err) < 0 || (key && ll_lm_config_set(&c, key, value, &err) < 0) ||
	    (key && strcmp(key, "rotary_scaling") == 0 && ll_lm_config_set(&c, "rotary_factor", "2.5", &err) < 0) ||
	    (key && strcmp(key, "expert_balance") == 0 && (ll_lm_config_set(&c, "experts", "5", &err) < 0 || ll_lm_config_set(&c, "experts_per_token", "3", &err) < 0)) || ll_lm_config_check(&c, &err) < 0)
		ll_die(LL_EXIT_BUG, "%s", err.text);
	struct ll_lm *m = ll_lm_new(&c, 1, 8, LL_LM_TRAINING, pool);
	ll_lm_init(m, 7);
	for (size_t i = 0; i < m->parameters; i++) /* gains and biases of their own, so that a swap shows */
		m->param[i] += (float)(i % 1009) * 1e-5f;
	return m;
}

static const struct ll_safetensor *shape_is(const struct ll_safetensors *s, const char *name, uint64_t a, uint64_t b)
{
	const struct ll_safetensor *t = ll_safetensors_find(s, name);
	ok(t && t->shape[0] == a && (t->dims == 1 || t->shape[1] == b), "%s is [%d, %d]", name, (int)a, (int)b);
	return t;
}

static void check_file(const char *run, enum ll_hf_family f, const struct ll_lm *m)
{
	char *dir = ll_checkpoint_path(run, 3), *path = ll_path_join(dir, "model.safetensors");
	struct ll_buf b = ll_read_file(path, 64 * LL_MIB);
	struct ll_safetensors s;
	struct ll_err err;
	bool good = ll_safetensors_parse(ll_buf_str(&b), &s, &err) == 0;
	ok(good, "%s parses", path);
	if (f == LL_HF_GPT2) {
		const struct ll_safetensor *t = shape_is(&s, "transformer.h.1.attn.c_attn.weight", 32, 96);
		const struct ll_lm_tensor *ours = ll_lm_find(m, "h.1.qkv.w");
		float *x = ll_calloc(t->elements, sizeof(float));
		ok(ll_safetensor_f32(t, x, NULL) == 0 && x[1] == m->param[ours->offset + 32] &&
			   x[96] == m->param[ours->offset + 1],
		   "Conv1D holds the transpose");
		ll_free(x);
		shape_is(&s, "transformer.wte.weight", 256, 32);
		ok(!ll_safetensors_find(&s, "lm_head.weight") == m->config.tied_head,
		   "a head is stored when it is not tied");
	} else if (f == LL_HF_NEOX || f == LL_HF_BLOOM) {
		const char *name = f == LL_HF_NEOX ? "gpt_neox.layers.1.attention.query_key_value.weight" :
						     "transformer.h.1.self_attention.query_key_value.weight";
		const struct ll_safetensor *t = shape_is(&s, name, 96, 32);
		const struct ll_lm_tensor *ours = ll_lm_find(m, "h.1.qkv.w");
		float *x = ll_calloc(t->elements, sizeof(float));
		/* Four heads of 8: the file's row 8 is the first key, 24 the query of the second head. */
		ok(ll_safetensor_f32(t, x, NULL) == 0 && x[8 * 32 + 1] == m->param[ours->offset + 32 * 32 + 1] &&
			   x[24 * 32 + 5] == m->param[ours->offset + 8 * 32 + 5],
		   "query, key and value head by head");
		ll_free(x);
	} else if (f == LL_HF_OPT) {
		const struct ll_safetensor *t = shape_is(&s, "model.decoder.embed_positions.weight", 66, 32);
		const struct ll_lm_tensor *ours = ll_lm_find(m, "wpe");
		float *x = ll_calloc(t->elements, sizeof(float));
		ok(ll_safetensor_f32(t, x, NULL) == 0 && x[63] == 0 && x[64] == m->param[ours->offset], "two rows before position 0");
		ll_free(x);
	} else if (f == LL_HF_LLAMA) {
		shape_is(&s, "model.layers.0.self_attn.q_proj.weight", 32, 32);
		shape_is(&s, "model.layers.0.self_attn.k_proj.weight", (uint64_t)(m->config.kv_heads * m->config.head_dim), 32);
		shape_is(&s, "model.layers.1.mlp.up_proj.weight", 88, 32);
		shape_is(&s, "lm_head.weight", 256, 32);
	}
	ll_safetensors_free(&s);
	ll_buf_free(&b);
	ll_free(path);
	ll_free(dir);
}

/* Without the state, config.json and the names of transformers alone must give the same model. */
static void check_as_plain_folder(const char *dir, const struct ll_lm *m)
{
	char *state = ll_path_join(dir, LL_FOLDER_STATE);
	struct ll_lm_folder info;
	unlink(state);
	struct ll_lm *n = ll_lm_load_folder(dir, 1, 8, LL_LM_INFERENCE, pool, &info);
	struct ll_buf a = { 0 }, b = { 0 };
	ll_lm_config_print(&m->config, &a);
	ll_lm_config_print(&n->config, &b);
	ok(n->parameters == m->parameters && memcmp(n->param, m->param, m->parameters * sizeof(float)) == 0,
	   "read as any Hugging Face folder: the same weights");
	if (!ok(ll_str_eq(ll_buf_str(&a), ll_buf_str(&b)), "and the same configuration"))
		diag("", "%s --- %s", ll_buf_cstr(&a), ll_buf_cstr(&b));
	ll_buf_free(&a);
	ll_buf_free(&b);
	ll_lm_folder_free(&info);
	ll_lm_free(n);
	ll_free(state);
}

static void round_trip(const char *run, const char *preset, const char *key, const char *value,
		       enum ll_hf_family family)
{
	struct ll_lm *m = model_of(preset, key, value), *n = model_of(preset, key, value);
	struct ll_optimizer *moments = ll_optimizer_new(ll_optimizer_kind("adamw"), m, true),
			    *back = ll_optimizer_new(ll_optimizer_kind("adamw"), n, true),
			    *other = ll_optimizer_new(ll_optimizer_kind("lion"), n, true);
	struct ll_checkpoint_state s = { .step = 3,
					 .tokens = 11,
					 .cursor = 12,
					 .seed = 13,
					 .data_id = (char *)(uintptr_t) "d",
					 .tokenizer_id = (char *)(uintptr_t) "t",
					 .log_bytes = 5,
					 .valid_loss = 1.25 },
				   got;
	struct ll_err err = { "" };
	for (size_t i = 0; i < 2 * m->parameters; i++)
		moments->state[i] = (float)i;
	memset(n->param, 0, n->parameters * sizeof(float));
	ll_make_dirs(run);
	ok(ll_hf_family(&m->config) == family, "%s %s%s is saved as %s", preset, key ? key : "", key ? value : "",
	   ll_hf_family_name(family));
	ll_checkpoint_save(run, m, moments, &s, NULL, 0);
	char *dir = ll_checkpoint_path(run, 3), *latest = ll_path_join(run, "latest");
	if (!ok(ll_checkpoint_load(latest, n, back, &got, &err) == 0, "%s loads", latest))
		diag("", "%s", err.text);
	ok(memcmp(m->param, n->param, m->parameters * sizeof(float)) == 0, "weights are the same");
	ok(back->floats == 2 * m->parameters && memcmp(moments->state, back->state, back->floats * sizeof(float)) == 0,
	   "moments are the same");
	ok(got.step == 3 && got.tokens == 11 && got.cursor == 12 && got.seed == 13 && got.log_bytes == 5 &&
		   got.valid_loss == 1.25,
	   "state");
	ll_checkpoint_state_free(&got);
	ok(ll_checkpoint_load(latest, n, other, &got, &err) < 0 && strstr(err.text, "adamw") && strstr(err.text, "lion"),
	   "another optimizer's is refused");
	check_file(run, family, m);
	if (family != LL_HF_NONE)
		check_as_plain_folder(dir, m);
	ll_checkpoint_state_free(&got);
	ll_free(latest);
	ll_free(dir);
	ll_optimizer_free(moments);
	ll_optimizer_free(back);
	ll_optimizer_free(other);
	ll_lm_free(m);
	ll_lm_free(n);
}

static void test_prune(void)
{
	struct ll_lm *m = model_of("gpt2-tiny", NULL, NULL);
	struct ll_checkpoint_state s = { .seed = 1 };
	size_t n;
	ll_make_dirs("prune");
	for (s.step = 1; s.step <= 6; s.step++)
		ll_checkpoint_save("prune", m, NULL, &s, NULL, -1);
	ll_checkpoint_prune("prune", 2, 3, UINT64_MAX, 0);
	uint64_t *list = ll_checkpoint_list("prune", &n);
	ok(n == 3 && list[0] == 3 && list[1] == 5 && list[2] == 6, "pruned to the two newest and the last good one");
	ll_free(list);
	ll_lm_free(m);
}

static int print_logits(int argc, char **argv)
{
	struct ll_lm_folder info;
	int64_t n = argc - 3;
	int32_t *ids = ll_calloc((size_t)n, sizeof(*ids));
	for (int64_t i = 0; i < n; i++)
		ids[i] = (int32_t)strtol(argv[3 + i], NULL, 10);
	struct ll_lm *m = ll_lm_load_folder(argv[2], 1, n, LL_LM_INFERENCE, pool, &info);
	float *logits = ll_calloc((size_t)m->config.vocabulary, sizeof(*logits));
	ll_lm_forward(m, ids, 1, n);
	for (int64_t t = 0; t < n; t++) {
		ll_lm_logits(m, 0, t, logits);
		for (int64_t v = 0; v < m->config.vocabulary; v++)
			printf("%.9g%c", (double)logits[v], v + 1 < m->config.vocabulary ? ' ' : '\n');
	}
	return 0;
}

static int save_gradients(int argc, char **argv)
{
	int64_t n = argc - 4;
	int32_t *ids = ll_calloc((size_t)n, sizeof(*ids));
	uint64_t count;
	struct ll_checkpoint_state s = { .seed = 1 };
	for (int64_t i = 0; i < n; i++)
		ids[i] = (int32_t)strtol(argv[4 + i], NULL, 10);
	struct ll_lm *m = ll_lm_load_folder(argv[2], 1, n - 1, LL_LM_TRAINING, pool, NULL);
	ll_lm_loss(m, ids, ids + 1, 1, n - 1, (struct ll_lm_step){ 0, 0, 0 }, 1 / (float)(n - 1), true, &count, NULL, NULL);
	memcpy(m->param, m->grad, m->parameters * sizeof(float));
	ll_make_dirs(argv[3]);
	ll_checkpoint_save(argv[3], m, NULL, &s, NULL, -1);
	return 0;
}

int main(int argc, char **argv)
{
	pool = ll_pool_new(1);
	if (argc > 3 && strcmp(argv[1], "--logits") == 0)
		return print_logits(argc, argv);
	if (argc > 5 && strcmp(argv[1], "--gradients") == 0)
		return save_gradients(argc, argv);
	round_trip("g", "gpt2-tiny", NULL, NULL, LL_HF_GPT2);
	round_trip("gu", "gpt2-tiny", "tied_head", "false", LL_HF_GPT2);
	round_trip("gr", "gpt2-tiny", "ffn", "relu", LL_HF_GPT2);
	round_trip("l", "llama-tiny", "kv_heads", "2", LL_HF_LLAMA);
	round_trip("x", "llama-tiny", "experts", "3", LL_HF_MIXTRAL);
	round_trip("xb", "llama-tiny", "expert_balance", "0.0123", LL_HF_MIXTRAL);
	round_trip("x1", "llama-tiny", "experts", "1", LL_HF_MIXTRAL);
	round_trip("x2", "gpt2-tiny", "experts", "3", LL_HF_NONE);
	round_trip("q", "llama-tiny", "qk_norm", "true", LL_HF_QWEN3);
	round_trip("rl", "llama-tiny", "rotary_scaling", "linear", LL_HF_LLAMA);
	round_trip("rd", "neox-tiny", "rotary_scaling", "linear", LL_HF_NEOX);
	round_trip("r3", "llama-tiny", "rotary_scaling", "llama3", LL_HF_LLAMA);
	round_trip("ry", "neox-tiny", "rotary_scaling", "yarn", LL_HF_NEOX);
	round_trip("rj", "gpt-j-tiny", "rotary_scaling", "yarn", LL_HF_NONE);
	round_trip("qg", "gpt2-tiny", "qk_norm", "true", LL_HF_NONE);
	round_trip("no", "gpt2-tiny", "norm", "none", LL_HF_NONE);
	round_trip("p", "gpt2-tiny", "parallel_residual", "true", LL_HF_NONE);
	round_trip("e", "llama-tiny", "rotary_interleaved", "true", LL_HF_NONE);
	round_trip("j", "gpt-j-tiny", NULL, NULL, LL_HF_GPTJ);
	round_trip("jt", "gpt-j-tiny", "tied_head", "true", LL_HF_NONE);
	round_trip("jn", "neox-tiny", "shared_norm", "true", LL_HF_NONE);
	round_trip("jb", "llama-tiny", "head_bias", "true", LL_HF_NONE);
	round_trip("ja", "gpt2-tiny", "attention_bias", "false", LL_HF_NONE);
	round_trip("n", "neox-tiny", NULL, NULL, LL_HF_NEOX);
	round_trip("ns", "neox-tiny", "parallel_residual", "false", LL_HF_NEOX);
	round_trip("nt", "neox-tiny", "tied_head", "true", LL_HF_NEOX);
	round_trip("b", "bloom-tiny", NULL, NULL, LL_HF_BLOOM);
	round_trip("bf", "bloom-tiny", "ffn_width", "96", LL_HF_NONE);
	round_trip("o", "opt-tiny", NULL, NULL, LL_HF_OPT);
	round_trip("ou", "opt-tiny", "tied_head", "false", LL_HF_OPT);
	round_trip("op", "opt-tiny", "post_norm", "true", LL_HF_OPT);
	round_trip("on", "opt-tiny", "embedding_width", "12", LL_HF_OPT);
	round_trip("np", "neox-tiny", "embedding_width", "40", LL_HF_NONE);
	round_trip("lp", "llama-tiny", "post_norm", "true", LL_HF_NONE);
	test_prune();
	return test_done();
}
