/* SPDX-License-Identifier: MIT */
/*
 * train_settings.h - everything that decides a run, as keys of one configuration: those below and those of the model
 * (lm/lm_config.h). In order, later ones win: defaults, preset, --config=FILE, --set key=value, the option of the key's
 * name. RUN/config.conf holds all of them with their values in force and is itself a --config file.
 */
#ifndef LL_TRAIN_SETTINGS_H
#define LL_TRAIN_SETTINGS_H

#include "base/option.h"
#include "lm/lm_tensor.h"
#include "lm/precision.h"
#include "lm/schedule.h"

#define LL_TRAIN_ASYNC_SAVE "auto|always|never"
#define LL_TRAIN_RECOMPUTE "none|selective|full"
#define LL_TRAIN_RECOMPUTE_KEY LL_TRAIN_RECOMPUTE "|auto"

struct ll_train_settings {
	char *preset, *init_from, *allow_missing, *allow_unexpected, *fork, *data, *data_start, *data_skip, *exclude, *valid, *schedule, *optimizer, *guard, *precision, *recompute, *async_save;
	int64_t seq_len, batch, accumulate, steps, warmup, decay_steps, seed;
	int64_t document_mask, mix_start;
	int64_t valid_every, valid_batches, save_every, keep, milestone_every, moment_reset, reset_warmup, rollbacks;
	char *group, *step_at, *batch_ramp, *batch_ramp_lr, *seq_ramp;
	int64_t power_from, optimizer_start;
	double step_factor, power, embedding_shrink;
	/* Of the optimizer, -1 where it has no such key. */
	double beta1, beta2, eps, momentum;
	int64_t nesterov, relative_step;
	/* What is written beside the log, on request (train_telemetry.h). */
	int64_t norms_every, noise_every, noise_batch, experts_every, sample_every, sample_tokens;
	char *norms_by, *sample_prompt;
	double sample_temperature;
	double lr, min_lr, weight_decay, l1, l2, clip, clip_value, zclip, spam;
	struct ll_lm_config model, ground; /* ground: as the preset, or the folder of --init-from, has it */
	enum ll_lm_mode mode; /* of recompute; of auto what ll_train_choose_parts chose */
	bool vocabulary_set; /* named by the user or by --init-from: else it follows the dataset */
};

/* What the command line and files gave, before it is resolved. */
extern const char *ll_train_config_file;
extern struct ll_strings ll_train_set;

/* Appends the option of every key to `options` (room for LL_TRAIN_KEYS_MAX); returns how many. */
#define LL_TRAIN_KEYS_MAX 96
size_t ll_train_key_options(struct ll_option *options);

/* Resolves; `ground`, the configuration of a run in the file `name` (or NULL, empty), stands before --config. Ends with
 * status 2 on unknown keys and values. */
void ll_train_settings_resolve(struct ll_train_settings *s, const char *name, struct ll_str ground);
/* Where the command line and --config say something of a key of the run or the model, the last word: its value, how it was spelled
 * ("--key=value", "--set=key=value", "FILE: key = value"), and whether that is the file or --set. False when nowhere: all is empty
 * then. Both strings are the caller's. */
struct ll_train_source_of {
	char *value, *spelled;
	bool in_file, by_set;
};
bool ll_train_settings_source(const char *key, struct ll_train_source_of *s);
/* A value of a key as the user wrote it, for messages; "key = value" where the command line and --config say nothing of the key. A
 * long value is cut. The caller frees. */
char *ll_train_settings_spelled(const char *key, const char *value);
/* Ends with status 2: the value so spelled (NULL: an empty one), and why it cannot be. */
void ll_train_settings_refuse(const char *key, const char *value, const char *why, ...) LL_PRINTF(3, 4) LL_NORETURN;
/* Ends with status 2 when the command line gives a key that has no effect in this configuration, and warns when --config does, or when
 * what a key says lies beyond the end of the run, or a batch has more than the `samples` of the datasets, each once (0: unknown)
 * (train_idle.c). The settings have been checked. */
void ll_train_settings_idle(const struct ll_train_settings *s, uint64_t samples);
/* What the command line and --config say of a key, or NULL; the caller frees. */
char *ll_train_settings_given(const char *key);
/* The same of the fork key: the parent's configuration is the ground. */
char *ll_train_settings_fork(void);
/* The configuration of a run as it stands in its folder, command line apart. */
void ll_train_settings_read(struct ll_train_settings *s, const char *run_config);
/* "key = value" lines of all keys in force. */
void ll_train_settings_print(const struct ll_train_settings *s, struct ll_buf *out);
/* Changes one key of a running run, or its "optimizer" or "activation" (the model's ffn): to `value`, or by that factor. -1 with the
 * cause, and nothing changed. */
int ll_train_settings_change(struct ll_train_settings *s, const char *name, bool times, const char *value,
			     struct ll_err *err) LL_MUST_CHECK;
/* Another optimizer, whose own keys and weight decay are what it has by default once they are checked. */
void ll_train_settings_optimizer(struct ll_train_settings *s, const char *name);
/* That part of ll_train_settings_check. */
void ll_train_settings_check_optimizer(struct ll_train_settings *s);
/* Those two keys of ll_train_settings_change; the tensors of the model keep their shapes. */
int ll_train_settings_change_optimizer(struct ll_train_settings *s, const char *value, struct ll_err *err) LL_MUST_CHECK;
int ll_train_settings_change_activation(struct ll_train_settings *s, const char *value, struct ll_err *err) LL_MUST_CHECK;
/* "300", or, as less than 0, tokens: "4096tok", "375Mtok", "1.5Gtok". */
int ll_train_parse_steps(const char *value, int64_t *out) LL_MUST_CHECK;
/* Checks that belong together (batch and accumulation, context); call once the vocabulary is known. */
void ll_train_settings_check(struct ll_train_settings *s);
/* Whether the optimizer keeps a second moment of every element, by which spam clips. */
bool ll_train_takes_spam(const char *optimizer);
/* Ends with status 2 naming the first key that decides the trained numbers and differs between two configurations. */
void ll_train_settings_same(const struct ll_train_settings *old, const struct ll_train_settings *now, const char *run);
/* Whether a checkpoint is to be written after `step`, whatever happens. */
bool ll_train_save_due(const struct ll_train_settings *s, uint64_t step);
/* The updates made before the run began: of the checkpoint it is a fork of (train_fork.c). */
uint64_t ll_train_first_step(const struct ll_train_settings *s);
enum ll_precision ll_train_precision(const struct ll_train_settings *s);
/* Of one of LL_TRAIN_RECOMPUTE_KEY, of auto that of none; and its name. */
enum ll_lm_mode ll_train_mode(const char *recompute);
const char *ll_train_mode_name(enum ll_lm_mode mode);
void ll_train_schedule(const struct ll_train_settings *s, struct ll_schedule *out);

#endif
