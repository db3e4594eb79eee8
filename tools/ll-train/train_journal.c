/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "text/json_tree.h"

#define JOURNAL_MAX ((size_t)1 << 30)

struct ll_train_journal {
	char *path;
	int fd;
	struct ll_buf done;    /* lines in force */
	struct ll_buf pending; /* lines to come true again, from `at` on */
	char *pending_name;
	size_t at;
	bool own; /* the pending lines stand in RUN/journal.jsonl already */
};

static int read_entry(struct json_object *o, struct ll_train_entry *e, struct ll_err *err)
{
	const char *kind = ll_json_tree_string(o, "kind", err), *text = ll_json_tree_string(o, "text", err);
	if (!kind || !text || ll_json_tree_u64(o, "step", &e->step, err) < 0)
		return -1;
	e->refused = strcmp(kind, "refused") == 0;
	if (!e->refused && strcmp(kind, "control") != 0)
		return ll_err_set(err, "%.40s: a kind of line that is not known", kind);
	e->text = ll_strdup(text);
	return 0;
}

bool ll_train_entry_next(struct ll_str text, size_t *at, const char *name, struct ll_train_entry *e)
{
	struct ll_err err;
	size_t start = *at;
	if (start >= text.len)
		return false;
	const char *end = memchr(text.data + start, '\n', text.len - start);
	size_t stop = end ? (size_t)(end - text.data) : text.len;
	*at = end ? stop + 1 : stop;
	*e = (struct ll_train_entry){ .line = ll_str(text.data + start, *at - start) };
	struct json_object *o = ll_json_tree_parse(ll_str(text.data + start, stop - start), &err);
	if (!end)
		ll_die(LL_EXIT_INPUT, "%s: its last line has no end", name);
	if (!o || read_entry(o, e, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: byte %zu: %s", name, start, err.text);
	json_object_put(o);
	return true;
}

void ll_train_entry_free(struct ll_train_entry *e)
{
	ll_free(e->text);
	*e = (struct ll_train_entry){ 0 };
}

/* A line that a kill cut short was not acted upon: it goes. */
static void drop_torn_line(struct ll_train_journal *j, struct ll_buf *text)
{
	size_t len = text->len;
	while (len > 0 && text->data[len - 1] != '\n')
		len--;
	if (len == text->len)
		return;
	text->len = len;
	ll_write_file(j->path, text->data, len);
}

static void check_lines(struct ll_str text, const char *name)
{
	struct ll_train_entry e;
	for (size_t at = 0; ll_train_entry_next(text, &at, name, &e);)
		ll_train_entry_free(&e);
}

struct ll_train_journal *ll_train_journal_open(const char *run, struct ll_str done, const char *replay)
{
	struct ll_train_journal *j = ll_calloc(1, sizeof(*j));
	struct ll_buf text = { 0 };
	j->path = ll_path_join(run, "journal.jsonl");
	if (ll_path_exists(j->path)) {
		text = ll_read_file(j->path, JOURNAL_MAX);
		drop_torn_line(j, &text);
	}
	if (text.len < done.len || (done.len && memcmp(text.data, done.data, done.len) != 0))
		ll_die(LL_EXIT_INPUT, "%s: does not begin with what the checkpoint remembers of it", j->path);
	ll_buf_add_str(&j->done, done);
	j->own = text.len > done.len;
	if (j->own && replay)
		ll_die(LL_EXIT_USAGE, "%s: has lines of its own to repeat; --replay-journal is for a new run", j->path);
	if (j->own)
		ll_buf_add(&j->pending, text.data + done.len, text.len - done.len);
	if (replay)
		j->pending = ll_read_file(replay, JOURNAL_MAX);
	j->pending_name = ll_strdup(replay ? replay : j->path);
	check_lines(ll_buf_str(&j->pending), j->pending_name);
	j->fd = open(j->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (j->fd < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", j->path);
	ll_sync_dir(run);
	ll_buf_free(&text);
	return j;
}

struct ll_str ll_train_journal_text(const struct ll_train_journal *j)
{
	return ll_buf_str(&j->done);
}

static void write_line(struct ll_train_journal *j, struct ll_str line)
{
	size_t n = 0;
	while (n < line.len) {
		ssize_t put = write(j->fd, line.data + n, line.len - n);
		if (put < 0 && errno != EINTR)
			ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot write", j->path);
		n += put > 0 ? (size_t)put : 0;
	}
	if (fdatasync(j->fd) < 0 && errno != EINVAL)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot sync", j->path);
}

static struct ll_str next_pending(const struct ll_train_journal *j)
{
	const char *start = j->pending.data + j->at;
	const char *end = memchr(start, '\n', j->pending.len - j->at);
	return ll_str(start, (size_t)(end - start) + 1);
}

/* The next pending line comes true. */
static void consume(struct ll_train_journal *j)
{
	struct ll_str line = next_pending(j);
	if (!j->own)
		write_line(j, line);
	ll_buf_add_str(&j->done, line);
	j->at += line.len;
}

void ll_train_journal_add(struct ll_train_journal *j, struct ll_str line)
{
	if (j->at == j->pending.len) {
		write_line(j, line);
		ll_buf_add_str(&j->done, line);
		return;
	}
	struct ll_str want = next_pending(j);
	if (!ll_str_eq(want, line)) {
		ll_hint("another build, processor, configuration or dataset than the journal was written with?");
		ll_die(LL_EXIT_INPUT, "%s: says %.*s where this run decided %.*s", j->pending_name,
		       (int)LL_MIN(want.len - 1, 200), want.data, (int)LL_MIN(line.len - 1, 200), line.data);
	}
	consume(j);
}

bool ll_train_journal_pending(const struct ll_train_journal *j, struct ll_train_entry *e)
{
	size_t at = j->at;
	if (at == j->pending.len)
		return false;
	return !e || ll_train_entry_next(ll_buf_str(&j->pending), &at, j->pending_name, e);
}

bool ll_train_journal_take(struct ll_train_journal *j, uint64_t step, struct ll_train_entry *e)
{
	if (!ll_train_journal_pending(j, e))
		return false;
	if (e->step != step) {
		ll_train_entry_free(e);
		return false;
	}
	consume(j);
	return true;
}

void ll_train_journal_close(struct ll_train_journal *j)
{
	if (j->at < j->pending.len) {
		struct ll_str line = next_pending(j);
		ll_warn("%s: not reached: %.*s", j->pending_name, (int)LL_MIN(line.len - 1, 200), line.data);
	}
	if (close(j->fd) < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot close", j->path);
	ll_buf_free(&j->done);
	ll_buf_free(&j->pending);
	ll_free(j->pending_name);
	ll_free(j->path);
	ll_free(j);
}
