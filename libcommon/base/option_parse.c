/* SPDX-License-Identifier: MIT */
/* option_parse.c - from words to values. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void ll_usage_error(const char *format, ...)
{
	char text[600];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	ll_hint("see %s --help", ll_program_name());
	ll_die(LL_EXIT_USAGE, "%s", text);
}

/* ---- unknown words ---- */

/* The command of the running program that takes it, as ll-dedup cluster takes --keep and sign does not; or NULL. */
static const char *whose_option(const struct ll_command *c, const char *name, size_t len)
{
	const struct ll_command *all = ll_running.program ? ll_running.program->commands : NULL;
	const struct ll_option *o;

	for (; all && all->run; all++)
		if (all != c && all->name && (o = ll_option_named(all, name, len)) && !(o->flags & LL_OPT_HIDDEN))
			return all->name;
	return NULL;
}

static void LL_NORETURN unknown_option(const struct ll_command *c, const char *name, size_t len)
{
	char *word = ll_strndup(name, len);
	const char **words = NULL;
	size_t n = 0, cap = 0;
	const struct ll_option *o;
	for (size_t pos = 0; (o = ll_option_next(c, &pos, NULL));) {
		if (!o->name || (o->flags & LL_OPT_HIDDEN))
			continue;
		LL_GROW(words, cap, n + 2);
		words[n++] = o->name;
		if (o->flags & LL_OPT_NEGATABLE)
			words[n++] = ll_format("no-%s", o->name);
	}
	const char *near = NULL, *whose = whose_option(c, name, len);
	if (whose)
		ll_usage_error("unknown option --%s; %s %s has it", word, ll_running.program->name, whose);
	for (size_t i = 0; len > 1 && !near && i < n; i++) /* abbreviations are not taken, but understood */
		if (strncmp(words[i], word, len) == 0)
			near = words[i];
	if (!near)
		near = ll_nearest(word, words, n);
	if (near)
		ll_usage_error("unknown option --%s; did you mean --%s?", word, near);
	ll_usage_error("unknown option --%s", word);
}

static bool in_choices(const char *choices, const char *value)
{
	size_t len = strlen(value);
	for (const char *p = choices;; p++) {
		size_t n = strcspn(p, "|");
		if (n == len && memcmp(p, value, n) == 0)
			return true;
		p += n;
		if (!*p)
			return false;
	}
}

static void LL_NORETURN bad_choice(const struct ll_option *o, const char *value)
{
	char *copy = ll_strdup(o->choices), *save = NULL;
	const char *words[64];
	size_t n = 0;
	for (char *w = strtok_r(copy, "|", &save); w && n < LL_COUNT(words); w = strtok_r(NULL, "|", &save))
		words[n++] = w;
	const char *near = ll_nearest(value, words, n);
	if (near)
		ll_usage_error("--%s=%s: not one of %s; did you mean %s?", o->name, value, o->choices, near);
	ll_usage_error("--%s=%s: not one of %s", o->name, value, o->choices);
}

/* ---- values ---- */

static void check_range(const struct ll_option *o, const char *value, double v)
{
	bool whole = o->type == LL_OPT_INT || o->type == LL_OPT_SIZE;
	if (o->min < o->max && (v < o->min || v > o->max))
		ll_usage_error(whole ? "--%s=%s: must be from %.0f to %.0f" : "--%s=%s: must be from %.15g to %.15g", o->name,
			       value, o->min, o->max);
}

static void set_part(const char *value)
{
	const char *slash = strchr(value, '/');
	uint64_t part, parts;
	if (!slash || ll_parse_u64(ll_str(value, (size_t)(slash - value)), &part) < 0 ||
	    ll_parse_u64(ll_cstr(slash + 1), &parts) < 0 || part < 1 || part > parts)
		ll_usage_error("--part=%s: must be I/N with I from 1 to N", value);
	ll_common.part = part;
	ll_common.parts = parts;
}

static void check_compress(const char *value)
{
	uint64_t level;
	if (in_choices("auto|none|zstd", value))
		return;
	if (strncmp(value, "zstd:", 5) == 0) {
		if (ll_parse_u64(ll_cstr(value + 5), &level) < 0 || level < 1 || level > 19)
			ll_usage_error("--compress=%s: zstd levels are from 1 to 19", value);
		return;
	}
	bad_choice(ll_option_named(ll_running.command, "compress", 8), value);
}

static void LL_NORETURN print_completion(const char *shell)
{
	struct ll_buf text = { 0 };
	if (strcmp(shell, "bash") != 0)
		ll_usage_error("--completion=%s: only bash is known", shell);
	ll_completion_bash(&text, ll_running.program);
	ll_print_and_end(&text);
}

/* As a variable of a script leaves it that is not set. */
static void check_named(const struct ll_option *o, const char *value)
{
	if (!*value && (o->flags & (LL_OPT_FILE | LL_OPT_OUTPUT)) && o->type != LL_OPT_OPTIONAL) /* which alone is nothing, too */
		ll_usage_error("--%s=: %s is an empty name", o->name, o->value);
}

static void set_value(const struct ll_option *o, const char *value)
{
	struct ll_str s = ll_cstr(value);
	check_named(o, value);
	switch (o->type) {
	case LL_OPT_STRING:
		if (o->dest)
			*(const char **)o->dest = value;
		if (o->dest == &ll_common.compress)
			check_compress(value);
		else if (!o->dest && strcmp(o->name, "part") == 0)
			set_part(value);
		else if (!o->dest && strcmp(o->name, "completion") == 0)
			print_completion(value);
		break;
	case LL_OPT_OPTIONAL:
		*(const char **)o->dest = value;
		break;
	case LL_OPT_CHOICE:
		if (!in_choices(o->choices, value))
			bad_choice(o, value);
		*(const char **)o->dest = value;
		break;
	case LL_OPT_LIST: {
		struct ll_strings *list = o->dest;
		LL_GROW(list->item, list->cap, list->len + 1);
		list->item[list->len++] = value;
		break;
	}
	case LL_OPT_INT: {
		int64_t v;
		if (ll_parse_i64(s, &v) < 0)
			ll_usage_error("--%s=%s: not a whole number", o->name, value);
		check_range(o, value, (double)v);
		*(int64_t *)o->dest = v;
		break;
	}
	case LL_OPT_SIZE: {
		uint64_t v;
		if (ll_parse_size(s, &v) < 0)
			ll_usage_error("--%s=%s: not a size such as 4096, 64K, 512M, 4G", o->name, value);
		check_range(o, value, (double)v);
		*(uint64_t *)o->dest = v;
		break;
	}
	case LL_OPT_FLOAT: {
		double v;
		if (ll_parse_double(s, &v) < 0)
			ll_usage_error("--%s=%s: not a number", o->name, value);
		check_range(o, value, v);
		*(double *)o->dest = v;
		break;
	}
	case LL_OPT_FLAG:
	case LL_OPT_GROUP:
		LL_BUG("option %s takes no value", o->name);
	}
}

static void LL_NORETURN print_help(void)
{
	struct ll_buf text = { 0 };
	ll_help_command(&text, ll_running.program, ll_running.command);
	ll_print_and_end(&text);
}

/* The options that print something and end the program have no destination. */
static void set_flag(const struct ll_option *o, bool value)
{
	if (o->dest) {
		*(bool *)o->dest = value;
		return;
	}
	if (strcmp(o->name, "help") == 0)
		print_help();
	struct ll_buf text = { 0 };
	if (strcmp(o->name, "version") == 0)
		ll_version_text(&text, ll_running.program);
	else
		ll_list_options(&text, ll_running.program, ll_running.command);
	ll_print_and_end(&text);
}

/* ---- words ---- */

static bool takes_value(const struct ll_option *o)
{
	return o->type != LL_OPT_FLAG && o->type != LL_OPT_OPTIONAL;
}

/* --NAME, --NAME=VALUE, --NAME VALUE, --no-NAME; returns how many words were used. */
static int parse_long(const struct ll_command *c, char **word)
{
	const char *name = *word + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct ll_option *o = ll_option_named(c, name, len);
	bool on = true;
	if (!o && len > 3 && strncmp(name, "no-", 3) == 0) {
		o = ll_option_named(c, name + 3, len - 3);
		if (o && !(o->flags & LL_OPT_NEGATABLE))
			o = NULL;
		on = false;
	}
	if (!o)
		unknown_option(c, name, len);
	if (!takes_value(o) && !(o->type == LL_OPT_OPTIONAL && equals)) {
		if (equals)
			ll_usage_error("--%.*s takes no value", (int)len, name);
		if (o->type == LL_OPT_OPTIONAL)
			set_value(o, o->choices ? o->choices : "");
		else
			set_flag(o, on);
		return 1;
	}
	if (equals) {
		set_value(o, equals + 1);
		return 1;
	}
	if (!word[1])
		ll_usage_error("--%s needs a value: --%s=%s", o->name, o->name, o->value ? o->value : "VALUE");
	set_value(o, word[1]);
	return 2;
}

/* -qv, -@4, -@ 4, -oFILE. */
static int parse_short(const struct ll_command *c, char **word)
{
	for (const char *p = *word + 1; *p; p++) {
		const struct ll_option *o = ll_option_lettered(c, *p);
		if (!o)
			ll_usage_error("unknown option -%c%s%s", *p, p[1] || p != *word + 1 ? " in " : "",
				       p[1] || p != *word + 1 ? *word : "");
		if (o->type == LL_OPT_FLAG) {
			set_flag(o, true);
			continue;
		}
		if (p[1]) {
			set_value(o, p + 1);
			return 1;
		}
		if (o->type == LL_OPT_OPTIONAL) {
			set_value(o, o->choices ? o->choices : "");
			return 1;
		}
		if (!word[1])
			ll_usage_error("-%c needs a value: -%c %s", *p, *p, o->value ? o->value : "VALUE");
		set_value(o, word[1]);
		return 2;
	}
	return 1;
}

int ll_option_parse(const struct ll_command *c, int argc, char **argv, int first)
{
	int operands = 0;
	for (int i = first; i < argc;) {
		char *word = argv[i];
		if (strcmp(word, "--") == 0) {
			for (i++; i < argc; i++)
				argv[first + operands++] = argv[i];
			break;
		}
		if (word[0] != '-' || word[1] == '\0') {
			argv[first + operands++] = word;
			i++;
		} else {
			i += word[1] == '-' ? parse_long(c, argv + i) : parse_short(c, argv + i);
		}
	}
	argv[first + operands] = NULL;
	return operands;
}

void ll_option_environment(void)
{
	const char *threads = getenv("LL_THREADS"), *memory = getenv("LL_MEMORY"), *tmpdir = getenv("LL_TMPDIR");
	int64_t n;
	uint64_t bytes;
	if (threads && *threads) {
		if (ll_parse_i64(ll_cstr(threads), &n) < 0 || n < 0 || n > 4096)
			ll_usage_error("environment variable LL_THREADS=%s: must be a number from 0 to 4096", threads);
		ll_common.threads = n;
	}
	if (memory && *memory) {
		if (ll_parse_size(ll_cstr(memory), &bytes) < 0 || bytes < LL_MIB)
			ll_usage_error(
				"environment variable LL_MEMORY=%s: must be a size of at least 1M, such as 512M or 4G",
				memory);
		ll_common.memory = bytes;
	}
	if (tmpdir && *tmpdir)
		ll_common.tmpdir = tmpdir;
}
