/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "lm/hf_rope.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>

#include "base/error.h"
#include "base/number.h"
#include "text/json_tree.h"

/* ---- writing ---- */

static void put_number(struct ll_buf *out, const char *key, double v)
{
	ll_buf_printf(out, ", \"%s\": ", key);
	ll_put_double(out, v);
}

static void put_type(struct ll_buf *out, const struct ll_lm_config *c)
{
	static const char *const types[] = { "default", "linear", "yarn", "llama3" };
	bool llama3 = c->rotary_scaling == LL_LM_ROTARY_LLAMA3, yarn = c->rotary_scaling == LL_LM_ROTARY_YARN;
	ll_buf_printf(out, "\"rope_type\": \"%s\"", types[c->rotary_scaling]);
	if (c->rotary_scaling != LL_LM_ROTARY_PLAIN)
		put_number(out, "factor", c->rotary_factor);
	if (llama3 || yarn) {
		ll_buf_printf(out, ", \"original_max_position_embeddings\": %" PRId64, c->rotary_context);
		put_number(out, llama3 ? "low_freq_factor" : "beta_slow", c->rotary_slow);
		put_number(out, llama3 ? "high_freq_factor" : "beta_fast", c->rotary_fast);
	}
	if (yarn)
		put_number(out, "attention_factor", c->rotary_attention);
}

void ll_hf_rope_write(const struct ll_lm_config *c, bool partial, struct ll_buf *out)
{
	if (c->rotary_scaling != LL_LM_ROTARY_PLAIN) {
		ll_buf_puts(out, "  \"rope_scaling\": {");
		put_type(out, c);
		ll_buf_puts(out, "},\n");
	}
	ll_buf_puts(out, "  \"rope_parameters\": {");
	put_type(out, c);
	put_number(out, "rope_theta", c->rotary_base);
	if (partial)
		put_number(out, "partial_rotary_factor", c->rotary_fraction);
	ll_buf_puts(out, "},\n");
}

/* ---- reading ---- */

/* A number of the object, else of the whole, else this; null is none. */
static double number_in(struct json_object *rope, const char *key, struct json_object *whole, const char *other, double otherwise)
{
	double v;
	if (rope && ll_json_tree_double(rope, key, &v, NULL) == 0)
		return v;
	return whole && ll_json_tree_double(whole, other, &v, NULL) == 0 ? v : otherwise;
}

/* What is named here is read, or refused, below. */
static int check_members(struct json_object *rope, struct ll_err *err)
{
	static const char *const known[] = { "rope_type", "type", "rope_theta", "partial_rotary_factor", "factor", "original_max_position_embeddings",
					     "low_freq_factor", "high_freq_factor", "beta_fast", "beta_slow", "attention_factor", "mscale",
					     "mscale_all_dim", "truncate" };
	json_object_object_foreach(rope, key, value) {
		size_t i = 0;
		while (i < LL_COUNT(known) && strcmp(known[i], key) != 0)
			i++;
		if (i == LL_COUNT(known))
			return ll_err_set(err, "rotary positions with \"%.40s\" are not built", key);
		bool is_number = json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int);
		if (i < 2 && value && !json_object_is_type(value, json_type_string))
			return ll_err_set(err, "\"%.40s\" of its rotary positions is not a string", key);
		if (i >= 2 && value && !is_number && strcmp(key, "truncate") != 0)
			return ll_err_set(err, "\"%.40s\" of its rotary positions is not a number", key);
	}
	return 0;
}

/* The object that says it: NULL without one. */
static int find_rope(struct json_object *o, struct json_object **rope, struct ll_err *err)
{
	static const char *const names[] = { "rope_scaling", "rope_parameters" };
	*rope = NULL;
	for (size_t i = 0; i < LL_COUNT(names) && !*rope; i++) {
		struct json_object *v;
		if (!json_object_object_get_ex(o, names[i], &v) || !v)
			continue;
		if (!json_object_is_type(v, json_type_object))
			return ll_err_set(err, "member \"%s\" is not an object", names[i]);
		*rope = json_object_object_length(v) ? v : NULL;
	}
	return *rope ? check_members(*rope, err) : 0;
}

/* Peng et al. 2023, section 3.4, with the factors of DeepSeek (both or none). */
static double yarn_attention(struct json_object *rope, double factor)
{
	double m = number_in(rope, "mscale", NULL, NULL, 0), all = number_in(rope, "mscale_all_dim", NULL, NULL, 0);
	double given = number_in(rope, "attention_factor", NULL, NULL, 0), of_factor = factor > 1 ? 0.1 * log(factor) : 0;
	if (given != 0)
		return given;
	return m != 0 && all != 0 ? (m * of_factor + 1) / (all * of_factor + 1) : of_factor + 1;
}

static int read_original(struct json_object *first, struct json_object *then, struct ll_lm_config *c, struct ll_err *err)
{
	static const char key[] = "original_max_position_embeddings";
	double v = number_in(first, key, then, key, (double)c->context);
	if (!(v >= 1 && v <= INT32_MAX) || v != floor(v))
		return ll_err_set(err, "%s is no whole number from 1 on", key);
	c->rotary_context = (int64_t)v;
	return 0;
}

static int read_yarn(struct json_object *o, struct json_object *rope, struct ll_lm_config *c, struct ll_err *err)
{
	struct json_object *truncate;
	if (json_object_object_get_ex(rope, "truncate", &truncate) && truncate && !json_object_get_boolean(truncate))
		return ll_err_set(err, "yarn with bounds that are not whole numbers (\"truncate\") is not built");
	if (read_original(o, rope, c, err) < 0)
		return -1;
	c->rotary_factor = number_in(rope, "factor", NULL, NULL, (double)c->context / (double)c->rotary_context);
	c->rotary_fast = number_in(rope, "beta_fast", NULL, NULL, 0);
	c->rotary_slow = number_in(rope, "beta_slow", NULL, NULL, 0);
	c->rotary_attention = yarn_attention(rope, c->rotary_factor);
	return 0;
}

static int read_type(struct json_object *o, struct json_object *rope, struct ll_lm_config *c, struct ll_err *err)
{
	const char *type = ll_json_tree_string(rope, "rope_type", NULL);
	if (!type)
		type = ll_json_tree_string(rope, "type", NULL);
	if (!type || strcmp(type, "default") == 0)
		return 0;
	if (strcmp(type, "linear") != 0 && strcmp(type, "yarn") != 0 && strcmp(type, "llama3") != 0)
		return ll_err_set(err, "rotary positions of the type %.40s are not built; linear, yarn and llama3 are", type);
	c->rotary_factor = number_in(rope, "factor", NULL, NULL, 0);
	c->rotary_scaling = type[0] == 'y' ? LL_LM_ROTARY_YARN : type[1] == 'i' ? LL_LM_ROTARY_LINEAR : LL_LM_ROTARY_LLAMA3;
	if (c->rotary_scaling == LL_LM_ROTARY_YARN)
		return read_yarn(o, rope, c, err);
	if (c->rotary_scaling == LL_LM_ROTARY_LINEAR)
		return 0;
	c->rotary_slow = number_in(rope, "low_freq_factor", NULL, NULL, 0);
	c->rotary_fast = number_in(rope, "high_freq_factor", NULL, NULL, 0);
	return read_original(o, rope, c, err);
}

int ll_hf_rope_read(struct json_object *o, const char *theta, const char *share, double otherwise, struct ll_lm_config *c, struct ll_err *err)
{
	struct json_object *rope;
	if (find_rope(o, &rope, err) < 0)
		return -1;
	c->rotary_base = number_in(rope, "rope_theta", o, theta, 10000);
	c->rotary_fraction = number_in(rope, "partial_rotary_factor", o, share, otherwise);
	if (otherwise == 1 && c->rotary_fraction != 1)
		return ll_err_set(err, "rotary positions on a part of a head are not built for this family");
	return rope ? read_type(o, rope, c, err) : 0;
}
