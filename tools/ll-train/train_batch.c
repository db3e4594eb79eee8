/* SPDX-License-Identifier: MIT */
/* train_batch.c - ll-train batch: the documents a step of a run is made of, and how their text begins. */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe.h"
#include "io/file.h"
#include "ll-train/train.h"
#include "ll-train/train_course.h"
#include "ll-train/train_environment.h"
#include "ll-train/train_fork.h"
#include "text/json.h"

#define START_TOKENS 24

static int64_t wanted_step;

const struct ll_option ll_train_batch_options[] = {
	{ LL_OPT_INT, 0, "step", &wanted_step, "N", "the step, counted from 1 as in log.tsv (required)", 0, NULL, 1,
	  0x1p52 },
	{ 0 },
};

/* The text of tokens [start, start + n) as one JSON string; bytes that are no UTF-8 become U+FFFD. */
static void put_text(struct ll_dataset *set, const struct ll_bpe *bpe, uint64_t start, uint64_t n, struct ll_buf *out)
{
	uint32_t ids[START_TOKENS];
	struct ll_buf bytes = { 0 };
	struct ll_err err;
	n = LL_MIN(n, START_TOKENS);
	ll_dataset_read(set, start, (size_t)n, ids);
	if (ll_bpe_decode(bpe, ids, (size_t)n, &bytes, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_dataset_tokenizer_path(set), err.text);
	ll_json_escape_any(out, ll_buf_str(&bytes));
	ll_buf_free(&bytes);
}

static void print_sample(struct ll_train_data *d, const struct ll_bpe *bpe, uint64_t row, uint64_t cursor)
{
	struct ll_train_sample sample = ll_train_data_at(d, cursor);
	struct ll_dataset *set = sample.source->set;
	uint64_t start = sample.start, end = start + (uint64_t)d->seq_len;
	size_t n;
	struct ll_dataset_document *doc = ll_dataset_documents_at(set, start, (uint64_t)d->seq_len, &n);
	for (size_t i = 0; i < n; i++) {
		struct ll_buf out = { 0 };
		uint64_t from = LL_MAX(doc[i].offset, start), to = LL_MIN(doc[i].offset + doc[i].length, end);
		ll_buf_printf(&out, "{\"row\":%" PRIu64 ",\"sample\":%" PRIu64 ",\"dataset\":", row, cursor);
		ll_json_escape_any(&out, ll_cstr(sample.source->path));
		ll_buf_printf(&out, ",\"tokens\":[%" PRIu64 ",%" PRIu64 "],\"id\":", from, to);
		ll_json_escape(&out, ll_cstr(doc[i].id), false);
		ll_buf_puts(&out, ",\"source\":");
		ll_json_escape(&out, ll_cstr(doc[i].source), false);
		if (ll_train_withdrawn(sample.source, from, to) > 0) {
			ll_buf_puts(&out, ",\"withdrawn\":true");
		} else {
			ll_buf_puts(&out, ",\"text\":");
			put_text(set, bpe, from, to - from, &out);
		}
		ll_buf_puts(&out, "}\n");
		fwrite(out.data, 1, out.len, stdout);
		ll_buf_free(&out);
	}
	ll_dataset_documents_free(doc, n);
}

static void follow(struct ll_train_course *c, const struct ll_train_settings *s, const char *run)
{
	struct ll_buf text = ll_train_journal_read(run);
	ll_train_course_begin(c, s);
	ll_train_course_follow(c, ll_str(text.data, ll_train_journal_whole(ll_buf_str(&text))), "journal.jsonl");
	ll_buf_free(&text);
}

int ll_train_batch(int operands, char **operand)
{
	struct ll_train_settings s;
	struct ll_train_data d;
	if (operands != 1)
		ll_die(LL_EXIT_USAGE, "one operand is asked for: the folder of the run");
	if (!wanted_step)
		ll_die(LL_EXIT_USAGE, "--step=N is missing");
	char *config = ll_path_join(operand[0], "config.conf");
	if (!ll_path_exists(config))
		ll_die(LL_EXIT_INPUT, "%s: no run: %s is missing", operand[0], config);
	ll_train_settings_read(&s, config);
	if (wanted_step > s.steps)
		ll_die(LL_EXIT_USAGE, "--step=%" PRId64 ": the run has %" PRId64 " steps", wanted_step, s.steps);
	if ((uint64_t)wanted_step <= ll_train_first_step(&s)) {
		ll_hint("ll-train batch --step=%" PRId64 " with the run of %s shows it", wanted_step, s.fork);
		ll_die(LL_EXIT_USAGE, "--step=%" PRId64 ": the run begins after step %" PRIu64, wanted_step,
		       ll_train_first_step(&s));
	}
	ll_train_environment_check_paths(operand[0], &s);
	ll_train_data_open(&d, &s);
	struct ll_train_course course;
	follow(&course, &s, operand[0]);
	d.origin = ll_train_fork_origin(&s);
	uint64_t step = (uint64_t)wanted_step - 1, batch = (uint64_t)ll_train_course_batch(&course, step);
	struct ll_bpe *bpe = ll_bpe_load(ll_dataset_tokenizer_path(d.train), NULL);
	for (uint64_t row = 0; row < batch; row++)
		print_sample(&d, bpe, row, ll_train_course_cursor(&course, step) + row);
	ll_train_course_end(&course);
	ll_bpe_free(bpe);
	ll_train_data_close(&d);
	ll_free(config);
	return LL_EXIT_OK;
}
