/* SPDX-License-Identifier: MIT */
/* tasks.c - task files, a JSON object a line: {query, choices, gold}, {context_options, continuation, gold}, {context, continuation}. */
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "io/lines.h"
#include "ll-eval/eval.h"
#include "ll-eval/metrics.h"
#include "ll-eval/score.h"
#include "stream/reader.h"
#include "text/json.h"
#include "text/utf8.h"

#define LINE_MAX_BYTES ((size_t)16 << 20)
#define CHOICES_MAX 64

enum form { CHOICE, SCHEMA, CONTINUATION };

struct item {
	enum form form;
	size_t first, n, gold; /* requests */
};

struct task {
	const char *path;
	struct item *item;
	size_t items, items_cap;
	struct request *request;
	struct choice *choice; /* beside each request */
	size_t requests, requests_cap, choices_cap;
	uint64_t truncated;
};

static void LL_NORETURN bad_line(const struct task *t, uint64_t line, const char *why)
{
	ll_die(LL_EXIT_INPUT, "%s: line %llu: %s", t->path, (unsigned long long)line, why);
}

static struct ll_str string_of(struct json_object *o)
{
	return o && json_object_is_type(o, json_type_string) ? ll_str(json_object_get_string(o), (size_t)json_object_get_string_len(o))
							      : ll_str(NULL, 0);
}

static void add_request(struct scorer *s, struct task *t, uint64_t line, struct ll_str context, struct ll_str continuation)
{
	struct ll_buf spaced = { 0 };
	size_t tokens;

	if (!context.data || !continuation.data)
		bad_line(t, line, "a text is missing or no string");
	if (continuation.len == 0 || !memchr(" \t\n", continuation.data[0], 3))
		ll_buf_putc(&spaced, ' ');
	ll_buf_add_str(&spaced, continuation);
	struct request r = request_text(s, context, ll_buf_str(&spaced), &tokens);
	if (!r.inputs)
		bad_line(t, line, "a choice without any token");
	if ((int64_t)tokens > s->context)
		bad_line(t, line, "a choice or continuation has more tokens than the model's context");
	ll_buf_free(&spaced);
	size_t at = t->requests++;
	LL_GROW(t->request, t->requests_cap, t->requests);
	LL_GROW(t->choice, t->choices_cap, t->requests);
	t->request[at] = r;
	t->choice[at] = (struct choice){ 0, ll_utf8_count(continuation.data, continuation.len), continuation.len, tokens };
	t->truncated += r.truncated;
}

static void add_item(struct scorer *s, struct task *t, struct ll_line *line)
{
	struct ll_err err;
	if (ll_json_line(line->text, NULL, 0, &err) < 0) /* json-c alone takes more than JSON */
		bad_line(t, line->number, err.text);
	struct json_tokener *parser = json_tokener_new();
	struct json_object *o = json_tokener_parse_ex(parser, line->text.data, (int)line->text.len), *list, *gold;
	struct item item = { .first = t->requests };

	json_tokener_free(parser);
	if (!o || !json_object_is_type(o, json_type_object))
		bad_line(t, line->number, "not a JSON object");
	struct ll_str query = string_of(json_object_object_get(o, "query")), context = string_of(json_object_object_get(o, "context"));
	struct ll_str continuation = string_of(json_object_object_get(o, "continuation"));
	if (json_object_object_get_ex(o, "choices", &list) && json_object_is_type(list, json_type_array)) {
		item.form = CHOICE;
		item.n = json_object_array_length(list);
	} else if (json_object_object_get_ex(o, "context_options", &list) && json_object_is_type(list, json_type_array)) {
		item.form = SCHEMA;
		item.n = json_object_array_length(list);
	} else {
		item.form = CONTINUATION;
		item.n = 1;
	}
	if (item.n < 1 || item.n > CHOICES_MAX)
		bad_line(t, line->number, "between 1 and 64 choices are possible");
	if (item.form != CONTINUATION) {
		if (!json_object_object_get_ex(o, "gold", &gold) || !json_object_is_type(gold, json_type_int) ||
		    json_object_get_int64(gold) < 0 || (uint64_t)json_object_get_int64(gold) >= item.n)
			bad_line(t, line->number, "gold is not the index of a choice");
		item.gold = (size_t)json_object_get_int64(gold);
	}
	for (size_t i = 0; i < item.n; i++) {
		struct ll_str option = item.form == CONTINUATION ? context : string_of(json_object_array_get_idx(list, i));
		if (item.form == CHOICE)
			add_request(s, t, line->number, query, option);
		else
			add_request(s, t, line->number, option, continuation);
	}
	json_object_put(o);
	LL_GROW(t->item, t->items_cap, t->items + 1);
	t->item[t->items++] = item;
}

static void load(struct scorer *s, struct task *t, const char *path)
{
	struct ll_lines *lines = ll_lines_on(ll_decoder_open(path), LINE_MAX_BYTES);
	struct ll_line line;

	*t = (struct task){ .path = path };
	while (ll_lines_next(lines, &line)) {
		if (line.too_long)
			bad_line(t, line.number, "longer than 16 MiB");
		size_t blank = 0;
		while (blank < line.text.len && strchr(" \t\r", line.text.data[blank]))
			blank++;
		if (blank < line.text.len)
			add_item(s, t, &line);
	}
	ll_lines_close(lines);
	if (t->items == 0)
		ll_die(LL_EXIT_INPUT, "%s: no items", path);
}

struct result {
	uint64_t right[NORMS], items, greedy;
	double chance, nll;
};

static void write_sample(struct ll_out *out, const struct task *t, size_t index, const size_t *best)
{
	const struct item *item = &t->item[index];
	struct ll_buf b = { 0 };

	ll_buf_puts(&b, "{\"task\":");
	ll_json_escape(&b, ll_cstr(ll_path_base(t->path)), false);
	ll_buf_printf(&b, ",\"item\":%zu,\"gold\":%zu,\"log_likelihood\":[", index, item->gold);
	for (size_t k = 0; k < item->n; k++) {
		ll_buf_puts(&b, k ? "," : "");
		ll_put_double(&b, t->request[item->first + k].log_likelihood);
	}
	ll_buf_puts(&b, "],\"tokens\":[");
	for (size_t k = 0; k < item->n; k++)
		ll_buf_printf(&b, "%s%llu", k ? "," : "", (unsigned long long)t->choice[item->first + k].tokens);
	ll_buf_printf(&b, "],\"best\":%zu,\"greedy\":%s}\n", best[NORM_NONE], t->request[item->first + item->gold].greedy ? "true" : "false");
	ll_out_write(out, b.data, b.len);
	ll_buf_free(&b);
}

static struct result judge(const struct task *t, struct ll_out *samples)
{
	struct result r = { .items = t->items };

	for (size_t i = 0; i < t->items; i++) {
		const struct item *item = &t->item[i];
		size_t best[NORMS] = { 0 };
		for (size_t k = 0; k < item->n; k++)
			t->choice[item->first + k].log_likelihood = t->request[item->first + k].log_likelihood;
		const struct request *gold = &t->request[item->first + item->gold];
		r.greedy += gold->greedy;
		r.nll -= gold->log_likelihood;
		for (int norm = 0; norm < NORMS; norm++) {
			best[norm] = best_choice(t->choice + item->first, item->n, (enum norm)norm);
			r.right[norm] += item->form == CONTINUATION ? gold->greedy : best[norm] == item->gold;
		}
		r.chance += item->form == CONTINUATION ? 0 : 1.0 / (double)item->n;
		if (samples)
			write_sample(samples, t, i, best);
	}
	r.chance /= (double)r.items;
	return r;
}

static void print_text(struct ll_out *out, const struct task *t, const struct result *r, const char *hash)
{
	double low, high, p = (double)r->right[0] / (double)r->items;

	wilson(r->right[0], r->items, &low, &high);
	ll_out_printf(out, "%s: %llu items, acc %.4f +- %.4f (95 %%: %.4f to %.4f), chance %.4f", ll_path_base(t->path), (unsigned long long)r->items,
		      p, standard_error(r->right[0], r->items), low, high, r->chance);
	for (int norm = 1; norm < NORMS; norm++)
		ll_out_printf(out, ", %s %.4f", norm_names[norm], (double)r->right[norm] / (double)r->items);
	ll_out_printf(out, ", perplexity of the answers %.4f", exp(r->nll / (double)r->items));
	if (t->truncated)
		ll_out_printf(out, ", %llu contexts cut on the left", (unsigned long long)t->truncated);
	ll_out_printf(out, "\n  task %s\n", hash);
}

static void print_json(struct ll_buf *b, const struct task *t, const struct result *r, const char *hash, bool first)
{
	double low, high;

	wilson(r->right[0], r->items, &low, &high);
	ll_buf_puts(b, first ? "{\"task\":" : ",\n {\"task\":");
	ll_json_escape(b, ll_cstr(ll_path_base(t->path)), false);
	ll_buf_printf(b, ",\"task_id\":\"%s\",\"items\":%llu,\"chance\":", hash, (unsigned long long)r->items);
	ll_put_double(b, r->chance);
	for (int norm = 0; norm < NORMS; norm++) {
		ll_buf_printf(b, ",\"%s\":", norm_names[norm]);
		ll_put_double(b, (double)r->right[norm] / (double)r->items);
	}
	const struct {
		const char *name;
		double value;
	} more[] = { { "stderr", standard_error(r->right[0], r->items) }, { "wilson_low", low }, { "wilson_high", high },
		     { "answer_perplexity", exp(r->nll / (double)r->items) } };
	for (size_t i = 0; i < LL_COUNT(more); i++) {
		ll_buf_printf(b, ",\"%s\":", more[i].name);
		if (isfinite(more[i].value))
			ll_put_double(b, more[i].value);
		else
			ll_buf_puts(b, "null"); /* the answers are so unlikely that their perplexity is beyond a double */
	}
	ll_buf_printf(b, ",\"truncated\":%llu}", (unsigned long long)t->truncated);
}

int eval_tasks(int operands, char **operand)
{
	struct scorer s;
	struct ll_buf json = { 0 };
	char id[33];

	if (!eval_options.model)
		ll_die(LL_EXIT_USAGE, "--model=DIR is needed");
	if (operands == 0)
		ll_die(LL_EXIT_USAGE, "task files are needed");
	for (int i = 0; i < operands; i++) {
		struct stat st; /* read once for the items and once for the task's id */
		if (strcmp(operand[i], "-") == 0 || (stat(operand[i], &st) == 0 && !S_ISREG(st.st_mode)))
			ll_die(LL_EXIT_USAGE, "%s: a task file is read twice: it cannot be a pipe or a device", operand[i]);
	}
	scorer_open(&s, eval_options.model);
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	struct ll_out *samples = eval_options.samples ? ll_out_open(eval_options.samples, ll_out_common_flags()) : NULL;
	ll_progress_noun("items");
	ll_buf_printf(&json, "{\"step\":%llu,\"tokenizer\":\"%s\",\"tasks\":[", (unsigned long long)s.folder.step, ll_bpe_id(s.bpe));
	for (int i = 0; i < operands; i++) {
		struct task t;
		load(&s, &t, operand[i]);
		score(&s, t.request, t.requests);
		struct result r = judge(&t, samples);
		ll_progress_add(t.items, 0);
		ll_content_id(operand[i], id);
		if (eval_options.json)
			print_json(&json, &t, &r, id, i == 0);
		else
			print_text(out, &t, &r, id);
		for (size_t k = 0; k < t.requests; k++)
			request_free(&t.request[k]);
		ll_free(t.request);
		ll_free(t.choice);
		ll_free(t.item);
	}
	ll_buf_puts(&json, "]}\n");
	if (eval_options.json)
		ll_out_write(out, json.data, json.len);
	else
		ll_out_printf(out, "model step %llu, tokenizer %s, zero-shot, no prefix but for empty contexts, float32\n",
			      (unsigned long long)s.folder.step, ll_bpe_id(s.bpe));
	ll_buf_free(&json);
	if (samples)
		ll_out_commit(samples);
	ll_out_commit(out);
	scorer_close(&s);
	return LL_EXIT_OK;
}
