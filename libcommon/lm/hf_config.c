/* SPDX-License-Identifier: MIT */
/* hf_config.c - config.json of Hugging Face transformers, written and read (hf_names.h). */
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>

#include "base/number.h"
#include "lm/hf_names.h"
#include "lm/hf_rope.h"
#include "text/json_tree.h"

/*
 * The balance loss of transformers is router_aux_loss_coef experts times the sum over experts of f P, where f, the choices a token,
 * sums to experts_per_token, and both are means over all layers and sequences. Ours is taken of every layer of every sequence, where f
 * sums to 1, and added up over layers: this is what expert_balance has to be times for both to weigh the same. They are equal with
 * one layer and sequence, and where all are balanced; else ours is larger as a rule, as what one layer or sequence has too much of makes up
 * for no lack in another.
 */
static double aux_of_balance(const struct ll_lm_config *c)
{
	return (double)c->layers / (double)c->experts_per_token;
}

static void put_double(struct ll_buf *out, const char *key, double v)
{
	ll_buf_printf(out, "  \"%s\": ", key);
	ll_put_double(out, v);
	ll_buf_puts(out, ",\n");
}

static const char *activation_name(int64_t ffn)
{
	return ffn == LL_LM_FFN_GELU ? "gelu" : ffn == LL_LM_FFN_RELU ? "relu" : "gelu_new";
}

static void write_gpt2(const struct ll_lm_config *c, struct ll_buf *out)
{
	ll_buf_printf(out,
		      "  \"architectures\": [\"GPT2LMHeadModel\"],\n  \"model_type\": \"gpt2\",\n  \"n_embd\": %" PRId64
		      ",\n  \"n_layer\": %" PRId64 ",\n  \"n_head\": %" PRId64 ",\n  \"n_positions\": %" PRId64
		      ",\n  \"n_ctx\": %" PRId64 ",\n  \"n_inner\": %" PRId64 ",\n  \"activation_function\": \"%s\",\n",
		      c->width, c->layers, c->heads, c->context, c->context, c->ffn_width, activation_name(c->ffn));
	put_double(out, "layer_norm_epsilon", c->norm_eps);
	put_double(out, "initializer_range", c->init_std);
	put_double(out, "embd_pdrop", c->dropout);
	put_double(out, "resid_pdrop", c->dropout);
	put_double(out, "attn_pdrop", c->attention_dropout);
}

static void write_llama(const struct ll_lm_config *c, struct ll_buf *out)
{
	const char *class = c->experts ? "MixtralForCausalLM" : c->qk_norm ? "Qwen3ForCausalLM" : "LlamaForCausalLM";
	ll_buf_printf(out,
		      "  \"architectures\": [\"%s\"],\n  \"model_type\": \"%s\",\n  \"hidden_size\": "
		      "%" PRId64 ",\n  \"num_hidden_layers\": %" PRId64 ",\n  \"num_attention_heads\": %" PRId64
		      ",\n  \"num_key_value_heads\": %" PRId64 ",\n  \"head_dim\": %" PRId64
		      ",\n  \"intermediate_size\": %" PRId64 ",\n  \"max_position_embeddings\": %" PRId64
		      ",\n  \"hidden_act\": \"silu\",\n  \"attention_bias\": false,\n  \"mlp_bias\": false,\n",
		      class, c->experts ? "mixtral" : c->qk_norm ? "qwen3" : "llama", c->width, c->layers, c->heads, c->kv_heads, c->head_dim,
		      c->ffn_width, c->context);
	if (c->experts) {
		ll_buf_printf(out, "  \"num_local_experts\": %" PRId64 ",\n  \"num_experts_per_tok\": %" PRId64 ",\n  \"sliding_window\": null,\n",
			      c->experts, c->experts_per_token);
		put_double(out, "router_aux_loss_coef", c->expert_balance * aux_of_balance(c));
	}
	if (c->qk_norm)
		ll_buf_puts(out, "  \"use_sliding_window\": false,\n");
	put_double(out, "rms_norm_eps", c->norm_eps);
	put_double(out, "attention_dropout", c->attention_dropout);
	put_double(out, "initializer_range", c->init_std);
	put_double(out, "rope_theta", c->rotary_base);
	ll_hf_rope_write(c, false, out);
}

static void write_gptj(const struct ll_lm_config *c, struct ll_buf *out)
{
	ll_buf_printf(out,
		      "  \"architectures\": [\"GPTJForCausalLM\"],\n  \"model_type\": \"gptj\",\n  \"n_embd\": %" PRId64
		      ",\n  \"n_layer\": %" PRId64 ",\n  \"n_head\": %" PRId64 ",\n  \"n_positions\": %" PRId64
		      ",\n  \"rotary_dim\": %" PRId64 ",\n  \"n_inner\": %" PRId64 ",\n  \"activation_function\": \"%s\",\n",
		      c->width, c->layers, c->heads, c->context, ll_lm_turning(c), c->ffn_width, activation_name(c->ffn));
	put_double(out, "layer_norm_epsilon", c->norm_eps);
	put_double(out, "initializer_range", c->init_std);
	put_double(out, "embd_pdrop", c->dropout);
	put_double(out, "resid_pdrop", c->dropout);
	put_double(out, "attn_pdrop", c->attention_dropout);
}

static void write_neox(const struct ll_lm_config *c, struct ll_buf *out)
{
	ll_buf_printf(out,
		      "  \"architectures\": [\"GPTNeoXForCausalLM\"],\n  \"model_type\": \"gpt_neox\",\n  \"hidden_size\": "
		      "%" PRId64 ",\n  \"num_hidden_layers\": %" PRId64 ",\n  \"num_attention_heads\": %" PRId64
		      ",\n  \"intermediate_size\": %" PRId64 ",\n  \"max_position_embeddings\": %" PRId64
		      ",\n  \"hidden_act\": \"%s\",\n  \"attention_bias\": true,\n  \"use_parallel_residual\": %s,\n",
		      c->width, c->layers, c->heads, c->ffn_width, c->context, activation_name(c->ffn),
		      c->parallel_residual ? "true" : "false");
	put_double(out, "layer_norm_eps", c->norm_eps);
	put_double(out, "initializer_range", c->init_std);
	put_double(out, "hidden_dropout", c->dropout);
	put_double(out, "attention_dropout", c->attention_dropout);
	put_double(out, "rotary_pct", c->rotary_fraction);
	put_double(out, "rotary_emb_base", c->rotary_base);
	ll_hf_rope_write(c, true, out);
}

static void write_bloom(const struct ll_lm_config *c, struct ll_buf *out)
{
	ll_buf_printf(out,
		      "  \"architectures\": [\"BloomForCausalLM\"],\n  \"model_type\": \"bloom\",\n  \"hidden_size\": %" PRId64
		      ",\n  \"n_layer\": %" PRId64 ",\n  \"n_head\": %" PRId64 ",\n  \"seq_length\": %" PRId64
		      ",\n  \"apply_residual_connection_post_layernorm\": false,\n",
		      c->width, c->layers, c->heads, c->context);
	put_double(out, "layer_norm_epsilon", c->norm_eps);
	put_double(out, "initializer_range", c->init_std);
	put_double(out, "hidden_dropout", c->dropout);
	put_double(out, "attention_dropout", c->attention_dropout);
}

static void write_opt(const struct ll_lm_config *c, struct ll_buf *out)
{
	ll_buf_printf(out,
		      "  \"architectures\": [\"OPTForCausalLM\"],\n  \"model_type\": \"opt\",\n  \"hidden_size\": %" PRId64
		      ",\n  \"word_embed_proj_dim\": %" PRId64 ",\n  \"num_hidden_layers\": %" PRId64
		      ",\n  \"num_attention_heads\": %" PRId64 ",\n  \"ffn_dim\": %" PRId64
		      ",\n  \"max_position_embeddings\": %" PRId64
		      ",\n  \"activation_function\": \"%s\",\n  \"do_layer_norm_before\": %s,\n  \"enable_bias\": true,\n"
		      "  \"layer_norm_elementwise_affine\": true,\n  \"pad_token_id\": null,\n",
		      c->width, c->embedding_width, c->layers, c->heads, c->ffn_width, c->context, activation_name(c->ffn), c->post_norm ? "false" : "true");
	put_double(out, "init_std", c->init_std);
	put_double(out, "dropout", c->dropout);
	put_double(out, "attention_dropout", c->attention_dropout);
}

void ll_hf_config_write(const struct ll_lm_config *c, enum ll_hf_family f, int64_t eot, struct ll_buf *out)
{
	ll_buf_puts(out, "{\n");
	if (f == LL_HF_GPT2)
		write_gpt2(c, out);
	else if (f == LL_HF_LLAMA || f == LL_HF_QWEN3 || f == LL_HF_MIXTRAL)
		write_llama(c, out);
	else if (f == LL_HF_GPTJ)
		write_gptj(c, out);
	else if (f == LL_HF_NEOX)
		write_neox(c, out);
	else if (f == LL_HF_BLOOM)
		write_bloom(c, out);
	else if (f == LL_HF_OPT)
		write_opt(c, out);
	else
		ll_buf_puts(out,
			    "  \"model_type\": \"lltools\",\n  \"lltools_note\": \"no transformers class computes this "
			    "configuration; the tensors have the names of lltools\",\n");
	if (eot >= 0)
		ll_buf_printf(out, "  \"bos_token_id\": %" PRId64 ",\n  \"eos_token_id\": %" PRId64 ",\n", eot, eot);
	else
		ll_buf_puts(out, "  \"bos_token_id\": null,\n  \"eos_token_id\": null,\n");
	ll_buf_printf(out,
		      "  \"tie_word_embeddings\": %s,\n  \"torch_dtype\": \"float32\",\n  \"vocab_size\": %" PRId64
		      "\n}\n",
		      c->tied_head ? "true" : "false", c->vocabulary);
}

/* ---- reading ---- */

static int integer(struct json_object *o, const char *key, int64_t *out, struct ll_err *err)
{
	uint64_t v = 0;
	if (ll_json_tree_u64(o, key, &v, err) < 0)
		return -1;
	if (v > INT32_MAX)
		return ll_err_set(err, "member \"%s\" is too large", key);
	*out = (int64_t)v;
	return 0;
}

static int64_t integer_or(struct json_object *o, const char *key, int64_t otherwise)
{
	int64_t v = otherwise;
	return integer(o, key, &v, NULL) == 0 ? v : otherwise;
}

static double number_or(struct json_object *o, const char *key, double otherwise)
{
	double v = otherwise;
	return ll_json_tree_double(o, key, &v, NULL) == 0 ? v : otherwise;
}

static bool is_true(struct json_object *o, const char *key, bool otherwise)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && v ? json_object_get_boolean(v) : otherwise;
}

/* Several spellings of tanh's GELU give the same numbers. */
static int read_activation(const char *key, const char *act, int64_t *ffn, struct ll_err *err)
{
	if (strcmp(act, "gelu_new") == 0 || strcmp(act, "gelu_pytorch_tanh") == 0 || strcmp(act, "gelu_fast") == 0)
		*ffn = LL_LM_FFN_GELU_TANH;
	else if (strcmp(act, "gelu") == 0 || strcmp(act, "relu") == 0)
		*ffn = act[0] == 'g' ? LL_LM_FFN_GELU : LL_LM_FFN_RELU;
	else
		return ll_err_set(err, "%s %.40s is not one of gelu_new, gelu, relu", key, act);
	return 0;
}

static int read_gpt2(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	const char *act = ll_json_tree_string(o, "activation_function", NULL);
	if (ll_lm_preset(c, "gpt2-124m", err) < 0 || integer(o, "n_embd", &c->width, err) < 0 ||
	    integer(o, "n_layer", &c->layers, err) < 0 || integer(o, "n_head", &c->heads, err) < 0 ||
	    integer(o, "n_positions", &c->context, err) < 0)
		return -1;
	if (read_activation("activation_function", act ? act : "gelu_new", &c->ffn, err) < 0)
		return -1;
	if (is_true(o, "scale_attn_by_inverse_layer_idx", false) || !is_true(o, "scale_attn_weights", true))
		return ll_err_set(err, "its attention is scaled in a way that is not built");
	c->ffn_width = integer_or(o, "n_inner", 4 * c->width);
	c->norm_eps = number_or(o, "layer_norm_epsilon", 1e-5);
	c->tied_head = is_true(o, "tie_word_embeddings", true);
	c->kv_heads = c->head_dim = 0;
	return 0;
}

static int read_llama(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	const char *act = ll_json_tree_string(o, "hidden_act", NULL);
	if (ll_lm_preset(c, "llama-7b", err) < 0 || integer(o, "hidden_size", &c->width, err) < 0 ||
	    integer(o, "num_hidden_layers", &c->layers, err) < 0 ||
	    integer(o, "num_attention_heads", &c->heads, err) < 0 ||
	    integer(o, "intermediate_size", &c->ffn_width, err) < 0 ||
	    integer(o, "max_position_embeddings", &c->context, err) < 0)
		return -1;
	if (act && strcmp(act, "silu") != 0)
		return ll_err_set(err, "hidden_act %.40s is not silu", act);
	if (is_true(o, "use_sliding_window", false))
		return ll_err_set(err, "sliding windows that begin at some layer are not built");
	if (is_true(o, "attention_bias", false) || is_true(o, "mlp_bias", false))
		return ll_err_set(err, "biases in a llama are not built");
	c->kv_heads = integer_or(o, "num_key_value_heads", c->heads);
	c->head_dim = integer_or(o, "head_dim", 0);
	c->norm_eps = number_or(o, "rms_norm_eps", 1e-6);
	c->tied_head = is_true(o, "tie_word_embeddings", false);
	return ll_hf_rope_read(o, "rope_theta", "partial_rotary_factor", 1, c, err);
}

static int read_qwen3(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	int rc = read_llama(o, c, err);
	c->qk_norm = true;
	return rc;
}

/* To 15 digits, so that a decimal which was multiplied to be written comes back. */
static double rounded(double v)
{
	char text[32];
	snprintf(text, sizeof(text), "%.15g", v);
	return ll_parse_double(ll_cstr(text), &v) == 0 ? v : NAN; /* what is no number is refused as a weight */
}

static int read_mixtral(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	if (read_llama(o, c, err) < 0 || integer(o, "num_local_experts", &c->experts, err) < 0)
		return -1;
	c->experts_per_token = integer_or(o, "num_experts_per_tok", 2);
	c->norm_eps = number_or(o, "rms_norm_eps", 1e-5);
	c->expert_balance = rounded(number_or(o, "router_aux_loss_coef", 0) / aux_of_balance(c));
	if (c->experts < 1 || (c->experts_per_token == 1 && c->experts > 1))
		return ll_err_set(err, "a mixtral with one expert a token, whatever its probability, is not built");
	if (integer_or(o, "sliding_window", c->context) < c->context)
		return ll_err_set(err, "a sliding window in a mixtral is not built");
	return 0;
}

static int read_gptj(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	const char *act = ll_json_tree_string(o, "activation_function", NULL);
	int64_t turning = 0;
	if (ll_lm_preset(c, "gpt-j-6b", err) < 0 || integer(o, "n_embd", &c->width, err) < 0 ||
	    integer(o, "n_layer", &c->layers, err) < 0 || integer(o, "n_head", &c->heads, err) < 0 ||
	    integer(o, "n_positions", &c->context, err) < 0 || integer(o, "rotary_dim", &turning, err) < 0 ||
	    read_activation("activation_function", act ? act : "gelu_new", &c->ffn, err) < 0)
		return -1;
	if (is_true(o, "tie_word_embeddings", false))
		return ll_err_set(err, "a gptj with a tied head is not built");
	c->head_dim = c->heads > 0 ? c->width / c->heads : 0;
	if (c->head_dim < 1 || turning > c->head_dim)
		return ll_err_set(err, "rotary_dim %" PRId64 " is more than the %" PRId64 " dimensions of a head", turning, c->head_dim);
	/* The fraction whose product is cut to exactly this many. */
	c->rotary_fraction = (double)turning / (double)c->head_dim;
	if (ll_lm_turning(c) < turning)
		c->rotary_fraction = nextafter(c->rotary_fraction, 1);
	c->ffn_width = integer_or(o, "n_inner", 4 * c->width);
	c->norm_eps = number_or(o, "layer_norm_epsilon", 1e-5);
	return 0;
}

static int read_neox(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	const char *act = ll_json_tree_string(o, "hidden_act", NULL);
	if (ll_lm_preset(c, "neox-20b", err) < 0 || integer(o, "hidden_size", &c->width, err) < 0 ||
	    integer(o, "num_hidden_layers", &c->layers, err) < 0 ||
	    integer(o, "num_attention_heads", &c->heads, err) < 0 ||
	    integer(o, "intermediate_size", &c->ffn_width, err) < 0 ||
	    integer(o, "max_position_embeddings", &c->context, err) < 0 ||
	    read_activation("hidden_act", act ? act : "gelu", &c->ffn, err) < 0)
		return -1;
	if (!is_true(o, "attention_bias", true))
		return ll_err_set(err, "a gpt_neox without biases in its attention is not built");
	c->parallel_residual = is_true(o, "use_parallel_residual", true);
	c->norm_eps = number_or(o, "layer_norm_eps", 1e-5);
	c->tied_head = is_true(o, "tie_word_embeddings", false);
	return ll_hf_rope_read(o, "rotary_emb_base", "rotary_pct", 0.25, c, err);
}

/* The hub's files have either spelling. */
static int integer_of(struct json_object *o, const char *key, const char *other, int64_t *out, struct ll_err *err)
{
	return integer(o, other, out, NULL) == 0 ? 0 : integer(o, key, out, err);
}

static int read_bloom(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	if (ll_lm_preset(c, "bloom-560m", err) < 0 || integer_of(o, "hidden_size", "n_embed", &c->width, err) < 0 ||
	    integer_of(o, "n_layer", "num_hidden_layers", &c->layers, err) < 0 ||
	    integer_of(o, "n_head", "num_attention_heads", &c->heads, err) < 0)
		return -1;
	if (is_true(o, "apply_residual_connection_post_layernorm", false))
		return ll_err_set(err, "residuals taken after the norm are not built");
	c->context = integer_or(o, "seq_length", 2048);
	c->norm_eps = number_or(o, "layer_norm_epsilon", 1e-5);
	c->tied_head = is_true(o, "tie_word_embeddings", true);
	return 0;
}

static int read_opt(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	const char *act = ll_json_tree_string(o, "activation_function", NULL);
	if (ll_lm_preset(c, "opt-125m", err) < 0 || integer(o, "hidden_size", &c->width, err) < 0 ||
	    integer(o, "num_hidden_layers", &c->layers, err) < 0 ||
	    integer(o, "num_attention_heads", &c->heads, err) < 0 || integer(o, "ffn_dim", &c->ffn_width, err) < 0 ||
	    integer(o, "max_position_embeddings", &c->context, err) < 0 ||
	    read_activation("activation_function", act ? act : "relu", &c->ffn, err) < 0)
		return -1;
	c->post_norm = !is_true(o, "do_layer_norm_before", true);
	c->embedding_width = integer_or(o, "word_embed_proj_dim", c->width);
	if (!c->post_norm && is_true(o, "_remove_final_layer_norm", false))
		return ll_err_set(err, "an OPT with norms before its branches and none at the end (_remove_final_layer_norm) is not built");
	if (!is_true(o, "enable_bias", true) || !is_true(o, "layer_norm_elementwise_affine", true))
		return ll_err_set(err, "an OPT without biases or gains is not built");
	c->tied_head = is_true(o, "tie_word_embeddings", true);
	return 0;
}

/* Of families whose class of transformers would not read it. */
static int refuse_scaling(struct json_object *o, const char *type, struct ll_err *err)
{
	struct json_object *v;
	if (json_object_object_get_ex(o, "rope_scaling", &v) && v)
		return ll_err_set(err, "rope_scaling in a %s is not built", type);
	return 0;
}

int ll_hf_config_read(struct ll_str json, struct ll_lm_config *c, struct ll_err *err)
{
	struct json_object *o = ll_json_tree_parse(json, err);
	const char *type = o ? ll_json_tree_string(o, "model_type", err) : NULL;
	static const struct {
		const char *type;
		int (*read)(struct json_object *o, struct ll_lm_config *c, struct ll_err *err);
		bool turns;
	} known[] = { { "gpt2", read_gpt2, false }, { "llama", read_llama, true }, { "qwen3", read_qwen3, true }, { "mixtral", read_mixtral, true }, { "gptj", read_gptj, false },
		      { "gpt_neox", read_neox, true }, { "bloom", read_bloom, false }, { "opt", read_opt, false } };
	int rc = -1;
	size_t i = 0;
	while (type && i < LL_COUNT(known) && strcmp(type, known[i].type) != 0)
		i++;
	if (type && i < LL_COUNT(known))
		rc = !known[i].turns && refuse_scaling(o, type, err) < 0 ? -1 : known[i].read(o, c, err);
	else if (type)
		ll_err_set(err, "model_type %.40s is not one of gpt2, llama, qwen3, mixtral, gptj, gpt_neox, bloom, opt", type);
	if (rc == 0)
		rc = integer(o, "vocab_size", &c->vocabulary, err);
	if (rc == 0)
		c->init_std = number_or(o, "initializer_range", number_or(o, "init_std", c->init_std));
	if (rc == 0)
		rc = ll_lm_config_check(c, err);
	json_object_put(o);
	return rc;
}
