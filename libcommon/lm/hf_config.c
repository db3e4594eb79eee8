/* SPDX-License-Identifier: MIT */
/* hf_config.c - config.json of Hugging Face transformers, written and read (hf_names.h). */
#include <inttypes.h>
#include <json-c/json.h>

#include "base/number.h"
#include "lm/hf_names.h"
#include "text/json_tree.h"

static void put_double(struct ll_buf *out, const char *key, double v)
{
	ll_buf_printf(out, "  \"%s\": ", key);
	ll_put_double(out, v);
	ll_buf_puts(out, ",\n");
}

static const char *gpt2_activation(int64_t ffn)
{
	return ffn == LL_LM_FFN_GELU ? "gelu" : ffn == LL_LM_FFN_RELU ? "relu" : "gelu_new";
}

static void write_gpt2(const struct ll_lm_config *c, struct ll_buf *out)
{
	ll_buf_printf(out,
		      "  \"architectures\": [\"GPT2LMHeadModel\"],\n  \"model_type\": \"gpt2\",\n  \"n_embd\": %" PRId64
		      ",\n  \"n_layer\": %" PRId64 ",\n  \"n_head\": %" PRId64 ",\n  \"n_positions\": %" PRId64
		      ",\n  \"n_ctx\": %" PRId64 ",\n  \"n_inner\": %" PRId64 ",\n  \"activation_function\": \"%s\",\n",
		      c->width, c->layers, c->heads, c->context, c->context, c->ffn_width, gpt2_activation(c->ffn));
	put_double(out, "layer_norm_epsilon", c->norm_eps);
	put_double(out, "initializer_range", c->init_std);
	put_double(out, "embd_pdrop", c->dropout);
	put_double(out, "resid_pdrop", c->dropout);
	ll_buf_puts(out, "  \"attn_pdrop\": 0.0,\n");
}

static void write_llama(const struct ll_lm_config *c, struct ll_buf *out)
{
	ll_buf_printf(out,
		      "  \"architectures\": [\"LlamaForCausalLM\"],\n  \"model_type\": \"llama\",\n  \"hidden_size\": "
		      "%" PRId64 ",\n  \"num_hidden_layers\": %" PRId64 ",\n  \"num_attention_heads\": %" PRId64
		      ",\n  \"num_key_value_heads\": %" PRId64 ",\n  \"head_dim\": %" PRId64
		      ",\n  \"intermediate_size\": %" PRId64 ",\n  \"max_position_embeddings\": %" PRId64
		      ",\n  \"hidden_act\": \"silu\",\n  \"attention_bias\": false,\n  \"mlp_bias\": false,\n",
		      c->width, c->layers, c->heads, c->kv_heads, c->head_dim, c->ffn_width, c->context);
	put_double(out, "rms_norm_eps", c->norm_eps);
	put_double(out, "initializer_range", c->init_std);
	put_double(out, "rope_theta", c->rotary_base);
	/* The newer spelling of the same. */
	ll_buf_puts(out, "  \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": ");
	ll_put_double(out, c->rotary_base);
	ll_buf_puts(out, "},\n");
}

void ll_hf_config_write(const struct ll_lm_config *c, enum ll_hf_family f, int64_t eot, struct ll_buf *out)
{
	ll_buf_puts(out, "{\n");
	if (f == LL_HF_GPT2)
		write_gpt2(c, out);
	else if (f == LL_HF_LLAMA)
		write_llama(c, out);
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

static int read_gpt2(struct json_object *o, struct ll_lm_config *c, struct ll_err *err)
{
	const char *act = ll_json_tree_string(o, "activation_function", NULL);
	if (ll_lm_preset(c, "gpt2-124m", err) < 0 || integer(o, "n_embd", &c->width, err) < 0 ||
	    integer(o, "n_layer", &c->layers, err) < 0 || integer(o, "n_head", &c->heads, err) < 0 ||
	    integer(o, "n_positions", &c->context, err) < 0)
		return -1;
	if (!act || strcmp(act, "gelu_new") == 0 || strcmp(act, "gelu_pytorch_tanh") == 0)
		c->ffn = LL_LM_FFN_GELU_TANH;
	else if (strcmp(act, "gelu") == 0 || strcmp(act, "relu") == 0)
		c->ffn = act[0] == 'g' ? LL_LM_FFN_GELU : LL_LM_FFN_RELU;
	else
		return ll_err_set(err, "activation_function %.40s is not one of gelu_new, gelu, relu", act);
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
	struct json_object *rope = ll_json_tree_object(o, "rope_parameters", NULL);
	if (ll_lm_preset(c, "llama-7b", err) < 0 || integer(o, "hidden_size", &c->width, err) < 0 ||
	    integer(o, "num_hidden_layers", &c->layers, err) < 0 ||
	    integer(o, "num_attention_heads", &c->heads, err) < 0 ||
	    integer(o, "intermediate_size", &c->ffn_width, err) < 0 ||
	    integer(o, "max_position_embeddings", &c->context, err) < 0)
		return -1;
	if (act && strcmp(act, "silu") != 0)
		return ll_err_set(err, "hidden_act %.40s is not silu", act);
	const char *type = rope ? ll_json_tree_string(rope, "rope_type", NULL) : NULL;
	if (ll_json_tree_object(o, "rope_scaling", NULL) || (type && strcmp(type, "default") != 0))
		return ll_err_set(err, "scaled rotary positions are not built");
	if (is_true(o, "attention_bias", false) || is_true(o, "mlp_bias", false))
		return ll_err_set(err, "biases in a llama are not built");
	c->kv_heads = integer_or(o, "num_key_value_heads", c->heads);
	c->head_dim = integer_or(o, "head_dim", 0);
	c->norm_eps = number_or(o, "rms_norm_eps", 1e-6);
	c->rotary_base = number_or(o, "rope_theta", rope ? number_or(rope, "rope_theta", 10000) : 10000);
	c->tied_head = is_true(o, "tie_word_embeddings", false);
	return 0;
}

int ll_hf_config_read(struct ll_str json, struct ll_lm_config *c, struct ll_err *err)
{
	struct json_object *o = ll_json_tree_parse(json, err);
	const char *type = o ? ll_json_tree_string(o, "model_type", err) : NULL;
	int rc = -1;
	if (type && strcmp(type, "gpt2") == 0)
		rc = read_gpt2(o, c, err);
	else if (type && strcmp(type, "llama") == 0)
		rc = read_llama(o, c, err);
	else if (type)
		ll_err_set(err, "model_type %.40s is not one of gpt2, llama", type);
	if (rc == 0)
		rc = integer(o, "vocab_size", &c->vocabulary, err);
	if (rc == 0)
		rc = ll_lm_config_check(c, err);
	json_object_put(o);
	return rc;
}
