/* SPDX-License-Identifier: MIT */
/* shard_report.c - ll-shard report: --stats files of many runs added up by stage, and the proof that nothing got lost
 * between. */
#include "ll-shard/shard_report.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-shard/ll_shard.h"

static bool json;

/* ---- reading ---- */

static void LL_NORETURN malformed(const char *path, const char *what)
{
	ll_die(LL_EXIT_INPUT, "%s: %s: not a file that --stats wrote", path, what);
}

static uint64_t number_of(struct json_object *object, const char *key, const char *path)
{
	struct json_object *v;
	if (!json_object_object_get_ex(object, key, &v) || !json_object_is_type(v, json_type_int))
		malformed(path, key);
	int64_t n = json_object_get_int64(v);
	uint64_t u = json_object_get_uint64(v);
	if (n < 0)
		malformed(path, key);
	return u;
}

static void add_tally(struct ll_report_tallies *t, const char *name, uint64_t n)
{
	for (size_t i = 0; i < t->len; i++)
		if (strcmp(t->item[i].name, name) == 0) {
			t->item[i].n += n;
			return;
		}
	LL_GROW(t->item, t->cap, t->len + 1);
	t->item[t->len++] = (struct ll_report_tally){ ll_strdup(name), n };
}

static void add_tallies(struct ll_report_tallies *t, struct json_object *object, const char *key, const char *path)
{
	struct json_object *map;
	if (!json_object_object_get_ex(object, key, &map) || !json_object_is_type(map, json_type_object))
		malformed(path, key);
	json_object_object_foreach(map, name, value) add_tally(t, name, json_object_get_uint64(value));
}

static struct json_object *object_of(struct json_object *object, const char *key, const char *path)
{
	struct json_object *v;
	if (!json_object_object_get_ex(object, key, &v) || !json_object_is_type(v, json_type_object))
		malformed(path, key);
	return v;
}

static void add_account(struct ll_report_account *a, struct json_object *object, const char *path)
{
	struct json_object *documents = object_of(object, "documents", path),
			   *bytes = object_of(object, "text_bytes", path);
	a->in += number_of(documents, "in", path);
	a->kept += number_of(documents, "kept", path);
	a->out += number_of(documents, "out", path);
	add_tallies(&a->dropped, documents, "dropped", path);
	add_tallies(&a->extra, documents, "extra", path);
	a->bytes_in += number_of(bytes, "in", path);
	a->bytes_out += number_of(bytes, "out", path);
}

static struct ll_report_stage *stage_named(struct ll_report *r, const char *program)
{
	for (size_t i = 0; i < r->len; i++)
		if (strcmp(r->stage[i].program, program) == 0)
			return &r->stage[i];
	LL_GROW(r->stage, r->cap, r->len + 1);
	r->stage[r->len] = (struct ll_report_stage){ .program = ll_strdup(program), .have_in = true, .have_out = true };
	return &r->stage[r->len++];
}

static struct ll_report_account *source_named(struct ll_report_stage *s, const char *name)
{
	for (size_t i = 0; i < s->sources; i++)
		if (strcmp(s->source[i].name, name) == 0)
			return &s->source[i];
	LL_GROW(s->source, s->sources_cap, s->sources + 1);
	s->source[s->sources] = (struct ll_report_account){ .name = ll_strdup(name) };
	return &s->source[s->sources++];
}

static void add_set(struct json_object *object, const char *key, bool *have, struct ll_id *sum, const char *path)
{
	struct json_object *v;
	struct ll_id id;
	if (!json_object_object_get_ex(object, key, &v)) {
		*have = false;
		return;
	}
	if (!json_object_is_type(v, json_type_string) || ll_id_parse(ll_cstr(json_object_get_string(v)), &id) < 0)
		malformed(path, key);
	ll_id_add(sum, id);
}

static void add_file(struct ll_report *r, const char *path)
{
	struct ll_buf text = ll_read_file(path, 64 * LL_MIB);
	enum json_tokener_error why;
	struct json_object *root = json_tokener_parse_verbose(ll_buf_cstr(&text), &why), *program;
	if (!root || !json_object_is_type(root, json_type_object))
		malformed(path, root ? "no object" : json_tokener_error_desc(why));
	if (!json_object_object_get_ex(root, "program", &program) || !json_object_is_type(program, json_type_string))
		malformed(path, "program");
	struct ll_report_stage *s = stage_named(r, json_object_get_string(program));
	struct json_object *bytes = object_of(root, "text_bytes", path), *counters, *sources;
	s->files++;
	add_set(root, "in_set", &s->have_in, &s->in_set, path);
	add_set(root, "out_set", &s->have_out, &s->out_set, path);
	add_account(&s->all, root, path);
	add_tallies(&s->added, bytes, "added", path);
	add_tallies(&s->removed, bytes, "removed", path);
	if (json_object_object_get_ex(root, "counters", &counters))
		add_tallies(&s->counters, root, "counters", path);
	if (json_object_object_get_ex(root, "sources", &sources)) {
		json_object_object_foreach(sources, name, account) add_account(source_named(s, name), account, path);
	}
	json_object_put(root);
	ll_buf_free(&text);
}

/* ---- the proof ---- */

static uint64_t total(const struct ll_report_tallies *t)
{
	uint64_t n = 0;
	for (size_t i = 0; i < t->len; i++)
		n += t->item[i].n;
	return n;
}

static void fault(struct ll_report *r, const char *format, ...) LL_PRINTF(2, 3);
static void fault(struct ll_report *r, const char *format, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	ll_warn("%s", text);
	r->faults++;
}

static void prove_stage(struct ll_report *r, const struct ll_report_stage *s)
{
	const struct ll_report_account *a = &s->all;
	if (a->in != a->kept + total(&a->dropped))
		fault(r, "%s: %llu documents in, but %llu kept and %llu dropped", s->program, (unsigned long long)a->in,
		      (unsigned long long)a->kept, (unsigned long long)total(&a->dropped));
	if (a->out != a->kept + total(&a->extra))
		fault(r, "%s: %llu documents out, but %llu kept and %llu extra", s->program, (unsigned long long)a->out,
		      (unsigned long long)a->kept, (unsigned long long)total(&a->extra));
	if (a->bytes_in + total(&s->added) != a->bytes_out + total(&s->removed))
		fault(r, "%s: text bytes do not add up: %llu in, %llu added, %llu out, %llu removed", s->program,
		      (unsigned long long)a->bytes_in, (unsigned long long)total(&s->added),
		      (unsigned long long)a->bytes_out, (unsigned long long)total(&s->removed));
}

static void prove_link(struct ll_report *r, const struct ll_report_stage *from, const struct ll_report_stage *to)
{
	char out[33], in[33];
	if (from->all.out != to->all.in)
		fault(r, "%s put out %llu documents, %s took in %llu", from->program, (unsigned long long)from->all.out,
		      to->program, (unsigned long long)to->all.in);
	else if (from->all.bytes_out != to->all.bytes_in)
		fault(r, "%s put out %llu bytes of text, %s took in %llu", from->program,
		      (unsigned long long)from->all.bytes_out, to->program, (unsigned long long)to->all.bytes_in);
	else if (from->have_out && to->have_in && !ll_id_eq(from->out_set, to->in_set))
		fault(r, "%s put out the set %s, %s took in %s", from->program, ll_id_hex(from->out_set, out),
		      to->program, ll_id_hex(to->in_set, in));
}

static int run_report(int operands, char **operand)
{
	const char **files;
	struct ll_report r = { 0 };
	size_t n = ll_input_files(operands, operand, &files, NULL);
	for (size_t i = 0; i < n; i++)
		add_file(&r, files[i]);
	for (size_t i = 0; i < r.len; i++) {
		prove_stage(&r, &r.stage[i]);
		if (i > 0)
			prove_link(&r, &r.stage[i - 1], &r.stage[i]);
	}
	struct ll_buf out = { 0 };
	if (json)
		ll_report_json(&out, &r);
	else
		ll_report_table(&out, &r);
	fwrite(out.data, 1, out.len, stdout);
	ll_buf_free(&out);
	return r.faults ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}

static const struct ll_option options[] = {
	{ LL_OPT_FLAG, 0, "json", &json, NULL, "print JSON instead of a table", 0, NULL, 0, 0 },
	{ 0 },
};

const struct ll_command ll_shard_report_command = {
	.name = "report",
	.operands = "[STATS]...",
	.summary = "add up --stats files by stage, source and reason, and prove that each stage took in what the one "
		   "before put out; "
		   "exit status 1 when one did not",
	.options = options,
	.common = LL_COMMON_FILES,
	.run = run_report,
	.examples = "ll-shard report import.json clean.json dedup.json\n",
};
