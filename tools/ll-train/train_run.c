/* SPDX-License-Identifier: MIT */
/* train_run.c - ll-train: a run from its first step, or from its last checkpoint, to its end or to where it is told to
 * stop. */
#include "base/base.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "kernels/ops.h"
#include "ll-train/run_lock.h"
#include "ll-train/train_deadline.h"
#include "ll-train/train_disk.h"
#include "ll-train/train_environment.h"
#include "ll-train/train_fork.h"
#include "ll-train/train_full.h"
#include "ll-train/train_guard.h"
#include "lm/folder.h"
#include "lm/hf_names.h"
#include "lm/warm_start.h"

static const char *resume = "never", *on_full = "stop", *exit_after, *replay_journal;
static struct ll_strings allow_drift;
static const char *micro_batch, *roof_text;
static bool print_config, dry_run;

const struct ll_option ll_train_run_options[] = {
	{ LL_OPT_GROUP, 0, NULL, NULL, NULL, "The run", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 'o', "output", &ll_common.output, "RUN", "the folder of the run (required)", LL_OPT_OUTPUT, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "config", &ll_train_config_file, "FILE", "keys from a file, one key = value a line", 0,
	  NULL, 0, 0 },
	{ LL_OPT_LIST, 0, "set", &ll_train_set, "KEY=VALUE", "any key, also those of the model; may be repeated", 0,
	  NULL, 0, 0 },
	{ LL_OPT_CHOICE, 0, "resume", &resume, "WHEN", "never, auto (when there is a checkpoint) or must", 0,
	  "never|auto|must", 0, 0 },
	{ LL_OPT_LIST, 0, "allow-drift", &allow_drift, "WHAT", "go on though this differs: " LL_TRAIN_DRIFT, 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "exit-after", &exit_after, "TIME", "save and stop with status 7 after 90s, 30m, 2h, 1d, or before a Slurm job ends (slurm)", 0,
	  NULL, 0, 0 },
	{ LL_OPT_CHOICE, 0, "on-full", &on_full, "WHAT", "when the disk is full: stop with status 4, or wait for room", 0,
	  "stop|wait", 0, 0 },
	{ LL_OPT_STRING, 0, "replay-journal", &replay_journal, "FILE",
	  "repeat the lines of another run's journal.jsonl, each at its step", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "micro-batch", &micro_batch, "N", "sequences computed at once, or auto: as many as fit in memory", 0,
	  NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "roof", &roof_text, "GFLOPS", "of this machine, for --dry-run and timing.tsv (default: measured)", 0,
	  NULL, 0, 0 },
	{ LL_OPT_FLAG, 0, "print-config", &print_config, NULL, "print every key in force, and stop", 0, NULL, 0, 0 },
	{ LL_OPT_FLAG, 0, "dry-run", &dry_run, NULL, "print what the run takes and lasts, and stop; status 4 when memory lacks", 0,
	  NULL, 0, 0 },
	{ LL_OPT_GROUP, 0, NULL, NULL, NULL, "Keys (also in --config files; see --print-config for those of the model)",
	  0, NULL, 0, 0 },
	{ 0 },
};

static volatile sig_atomic_t asked_to_stop;

static void on_usr1(int number)
{
	(void)number;
	asked_to_stop = 1;
}

/* A batch in many parts may take longer than who sent the signal waits. The time of --exit-after is no such cause: a run that is always
 * given too little of it would never come to its next step. */
static bool told_to_leave(void)
{
	return asked_to_stop || ll_signal_pending();
}

/* The run stands after `step`, by a checkpoint with this journal. What is to come true again is tried first. */
static void open_course(struct ll_train_loop *r, uint64_t step, struct ll_str journal)
{
	struct ll_train_course ahead;
	const char *name;
	ll_train_course_begin(&r->course, &r->settings);
	ll_train_course_follow(&r->course, journal, "journal.jsonl");
	r->journal = ll_train_journal_open(r->dir, step, journal, replay_journal);
	ll_train_course_begin(&ahead, &r->settings);
	ll_train_course_follow(&ahead, journal, "journal.jsonl");
	ll_train_course_follow(&ahead, ll_train_journal_ahead(r->journal, &name), name);
	ll_train_course_end(&ahead);
}

static void check_disk(const struct ll_train_loop *r, bool going_on, uint64_t from)
{
	ll_train_disk_check(&r->course, r->dir, from, going_on, strcmp(on_full, "wait") == 0);
}

/* The newest checkpoint; a damaged one is never stepped over in silence. */
static void load(struct ll_train_loop *r, uint64_t step)
{
	char *dir = ll_checkpoint_path(r->dir, step);
	struct ll_err err;
	struct ll_buf journal = ll_checkpoint_journal(dir);
	open_course(r, step, ll_buf_str(&journal));
	ll_buf_free(&journal);
	if (ll_trainer_change(&r->trainer, &r->course.now, r->course.optimizer_set, &err) < 0)
		ll_die(LL_EXIT_RESOURCE, "%s", err.text);
	if (ll_train_loop_load(r, step, &err) < 0) {
		ll_hint("remove %s to go on from the checkpoint before it", dir);
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	}
	if (r->state.step != step || r->state.seed != (uint64_t)r->settings.seed)
		ll_die(LL_EXIT_INPUT, "%s: holds step %" PRIu64 " with seed %" PRIu64, dir, r->state.step,
		       r->state.seed);
	const char *data = r->data.sources == 1 ? r->data.source[0].path : "the datasets with their weights";
	if (strcmp(r->state.data_id, r->data.id) != 0 && !ll_train_drift_allowed(&allow_drift, "data"))
		ll_die(LL_EXIT_INPUT, "%s%s: id %s, the run was trained on %s", data, r->settings.exclude ? " but for the documents of --exclude" : "",
		       r->data.id, r->state.data_id);
	if (strcmp(r->state.tokenizer_id, ll_dataset_tokenizer_id(r->data.train)) != 0)
		ll_die(LL_EXIT_INPUT, "%s: another tokenizer than the run's", data);
	r->saved_step = step;
	if (r->state.cursor != ll_train_course_cursor(&r->course, step))
		ll_die(LL_EXIT_INPUT, "%s: is at sample %" PRIu64 ", by its journal at %" PRIu64, dir, r->state.cursor,
		       ll_train_course_cursor(&r->course, step));
	ll_note("%s: goes on after step %" PRIu64, r->dir, step);
	ll_free(dir);
}

static void finish(struct ll_train_loop *r)
{
	struct ll_buf text = { 0 };
	char *path = ll_path_join(r->dir, "done.json");
	ll_train_loop_save(r, true);
	ll_buf_printf(&text, "{\"step\":%" PRIu64 ",\"tokens\":%" PRIu64 ",\"parameters\":%" PRIu64 ",\"loss\":",
		      r->state.step, r->state.tokens, ll_lm_config_parameters(&r->settings.model));
	if (isfinite(r->state.loss))
		ll_put_double(&text, r->state.loss);
	else
		ll_buf_puts(&text, "null");
	ll_buf_puts(&text, ",\"valid_loss\":");
	if (isfinite(r->state.valid_loss))
		ll_put_double(&text, r->state.valid_loss);
	else
		ll_buf_puts(&text, "null");
	ll_buf_puts(&text, "}\n");
	ll_write_file(path, text.data, text.len);
	ll_buf_free(&text);
	ll_free(path);
}

static int train(struct ll_train_loop *r)
{
	double deadline = ll_train_deadline(exit_after, r->started, ll_train_loop_bytes(r));
	int signal_number = 0;
	while (r->state.step < (uint64_t)r->settings.steps) {
		signal_number = ll_signal_pending();
		if (signal_number || asked_to_stop || ll_seconds() >= deadline) {
			ll_train_loop_save(r, false);
			ll_note("%s: stopped after step %" PRIu64 "; --resume=auto goes on", r->dir, r->state.step);
			if (signal_number)
				ll_signal_reraise(signal_number);
			return LL_EXIT_STOPPED;
		}
		if (ll_train_loop_control(r)) {
			ll_note("%s: stopped after step %" PRIu64 " by its control file; --resume=auto goes on", r->dir,
				r->state.step);
			return LL_EXIT_STOPPED;
		}
		if (!ll_train_loop_step(r))
			return LL_EXIT_STOPPED;
	}
	finish(r);
	return LL_EXIT_OK;
}

/* The settings in force: those of the run in the folder, or of a fork's parent, with what the command line says. */
static void resolve(struct ll_train_settings *s, const char *config)
{
	char *given = ll_train_settings_fork(), *fork = given ? ll_train_fork_name(given) : NULL;
	struct ll_buf ground = { 0 };
	if (config)
		ground = ll_read_file(config, LL_MIB);
	else if (fork)
		ground = ll_train_fork_ground(fork);
	ll_train_settings_resolve(s, config ? config : fork, ll_buf_str(&ground));
	if (fork) {
		ll_free(s->fork);
		s->fork = fork;
	}
	ll_buf_free(&ground);
	ll_free(given);
}

static void LL_NORETURN no_checkpoint(const char *run)
{
	ll_die(LL_EXIT_INPUT, "%s: no checkpoint to resume from", run);
}

/* A run in a dataset or a model is a slip of the pen. */
static void check_place(const char *dir)
{
	static const char *const member[][2] = { { "manifest.json", "a token dataset" }, { "config.json", "a model" } };
	for (size_t i = 0; i < LL_COUNT(member); i++) {
		char *path = ll_path_join(dir, member[i][0]);
		if (ll_path_exists(path))
			ll_die(LL_EXIT_USAGE, "%s: holds %s: a run wants a folder of its own", dir, member[i][1]);
		ll_free(path);
	}
}

/* Decides between a new run and going on; true: from the checkpoint at *step. Resolves the settings. */
static bool find_start(struct ll_train_loop *r, uint64_t *step)
{
	char *config = ll_path_join(r->dir, "config.conf");
	bool exists = ll_path_exists(config), going_on = strcmp(resume, "never") != 0;
	size_t n;
	uint64_t *list = ll_checkpoint_list(r->dir, &n);
	if (!going_on && (exists || n)) {
		ll_hint("--resume=auto goes on; a new run wants a folder of its own");
		ll_die(LL_EXIT_USAGE, "%s: holds a run already", r->dir);
	}
	if (strcmp(resume, "must") == 0 && n == 0)
		no_checkpoint(r->dir);
	if (!exists && n == 0)
		check_place(r->dir);
	resolve(&r->settings, going_on && exists ? config : NULL);
	if (n)
		*step = list[n - 1];
	ll_free(list);
	ll_free(config);
	return n > 0;
}

static void check_same(struct ll_train_loop *r)
{
	char *config = ll_path_join(r->dir, "config.conf");
	if (ll_path_exists(config)) {
		struct ll_train_settings old;
		ll_train_settings_read(&old, config);
		ll_train_settings_check(&old);
		ll_train_settings_same(&old, &r->settings, r->dir);
	}
	ll_free(config);
}

static void write_config(struct ll_train_loop *r)
{
	struct ll_buf text = { 0 };
	char *path = ll_path_join(r->dir, "config.conf");
	ll_train_settings_print(&r->settings, &text);
	ll_write_file(path, text.data, text.len);
	ll_free(path);
	ll_buf_free(&text);
}

static void banner(const struct ll_train_loop *r)
{
	enum ll_hf_family f = ll_hf_family(&r->settings.model);
	char count[16], bytes[16];
	uint64_t optimizer, left = ll_memory_left();
	struct ll_lm_plan plan = ll_trainer_plan(&r->settings, &optimizer);
	uint64_t most = plan.total + optimizer, copy = ll_train_save_copy(&r->settings, left > most ? left - most : 0);
	if (copy < ll_train_save_copy_wanted(&r->settings))
		ll_note("memory lacks a copy of the state: training stands still while a checkpoint is written");
	ll_note("%s parameters, %s of memory, %d threads, kernels %s, products in %s (%s), recompute %s, checkpoints as %s",
		ll_human_count(count, (double)ll_lm_config_parameters(&r->settings.model)),
		ll_human_bytes(bytes, (double)(most + copy)), ll_threads(), ll_ops_f32_best()->name,
		r->settings.precision, ll_precision_kernel(ll_train_precision(&r->settings)), ll_train_mode_name(r->settings.mode),
		ll_hf_family_name(f));
	if (r->settings.model.norm == LL_LM_NORM_BATCH)
		ll_warn("norm = batch lets a position see those behind it and other sequences in training: for ablations");
	if (f == LL_HF_NONE)
		ll_note("no transformers class computes this configuration: checkpoints have tensor names of lltools");
}

static struct ll_lm_unmatched unmatched; /* of --init-from */

void ll_train_loop_begin(struct ll_train_loop *r)
{
	const char *from = r->settings.init_from;
	struct ll_err err;
	r->state = (struct ll_checkpoint_state){ .seed = (uint64_t)r->settings.seed, .loss = NAN, .valid_loss = NAN };
	memset(r->trainer.optimizer->state, 0, r->trainer.optimizer->floats * sizeof(float));
	if (r->settings.fork) {
		bool begins = r->settings.optimizer_start == (int64_t)ll_train_first_step(&r->settings);
		ll_train_fork_load(&r->settings, &r->data, &r->trainer, &r->state, begins || r->course.optimizer_set);
		return;
	}
	ll_lm_init(r->trainer.model, (uint64_t)r->settings.seed);
	if (!from)
		return;
	ll_unmatched_clear(&unmatched);
	unmatched = (struct ll_lm_unmatched){ r->settings.allow_missing, r->settings.allow_unexpected, .seed = (uint64_t)r->settings.seed };
	if (ll_lm_warm_start(r->trainer.model, from, &unmatched, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	ll_note("%s: begins from the weights there", from);
	ll_unmatched_note(&unmatched, from);
	struct ll_lm_folder info;
	ll_lm_folder_open(from, &info);
	if (*info.tokenizer_id && strcmp(info.tokenizer_id, ll_dataset_tokenizer_id(r->data.train)) != 0)
		ll_warn("%s: its tokenizer is not that of %s: equal ids may be other texts", from,
			r->data.source[0].path);
	ll_lm_folder_free(&info);
}

static void check_parts_said_once(void)
{
	struct ll_train_source_of s = { 0 };
	if (micro_batch && ll_train_settings_source("accumulate", &s) && !s.in_file)
		ll_die(LL_EXIT_USAGE, "--micro-batch=%s and %s both say into how many parts a batch is cut", micro_batch, s.spelled);
	ll_free(s.value);
	ll_free(s.spelled);
}

/* The last that may refuse a run is asked; then nothing does, and come its files. */
static void begin(struct ll_train_loop *r, bool going_on)
{
	struct ll_train_environment *before = going_on ? ll_train_environment_read(r->dir) : NULL;
	struct ll_buf drifts = { 0 };
	ll_train_telemetry_open(&r->telemetry, r->dir, &r->settings, &r->trainer);
	r->log = ll_train_log_open(r->dir, r->settings.noise_every, r->state.log_bytes, &r->state.log_hash);
	ll_train_environment_compare(r->dir, before, &allow_drift, &r->data, r->state.step, &drifts);
	ll_train_saver_open(r);
	check_disk(r, going_on, r->state.step);
	ll_train_environment_write(r->dir, before, &r->settings, &r->data, &r->state, &unmatched, ll_buf_str(&drifts));
	ll_train_telemetry_begin(&r->telemetry, r->state.step);
	write_config(r);
	ll_train_log_begin(r->log);
	ll_train_journal_begin(r->journal, r->dir);
	if (going_on) /* a kill may have come between the folder and the link */
		ll_checkpoint_point(r->dir, r->state.step);
	ll_train_environment_free(before);
	ll_buf_free(&drifts);
}

static void prepare(struct ll_train_loop *r)
{
	struct sigaction usr1 = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };
	uint64_t step = 0;
	bool going_on = find_start(r, &step);
	ll_signals_defer();
	sigaction(SIGUSR1, &usr1, NULL);
	ll_folder_sweep(r->dir);
	if (going_on)
		ll_train_environment_check_paths(r->dir, &r->settings);
	ll_train_data_open(&r->data, &r->settings);
	if (!going_on && r->settings.fork)
		ll_train_fork_data(&r->settings, &r->data);
	ll_train_settings_idle(&r->settings, ll_train_data_samples(&r->data));
	check_parts_said_once();
	bool chosen = going_on && micro_batch && strcmp(micro_batch, "auto") == 0; /* when it began */
	ll_train_choose_parts(&r->settings, chosen ? NULL : micro_batch);
	check_same(r);
	r->data.origin = ll_train_fork_origin(&r->settings);
	banner(r);
	ll_train_check_memory(&r->settings);
	ll_trainer_open(&r->trainer, &r->settings, &r->data);
	r->trainer.leave = told_to_leave;
	r->saved_step = UINT64_MAX;
	if (going_on) {
		load(r, step);
	} else {
		ll_train_loop_begin(r);
		open_course(r, r->state.step, ll_str("", 0));
		r->state.cursor = ll_train_course_cursor(&r->course, r->state.step);
	}
	begin(r, going_on);
	ll_train_guard_rebuild(r);
	r->started = r->last_note = ll_seconds();
	if (!going_on && r->settings.fork) /* the parent's checkpoint may go */
		ll_train_loop_save(r, false);
}

/* GFLOP/s of --roof; 0: none. */
static double roof(void)
{
	double rate = 0;
	if (roof_text && (ll_parse_double(ll_cstr(roof_text), &rate) < 0 || !(rate > 0)))
		ll_die(LL_EXIT_USAGE, "--roof=%s: not a rate in GFLOP/s", roof_text);
	return rate;
}

/* The plan: of a new run, or of what is left of the one in the folder. */
static void show_plan(struct ll_train_loop *r, bool going_on, uint64_t step, bool has_data)
{
	struct ll_buf journal = { 0 };
	ll_train_course_begin(&r->course, &r->settings);
	if (going_on) {
		char *dir = ll_checkpoint_path(r->dir, step);
		journal = ll_checkpoint_journal(dir);
		ll_train_course_follow(&r->course, ll_buf_str(&journal), dir);
		ll_free(dir);
	}
	r->data.origin = ll_train_fork_origin(&r->settings);
	uint64_t from = going_on ? step : ll_train_first_step(&r->settings);
	ll_train_dry_run(&r->course, r->dir, going_on, from, has_data ? &r->data : NULL, roof());
	fflush(stdout);
	check_disk(r, going_on, from);
	ll_train_check_memory(&r->course.now);
	ll_train_course_end(&r->course);
	ll_buf_free(&journal);
}

/* --print-config and --dry-run need no run, but go by the one in the folder that --resume would go on with; the datasets, when named,
 * give the vocabulary. */
static int show(struct ll_train_loop *r)
{
	struct ll_train_settings *s = &r->settings;
	bool has_data = false, going_on = false;
	struct ll_buf text = { 0 };
	uint64_t step = 0;
	if (strcmp(r->dir, "-") != 0)
		going_on = find_start(r, &step);
	else if (strcmp(resume, "never") != 0)
		ll_die(LL_EXIT_USAGE, "-o RUN is missing: the folder of the run to resume");
	else
		resolve(s, NULL);
	if (s->data && (dry_run || !s->vocabulary_set)) {
		if (going_on)
			ll_train_environment_check_paths(r->dir, s);
		ll_train_data_open(&r->data, s);
		if (!going_on && s->fork)
			ll_train_fork_data(s, &r->data);
		has_data = true;
	}
	ll_train_settings_check(s);
	ll_train_settings_idle(s, has_data ? ll_train_data_samples(&r->data) : 0);
	check_parts_said_once();
	ll_train_choose_parts(s, going_on && micro_batch && strcmp(micro_batch, "auto") == 0 ? NULL : micro_batch);
	if (strcmp(resume, "never") != 0)
		check_same(r);
	if (print_config) {
		ll_train_settings_print(s, &text);
		fwrite(text.data, 1, text.len, stdout);
		ll_buf_free(&text);
	}
	if (dry_run)
		show_plan(r, going_on, step, has_data);
	if (has_data)
		ll_train_data_close(&r->data);
	return LL_EXIT_OK;
}

int ll_train_run(int operands, char **operand)
{
	struct ll_train_loop r = { .dir = ll_common.output };
	(void)operands;
	(void)operand;
	ll_train_drift_allowed(&allow_drift, "");
	if (allow_drift.len && strcmp(resume, "never") == 0)
		ll_die(LL_EXIT_USAGE, "--allow-drift goes with --resume: a new run has nothing to differ from");
	double rate = 1e9 * roof();
	ll_train_deadline_check(exit_after);
	if (print_config || dry_run)
		return show(&r);
	if (strcmp(r.dir, "-") == 0)
		ll_die(LL_EXIT_USAGE, "-o RUN is missing: the folder of the run");
	if (strcmp(on_full, "wait") == 0)
		ll_train_full_wait();
	ll_progress_noun("sequences");
	if (strcmp(resume, "must") != 0 || ll_path_exists(r.dir))
		ll_make_dirs_temp(r.dir); /* of a run that is refused nothing is left */
	else
		no_checkpoint(r.dir);
	ll_run_lock(r.dir);
	char *done = ll_path_join(r.dir, "done.json");
	int status = LL_EXIT_OK;
	if (ll_path_exists(done) && strcmp(resume, "never") != 0) {
		uint64_t step;
		find_start(&r, &step);
		ll_train_settings_check(&r.settings);
		check_same(&r);
		ll_note("%s: is done already", r.dir);
	} else {
		prepare(&r);
		ll_train_roof_begin(&r.roof, rate);
		status = train(&r);
		ll_train_saver_close(&r);
		ll_train_log_close(r.log);
		ll_train_telemetry_close(&r.telemetry);
		ll_train_journal_close(r.journal);
		ll_train_course_end(&r.course);
		ll_trainer_close(&r.trainer);
		ll_train_data_close(&r.data);
		ll_checkpoint_state_free(&r.state);
	}
	ll_free(done);
	ll_run_unlock();
	return status;
}
