/* SPDX-License-Identifier: MIT */
/* lm_config.c - keys, checks and closed forms of lm_config.h; the presets stand in lm_presets.c. */
#include "lm/lm_config.h"

#include "base/number.h"
#include "base/option.h"
#include "lm/rotary.h"

enum key_type { KEY_INT, KEY_REAL, KEY_BOOL, KEY_WORD };

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	const char *const *words; /* KEY_WORD: the values in order of the enum */
};

static const char *const norms[] = { "layer", "rms", "none", "batch", NULL };
static const char *const positions[] = { "learned", "rotary", "alibi", "sinusoidal", "none", NULL };
static const char *const scalings[] = { "none", "linear", "yarn", "llama3", NULL };
static const char *const ffns[] = { "gelu", "gelu-tanh", "relu", "swiglu", "geglu", NULL };
static const char *const inits[] = { "normal", "small", "wang", "xavier", "t-fixup", "mup", NULL };
static const char *const families[] = { "auto", "opt", NULL };

#define FIELD(f) offsetof(struct ll_lm_config, f)
static const struct key keys[] = {
	{ "vocabulary", KEY_INT, FIELD(vocabulary), NULL },
	{ "context", KEY_INT, FIELD(context), NULL },
	{ "layers", KEY_INT, FIELD(layers), NULL },
	{ "width", KEY_INT, FIELD(width), NULL },
	{ "heads", KEY_INT, FIELD(heads), NULL },
	{ "kv_heads", KEY_INT, FIELD(kv_heads), NULL },
	{ "head_dim", KEY_INT, FIELD(head_dim), NULL },
	{ "ffn_width", KEY_INT, FIELD(ffn_width), NULL },
	{ "embedding_width", KEY_INT, FIELD(embedding_width), NULL },
	{ "norm", KEY_WORD, FIELD(norm), norms },
	{ "position", KEY_WORD, FIELD(position), positions },
	{ "ffn", KEY_WORD, FIELD(ffn), ffns },
	{ "experts", KEY_INT, FIELD(experts), NULL },
	{ "experts_per_token", KEY_INT, FIELD(experts_per_token), NULL },
	{ "expert_capacity", KEY_REAL, FIELD(expert_capacity), NULL },
	{ "expert_balance", KEY_REAL, FIELD(expert_balance), NULL },
	{ "rotary_interleaved", KEY_BOOL, FIELD(rotary_interleaved), NULL },
	{ "rotary_fraction", KEY_REAL, FIELD(rotary_fraction), NULL },
	{ "rotary_base", KEY_REAL, FIELD(rotary_base), NULL },
	{ "rotary_scaling", KEY_WORD, FIELD(rotary_scaling), scalings },
	{ "rotary_factor", KEY_REAL, FIELD(rotary_factor), NULL },
	{ "rotary_context", KEY_INT, FIELD(rotary_context), NULL },
	{ "rotary_fast", KEY_REAL, FIELD(rotary_fast), NULL },
	{ "rotary_slow", KEY_REAL, FIELD(rotary_slow), NULL },
	{ "rotary_attention", KEY_REAL, FIELD(rotary_attention), NULL },
	{ "parallel_residual", KEY_BOOL, FIELD(parallel_residual), NULL },
	{ "shared_norm", KEY_BOOL, FIELD(shared_norm), NULL },
	{ "post_norm", KEY_BOOL, FIELD(post_norm), NULL },
	{ "bias", KEY_BOOL, FIELD(bias), NULL },
	{ "attention_bias", KEY_BOOL, FIELD(attention_bias), NULL },
	{ "tied_head", KEY_BOOL, FIELD(tied_head), NULL },
	{ "head_bias", KEY_BOOL, FIELD(head_bias), NULL },
	{ "qk_norm", KEY_BOOL, FIELD(qk_norm), NULL },
	{ "band", KEY_INT, FIELD(band), NULL },
	{ "band_every", KEY_INT, FIELD(band_every), NULL },
	{ "attention_cap", KEY_REAL, FIELD(attention_cap), NULL },
	{ "attention_scale", KEY_REAL, FIELD(attention_scale), NULL },
	{ "output_scale", KEY_REAL, FIELD(output_scale), NULL },
	{ "embedding_norm", KEY_BOOL, FIELD(embedding_norm), NULL },
	{ "norm_eps", KEY_REAL, FIELD(norm_eps), NULL },
	{ "dropout", KEY_REAL, FIELD(dropout), NULL },
	{ "attention_dropout", KEY_REAL, FIELD(attention_dropout), NULL },
	{ "label_smoothing", KEY_REAL, FIELD(label_smoothing), NULL },
	{ "z_loss", KEY_REAL, FIELD(z_loss), NULL },
	{ "init", KEY_WORD, FIELD(init), inits },
	{ "init_std", KEY_REAL, FIELD(init_std), NULL },
	{ "mup_base", KEY_INT, FIELD(mup_base), NULL },
	{ "init_scale_residual", KEY_BOOL, FIELD(init_scale_residual), NULL },
	{ "family", KEY_WORD, FIELD(family), families },
};

const char *const *ll_lm_config_keys(void)
{
	static const char *names[LL_COUNT(keys) + 1];
	for (size_t i = 0; i < LL_COUNT(keys); i++)
		names[i] = keys[i].name;
	return names;
}

static int set_word(const struct key *k, int64_t *field, const char *value, struct ll_err *err)
{
	struct ll_buf all = { 0 };
	for (int64_t i = 0; k->words[i]; i++) {
		if (strcmp(k->words[i], value) == 0) {
			*field = i;
			ll_buf_free(&all);
			return 0;
		}
		ll_buf_printf(&all, "%s%s", i ? ", " : "", k->words[i]);
	}
	ll_err_set(err, "not one of %s", ll_buf_cstr(&all));
	ll_buf_free(&all);
	return -1;
}

int ll_lm_config_set(struct ll_lm_config *c, const char *key, const char *value, struct ll_err *err)
{
	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		const struct key *k = &keys[i];
		if (strcmp(k->name, key) != 0)
			continue;
		void *field = (char *)c + k->offset;
		switch (k->type) {
		case KEY_INT:
			if (ll_parse_i64(ll_cstr(value), field) < 0 || *(int64_t *)field < 0)
				return ll_err_set(err, "not a whole number");
			return 0;
		case KEY_REAL:
			return ll_parse_double(ll_cstr(value), field) < 0 ? ll_err_set(err, "not a number") : 0;
		case KEY_BOOL:
			if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
				return ll_err_set(err, "not true or false");
			*(bool *)field = value[0] == 't';
			return 0;
		case KEY_WORD:
			return set_word(k, field, value, err);
		}
	}
	const char *near = ll_nearest(key, ll_lm_config_keys(), LL_COUNT(keys));
	return ll_err_set(err, "no configuration key \"%s\"%s%s%s", key, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

void ll_lm_config_print(const struct ll_lm_config *c, struct ll_buf *out)
{
	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		const void *field = (const char *)c + keys[i].offset;
		ll_buf_printf(out, "%s = ", keys[i].name);
		switch (keys[i].type) {
		case KEY_INT:
			ll_buf_printf(out, "%lld", (long long)*(const int64_t *)field);
			break;
		case KEY_REAL:
			ll_put_double(out, *(const double *)field);
			break;
		case KEY_BOOL:
			ll_buf_puts(out, *(const bool *)field ? "true" : "false");
			break;
		case KEY_WORD:
			ll_buf_puts(out, keys[i].words[*(const int64_t *)field]);
			break;
		}
		ll_buf_putc(out, '\n');
	}
}

int ll_lm_config_check(struct ll_lm_config *c, struct ll_err *err)
{
	const int64_t limit = (int64_t)1 << 31;
	const struct {
		const char *name;
		int64_t value, most;
	} size[] = { { "vocabulary", c->vocabulary, limit - 1 }, { "context", c->context, 1 << 24 }, { "layers", c->layers, 10000 }, { "width", c->width, 1 << 20 }, { "heads", c->heads, c->width } };
	for (size_t i = 0; i < LL_COUNT(size); i++)
		if (size[i].value < 1 || size[i].value > size[i].most)
			return ll_err_set(err, "%s = %lld: must be from 1 to %lld", size[i].name, (long long)size[i].value, (long long)size[i].most);
	if (c->head_dim == 0) {
		if (c->width % c->heads)
			return ll_err_set(err, "width %lld is not a multiple of heads %lld; the nearest width is %lld", (long long)c->width,
					  (long long)c->heads, (long long)((c->width + c->heads / 2) / c->heads * c->heads));
		c->head_dim = c->width / c->heads;
	}
	c->kv_heads = c->kv_heads ? c->kv_heads : c->heads;
	c->ffn_width = c->ffn_width ? c->ffn_width : 4 * c->width;
	c->embedding_width = c->embedding_width ? c->embedding_width : c->width;
	if (c->head_dim > 1 << 16 || c->ffn_width > 1 << 24 || c->embedding_width > 1 << 20)
		return ll_err_set(err, "head_dim, ffn_width or embedding_width are absurdly large");
	if (c->kv_heads < 1 || c->heads % c->kv_heads)
		return ll_err_set(err, "kv_heads %lld does not divide heads %lld", (long long)c->kv_heads, (long long)c->heads);
	if (c->band >= limit || c->band_every > 10000 || !(c->attention_cap >= 0 && c->attention_cap < 1e6))
		return ll_err_set(err, "band, band_every or attention_cap are absurdly large or below 0");
	c->band_every = c->band_every ? c->band_every : 1;
	if (c->mup_base > 1 << 20 || !(c->attention_scale >= 0 && c->attention_scale < 1e6) || !(c->output_scale >= 0 && c->output_scale < 1e6))
		return ll_err_set(err, "mup_base, attention_scale or output_scale are absurd");
	c->mup_base = c->mup_base ? c->mup_base : 256;
	if (c->init == LL_LM_INIT_MUP && c->attention_scale == 0 && c->head_dim != 64)
		c->attention_scale = 8 / (double)c->head_dim;
	if (c->output_scale == 0)
		c->output_scale = c->init == LL_LM_INIT_MUP ? (double)c->mup_base / (double)c->width : 1;
	c->experts_per_token = c->experts == 0 ? 0 : c->experts_per_token ? c->experts_per_token : LL_MIN(c->experts, 2);
	if (c->experts > 1 << 16 || c->experts_per_token > LL_MIN(c->experts, LL_LM_EXPERTS_PER_TOKEN_MAX))
		return ll_err_set(err, "experts_per_token %lld must be at most the %lld experts, and %d", (long long)c->experts_per_token,
				  (long long)c->experts, LL_LM_EXPERTS_PER_TOKEN_MAX);
	if (!(c->expert_capacity >= 0 && c->expert_capacity < 1e6) || !(c->expert_balance >= 0 && c->expert_balance < 1e6))
		return ll_err_set(err, "expert_capacity or expert_balance are absurdly large or below 0");
	if (ll_rotary_check(c, err) < 0)
		return -1;
	if (c->norm == LL_LM_NORM_NONE && (c->embedding_norm || c->shared_norm || c->post_norm))
		return ll_err_set(err, "norm = none leaves nothing that embedding_norm, shared_norm or post_norm could mean");
	if (c->post_norm && c->parallel_residual)
		return ll_err_set(err, "post_norm = true asks for parallel_residual = false: each branch has a sum of its own to norm");
	if (c->shared_norm && !c->parallel_residual)
		return ll_err_set(err, "shared_norm = true asks for parallel_residual = true");
	if (c->family == LL_LM_FAMILY_OPT &&
	    (c->norm != LL_LM_NORM_LAYER || c->position != LL_LM_POS_LEARNED || ll_lm_gated(c) || !c->bias ||
	     !c->attention_bias || c->head_bias || c->kv_heads != c->heads || c->heads * c->head_dim != c->width || c->parallel_residual || c->embedding_norm || c->norm_eps != 1e-5))
		return ll_err_set(err, "family = opt: an OPT has layer norm of epsilon 1e-5, learned positions, biases, no gate, no grouped "
				       "heads; family = auto takes the layout that fits");
	if (!(c->norm_eps > 0))
		return ll_err_set(err, "norm_eps must be above 0");
	if (!(c->init_std >= 0))
		return ll_err_set(err, "init_std must be at least 0");
	const struct {
		const char *name;
		double value;
	} share[] = { { "dropout", c->dropout }, { "attention_dropout", c->attention_dropout }, { "label_smoothing", c->label_smoothing }, { "z_loss", c->z_loss } };
	for (size_t i = 0; i < LL_COUNT(share); i++)
		if (!(share[i].value >= 0 && share[i].value < 1))
			return ll_err_set(err, "%s must be from 0 to below 1", share[i].name);
	return 0;
}

uint64_t ll_lm_config_parameters(const struct ll_lm_config *c)
{
	uint64_t C = (uint64_t)c->width, F = (uint64_t)c->ffn_width, Q = (uint64_t)ll_lm_qkv_width(c);
	uint64_t A = (uint64_t)(c->heads * c->head_dim), U = ll_lm_gated(c) ? 2 * F : F;
	uint64_t norm = c->norm == LL_LM_NORM_NONE ? 0 : C + (ll_lm_shifts(c) ? C : 0) + (c->norm == LL_LM_NORM_BATCH ? 2 * C : 0);
	uint64_t ffn = U * C + F * C + (c->bias ? U + C : 0);
	if (c->experts)
		ffn = (uint64_t)c->experts * (ffn + C);
	uint64_t layer = (c->shared_norm ? 1 : 2) * norm + Q * C + A * C + ffn +
			 (c->bias && c->attention_bias ? Q + C : 0) + (c->qk_norm ? 2 * (uint64_t)c->head_dim : 0);
	uint64_t E = (uint64_t)c->embedding_width, around = (ll_lm_projects(c) ? 2 * E * C : 0) + (c->embedding_norm ? norm : 0) + (ll_lm_last_norm(c) ? norm : 0);
	return (uint64_t)c->vocabulary * (E * (c->tied_head ? 1 : 2) + (c->head_bias ? 1 : 0)) + (c->position == LL_LM_POS_LEARNED ? (uint64_t)c->context * C : 0) +
	       (uint64_t)c->layers * layer + around;
}

double ll_lm_config_attention_flops(const struct ll_lm_config *c, uint64_t seq_len)
{
	double T = (double)seq_len, W = LL_MIN((double)c->band, T); /* a query meets T / 2 keys on average, in a band of W less */
	double banded = c->band ? (double)(c->layers / c->band_every) : 0;
	double met = ((double)c->layers - banded) * T / 2 + banded * (W - W * W / (2 * T));
	return 12 * (double)(c->heads * c->head_dim) * met;
}

double ll_lm_config_flops(const struct ll_lm_config *c, uint64_t seq_len)
{
	double C = (double)c->width, F = (double)c->ffn_width, A = (double)(c->heads * c->head_dim);
	double ffn = (ll_lm_gated(c) ? 3 : 2) * F * C;
	if (c->experts)
		ffn = (double)c->experts_per_token * ffn + (double)c->experts * C;
	double layer = (double)ll_lm_qkv_width(c) * C + A * C + ffn;
	double E = (double)c->embedding_width, around = (double)c->vocabulary * E + (ll_lm_projects(c) ? 2 * E * C : 0);
	return 6 * ((double)c->layers * layer + around) + ll_lm_config_attention_flops(c, seq_len);
}
