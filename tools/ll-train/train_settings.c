/* SPDX-License-Identifier: MIT */
#include "ll-train/train_settings.h"

#include <math.h>
#include <stdio.h>

#include "base/config.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "lm/checkpoint.h"
#include "lm/optimizer.h"

#define CONFIG_MAX LL_MIB
#define BELOW_1 0x1.fffffep-1 /* as a float, too */

const char *ll_train_config_file;
struct ll_strings ll_train_set;

/* KEY_LIST: words, one a line. KEY_STEPS: a KEY_INT, or less than 0, so many tokens, until they are resolved. */
enum key_type { KEY_WORD, KEY_LIST, KEY_INT, KEY_FLOAT, KEY_STEPS };

static const struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	double min, max;
	const char *otherwise; /* NULL: none */
	const char *value, *help;
	enum key_change {
		KEY_FIXED,
		KEY_FREE, /* may change when a run is resumed: no trained number depends on it */
		KEY_LIVE, /* may change while a run runs, by its control file */
	} change;
} keys[] = {
#define AT(member) offsetof(struct ll_train_settings, member)
	{ "preset", KEY_WORD, AT(preset), 0, 0, "gpt2-124m", "NAME", "the architecture to start from", KEY_FIXED },
	{ "init-from", KEY_WORD, AT(init_from), 0, 0, NULL, "DIR",
	  "start from the model in a checkpoint or Hugging Face folder, in place of a preset", KEY_FREE },
	{ "allow-missing", KEY_LIST, AT(allow_missing), 0, 0, NULL, "GLOB",
	  "tensors that the folder of --init-from may lack: they begin with initial values", KEY_FREE },
	{ "allow-unexpected", KEY_LIST, AT(allow_unexpected), 0, 0, NULL, "GLOB", "tensors of that folder to leave aside", KEY_FREE },
	{ "fork", KEY_WORD, AT(fork), 0, 0, NULL, "RUN/step-N",
	  "go on from a checkpoint of another run, with its keys where none are given", KEY_FIXED },
	{ "data", KEY_LIST, AT(data), 0, 0, NULL, "DIR[:WEIGHT]",
	  "token dataset to train on (ll-shard pack); several are mixed by weight", KEY_FREE },
	{ "data-start", KEY_WORD, AT(data_start), 0, 0, NULL, "N[,N]...",
	  "samples left out at the start of each dataset's order (default: those a fork's parent took)", KEY_FIXED },
	{ "exclude", KEY_WORD, AT(exclude), 0, 0, NULL, "FILE", "ids of documents not to train on, one a line", KEY_FREE },
	{ "document-mask", KEY_INT, AT(document_mask), 0, 1, "0", "0|1", "attend only within a document", KEY_FIXED },
	{ "valid", KEY_WORD, AT(valid), 0, 0, NULL, "DIR", "token dataset to measure on", KEY_FREE },
	{ "seq-len", KEY_INT, AT(seq_len), 1, 1 << 24, "0", "N",
	  "tokens a sequence (default: the context of the model)", KEY_FIXED },
	{ "seq-ramp", KEY_WORD, AT(seq_ramp), 0, 0, NULL, "START,SAMPLES",
	  "let sequences double from START tokens over the first samples (or tokens)", KEY_FIXED },
	{ "batch", KEY_INT, AT(batch), 1, 1 << 24, "8", "N", "sequences a step", KEY_LIVE },
	{ "batch-ramp", KEY_WORD, AT(batch_ramp), 0, 0, NULL, "START,INCREMENT,SAMPLES",
	  "let the batch grow over the first samples (or tokens)", KEY_FIXED },
	{ "batch-ramp-lr", KEY_WORD, AT(batch_ramp_lr), 0, 0, "none", "NAME", "none|sqrt|linear: how the learning rate follows a smaller batch", KEY_FIXED },
	{ "accumulate", KEY_INT, AT(accumulate), 1, 1 << 24, "1", "N",
	  "parts a batch is computed in, one after the other", KEY_FIXED },
	{ "steps", KEY_STEPS, AT(steps), 0, 0x1p52, "1000", "N", "steps of the whole run, or tokens such as 10Mtok", KEY_FIXED },
	{ "lr", KEY_FLOAT, AT(lr), 0, 1e6, "0.0003", "X", "learning rate at its highest", KEY_LIVE },
	{ "min-lr", KEY_FLOAT, AT(min_lr), 0, 1e6, "0", "X", "learning rate at the end", KEY_LIVE },
	{ "schedule", KEY_WORD, AT(schedule), 0, 0, "cosine", "NAME", LL_SCHEDULE_NAMES, KEY_FIXED },
	{ "warmup", KEY_STEPS, AT(warmup), 0, 0x1p52, "0", "N", "steps or tokens over which the learning rate rises",
	  KEY_FIXED },
	{ "decay-steps", KEY_STEPS, AT(decay_steps), 0, 0x1p52, "0", "N",
	  "last steps or tokens over which wsd and power fall (default: a fifth)", KEY_FIXED },
	{ "step-at", KEY_WORD, AT(step_at), 0, 0, NULL, "N,N...", "steps or tokens after which schedule step falls", KEY_FIXED },
	{ "step-factor", KEY_FLOAT, AT(step_factor), 0, 1, "0.1", "X", "factor by which it falls each time", KEY_FIXED },
	{ "power", KEY_FLOAT, AT(power), -10, 0, "-0.51", "X", "exponent with which schedule power falls", KEY_FIXED },
	{ "power-from", KEY_STEPS, AT(power_from), 0, 0x1p52, "0", "N",
	  "step or tokens at which it begins to fall (default: after the warm-up)", KEY_FIXED },
	{ "precision", KEY_WORD, AT(precision), 0, 0, "f32", "f32|bf16", "of what products take; sums are float32",
	  KEY_FIXED },
	{ "recompute", KEY_WORD, AT(recompute), 0, 0, "none", LL_TRAIN_RECOMPUTE_KEY,
	  "what the way back computes again, to the same bits, rather than keep it", KEY_FREE },
	{ "optimizer", KEY_WORD, AT(optimizer), 0, 0, "adamw", "NAME", LL_OPTIMIZER_NAMES, KEY_FIXED },
	{ "optimizer-start", KEY_INT, AT(optimizer_start), 0, 0x1p52, "0", "N",
	  "steps that were no updates of the optimizer, skipped ones of this run apart; a fork sets it", KEY_FIXED },
	{ "weight-decay", KEY_FLOAT, AT(weight_decay), 0, 1e6, "-1", "X",
	  "on matrices and embeddings only (default 0.1; adam and sgd: 0)", KEY_LIVE },
	{ "l1", KEY_FLOAT, AT(l1), 0, 1e6, "0", "X", "times the sign of a weight, added to its gradient", KEY_LIVE },
	{ "l2", KEY_FLOAT, AT(l2), 0, 1e6, "0", "X", "times a weight, added to its gradient", KEY_LIVE },
	{ "group", KEY_LIST, AT(group), 0, 0, NULL, "PATTERN:lr=X,weight-decay=X",
	  "tensors with a share of the learning rate, and a decay, of their own; may be repeated", KEY_FIXED },
	{ "embedding-shrink", KEY_FLOAT, AT(embedding_shrink), 0, 1, "1", "X", "times the gradient of the embeddings", KEY_LIVE },
	{ "clip", KEY_FLOAT, AT(clip), 0, 1e30, "1", "X", "largest norm of the gradient; 0 does not clip", KEY_LIVE },
	{ "clip-value", KEY_FLOAT, AT(clip_value), 0, 1e30, "0", "X", "largest element of the gradient, before its norm; 0: any", KEY_LIVE },
	{ "zclip", KEY_FLOAT, AT(zclip), 0, 1e6, "0", "X", "deviations above which a norm is clipped by those before it; 0: none", KEY_FIXED },
	{ "spam", KEY_FLOAT, AT(spam), 0, 1e30, "0", "X",
	  "times its second moment above which the square of an element is clipped (adam, adamw); 0: none", KEY_LIVE },
	{ "moment-reset", KEY_INT, AT(moment_reset), 0, 0x1p52, "0", "N", "forget the optimizer's state every N updates; 0: never", KEY_FIXED },
	{ "reset-warmup", KEY_INT, AT(reset_warmup), 0, 0x1p52, "150", "N", "updates over which the rate rises again then", KEY_FIXED },
	{ "beta1", KEY_FLOAT, AT(beta1), 0, BELOW_1, "-1", "X", "decay of the first moment (default: by optimizer)",
	  KEY_LIVE },
	{ "beta2", KEY_FLOAT, AT(beta2), 0, BELOW_1, "-1", "X", "decay of the second moment (default: by optimizer)",
	  KEY_LIVE },
	{ "eps", KEY_FLOAT, AT(eps), 0, 1, "-1", "X", "added to the root of the second moment (default: by optimizer)",
	  KEY_LIVE },
	{ "momentum", KEY_FLOAT, AT(momentum), 0, BELOW_1, "-1", "X", "of sgd (default 0.9) and muon (0.95)", KEY_LIVE },
	{ "nesterov", KEY_INT, AT(nesterov), 0, 1, "-1", "0|1", "Nesterov's momentum, of sgd (default 0) and muon (1)",
	  KEY_LIVE },
	{ "relative-step", KEY_INT, AT(relative_step), 0, 1, "-1", "0|1",
	  "adafactor: the learning rate is relative to a tensor's size (default 0)", KEY_LIVE },
	{ "seed", KEY_INT, AT(seed), 0, 0x1p53, "0", "N", "seed of initial weights, order of samples, dropout", KEY_FIXED },
	{ "valid-every", KEY_INT, AT(valid_every), 0, 0x1p52, "0", "N", "measure every N steps (0: only at the end)",
	  KEY_FIXED },
	{ "valid-batches", KEY_INT, AT(valid_batches), 1, 0x1p40, "20", "N",
	  "batches of the --valid dataset measured, from its start", KEY_FIXED },
	{ "save-every", KEY_INT, AT(save_every), 0, 0x1p52, "0", "N", "save every N steps (0: only at the end)", KEY_FREE },
	{ "keep", KEY_INT, AT(keep), 0, 0x1p52, "0", "N", "checkpoints kept (0: all)", KEY_FREE },
	{ "milestone-every", KEY_INT, AT(milestone_every), 0, 0x1p52, "0", "N", "save every N steps, and keep those for good",
	  KEY_FREE },
	{ "async-save", KEY_WORD, AT(async_save), 0, 0, "auto", "WHEN",
	  LL_TRAIN_ASYNC_SAVE ": write checkpoints beside the training, from a copy, where memory allows", KEY_FREE },
	{ "guard", KEY_WORD, AT(guard), 0, 0, "skip", "MODE",
	  "off, skip the update of a spike, or go back too (rollback) when that does not help", KEY_FIXED },
	{ "rollbacks", KEY_INT, AT(rollbacks), 0, 1000, "8", "N", "times to go back for the same trouble before stopping", KEY_LIVE },
	{ "norms-every", KEY_INT, AT(norms_every), 0, 0x1p52, "0", "N", "write norms of gradient, weights and update every N steps (0: never)", KEY_FREE },
	{ "norms-by", KEY_WORD, AT(norms_by), 0, 0, "layer", "layer|tensor", "what has a row of its own there", KEY_FREE },
	{ "noise-every", KEY_INT, AT(noise_every), 0, 0x1p52, "0", "N", "measure the gradient noise scale every N steps (0: never)", KEY_FIXED },
	{ "noise-batch", KEY_INT, AT(noise_batch), 1, 1 << 24, "1", "N", "sequences of the small batches it is measured with", KEY_FIXED },
	{ "experts-every", KEY_INT, AT(experts_every), 0, 0x1p52, "0", "N", "write the shares of the experts every N steps (0: never)", KEY_FREE },
	{ "sample-every", KEY_INT, AT(sample_every), 0, 0x1p52, "0", "N", "write text of the model's own every N steps, and at the end (0: never)", KEY_FREE },
	{ "sample-prompt", KEY_LIST, AT(sample_prompt), 0, 0, NULL, "TEXT", "what that text goes on from; may be repeated", KEY_FREE },
	{ "sample-tokens", KEY_INT, AT(sample_tokens), 1, 1 << 24, "64", "N", "tokens of it", KEY_FREE },
	{ "sample-temperature", KEY_FLOAT, AT(sample_temperature), 0, 100, "0", "X", "0: the likeliest token, else by chance, decided by the seed", KEY_FREE },
#undef AT
};
_Static_assert(LL_COUNT(keys) <= LL_TRAIN_KEYS_MAX, "LL_TRAIN_KEYS_MAX");

static const char *option_value[LL_COUNT(keys)];
static struct ll_strings option_list[LL_COUNT(keys)]; /* of lists */

size_t ll_train_key_options(struct ll_option *options)
{
	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		bool list = keys[i].type == KEY_LIST;
		options[i] = (struct ll_option){ .type = list ? LL_OPT_LIST : LL_OPT_STRING,
						 .name = keys[i].name,
						 .dest = list ? (void *)&option_list[i] : (void *)&option_value[i],
						 .value = keys[i].value,
						 .help = keys[i].help };
	}
	return LL_COUNT(keys);
}

static const struct key *key_named(const char *name)
{
	for (size_t i = 0; i < LL_COUNT(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void *place(const struct ll_train_settings *s, const struct key *k)
{
	return (char *)(uintptr_t)s + k->offset;
}

int ll_train_parse_steps(const char *value, int64_t *out)
{
	static const char units[] = "kMGBT";
	static const double factor[] = { 1e3, 1e6, 1e9, 1e9, 1e12 };
	size_t len = strlen(value);
	double tokens;
	if (len < 4 || strcmp(value + len - 3, "tok") != 0)
		return ll_parse_i64(ll_cstr(value), out) < 0 || *out < 0 ? -1 : 0;
	const char *unit = strchr(units, value[len - 4]);
	if (ll_parse_double(ll_str(value, len - 3 - (unit != NULL)), &tokens) < 0)
		return -1;
	tokens *= unit ? factor[unit - units] : 1;
	*out = -(int64_t)tokens;
	return tokens >= 1 && tokens <= 0x1p62 && tokens == floor(tokens) ? 0 : -1;
}

static int set_key(struct ll_train_settings *s, const struct key *k, const char *value, struct ll_err *err)
{
	double v = 0;
	int64_t n = 0;
	if (k->type == KEY_WORD || k->type == KEY_LIST) {
		char **word = place(s, k);
		ll_free(*word);
		*word = *value ? ll_strdup(value) : NULL;
		return 0;
	}
	if (k->type == KEY_STEPS) {
		if (ll_train_parse_steps(value, &n) < 0 || (double)n > k->max)
			return ll_err_set(err, "%s = %.60s: not a number of steps, nor tokens such as 10Mtok", k->name, value);
		*(int64_t *)place(s, k) = n;
		return 0;
	}
	if (k->type == KEY_INT ? ll_parse_i64(ll_cstr(value), &n) < 0 : ll_parse_double(ll_cstr(value), &v) < 0)
		return ll_err_set(err, "%s = %.60s: not %s", k->name, value,
				  k->type == KEY_INT ? "a whole number" : "a number");
	v = k->type == KEY_INT ? (double)n : v;
	bool is_default = k->otherwise && strcmp(value, k->otherwise) == 0; /* "0: choose" lies outside some ranges */
	if (!is_default && (v < k->min || v > k->max))
		return ll_err_set(err, "%s = %.60s: must be from %g to %s%g", k->name, value, k->min,
				  k->max == BELOW_1 ? "below " : "", k->max);
	if (k->type == KEY_INT)
		*(int64_t *)place(s, k) = n;
	else
		*(double *)place(s, k) = v;
	return 0;
}

/* A further word of a list. */
static void add_word(struct ll_train_settings *s, const struct key *k, const char *value)
{
	char **list = place(s, k), *more = *list ? ll_format("%s\n%s", *list, value) : ll_strdup(value);
	ll_free(*list);
	*list = more;
}

int ll_train_settings_change(struct ll_train_settings *s, const char *name, bool times, const char *value,
			     struct ll_err *err)
{
	const struct key *k = key_named(name);
	const char *words[LL_COUNT(keys) + 2] = { "optimizer", "activation" };
	size_t n = 2;
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, words[i]) == 0)
			return times ? ll_err_set(err, "%s is no number", name) : i ? ll_train_settings_change_activation(s, value, err) : ll_train_settings_change_optimizer(s, value, err);
	for (size_t i = 0; i < LL_COUNT(keys); i++)
		if (keys[i].change == KEY_LIVE)
			words[n++] = keys[i].name;
	if (!k || k->change != KEY_LIVE) {
		const char *near = ll_nearest(name, words, n);
		return ll_err_set(err, "%.60s %s%s%s", name, k ? "cannot change while a run runs" : "is no key",
				  near ? "; did you mean " : "", near ? near : "");
	}
	double factor, old = k->type == KEY_INT ? (double)*(int64_t *)place(s, k) : *(double *)place(s, k);
	if (old < 0)
		return ll_err_set(err, "%s is no key of %s", name, s->optimizer);
	if (strcmp(name, "momentum") == 0 && strcmp(s->optimizer, "sgd") == 0 && old == 0)
		return ll_err_set(err, "momentum cannot rise from 0: the run may keep none");
	if (!times)
		return *value == '-' ? ll_err_set(err, "%s = %.60s: must not be below 0", name, value) :
				       set_key(s, k, value, err);
	if (ll_parse_double(ll_cstr(value), &factor) < 0)
		return ll_err_set(err, "%s *= %.60s: not a number", name, value);
	struct ll_buf product = { 0 };
	ll_put_double(&product, old * factor);
	int rc = set_key(s, k, ll_buf_cstr(&product), err);
	ll_buf_free(&product);
	return rc;
}

static int set_any(struct ll_train_settings *s, const char *name, const char *value, struct ll_err *err)
{
	const struct key *k = key_named(name);
	const char *words[LL_COUNT(keys) + 128];
	size_t n = 0;
	if (k)
		return set_key(s, k, value, err);
	for (const char *const *m = ll_lm_config_keys(); *m; m++)
		if (strcmp(*m, name) == 0) {
			s->vocabulary_set = s->vocabulary_set || strcmp(name, "vocabulary") == 0;
			return ll_lm_config_set(&s->model, name, value, err);
		}
	for (; n < LL_COUNT(keys); n++)
		words[n] = keys[n].name;
	for (const char *const *m = ll_lm_config_keys(); *m && n < LL_COUNT(words); m++)
		words[n++] = *m;
	const char *near = ll_nearest(name, words, n);
	return near ? ll_err_set(err, "unknown key %.60s; did you mean %s?", name, near)
		    : ll_err_set(err, "unknown key %.60s", name);
}

static void LL_NORETURN refuse(const struct ll_config *c, const struct ll_config_entry *e, const char *why)
{
	if (e->line)
		ll_die(LL_EXIT_USAGE, "%s: line %u: %s", c->path, e->line, why);
	ll_die(LL_EXIT_USAGE, "--set %s=%s: %s", e->key, e->value, why);
}

static void parse(struct ll_config *c, const char *path, struct ll_str text)
{
	struct ll_err err;
	if (ll_config_parse(c, path, text, &err) < 0)
		ll_die(LL_EXIT_USAGE, "%s: %s", path, err.text);
}

static void load(struct ll_config *c, const char *path)
{
	struct ll_buf text = ll_read_file(path, CONFIG_MAX);
	parse(c, path, ll_buf_str(&text));
	ll_buf_free(&text);
}

/* --config, and --set. */
static void load_given(struct ll_config *file, struct ll_config *set)
{
	struct ll_err err;
	if (ll_train_config_file)
		load(file, ll_train_config_file);
	for (size_t i = 0; i < ll_train_set.len; i++)
		if (ll_config_set(set, ll_train_set.item[i], &err) < 0)
			ll_die(LL_EXIT_USAGE, "--set %s", err.text);
}

/* The last word on a key among the option and the files. */
static const char *look_up(struct ll_config *c, size_t n, const char *key, const char *option)
{
	const char *value = option;
	for (size_t i = 0; !option && i < n; i++) {
		const char *v = ll_config_get(&c[i], "", key);
		value = v ? v : value;
	}
	return value;
}

/* The preset, or the model of --init-from, lays the ground, so it is looked for in all sources before any other key is
 * set. A run that goes on (c[0]) holds every key of its model: the folder it began from may be gone. */
static void apply_preset(struct ll_train_settings *s, struct ll_config *c, size_t n, const char *option,
			 const char *init_option)
{
	struct ll_err err;
	const char *name = look_up(c, n, "preset", option), *from = look_up(c, n, "init-from", init_option);
	if (option && init_option)
		ll_die(LL_EXIT_USAGE, "--preset and --init-from both say what the model is");
	if (name && set_key(s, &keys[0], name, &err) < 0)
		ll_die(LL_EXIT_USAGE, "%s", err.text);
	if (ll_lm_preset(&s->model, s->preset, &err) < 0)
		ll_die(LL_EXIT_USAGE, "--preset=%s: %s", s->preset, err.text);
	if (from && *from && c[0].len == 0) {
		struct ll_lm_folder info;
		ll_lm_folder_open(from, &info);
		s->model = info.config;
		s->vocabulary_set = true;
		ll_lm_folder_free(&info);
	}
}

/* A list is what the last source says that names it. */
static bool goes_on(const struct ll_config *c, size_t entry)
{
	const struct key *k = key_named(c->entry[entry].key);
	for (size_t i = 0; k && k->type == KEY_LIST && i < entry; i++)
		if (strcmp(c->entry[i].key, k->name) == 0)
			return true;
	return false;
}

static void apply_options(struct ll_train_settings *s)
{
	struct ll_err err;
	for (size_t i = 1; i < LL_COUNT(keys); i++) {
		if (option_value[i] && set_key(s, &keys[i], option_value[i], &err) < 0)
			ll_die(LL_EXIT_USAGE, "--%s", err.text);
		for (size_t k = 0; k < option_list[i].len; k++) {
			if (k == 0 && set_key(s, &keys[i], "", &err) < 0)
				ll_die(LL_EXIT_USAGE, "--%s", err.text);
			add_word(s, &keys[i], option_list[i].item[k]);
		}
	}
}

/* Said before the keys of one optimizer are taken for another's. */
static void keep_optimizer(const struct ll_train_settings *s, struct ll_config *run)
{
	const char *old = ll_config_get(run, "", "optimizer");
	if (old && s->optimizer && strcmp(old, s->optimizer) != 0)
		ll_die(LL_EXIT_USAGE, "%s: the run has optimizer = %s and cannot be resumed with %s", run->path, old, s->optimizer);
}

static void apply(struct ll_train_settings *s, const char *name, struct ll_str ground, bool command_line)
{
	struct ll_config c[3] = { 0 };
	struct ll_err err;
	*s = (struct ll_train_settings){ 0 };
	for (size_t i = 0; i < LL_COUNT(keys); i++)
		if (keys[i].otherwise && set_key(s, &keys[i], keys[i].otherwise, &err) < 0)
			LL_BUG("default of %s: %s", keys[i].name, err.text);
	if (ground.len)
		parse(&c[0], name, ground);
	if (command_line)
		load_given(&c[1], &c[2]);
	apply_preset(s, c, LL_COUNT(c), command_line ? option_value[0] : NULL, command_line ? option_value[1] : NULL);
	for (size_t i = 0; i < LL_COUNT(c); i++)
		for (size_t k = 0; k < c[i].len; k++) {
			struct ll_config_entry *e = &c[i].entry[k];
			if (*e->section)
				refuse(&c[i], e, "this configuration has no sections");
			if (goes_on(&c[i], k))
				add_word(s, key_named(e->key), e->value);
			else if (strcmp(e->key, "preset") != 0 && set_any(s, e->key, e->value, &err) < 0)
				refuse(&c[i], e, err.text);
		}
	if (command_line)
		apply_options(s);
	keep_optimizer(s, &c[0]);
	for (size_t i = 0; i < LL_COUNT(c); i++)
		ll_config_free(&c[i]);
}

void ll_train_settings_resolve(struct ll_train_settings *s, const char *name, struct ll_str ground)
{
	apply(s, name, ground, true);
}

char *ll_train_settings_given(const char *key)
{
	struct ll_config c[2] = { 0 };
	const struct key *k = key_named(key);
	load_given(&c[0], &c[1]);
	const char *value = look_up(c, LL_COUNT(c), key, option_value[k - keys]);
	char *found = value && *value ? ll_strdup(value) : NULL;
	for (size_t i = 0; i < LL_COUNT(c); i++)
		ll_config_free(&c[i]);
	return found;
}

char *ll_train_settings_fork(void)
{
	char *found = ll_train_settings_given("fork");
	if (found && (option_value[0] || option_value[1]))
		ll_die(LL_EXIT_USAGE, "--%s and --fork both say what the model is", keys[option_value[0] ? 0 : 1].name);
	return found;
}

void ll_train_settings_read(struct ll_train_settings *s, const char *run_config)
{
	struct ll_buf text = ll_read_file(run_config, CONFIG_MAX);
	apply(s, run_config, ll_buf_str(&text), false);
	ll_buf_free(&text);
}

static void put_quoted(struct ll_buf *out, const char *word, size_t len)
{
	ll_buf_putc(out, '"');
	for (const char *p = word; p < word + len; p++) {
		if (*p == '"' || *p == '\\')
			ll_buf_putc(out, '\\');
		if (*p == '\n')
			ll_buf_puts(out, "\\n");
		else
			ll_buf_putc(out, *p);
	}
	ll_buf_putc(out, '"');
}

static void put_key(const struct ll_train_settings *s, const struct key *k, struct ll_buf *out)
{
	const char *word = k->type == KEY_WORD || k->type == KEY_LIST ? *(char **)place(s, k) : NULL;
	if (k->type == KEY_WORD || k->type == KEY_LIST)
		put_quoted(out, word ? word : "", word ? strlen(word) : 0);
	else if (k->type == KEY_INT || k->type == KEY_STEPS)
		ll_buf_printf(out, "%lld", (long long)*(int64_t *)place(s, k));
	else
		ll_put_double(out, *(double *)place(s, k));
}

/* A line a word. */
static void put_list(const char *name, const char *list, struct ll_buf *out)
{
	for (const char *end; *list; list = end + (*end != '\0')) {
		end = list + strcspn(list, "\n");
		ll_buf_printf(out, "%s = ", name);
		put_quoted(out, list, (size_t)(end - list));
		ll_buf_putc(out, '\n');
	}
}

void ll_train_settings_print(const struct ll_train_settings *s, struct ll_buf *out)
{
	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		const char *list = keys[i].type == KEY_LIST ? *(char **)place(s, &keys[i]) : NULL;
		if (list && *list) {
			put_list(keys[i].name, list, out);
			continue;
		}
		ll_buf_printf(out, "%s = ", keys[i].name);
		put_key(s, &keys[i], out);
		ll_buf_putc(out, '\n');
	}
	ll_lm_config_print(&s->model, out);
}

void ll_train_settings_same(const struct ll_train_settings *old, const struct ll_train_settings *now, const char *run)
{
	struct ll_buf a = { 0 }, b = { 0 };
	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		if (keys[i].change == KEY_FREE)
			continue;
		ll_buf_clear(&a);
		ll_buf_clear(&b);
		put_key(old, &keys[i], &a);
		put_key(now, &keys[i], &b);
		if (!ll_str_eq(ll_buf_str(&a), ll_buf_str(&b)))
			ll_die(LL_EXIT_USAGE, "%s: the run has %s = %s and cannot be resumed with %s", run,
			       keys[i].name, ll_buf_cstr(&a), ll_buf_cstr(&b));
	}
	ll_buf_clear(&a);
	ll_buf_clear(&b);
	ll_lm_config_print(&old->model, &a);
	ll_lm_config_print(&now->model, &b);
	if (!ll_str_eq(ll_buf_str(&a), ll_buf_str(&b)))
		ll_die(LL_EXIT_USAGE, "%s: the run has another model and cannot be resumed with this one", run);
	ll_buf_free(&a);
	ll_buf_free(&b);
}

bool ll_train_save_due(const struct ll_train_settings *s, uint64_t step)
{
	return (s->save_every && step % (uint64_t)s->save_every == 0) ||
	       (s->milestone_every && step % (uint64_t)s->milestone_every == 0);
}

enum ll_lm_mode ll_train_mode(const char *recompute)
{
	return *recompute == 'f' ? LL_LM_TRAINING_FULL : *recompute == 's' ? LL_LM_TRAINING_SELECTIVE : LL_LM_TRAINING;
}

const char *ll_train_mode_name(enum ll_lm_mode mode)
{
	return mode == LL_LM_TRAINING_FULL ? "full" : mode == LL_LM_TRAINING_SELECTIVE ? "selective" : "none";
}

enum ll_precision ll_train_precision(const struct ll_train_settings *s)
{
	enum ll_precision precision;
	if (ll_precision_named(s->precision, &precision) < 0)
		LL_BUG("precision %s was checked", s->precision);
	return precision;
}
