/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-train/train_append.h"
#include "lm/checkpoint.h"
#include "text/json_tree.h"

#define JOURNAL_MAX ((size_t)1 << 30)

struct ll_train_journal {
	char *path;
	int fd;
	struct ll_buf done;    /* lines in force */
	struct ll_buf pending; /* lines to come true again, from `at` on */
	char *pending_name;
	size_t at;
	size_t own; /* bytes of the pending lines that stand in RUN/journal.jsonl already */
};

/* By enum ll_train_entry_kind. */
static const char *const kinds[] = { "control", "refused", "stop", "skip", "rollback" };

static int read_entry(struct json_object *o, struct ll_train_entry *e, struct ll_err *err)
{
	const char *kind = ll_json_tree_string(o, "kind", err), *text = ll_json_tree_string(o, "text", err);
	if (!kind || !text || ll_json_tree_u64(o, "step", &e->step, err) < 0)
		return -1;
	size_t k = 0;
	while (k < LL_COUNT(kinds) && strcmp(kinds[k], kind) != 0)
		k++;
	if (k == LL_COUNT(kinds))
		return ll_err_set(err, "%.40s: a kind of line that is not known", kind);
	if (e->step == 0)
		return ll_err_set(err, "steps count from 1");
	e->kind = (enum ll_train_entry_kind)k;
	if (e->kind == LL_TRAIN_SKIPPED && ll_json_tree_bool(o, "pin", &e->pin, err) < 0)
		return -1;
	if (e->kind == LL_TRAIN_ROLLBACK &&
	    (ll_json_tree_u64(o, "onset", &e->onset, err) < 0 || ll_json_tree_u64(o, "to", &e->to, err) < 0 ||
	     ll_json_tree_u64(o, "from", &e->from, err) < 0 || ll_json_tree_u64(o, "until", &e->until, err) < 0))
		return -1;
	if (e->kind == LL_TRAIN_ROLLBACK && (e->to >= e->step || e->from > e->until))
		return ll_err_set(err, "goes back to a step or leaves out samples that cannot be");
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
	*e = (struct ll_train_entry){ 0 };
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

size_t ll_train_journal_whole(struct ll_str text)
{
	while (text.len > 0 && text.data[text.len - 1] != '\n')
		text.len--;
	return text.len;
}

/* The whole lines in RUN/journal.jsonl. */
static struct ll_buf own_lines(const char *run)
{
	struct ll_buf text = ll_checkpoint_journal(run);
	text.len = ll_train_journal_whole(ll_buf_str(&text));
	return text;
}

static void check_lines(struct ll_str text, const char *name)
{
	struct ll_train_entry e;
	for (size_t at = 0; ll_train_entry_next(text, &at, name, &e);)
		ll_train_entry_free(&e);
}

static bool begins_with(struct ll_str text, struct ll_str start)
{
	return text.len >= start.len && (start.len == 0 || memcmp(text.data, start.data, start.len) == 0);
}

struct ll_train_journal *ll_train_journal_open(const char *run, struct ll_str done, const char *replay)
{
	struct ll_train_journal *j = ll_calloc(1, sizeof(*j));
	j->path = ll_path_join(run, "journal.jsonl");
	struct ll_buf own = own_lines(run), other = { 0 };
	struct ll_str all = ll_buf_str(&own);
	if (!begins_with(all, done))
		ll_die(LL_EXIT_INPUT, "%s: does not begin with what the checkpoint remembers of it", j->path);
	if (replay) {
		other = ll_read_file(replay, JOURNAL_MAX);
		if (begins_with(ll_buf_str(&other), all))
			all = ll_buf_str(&other);
		else if (!begins_with(all, ll_buf_str(&other)))
			ll_die(LL_EXIT_INPUT, "%s: says otherwise than %s, which the run has followed", replay, j->path);
	}
	j->pending_name = ll_strdup(all.len > own.len ? replay : j->path);
	j->own = own.len - done.len;
	ll_buf_add_str(&j->done, done);
	ll_buf_add(&j->pending, all.len > done.len ? all.data + done.len : "", all.len - done.len);
	check_lines(ll_buf_str(&j->pending), j->pending_name);
	ll_buf_free(&own);
	ll_buf_free(&other);
	return j;
}

void ll_train_journal_begin(struct ll_train_journal *j, const char *run)
{
	struct ll_buf text = ll_checkpoint_journal(run);
	size_t whole = ll_train_journal_whole(ll_buf_str(&text));
	if (whole < text.len)
		ll_write_file(j->path, text.data, whole);
	ll_buf_free(&text);
	j->fd = open(j->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (j->fd < 0)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot open", j->path);
	ll_sync_dir(run);
}

struct ll_str ll_train_journal_text(const struct ll_train_journal *j)
{
	return ll_buf_str(&j->done);
}

static void write_line(struct ll_train_journal *j, struct ll_str line)
{
	ll_train_append(j->fd, j->path, line.data, line.len);
	ll_train_append_sync(j->fd, j->path);
}

static struct ll_str next_pending(const struct ll_train_journal *j)
{
	const char *start = j->pending.data + j->at;
	const char *end = memchr(start, '\n', j->pending.len - j->at);
	return ll_str(start, (size_t)(end - start) + 1);
}

void ll_train_journal_add(struct ll_train_journal *j, struct ll_str line)
{
	LL_ASSERT(!ll_train_journal_pending(j));
	write_line(j, line);
	ll_buf_add_str(&j->done, line);
}

bool ll_train_journal_pending(const struct ll_train_journal *j)
{
	return j->at < j->pending.len;
}

bool ll_train_journal_next(const struct ll_train_journal *j, uint64_t step, bool after_gradient, struct ll_train_entry *e)
{
	size_t at = j->at;
	if (!ll_train_entry_next(ll_buf_str(&j->pending), &at, j->pending_name, e))
		return false;
	if (e->step == step && (e->kind > LL_TRAIN_STOPPED) == after_gradient)
		return true;
	ll_train_entry_free(e);
	return false;
}

void ll_train_journal_advance(struct ll_train_journal *j, struct ll_train_entry *e)
{
	size_t at = j->at;
	struct ll_str line = next_pending(j);
	if (e && !ll_train_entry_next(ll_buf_str(&j->pending), &at, j->pending_name, e))
		LL_BUG("nothing is pending");
	if (j->at >= j->own)
		write_line(j, line);
	ll_buf_add_str(&j->done, line);
	j->at += line.len;
}

size_t ll_train_journal_back_to(const struct ll_train_journal *j, uint64_t step)
{
	struct ll_train_entry e;
	size_t n = 0, found = 0;
	bool further = false;
	for (size_t at = j->at; !further && ll_train_entry_next(ll_buf_str(&j->pending), &at, j->pending_name, &e);
	     ll_train_entry_free(&e)) {
		n++;
		if (e.kind != LL_TRAIN_ROLLBACK)
			continue;
		further = e.to < step;
		found = e.to == step ? n : found;
	}
	return found;
}

void ll_train_journal_close(struct ll_train_journal *j)
{
	if (ll_train_journal_pending(j)) {
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
