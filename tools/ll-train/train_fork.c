/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_fork.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "ll-train/train_course.h"
#include "lm/folder.h"
#include "text/json_tree.h"

#define SMALL_MAX (16 * LL_MIB)

static bool step_of(const char *path, uint64_t *step)
{
	const char *name = ll_path_base(path);
	return strncmp(name, "step-", 5) == 0 && ll_parse_u64(ll_cstr(name + 5), step) == 0;
}

static char *run_of(const char *fork)
{
	const char *base = ll_path_base(fork);
	return base == fork ? ll_strdup(".") : ll_strndup(fork, (size_t)(base - fork));
}

char *ll_train_fork_name(const char *given)
{
	char target[4096], *name = ll_strdup(given), *run = NULL;
	uint64_t step;
	size_t len = strlen(name);
	while (len > 1 && name[len - 1] == '/')
		name[--len] = '\0';
	ssize_t n = step_of(name, &step) ? 0 : readlink(name, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		run = run_of(name);
		ll_free(name);
		name = ll_path_join(run, ll_path_base(target));
		ll_free(run);
	}
	if (!step_of(name, &step)) {
		ll_hint("--init-from=DIR begins a run from the weights of any folder");
		ll_die(LL_EXIT_USAGE, "--fork=%s: not a checkpoint RUN/step-N", given);
	}
	char *padded = ll_checkpoint_path(".", step); /* step-20 is step-00000020 */
	char *found = ll_format("%.*s%s", (int)(ll_path_base(name) - name), name, ll_path_base(padded));
	ll_free(padded);
	ll_free(name);
	return found;
}

uint64_t ll_train_first_step(const struct ll_train_settings *s)
{
	uint64_t step = 0;
	if (s->fork && !step_of(s->fork, &step))
		ll_train_settings_refuse("fork", s->fork, "not a checkpoint RUN/step-N");
	return step;
}

uint64_t ll_train_fork_origin(const struct ll_train_settings *s)
{
	struct ll_train_course c;
	ll_train_course_begin(&c, s);
	uint64_t begin = c.begin;
	ll_train_course_end(&c);
	return begin - (uint64_t)s->mix_start;
}

/* The parent has to be there when a fork begins. */
static void check_there(const char *fork)
{
	char *state = ll_path_join(fork, LL_FOLDER_STATE), *run = run_of(fork);
	struct ll_buf there = { 0 };
	size_t n;
	if (!ll_path_exists(state)) {
		uint64_t *step = ll_checkpoint_list(run, &n);
		for (size_t i = 0; i < n; i++)
			if (i < 4 || i + 4 >= n)
				ll_buf_printf(&there, "%s%" PRIu64, i == 0 ? "" : i + 4 == n && n > 8 ? " ... " : ", ", step[i]);
		if (n)
			ll_hint("there are checkpoints of steps %s", ll_buf_cstr(&there));
		ll_die(LL_EXIT_INPUT, "%s: no such checkpoint", fork);
	}
	ll_free(state);
	ll_free(run);
}

/* The parent's settings, and its course as far as the checkpoint. */
static void open_parent(const char *fork, struct ll_train_settings *s, struct ll_train_course *c)
{
	char *run = run_of(fork), *config = ll_path_join(run, "config.conf");
	if (!ll_path_exists(config))
		ll_die(LL_EXIT_INPUT, "%s: is missing: a fork begins with the configuration of its parent", config);
	ll_train_settings_read(s, config);
	ll_train_course_begin(c, s);
	struct ll_buf journal = ll_checkpoint_journal(fork);
	ll_train_course_follow(c, ll_buf_str(&journal), "journal.jsonl");
	ll_buf_free(&journal);
	ll_free(config);
	ll_free(run);
}

/* Steps of the parent without an update of its optimizer do not count in the fork either: the journal that names those skipped
 * stays behind. Another optimizer than the parent's begins here, with keys of its own. */
static void go_on_updating(struct ll_train_settings *s, const struct ll_train_course *parent, const char *fork)
{
	char *given = ll_train_settings_given("optimizer");
	uint64_t step;
	if (!step_of(fork, &step))
		LL_BUG("%s was checked", fork);
	s->optimizer_start = (int64_t)(step - ll_train_course_updates(parent, step));
	if (given && s->optimizer && strcmp(given, s->optimizer) != 0) {
		ll_train_settings_optimizer(s, given);
		s->optimizer_start = (int64_t)step;
	}
	ll_free(given);
}

/* Keys that have no meaning beside the schedule or optimizer that a fork is given, where they are an error. */
static void drop_what_was_replaced(struct ll_train_settings *s)
{
	char *schedule = ll_train_settings_given("schedule");
	if (schedule && strcmp(schedule, "step") != 0)
		s->step_at = NULL;
	if (s->optimizer && !ll_train_takes_spam(s->optimizer))
		s->spam = 0;
	ll_free(schedule);
}

/* A batch that a command set need not be cut into equal parts: the fewest that are no larger than the parent's. */
static void cut_batch(struct ll_train_settings *s, int64_t micro)
{
	if (s->batch % s->accumulate == 0)
		return;
	s->accumulate = (s->batch + micro - 1) / micro;
	while (s->batch % s->accumulate)
		s->accumulate++;
}

struct ll_buf ll_train_fork_ground(const char *fork)
{
	struct ll_train_settings s;
	struct ll_train_course c;
	struct ll_buf text = { 0 };
	check_there(fork);
	open_parent(fork, &s, &c);
	if (c.batch_set)
		c.now.batch_ramp = NULL;
	cut_batch(&c.now, LL_MAX(s.batch / s.accumulate, 1));
	c.now.fork = c.now.data_start = c.now.data_skip = c.now.init_from = NULL;
	c.now.mix_start = 0;
	go_on_updating(&c.now, &c, fork);
	drop_what_was_replaced(&c.now);
	ll_train_settings_print(&c.now, &text);
	ll_train_course_end(&c);
	return text;
}

/* ---- data ---- */

/* The ids of the parent's datasets, from its environment.json; NULL when they are not n. */
static struct json_object *parent_ids(const char *fork, size_t n, struct json_object **tree)
{
	char *run = run_of(fork), *path = ll_path_join(run, "environment.json");
	struct json_object *list = NULL;
	struct ll_err err;
	if (ll_path_exists(path)) {
		struct ll_buf text = ll_read_file(path, SMALL_MAX);
		*tree = ll_json_tree_parse(ll_buf_str(&text), &err);
		list = *tree ? ll_json_tree_array(*tree, "datasets", &err) : NULL;
		if (list && json_object_array_length(list) != n)
			list = NULL;
		ll_buf_free(&text);
	}
	ll_free(run);
	ll_free(path);
	return list;
}

static bool is_dataset(struct json_object *ids, size_t i, const struct ll_train_source *source)
{
	struct ll_err err;
	const char *id = ids ? ll_json_tree_string(json_object_array_get_idx(ids, i), "id", &err) : NULL;
	return id && strcmp(id, ll_dataset_id(source->set)) == 0;
}

/* What the parent had taken of each of its datasets, `cursor` samples of its mix; caller frees. */
static uint64_t *taken(const struct ll_train_source *source, size_t n, uint64_t seed, uint64_t cursor)
{
	double *weight = ll_calloc(n, sizeof(*weight));
	uint64_t *count = ll_calloc(n, sizeof(*count));
	for (size_t i = 0; i < n; i++)
		weight[i] = source[i].weight;
	struct ll_data_mix *mix = ll_data_mix_new(weight, n, seed);
	ll_data_mix_before(mix, cursor, count);
	for (size_t i = 0; i < n; i++)
		count[i] += source[i].first;
	ll_data_mix_free(mix);
	ll_free(weight);
	return count;
}

/* Whether the datasets are those of the parent, in its order and by its shares. */
static bool is_same_mix(const struct ll_train_data *d, const struct ll_train_source *source, size_t n, struct json_object *ids)
{
	bool same = d->sources == n;
	for (size_t i = 0; same && i < n; i++)
		same = is_dataset(ids, i, &d->source[i]) && d->source[i].share == source[i].share;
	return same;
}

/* Each dataset of the parent is gone on with once. */
static void go_on_each(struct ll_train_data *d, uint64_t *count, size_t n, struct json_object *ids)
{
	for (size_t i = 0; i < d->sources; i++)
		for (size_t k = 0; k < n; k++)
			if (count[k] != UINT64_MAX && is_dataset(ids, k, &d->source[i])) {
				d->source[i].first = count[k];
				count[k] = UINT64_MAX;
				break;
			}
}

/* What roll-backs of the parent left out behind `cursor`, where the checkpoint stands, also those decided since: as data-skip. */
static char *left_out_ahead(const char *fork, const struct ll_train_settings *parent, uint64_t cursor)
{
	struct ll_train_course c;
	struct ll_buf list = { 0 };
	char *run = run_of(fork);
	struct ll_buf known = ll_checkpoint_journal(fork), all = ll_checkpoint_journal(run);
	struct ll_str text = ll_str(all.data, ll_train_journal_whole(ll_buf_str(&all)));
	if (text.len < known.len || (known.len && memcmp(text.data, known.data, known.len) != 0))
		text = ll_buf_str(&known); /* another run's by now */
	ll_train_course_begin(&c, parent);
	ll_train_course_follow(&c, text, "journal.jsonl");
	for (size_t i = 0; i < c.ranges; i++)
		if (c.range[i].until > cursor)
			ll_buf_printf(&list, "%s%" PRIu64 "-%" PRIu64, list.len ? "," : "", LL_MAX(c.range[i].from, cursor) - cursor,
				      c.range[i].until - cursor);
	ll_train_course_end(&c);
	ll_buf_free(&known);
	ll_buf_free(&all);
	ll_free(run);
	return list.len ? ll_buf_steal(&list) : NULL;
}

/* The samples that the parent took are left out: by one count where the mix is the parent's, so that it goes on with the choices
 * that come next there, else by one for each dataset. */
static void go_on(struct ll_train_settings *s, struct ll_train_data *d)
{
	struct ll_train_settings parent;
	struct ll_train_course course;
	struct json_object *tree = NULL;
	size_t n;
	open_parent(s->fork, &parent, &course);
	struct ll_train_source *source = ll_train_sources(parent.data, parent.data_start, &n);
	struct json_object *ids = parent_ids(s->fork, n, &tree);
	if (!ids)
		ll_warn("%s: its run does not say which datasets it had: all begin at their start", s->fork);
	uint64_t at = ll_train_course_cursor(&course, ll_train_first_step(s)), cursor = at - ll_train_fork_origin(&parent);
	bool same_order = parent.seed == s->seed && parent.seq_len == s->seq_len, same_mix = same_order && is_same_mix(d, source, n, ids);
	if (same_mix && !s->data_skip)
		s->data_skip = left_out_ahead(s->fork, &parent, at);
	if (same_mix && n > 1) {
		s->mix_start = (int64_t)cursor;
		for (size_t i = 0; i < n; i++)
			d->source[i].first = source[i].first;
	} else if (same_order) {
		uint64_t *count = taken(source, n, (uint64_t)parent.seed, cursor);
		go_on_each(d, count, n, ids);
		ll_free(count);
	}
	json_object_put(tree);
	ll_train_sources_free(source, n);
	ll_train_course_end(&course);
}

void ll_train_fork_data(struct ll_train_settings *s, struct ll_train_data *d)
{
	struct ll_buf list = { 0 };
	if (s->data_start)
		return;
	go_on(s, d);
	for (size_t i = 0; i < d->sources; i++)
		ll_buf_printf(&list, "%s%" PRIu64, i ? "," : "", d->source[i].first);
	s->data_start = ll_buf_steal(&list);
}

/* ---- the checkpoint ---- */

static char *state_hash(const char *fork)
{
	char *path = ll_path_join(fork, LL_FOLDER_STATE), hex[33];
	struct ll_buf text = ll_read_file(path, SMALL_MAX);
	ll_id_hex(ll_hash128(text.data, text.len), hex);
	ll_buf_free(&text);
	ll_free(path);
	return ll_strdup(hex);
}

void ll_train_fork_load(const struct ll_train_settings *s, const struct ll_train_data *d, struct ll_trainer *t,
			struct ll_checkpoint_state *state, bool begins)
{
	struct ll_checkpoint_state parent;
	struct ll_err err;
	if (ll_checkpoint_load(s->fork, t->model, begins ? NULL : t->optimizer, &parent, &err) < 0) {
		ll_hint("a fork keeps the model of its parent; --init-from=DIR lets some of its keys change");
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	}
	if (parent.step != ll_train_first_step(s))
		ll_die(LL_EXIT_INPUT, "%s: holds step %" PRIu64, s->fork, parent.step);
	if (strcmp(parent.tokenizer_id, ll_dataset_tokenizer_id(d->train)) != 0)
		ll_die(LL_EXIT_INPUT, "%s: was encoded with tokenizer %s, the parent's data with %s", d->source[0].path,
		       ll_dataset_tokenizer_id(d->train), parent.tokenizer_id);
	state->step = parent.step;
	state->tokens = parent.tokens;
	state->loss = parent.loss;
	state->valid_loss = parent.valid_loss;
	state->parent = ll_strdup(s->fork);
	state->parent_state = state_hash(s->fork);
	ll_checkpoint_state_free(&parent);
	ll_note("%s: begins from step %" PRIu64 " there", s->fork, state->step);
}
