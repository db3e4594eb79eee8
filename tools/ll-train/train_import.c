/* SPDX-License-Identifier: MIT */
/* train_import.c - ll-train import: the models of other trainers as one of our folders, with another vocabulary or context, or what initial values
 * can stand for, if asked. */
#include "base/base.h"

#include <sys/stat.h>

#include "base/config.h"
#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe.h"
#include "io/file.h"
#include "ll-train/train.h"
#include "lm/bin_model.h"
#include "lm/warm_start.h"

static const char *from, *tokenizer;
static int64_t vocabulary, context;
static struct ll_strings set, allow_missing, allow_unexpected;
static struct ll_lm_unmatched unmatched;

const struct ll_option ll_train_import_options[] = {
	{ LL_OPT_STRING, 0, "from", &from, "PATH", "a Hugging Face folder, or a model file of llm.c or llama2.c (required)", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 'o', "output", &ll_common.output, "DIR", "the folder to make (required)", LL_OPT_OUTPUT, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "tokenizer", &tokenizer, "FILE", "the tokenizer.json of the model, where it has none beside it", 0, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "vocabulary", &vocabulary, "N", "rows of the embedding: more begin as the mean of the old ones", 0, NULL, 1, 0x1p31 },
	{ LL_OPT_INT, 0, "context", &context, "N", "positions: more learned ones are interpolated", 0, NULL, 1, 0x1p31 },
	{ LL_OPT_LIST, 0, "set", &set, "KEY=VALUE", "a key of the model that changes no tensor; may be repeated", 0, NULL, 0, 0 },
	{ LL_OPT_LIST, 0, "allow-missing", &allow_missing, "GLOB", "tensors that the folder may lack: they get initial values", 0, NULL, 0, 0 },
	{ LL_OPT_LIST, 0, "allow-unexpected", &allow_unexpected, "GLOB", "tensors of the folder to leave aside", 0, NULL, 0, 0 },
	{ 0 },
};

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct ll_lm *read_model(struct ll_pool *pool, char **tokenizer_path)
{
	struct ll_lm_folder info;
	struct ll_lm_config c;
	struct ll_err err;
	struct ll_lm *m;
	if (is_folder(from)) {
		m = ll_lm_load_folder_with(from, 1, 1, LL_LM_INFERENCE, pool, &info, &unmatched);
		ll_unmatched_note(&unmatched, from);
		*tokenizer_path = info.tokenizer_path ? ll_strdup(info.tokenizer_path) : NULL;
		ll_lm_folder_free(&info);
		return m;
	}
	if (allow_missing.len || allow_unexpected.len)
		ll_die(LL_EXIT_USAGE, "--allow-%s: a file of llm.c or llama2.c has every tensor and no other", allow_missing.len ? "missing" : "unexpected");
	struct ll_bin_model *b = ll_bin_model_open(from, &c, &err);
	if (!b)
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	m = ll_lm_new(&c, 1, 1, LL_LM_INFERENCE, pool);
	ll_bin_model_read(b, m);
	ll_bin_model_close(b);
	return m;
}

/* One a line; NULL when there are none. */
static char *lines(const struct ll_strings *list)
{
	struct ll_buf out = { 0 };
	for (size_t i = 0; i < list->len; i++)
		ll_buf_printf(&out, "%s%s", i ? "\n" : "", list->item[i]);
	return list->len ? ll_buf_steal(&out) : NULL;
}

static bool is_missing(const struct ll_lm *m, const struct ll_lm_tensor *t)
{
	for (size_t i = 0; i < unmatched.missing_n; i++)
		if (&m->tensor[unmatched.missing[i].tensor] == t)
			return true;
	return false;
}

/* Rows from `old` on become the mean of those before. */
static void fill_mean(struct ll_lm *m, const char *name, int64_t old)
{
	const struct ll_lm_tensor *t = ll_lm_find(m, name);
	int64_t columns = t && t->ndim > 1 ? t->shape[1] : 1;
	if (!t || is_missing(m, t))
		return;
	for (int64_t c = 0; c < columns && old < t->shape[0]; c++) {
		float *p = m->param + t->offset + c;
		double sum = 0;
		for (int64_t r = 0; r < old; r++)
			sum += (double)p[r * columns];
		for (int64_t r = old; r < t->shape[0]; r++)
			p[r * columns] = (float)(sum / (double)old);
	}
}

/* --set: whatever leaves names and shapes as they are; of vocabulary and context there are options. */
static void apply_set(struct ll_lm_config *c)
{
	struct ll_config given = { 0 };
	struct ll_lm_config before = *c;
	struct ll_err err;
	size_t n, now;
	for (size_t i = 0; i < set.len; i++)
		if (ll_config_set(&given, set.item[i], &err) < 0)
			ll_die(LL_EXIT_USAGE, "--set=%s", err.text);
	for (size_t i = 0; i < given.len; i++) {
		const struct ll_config_entry *e = &given.entry[i];
		if (strcmp(e->key, "vocabulary") == 0 || strcmp(e->key, "context") == 0)
			ll_die(LL_EXIT_USAGE, "--set=%s=%s: --%s=%s does that", e->key, e->value, e->key, e->value);
		if (ll_lm_config_set(c, e->key, e->value, &err) < 0)
			ll_die(LL_EXIT_USAGE, "--set=%s=%s: %s", e->key, e->value, err.text);
	}
	ll_config_free(&given);
	if (ll_lm_config_check(c, &err) < 0)
		ll_die(LL_EXIT_USAGE, "%s", err.text);
	struct ll_lm_tensor *old = ll_lm_tensors(&before, &n), *new = ll_lm_tensors(c, &now);
	bool same = n == now;
	for (size_t k = 0; same && k < n; k++)
		same = strcmp(old[k].name, new[k].name) == 0 && memcmp(old[k].shape, new[k].shape, sizeof(old[k].shape)) == 0;
	if (!same)
		ll_die(LL_EXIT_USAGE, "--set: that model has other tensors than the one at %s", from);
	ll_free(old);
	ll_free(new);
}

static bool same_config(const struct ll_lm_config *x, const struct ll_lm_config *y)
{
	struct ll_buf a = { 0 }, b = { 0 };
	ll_lm_config_print(x, &a);
	ll_lm_config_print(y, &b);
	bool same = ll_str_eq(ll_buf_str(&a), ll_buf_str(&b));
	ll_buf_free(&a);
	ll_buf_free(&b);
	return same;
}

/* The same weights in a model of another vocabulary, context or configuration; frees the old one. */
static struct ll_lm *resize(struct ll_lm *old, struct ll_pool *pool)
{
	struct ll_lm_config c = old->config;
	c.vocabulary = vocabulary ? vocabulary : c.vocabulary;
	c.context = context ? context : c.context;
	apply_set(&c);
	if (same_config(&c, &old->config))
		return old;
	struct ll_lm *m = ll_lm_new(&c, 1, 1, LL_LM_INFERENCE, pool);
	if (unmatched.missing_n)
		ll_lm_init(m, unmatched.seed);
	ll_lm_take_over(m, old, &unmatched);
	fill_mean(m, "wte", old->config.vocabulary);
	fill_mean(m, "head.w", old->config.vocabulary);
	fill_mean(m, "head.b", old->config.vocabulary);
	ll_lm_free(old);
	return m;
}

int ll_train_import(int operands, char **operand)
{
	struct ll_checkpoint_state state = { 0 };
	struct ll_bpe *bpe = NULL;
	char *beside = NULL;
	(void)operands;
	(void)operand;
	if (!from || strcmp(ll_common.output, "-") == 0)
		ll_die(LL_EXIT_USAGE, "%s", from ? "-o DIR is missing: the folder to make" : "--from=PATH is required");
	if (ll_path_exists(ll_common.output))
		ll_die(LL_EXIT_USAGE, "%s: is there already", ll_common.output);
	unmatched.draw = true;
	unmatched.allow_missing = lines(&allow_missing);
	unmatched.allow_unexpected = lines(&allow_unexpected);
	unmatched.seed = (uint64_t)ll_common.seed;
	state.seed = unmatched.seed;
	state.unmatched = &unmatched;
	struct ll_pool *pool = ll_pool_new(1);
	struct ll_lm *m = resize(read_model(pool, &beside), pool);
	const char *path = tokenizer ? tokenizer : beside;
	if (path) {
		bpe = ll_bpe_load(path, NULL);
		if (ll_bpe_vocabulary(bpe) > (uint64_t)m->config.vocabulary) {
			ll_hint("--vocabulary=%u adds rows", ll_bpe_vocabulary(bpe));
			ll_die(LL_EXIT_INPUT, "%s: has %u ids, the model %lld rows", path, ll_bpe_vocabulary(bpe), (long long)m->config.vocabulary);
		}
		state.tokenizer_id = (char *)(uintptr_t)ll_bpe_id(bpe);
	} else {
		ll_warn("%s: there is no tokenizer: the folder will have none", from);
	}
	ll_lm_folder_save(ll_common.output, m, &state, path, bpe ? ll_bpe_eot(bpe) : -1);
	if (bpe)
		ll_bpe_free(bpe);
	ll_free(beside);
	ll_lm_free(m);
	ll_pool_free(pool);
	return LL_EXIT_OK;
}
