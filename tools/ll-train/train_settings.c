/* SPDX-License-Identifier: MIT */
#include "ll-train/train_settings.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/config.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "ll-train/train_keys.h"
#include "lm/checkpoint.h"

#define CONFIG_MAX LL_MIB
#define VALUE_MOST 80 /* bytes of a value in a message */

const char *ll_train_config_file;
struct ll_strings ll_train_set;

static const char *option_value[LL_TRAIN_KEYS_MAX];
static struct ll_strings option_list[LL_TRAIN_KEYS_MAX]; /* of lists */

size_t ll_train_key_options(struct ll_option *options)
{
	for (size_t i = 0; i < ll_train_keys_count; i++) {
		bool list = ll_train_keys[i].type == KEY_LIST;
		options[i] = (struct ll_option){ .type = list ? LL_OPT_LIST : LL_OPT_STRING,
						 .name = ll_train_keys[i].name,
						 .dest = list ? (void *)&option_list[i] : (void *)&option_value[i],
						 .value = ll_train_keys[i].value,
						 .help = ll_train_keys[i].help };
	}
	return ll_train_keys_count;
}

int ll_train_settings_change(struct ll_train_settings *s, const char *name, bool times, const char *value,
			     struct ll_err *err)
{
	const struct ll_train_key *k = ll_train_key_named(name);
	const char *words[LL_TRAIN_KEYS_MAX + 2] = { "optimizer", "activation" };
	size_t n = 2;
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, words[i]) == 0)
			return times ? ll_err_set(err, "%s is no number", name) : i ? ll_train_settings_change_activation(s, value, err) : ll_train_settings_change_optimizer(s, value, err);
	for (size_t i = 0; i < ll_train_keys_count; i++)
		if (ll_train_keys[i].change == KEY_LIVE)
			words[n++] = ll_train_keys[i].name;
	if (!k || k->change != KEY_LIVE) {
		const char *near = k ? NULL : ll_nearest(name, words, n);
		return ll_err_set(err, "%.60s %s%s%s%s", name, k ? "cannot change while a run runs" : "is no key",
				  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	double factor, old = k->type == KEY_INT ? (double)*(int64_t *)ll_train_key_place(s, k) : *(double *)ll_train_key_place(s, k);
	if (old < 0)
		return ll_err_set(err, "%s is no key of %s", name, s->optimizer);
	if (strcmp(name, "momentum") == 0 && strcmp(s->optimizer, "sgd") == 0 && old == 0)
		return ll_err_set(err, "momentum cannot rise from 0: the run may keep none");
	if (strcmp(name, "spam") == 0 && !ll_train_takes_spam(s->optimizer))
		return ll_err_set(err, "spam is no key of %s", s->optimizer);
	if (!times)
		return *value == '-' ? ll_err_set(err, "must not be below 0") : ll_train_key_set(s, k, value, err);
	if (ll_parse_double(ll_cstr(value), &factor) < 0)
		return ll_err_set(err, "not a number");
	struct ll_buf product = { 0 };
	struct ll_err why;
	ll_put_double(&product, old * factor);
	int rc = ll_train_key_set(s, k, ll_buf_cstr(&product), &why);
	if (rc < 0)
		ll_err_set(err, "%s: %s", ll_buf_cstr(&product), why.text);
	ll_buf_free(&product);
	return rc;
}

static int set_any(struct ll_train_settings *s, const char *name, const char *value, struct ll_err *err)
{
	const struct ll_train_key *k = ll_train_key_named(name);
	const char *words[LL_TRAIN_KEYS_MAX + 128];
	size_t n = 0;
	if (k)
		return ll_train_key_set(s, k, value, err);
	for (const char *const *m = ll_lm_config_keys(); *m; m++)
		if (strcmp(*m, name) == 0) {
			s->vocabulary_set = s->vocabulary_set || strcmp(name, "vocabulary") == 0;
			return ll_lm_config_set(&s->model, name, value, err);
		}
	for (; n < ll_train_keys_count; n++)
		words[n] = ll_train_keys[n].name;
	for (const char *const *m = ll_lm_config_keys(); *m && n < LL_COUNT(words); m++)
		words[n++] = *m;
	const char *near = ll_nearest(name, words, n);
	return near ? ll_err_set(err, "unknown key %.60s; did you mean %s?", name, near)
		    : ll_err_set(err, "unknown key %.60s", name);
}

static void LL_NORETURN refuse(const struct ll_config *c, const struct ll_config_entry *e, const char *why)
{
	if (e->line)
		ll_die(LL_EXIT_USAGE, "%s: line %u: %s = %.*s: %s", c->path, e->line, e->key, VALUE_MOST, e->value, why);
	ll_die(LL_EXIT_USAGE, "--set=%s=%.*s: %s", e->key, VALUE_MOST, e->value, why);
}

static void parse(struct ll_config *c, const char *path, struct ll_str text)
{
	struct ll_err err;
	if (ll_config_parse(c, path, text, &err) < 0)
		ll_die(LL_EXIT_USAGE, "%s: %s", path, err.text);
}

/* --config, and --set. The file is read once: it may be a pipe. */
static void load_given(struct ll_config *file, struct ll_config *set)
{
	static struct ll_buf text;
	static bool read;
	struct ll_err err;
	if (ll_train_config_file && !read)
		text = ll_read_file(ll_train_config_file, CONFIG_MAX), read = true;
	if (ll_train_config_file)
		parse(file, ll_train_config_file, ll_buf_str(&text));
	for (size_t i = 0; i < ll_train_set.len; i++)
		if (ll_config_set(set, ll_train_set.item[i], &err) < 0)
			ll_die(LL_EXIT_USAGE, "--set=%s", err.text);
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
	if (name && ll_train_key_set(s, &ll_train_keys[0], name, &err) < 0)
		ll_die(LL_EXIT_USAGE, "--preset=%s: %s", name, err.text);
	name = s->preset ? s->preset : "";
	if (ll_lm_preset(&s->model, name, &err) < 0)
		ll_die(LL_EXIT_USAGE, "--preset=%s: %s", name, err.text);
	if (from && *from && c[0].len == 0) {
		struct ll_lm_folder info;
		ll_lm_folder_open(from, &info);
		s->model = info.config;
		s->vocabulary_set = true;
		ll_lm_folder_free(&info);
	}
	s->ground = s->model;
}

/* A list is what the last source says that names it. */
static bool goes_on(const struct ll_config *c, size_t entry)
{
	const struct ll_train_key *k = ll_train_key_named(c->entry[entry].key);
	for (size_t i = 0; k && k->type == KEY_LIST && i < entry; i++)
		if (strcmp(c->entry[i].key, k->name) == 0)
			return true;
	return false;
}

static void apply_option(struct ll_train_settings *s, const struct ll_train_key *k, const char *value, bool more)
{
	struct ll_err err;
	if ((more ? ll_train_key_add(s, k, value, &err) : ll_train_key_set(s, k, value, &err)) < 0)
		ll_die(LL_EXIT_USAGE, "--%s=%.*s: %s", k->name, VALUE_MOST, value, err.text);
}

static void apply_options(struct ll_train_settings *s)
{
	for (size_t i = 1; i < ll_train_keys_count; i++) {
		const struct ll_train_key *k = &ll_train_keys[i];
		if (option_value[i])
			apply_option(s, k, option_value[i], false);
		if (option_list[i].len)
			apply_option(s, k, "", false);
		for (size_t n = 0; n < option_list[i].len; n++)
			apply_option(s, k, option_list[i].item[n], true);
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
	for (size_t i = 0; i < ll_train_keys_count; i++)
		if (ll_train_keys[i].otherwise && ll_train_key_set(s, &ll_train_keys[i], ll_train_keys[i].otherwise, &err) < 0)
			LL_BUG("default of %s: %s", ll_train_keys[i].name, err.text);
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
			if (strcmp(e->key, "preset") == 0)
				continue;
			int rc = goes_on(&c[i], k) ? ll_train_key_add(s, ll_train_key_named(e->key), e->value, &err) : set_any(s, e->key, e->value, &err);
			if (rc < 0)
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

static char *spell(const struct ll_train_source_of *s, const char *key, const char *value)
{
	if (!s->value)
		return ll_format("%s = %.*s", key, VALUE_MOST, value);
	if (s->in_file)
		return ll_format("%s: %s = %.*s", ll_train_config_file, key, VALUE_MOST, value);
	return ll_format("--%s%s=%.*s", s->by_set ? "set=" : "", key, VALUE_MOST, value);
}

bool ll_train_settings_source(const char *key, struct ll_train_source_of *s)
{
	struct ll_config file = { 0 }, set = { 0 };
	const struct ll_train_key *k = ll_train_key_named(key);
	const struct ll_strings *list = k ? &option_list[k - ll_train_keys] : NULL;
	const char *option = k ? option_value[k - ll_train_keys] : NULL;
	*s = (struct ll_train_source_of){ 0 };
	load_given(&file, &set);
	option = option || !list || !list->len ? option : list->item[0];
	const char *by_set = ll_config_get(&set, "", key), *by_file = ll_config_get(&file, "", key);
	s->by_set = !option && by_set;
	s->in_file = !option && !by_set;
	const char *value = option ? option : by_set ? by_set : by_file;
	if (value) {
		s->value = ll_strdup(value);
		s->spelled = spell(s, key, value);
	}
	ll_config_free(&file);
	ll_config_free(&set);
	return s->value != NULL;
}

char *ll_train_settings_spelled(const char *key, const char *value)
{
	struct ll_train_source_of s;
	ll_train_settings_source(key, &s);
	char *spelled = spell(&s, key, value);
	ll_free(s.value);
	ll_free(s.spelled);
	return spelled;
}

void ll_train_settings_refuse(const char *key, const char *value, const char *why, ...)
{
	char *spelled = ll_train_settings_spelled(key, value ? value : "");
	char text[sizeof(((struct ll_err *)0)->text)];
	va_list args;
	va_start(args, why);
	vsnprintf(text, sizeof(text), why, args);
	va_end(args);
	ll_die(LL_EXIT_USAGE, "%s: %s", spelled, text);
}

char *ll_train_settings_given(const char *key)
{
	struct ll_train_source_of s;
	bool found = ll_train_settings_source(key, &s) && *s.value;
	ll_free(s.spelled);
	if (!found)
		ll_free(s.value);
	return found ? s.value : NULL;
}

char *ll_train_settings_fork(void)
{
	char *found = ll_train_settings_given("fork");
	if (found && (option_value[0] || option_value[1]))
		ll_die(LL_EXIT_USAGE, "--%s and --fork both say what the model is", ll_train_keys[option_value[0] ? 0 : 1].name);
	return found;
}

void ll_train_settings_read(struct ll_train_settings *s, const char *run_config)
{
	struct ll_buf text = ll_read_file(run_config, CONFIG_MAX);
	apply(s, run_config, ll_buf_str(&text), false);
	ll_buf_free(&text);
}

/* A line a word. */
static void put_list(const char *name, const char *list, struct ll_buf *out)
{
	for (const char *end; *list; list = end + (*end != '\0')) {
		end = list + strcspn(list, "\n");
		ll_buf_printf(out, "%s = ", name);
		ll_train_put_quoted(out, list, (size_t)(end - list));
		ll_buf_putc(out, '\n');
	}
}

void ll_train_settings_print(const struct ll_train_settings *s, struct ll_buf *out)
{
	for (size_t i = 0; i < ll_train_keys_count; i++) {
		const char *list = ll_train_keys[i].type == KEY_LIST ? *(char **)ll_train_key_place(s, &ll_train_keys[i]) : NULL;
		if (list && *list) {
			put_list(ll_train_keys[i].name, list, out);
			continue;
		}
		ll_buf_printf(out, "%s = ", ll_train_keys[i].name);
		ll_train_key_put(s, &ll_train_keys[i], out);
		ll_buf_putc(out, '\n');
	}
	ll_lm_config_print(&s->model, out);
}

/* How a key of a run can have another value after all. */
static void hint_at_change(const struct ll_train_key *k, const char *value, const char *run)
{
	if (k->change == KEY_LIVE)
		ll_hint("echo '%s = %s' >> %s/control changes it from the next step on", k->name, value, run);
	else if (strcmp(k->name, "preset") != 0 && strcmp(k->name, "fork") != 0 && strcmp(k->name, "init-from") != 0)
		ll_hint("--fork=%s/latest -o RUN2 begins a run with another one from there", run);
}

void ll_train_settings_same(const struct ll_train_settings *old, const struct ll_train_settings *now, const char *run)
{
	struct ll_buf a = { 0 }, b = { 0 };
	const struct ll_train_key *init_from = ll_train_key_named("init-from");
	for (size_t i = 0; i < ll_train_keys_count; i++) {
		const struct ll_train_key *k = &ll_train_keys[i];
		if (k->change == KEY_FREE && !(k == init_from && !old->init_from != !now->init_from)) /* its folder may have moved */
			continue;
		ll_buf_clear(&a);
		ll_buf_clear(&b);
		ll_train_key_put(old, k, &a);
		ll_train_key_put(now, k, &b);
		if (ll_str_eq(ll_buf_str(&a), ll_buf_str(&b)))
			continue;
		hint_at_change(k, ll_buf_cstr(&b), run);
		ll_die(LL_EXIT_USAGE, "%s: the run has %s = %s and cannot be resumed with %s", run, k->name, ll_buf_cstr(&a),
		       ll_buf_cstr(&b));
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
	return ll_checkpoint_due((uint64_t)s->save_every, step) || ll_checkpoint_due((uint64_t)s->milestone_every, step);
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
