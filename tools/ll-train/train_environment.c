/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_environment.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "kernels/ops.h"
#include "text/json.h"
#include "text/json_tree.h"

#define FILE_MAX (16 * LL_MIB)

/* Its exponentials, logarithms, powers and cosines are in the initial weights, the schedule and the updates. */
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#define LIBC gnu_get_libc_version()
#else
#define LIBC "other"
#endif

struct ll_train_environment {
	struct json_object *tree;
};

void ll_train_traits(const struct ll_train_data *d, struct ll_train_trait trait[LL_TRAIN_TRAITS])
{
	const struct ll_train_trait here[LL_TRAIN_TRAITS] = {
		{ "version", LL_VERSION },
		{ "compiler", __VERSION__ },
		{ "flags", ll_build_flags() },
		{ "libc", LIBC },
		{ "kernels", ll_ops_f32_best()->name },
		{ "cpu", ll_cpu_name(ll_cpu()) },
		{ "blas", ll_ops_features() },
		{ "data", d ? d->id : NULL },
		{ "valid", d && d->valid ? ll_dataset_id(d->valid) : NULL },
	};
	memcpy(trait, here, sizeof(here));
}

/* ---- reading ---- */

struct ll_train_environment *ll_train_environment_read(const char *run)
{
	struct ll_train_environment *e = NULL;
	struct ll_err err;
	char *path = ll_path_join(run, "environment.json");
	if (ll_path_exists(path)) {
		struct ll_buf text = ll_read_file(path, FILE_MAX);
		e = ll_calloc(1, sizeof(*e));
		e->tree = ll_json_tree_parse(ll_buf_str(&text), &err);
		if (!e->tree)
			ll_die(LL_EXIT_INPUT, "%s: %s", path, err.text);
		ll_buf_free(&text);
	}
	ll_free(path);
	return e;
}

const char *ll_train_environment_get(const struct ll_train_environment *e, const char *name)
{
	return ll_json_tree_string(e->tree, name, NULL);
}

static void check_path(const char *path, const char *directory)
{
	if (!path || *path == '/' || ll_path_exists(path))
		return;
	ll_hint("the run was started in %s, from where it names its datasets", directory);
	ll_die(LL_EXIT_INPUT, "%s: no such dataset", path);
}

void ll_train_environment_check_paths(const char *run, const struct ll_train_settings *s)
{
	char here[4096];
	struct ll_train_environment *e = ll_train_environment_read(run);
	const char *directory = e ? ll_train_environment_get(e, "directory") : NULL;
	if (directory && s->data && getcwd(here, sizeof(here)) && strcmp(here, directory) != 0) {
		size_t n;
		struct ll_train_source *source = ll_train_sources(s->data, s->data_start, &n);
		for (size_t i = 0; i < n; i++)
			check_path(source[i].path, directory);
		check_path(s->valid, directory);
		ll_train_sources_free(source, n);
	}
	ll_train_environment_free(e);
}

static struct json_object *drift_list(const struct ll_train_environment *e)
{
	return e ? ll_json_tree_array(e->tree, "drift", NULL) : NULL;
}

char *ll_train_environment_drifts(const struct ll_train_environment *e)
{
	struct json_object *list = drift_list(e);
	struct ll_buf out = { 0 };
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *what = ll_json_tree_string(o, "what", NULL), *from = ll_json_tree_string(o, "from", NULL),
			   *to = ll_json_tree_string(o, "to", NULL);
		uint64_t step = 0;
		if (ll_json_tree_u64(o, "step", &step, NULL) == 0)
			ll_buf_printf(&out, "step %" PRIu64 ": %s: %s, then %s\n", step, what ? what : "?", from ? from : "?",
				      to ? to : "?");
	}
	ll_buf_puts(&out, "");
	return ll_buf_steal(&out);
}

void ll_train_environment_free(struct ll_train_environment *e)
{
	if (!e)
		return;
	json_object_put(e->tree);
	ll_free(e);
}

/* ---- writing ---- */

static void member(struct ll_buf *out, const char *key, const char *value)
{
	ll_buf_printf(out, "%s\n  \"%s\": ", out->len > 1 ? "," : "", key);
	ll_json_escape_any(out, ll_cstr(value));
}

static void put_sources(struct ll_buf *out, const struct ll_train_data *d)
{
	ll_buf_puts(out, ",\n  \"datasets\": [");
	for (size_t i = 0; i < d->sources; i++) {
		const struct ll_train_source *source = &d->source[i];
		ll_buf_printf(out, "%s\n    {\"id\":\"%s\",\"share\":", i ? "," : "", ll_dataset_id(source->set));
		ll_put_double(out, source->share);
		ll_buf_printf(out, ",\"start\":%" PRIu64, source->first);
		ll_buf_puts(out, ",\"path\":");
		ll_json_escape_any(out, ll_cstr(source->path));
		ll_buf_putc(out, '}');
	}
	ll_buf_puts(out, "\n  ]");
}

static void put_parent(struct ll_buf *out, const struct ll_checkpoint_state *state, uint64_t step)
{
	ll_buf_puts(out, ",\n  \"parent\": {\"path\":");
	ll_json_escape_any(out, ll_cstr(state->parent));
	ll_buf_printf(out, ",\"step\":%" PRIu64 ",\"state\":\"%s\"}", step, state->parent_state);
}

static void put_machine(struct ll_buf *out)
{
	struct utsname u;
	char *threads = ll_format("%d", ll_threads()), directory[4096];
	member(out, "threads", threads);
	if (uname(&u) == 0) {
		member(out, "host", u.nodename);
		member(out, "system", u.release);
		member(out, "machine", u.machine);
	}
	if (getcwd(directory, sizeof(directory)))
		member(out, "directory", directory);
	ll_free(threads);
}

static void write_file(const char *run, const struct ll_train_settings *s, const struct ll_train_data *d,
		       const struct ll_checkpoint_state *state, struct ll_str unmatched, struct ll_str drifts)
{
	struct ll_buf out = { 0 };
	struct ll_train_trait trait[LL_TRAIN_TRAITS];
	char *path = ll_path_join(run, "environment.json");
	ll_train_traits(d, trait);
	ll_buf_putc(&out, '{');
	for (size_t i = 0; i < LL_COUNT(trait); i++)
		if (trait[i].value)
			member(&out, trait[i].name, trait[i].value);
	member(&out, "products", ll_precision_kernel(ll_train_precision(s)));
	put_sources(&out, d);
	if (*d->withdrawn_id)
		member(&out, "exclude", d->withdrawn_id);
	member(&out, "tokenizer", ll_dataset_tokenizer_id(d->train));
	put_machine(&out);
	if (state->parent)
		put_parent(&out, state, ll_train_first_step(s));
	if (unmatched.len) {
		ll_buf_puts(&out, ",\n  \"unmatched\": ");
		ll_buf_add_str(&out, unmatched);
	}
	if (drifts.len) {
		ll_buf_puts(&out, ",\n  \"drift\": [");
		ll_buf_add_str(&out, drifts);
		ll_buf_puts(&out, "\n  ]");
	}
	ll_buf_puts(&out, "\n}\n");
	ll_write_file(path, out.data, out.len);
	ll_buf_free(&out);
	ll_free(path);
}

/* ---- drift ---- */

bool ll_train_drift_allowed(const struct ll_strings *allowed, const char *name)
{
	struct ll_train_trait trait[LL_TRAIN_TRAITS];
	const char *words[LL_TRAIN_TRAITS + 1] = { [LL_TRAIN_TRAITS] = "all" };
	bool found = false;
	ll_train_traits(NULL, trait);
	for (size_t k = 0; k < LL_TRAIN_TRAITS; k++)
		words[k] = trait[k].name;
	for (size_t i = 0; i < allowed->len; i++) {
		bool known = false;
		for (size_t k = 0; k < LL_COUNT(words); k++)
			known = known || strcmp(words[k], allowed->item[i]) == 0;
		if (!known) {
			const char *near = ll_nearest(allowed->item[i], words, LL_COUNT(words));
			ll_die(LL_EXIT_USAGE, "--allow-drift=%s: not one of " LL_TRAIN_DRIFT "%s%s%s", allowed->item[i],
			       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
		}
		found = found || strcmp(allowed->item[i], name) == 0 || strcmp(allowed->item[i], "all") == 0;
	}
	return found;
}

/* The lists of the file, as they stand there. */
static const char *plain(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* What is not told in the file, of older versions, is not compared. The data's id is the checkpoint's (train_run.c). */
void ll_train_environment_compare(const char *run, const struct ll_train_environment *e, const struct ll_strings *allowed,
				  const struct ll_train_data *d, uint64_t step, struct ll_buf *drifts)
{
	struct ll_train_trait trait[LL_TRAIN_TRAITS];
	struct ll_buf refused = { 0 }, options = { 0 };
	struct json_object *list = drift_list(e);
	if (!e)
		return;
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		ll_buf_printf(drifts, "%s\n    %s", i ? "," : "", plain(json_object_array_get_idx(list, i)));
	ll_train_traits(d, trait);
	for (size_t i = 0; i < LL_COUNT(trait); i++) {
		const char *old = ll_train_environment_get(e, trait[i].name), *now = trait[i].value ? trait[i].value : "none";
		if (!old || strcmp(old, now) == 0)
			continue;
		if (!ll_train_drift_allowed(allowed, trait[i].name)) {
			ll_buf_printf(&refused, "%s%s was %s, is %s", refused.len ? "; " : "", trait[i].name, old, now);
			ll_buf_printf(&options, "%s--allow-drift=%s", options.len ? " " : "", trait[i].name);
			continue;
		}
		ll_warn("%s: %s was %s, is %s: its bits are others from step %" PRIu64 " on", run, trait[i].name, old, now, step + 1);
		ll_buf_printf(drifts, "%s\n    {\"step\":%" PRIu64 ",\"what\":\"%s\",\"from\":", drifts->len ? "," : "", step + 1,
			      trait[i].name);
		ll_json_escape_any(drifts, ll_cstr(old));
		ll_buf_puts(drifts, ",\"to\":");
		ll_json_escape_any(drifts, ll_cstr(now));
		ll_buf_putc(drifts, '}');
	}
	if (refused.len) {
		ll_hint("%s (or all) goes on with other bits", ll_buf_cstr(&options));
		ll_die(LL_EXIT_INPUT, "%s: would not go on as it began: %s", run, ll_buf_cstr(&refused));
	}
}

void ll_train_environment_write(const char *run, const struct ll_train_environment *e, const struct ll_train_settings *s,
				const struct ll_train_data *d, const struct ll_checkpoint_state *state, const struct ll_lm_unmatched *u,
				struct ll_str drifts)
{
	struct ll_buf unmatched = { 0 };
	struct json_object *began = e ? ll_json_tree_object(e->tree, "unmatched", NULL) : NULL;
	if (began)
		ll_buf_puts(&unmatched, plain(began));
	else if (u->missing_n || u->unexpected_n) {
		ll_buf_putc(&unmatched, '{');
		ll_unmatched_put(u, &unmatched);
		ll_buf_putc(&unmatched, '}');
	}
	write_file(run, s, d, state, ll_buf_str(&unmatched), drifts);
	ll_buf_free(&unmatched);
}
