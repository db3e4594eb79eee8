/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_log.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "ll-train/train_append.h"
#include "ll-train/train_journal.h"

#define LOG_HEAD "step\ttokens\tloss\tlr\tgrad_norm\tvalid_loss\tskipped\tsample\tperplexity\tattention_lse\tlog_z"
#define LOG_HEAD_NOISE "\tgrad_small\tnoise_scale"
#define TIMING_HEAD "step\tseconds\ttokens_per_s\troof_share\tresident_bytes\tpeak_bytes\n"
#define LOG_MAX ((size_t)4 << 30)

struct ll_train_log {
	char *path, *timing_path;
	int fd, timing_fd;
	const char *head;
	size_t numbers; /* of a row behind the place of its sample */
	uint64_t bytes;
	struct ll_hash128_state *hash;
};

struct ll_train_log *ll_train_log_open(const char *run, bool noise, uint64_t bytes, const struct ll_id *hash)
{
	struct ll_train_log *l = ll_calloc(1, sizeof(*l));
	l->head = noise ? LOG_HEAD LOG_HEAD_NOISE "\n" : LOG_HEAD "\n";
	l->numbers = noise ? 5 : 3;
	l->path = ll_path_join(run, "log.tsv");
	l->timing_path = ll_path_join(run, "timing.tsv");
	l->hash = ll_hash128_new();
	l->bytes = bytes;
	if (bytes == 0)
		return l;
	if (!ll_path_exists(l->path))
		ll_die(LL_EXIT_INPUT, "%s: is missing, the checkpoint continues it", l->path);
	struct ll_buf text = ll_read_file(l->path, LOG_MAX);
	if (text.len < bytes || !ll_id_eq(ll_hash128(text.data, bytes), *hash))
		ll_die(LL_EXIT_INPUT, "%s: its first %llu bytes are not those the checkpoint continues",
		       l->path, (unsigned long long)bytes);
	ll_hash128_update(l->hash, text.data, bytes);
	ll_buf_free(&text);
	return l;
}

static void cut(const char *path, const struct ll_buf *text, size_t bytes)
{
	if (bytes < text->len)
		ll_write_file(path, text->data, bytes);
}

void ll_train_log_begin(struct ll_train_log *l)
{
	struct ll_buf rows = { 0 }, timing = { 0 };
	if (l->bytes > 0 && ll_path_exists(l->timing_path))
		timing = ll_read_file(l->timing_path, LOG_MAX);
	if (l->bytes > 0) {
		rows = ll_read_file(l->path, LOG_MAX);
		cut(l->path, &rows, l->bytes);
	} else {
		l->bytes = strlen(l->head);
		ll_hash128_update(l->hash, l->head, l->bytes);
		ll_write_file(l->path, l->head, l->bytes);
	}
	if (timing.len == 0)
		ll_write_file(l->timing_path, TIMING_HEAD, sizeof(TIMING_HEAD) - 1);
	else /* a full disk may have left half a row, which the next one would go on with */
		cut(l->timing_path, &timing, ll_train_journal_whole(ll_buf_str(&timing)));
	l->fd = ll_train_append_open(l->path);
	l->timing_fd = ll_train_append_open(l->timing_path);
	ll_buf_free(&rows);
	ll_buf_free(&timing);
}

void ll_train_log_row(struct ll_train_log *l, const struct ll_train_row *row)
{
	struct ll_buf text = { 0 };
	const double values[] = { row->loss, row->rate, row->gradient, row->valid }, more[] = { exp(row->loss), row->attention_lse, row->log_z, row->gradient_small, row->noise_scale };
	ll_buf_printf(&text, "%llu\t%llu", (unsigned long long)row->step, (unsigned long long)row->tokens);
	for (size_t i = 0; i < LL_COUNT(values); i++) {
		ll_buf_putc(&text, '\t');
		ll_put_double(&text, values[i]);
	}
	ll_buf_printf(&text, "\t%d\t%llu", row->skipped, (unsigned long long)row->sample);
	for (size_t i = 0; i < l->numbers; i++) {
		ll_buf_putc(&text, '\t');
		ll_put_double(&text, more[i]);
	}
	ll_buf_putc(&text, '\n');
	ll_train_append(l->fd, l->path, text.data, text.len);
	ll_hash128_update(l->hash, text.data, text.len);
	l->bytes += text.len;
	ll_buf_free(&text);
}

void ll_train_log_timing(struct ll_train_log *l, const struct ll_train_timing *t)
{
	struct ll_buf text = { 0 };
	ll_buf_printf(&text, "%llu\t%.4f\t%.1f\t", (unsigned long long)t->step, t->seconds, t->tokens_per_second);
	ll_buf_printf(&text, isfinite(t->share) ? "%.4f" : "nan", t->share);
	ll_buf_printf(&text, "\t%llu\t%llu\n", (unsigned long long)t->resident, (unsigned long long)t->peak);
	ll_train_append(l->timing_fd, l->timing_path, text.data, text.len);
	ll_buf_free(&text);
}

void ll_train_log_mark(const struct ll_train_log *l, uint64_t *bytes, struct ll_id *hash)
{
	*bytes = l->bytes;
	*hash = ll_hash128_digest(l->hash);
}

void ll_train_log_sync(const struct ll_train_log *l)
{
	ll_train_append_sync(l->fd, l->path);
}

void ll_train_log_cut(struct ll_train_log *l, const char *run, uint64_t bytes, const struct ll_id *hash)
{
	char *aside = ll_path_join(run, "log-rolled-back.tsv");
	struct ll_buf text = ll_read_file(l->path, LOG_MAX);
	bytes = bytes ? bytes : strlen(l->head);
	if (text.len < bytes)
		ll_die(LL_EXIT_INPUT, "%s: is shorter than at an earlier step", l->path);
	int fd = ll_train_append_open(aside);
	ll_train_append(fd, aside, text.data + bytes, text.len - bytes);
	ll_train_append_close(fd, aside);
	ll_hash128_free(l->hash);
	l->hash = ll_hash128_new();
	ll_hash128_update(l->hash, text.data, bytes);
	if (hash && !ll_id_eq(ll_hash128_digest(l->hash), *hash))
		ll_die(LL_EXIT_INPUT, "%s: its first %llu bytes are not those the checkpoint continues", l->path,
		       (unsigned long long)bytes);
	if (close(l->fd) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot close", l->path);
	ll_write_file(l->path, text.data, bytes);
	l->fd = ll_train_append_open(l->path);
	l->bytes = bytes;
	ll_buf_free(&text);
	ll_free(aside);
}

void ll_train_log_rows(const struct ll_train_log *l, void (*row)(void *context, const struct ll_train_row *), void *context)
{
	struct ll_buf text = ll_read_file(l->path, LOG_MAX);
	char *at = ll_buf_cstr(&text), *line = strsep(&at, "\n");
	while ((line = strsep(&at, "\n")) && *line) {
		struct ll_train_row r = { 0 };
		char *p = line;
		r.step = strtoull(p, &p, 10);
		r.tokens = strtoull(p, &p, 10);
		r.loss = strtod(p, &p);
		r.rate = strtod(p, &p);
		r.gradient = strtod(p, &p);
		r.valid = strtod(p, &p);
		r.skipped = strtol(p, &p, 10) != 0;
		r.sample = strtoull(p, &p, 10);
		strtod(p, &p);
		r.attention_lse = strtod(p, &p);
		r.log_z = strtod(p, &p);
		r.gradient_small = l->numbers > 3 ? strtod(p, &p) : NAN;
		r.noise_scale = l->numbers > 3 ? strtod(p, &p) : NAN;
		row(context, &r);
	}
	ll_buf_free(&text);
}

void ll_train_log_close(struct ll_train_log *l)
{
	if (close(l->fd) < 0 || close(l->timing_fd) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot close", l->path);
	ll_hash128_free(l->hash);
	ll_free(l->path);
	ll_free(l->timing_path);
	ll_free(l);
}
