/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* ---- lines ---- */

#define SEAL_NAME ",\"checksum\":\""
#define SEAL_LEN (sizeof(SEAL_NAME LL_JSON_SEAL_BLANK "\"}") - 1)

/* A line written by hand, or by an older version, has no seal; then it has no member that is not known either, which a seal with a
 * changed name would be. */
static int check_seal(struct json_object *o, struct ll_str line, struct ll_err *err)
{
	static const char *const members[] = { "step", "kind", "text", "cause", "pin", "sample", "loss", "documents", "onset", "to", "from", "until" };
	if (!json_object_object_get_ex(o, "checksum", NULL))
		return ll_json_tree_only(o, members, LL_COUNT(members), err);
	if (ll_json_seal_check(line, err) == 0)
		return 0;
	ll_hint("a line that was changed on purpose may stand without its member \"checksum\"");
	return -1;
}

/* A line, with or without its newline, sealed if it was not. */
static struct ll_buf sealed(struct ll_str line)
{
	struct ll_buf out = { 0 };
	while (line.len > 0 && line.data[line.len - 1] != '}')
		line.len--;
	LL_ASSERT(line.len > 0);
	if (line.len > SEAL_LEN && memcmp(line.data + line.len - SEAL_LEN, SEAL_NAME, sizeof(SEAL_NAME) - 1) == 0) {
		ll_buf_add_str(&out, line);
	} else {
		ll_buf_add(&out, line.data, line.len - 1);
		ll_buf_puts(&out, SEAL_NAME LL_JSON_SEAL_BLANK "\"}");
		ll_json_seal(&out);
	}
	ll_buf_putc(&out, '\n');
	return out;
}

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
	if (!o || check_seal(o, ll_str(text.data + start, stop - start), &err) < 0 || read_entry(o, e, &err) < 0)
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

/* ---- the journal ---- */

struct ll_buf ll_train_journal_read(const char *run)
{
	char *path = ll_path_join(run, "journal.jsonl");
	size_t n;
	uint64_t *list = ll_checkpoint_list(run, &n);
	if (n && !ll_path_exists(path)) {
		char *last = ll_checkpoint_path(run, list[n - 1]), *copy = ll_path_join(last, "journal.jsonl");
		if (ll_path_exists(copy))
			ll_hint("with a copy of %s in its place, what was decided since then is forgotten", copy);
		else
			ll_hint("with an empty file in its place, what was decided since %s was written is forgotten", last);
		ll_die(LL_EXIT_INPUT, "%s: is missing, the checkpoints of a run go with its journal", path);
	}
	ll_free(list);
	ll_free(path);
	return ll_checkpoint_journal(run);
}

/* The lines in RUN/journal.jsonl. A last one without an end was cut short while it was written, and not acted upon; where it is whole
 * but for its end it counts. */
static struct ll_buf own_lines(const char *run, const char *path)
{
	struct ll_err err;
	struct ll_buf text = ll_train_journal_read(run);
	size_t whole = ll_train_journal_whole(ll_buf_str(&text));
	struct ll_str rest = ll_str(text.data + whole, text.len - whole);
	if (rest.len > SEAL_LEN && ll_json_seal_check(rest, &err) == 0)
		ll_buf_putc(&text, '\n');
	else if (rest.len > SEAL_LEN && ll_json_seal_check(ll_str(rest.data, rest.len - 1), &err) == 0)
		ll_die(LL_EXIT_INPUT, "%s: byte %zu is no end of a line: the file was changed or damaged", path, text.len - 1);
	else
		text.len = whole;
	return text;
}

/* Whether they can be read; those behind the first `from` bytes belong to steps yet to be made, of which *step is the next. */
static void check_lines(struct ll_str text, size_t from, const char *name, uint64_t *step)
{
	struct ll_train_entry e;
	for (size_t at = 0, start = 0; ll_train_entry_next(text, &at, name, &e); start = at) {
		if (start >= from && e.step < *step)
			ll_die(LL_EXIT_INPUT, "%s: byte %zu: of step %" PRIu64 ", where step %" PRIu64 " is the next", name, start, e.step, *step);
		if (start >= from)
			*step = e.kind == LL_TRAIN_ROLLBACK ? e.to + 1 : e.kind == LL_TRAIN_SKIPPED ? e.step + 1 : e.step;
		ll_train_entry_free(&e);
	}
}

static bool begins_with(struct ll_str text, struct ll_str start)
{
	return text.len >= start.len && (start.len == 0 || memcmp(text.data, start.data, start.len) == 0);
}

static struct ll_str line_at(struct ll_str text, size_t at)
{
	const char *start = text.data + at, *end = memchr(start, '\n', text.len - at);
	return ll_str(start, end ? (size_t)(end - start) + 1 : text.len - at);
}

/* Bytes of the lines of `text` that say what those of `start` say, sealed or not; SIZE_MAX when they say less or otherwise. */
static size_t bytes_saying(struct ll_str text, struct ll_str start)
{
	size_t at = 0, i = 0;
	bool same = true;
	while (same && i < start.len && at < text.len) {
		struct ll_str a = line_at(start, i), b = line_at(text, at);
		struct ll_buf x = sealed(a), y = sealed(b);
		same = ll_str_eq(ll_buf_str(&x), ll_buf_str(&y));
		i += a.len;
		at += b.len;
		ll_buf_free(&x);
		ll_buf_free(&y);
	}
	return same && i == start.len ? at : SIZE_MAX;
}

/* What the journal to repeat has behind the run's own lines. */
static void add_replay(struct ll_train_journal *j, struct ll_str own, const char *name, uint64_t step)
{
	uint64_t first = 0;
	struct ll_buf text = ll_read_file(name, JOURNAL_MAX);
	struct ll_str all = ll_buf_str(&text);
	check_lines(all, all.len, name, &first);
	size_t same = bytes_saying(all, own);
	if (same == SIZE_MAX && bytes_saying(own, all) == SIZE_MAX)
		ll_die(LL_EXIT_INPUT, "%s: says otherwise than %s, which the run has followed", name, j->path);
	if (same < all.len) {
		check_lines(all, same, name, &step);
		ll_buf_add(&j->pending, all.data + same, all.len - same);
		ll_free(j->pending_name);
		j->pending_name = ll_strdup(name);
	}
	ll_buf_free(&text);
}

struct ll_train_journal *ll_train_journal_open(const char *run, uint64_t step, struct ll_str done, const char *replay)
{
	struct ll_train_journal *j = ll_calloc(1, sizeof(*j));
	j->path = ll_path_join(run, "journal.jsonl");
	j->pending_name = ll_strdup(j->path);
	struct ll_buf own = own_lines(run, j->path);
	if (!begins_with(ll_buf_str(&own), done))
		ll_die(LL_EXIT_INPUT, "%s: does not begin with what the checkpoint remembers of it", j->path);
	step++;
	check_lines(ll_buf_str(&own), done.len, j->path, &step);
	j->own = own.len - done.len;
	ll_buf_add_str(&j->done, done);
	ll_buf_add(&j->pending, j->own ? own.data + done.len : "", j->own);
	if (replay)
		add_replay(j, ll_buf_str(&own), replay, step);
	ll_buf_free(&own);
	return j;
}

struct ll_str ll_train_journal_ahead(const struct ll_train_journal *j, const char **name)
{
	*name = j->pending_name;
	return ll_str(j->pending.data + j->at, j->pending.len - j->at);
}

void ll_train_journal_begin(struct ll_train_journal *j, const char *run)
{
	struct ll_buf there = ll_checkpoint_journal(run), lines = own_lines(run, j->path);
	if (there.len != lines.len)
		ll_write_file(j->path, lines.data, lines.len);
	ll_buf_free(&there);
	ll_buf_free(&lines);
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
	return line_at(ll_buf_str(&j->pending), j->at);
}

void ll_train_journal_add(struct ll_train_journal *j, struct ll_str line)
{
	struct ll_buf own = sealed(line);
	LL_ASSERT(!ll_train_journal_pending(j));
	write_line(j, ll_buf_str(&own));
	ll_buf_add_str(&j->done, ll_buf_str(&own));
	ll_buf_free(&own);
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
	struct ll_buf own = { 0 };
	if (j->at < j->own) {
		ll_buf_add_str(&own, line);
	} else {
		own = sealed(line);
		write_line(j, ll_buf_str(&own));
	}
	ll_buf_add_str(&j->done, ll_buf_str(&own));
	ll_buf_free(&own);
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
