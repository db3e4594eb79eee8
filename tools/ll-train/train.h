/* SPDX-License-Identifier: MIT */
/* train.h - the pieces of a training run, from settings to a step; every command of ll-train is put together from them.
 */
#ifndef LL_TRAIN_H
#define LL_TRAIN_H

#include "base/option.h"
#include "doc/dataset.h"
#include "lm/checkpoint.h"
#include "lm/data_mix.h"
#include "lm/data_order.h"
#include "lm/model.h"
#include "lm/schedule.h"
#include "ll-train/train_settings.h"

/* ---- data (train_data.c) ---- */
struct ll_train_range {
	uint64_t from, end; /* tokens [from, end) */
};
struct ll_train_source {
	char *path;
	double weight, share; /* as given; of the sum of all */
	uint64_t first;	      /* samples left out at the start of its order */
	struct ll_dataset *set;
	struct ll_data_order order;
	struct ll_train_range *withdrawn; /* documents that are not trained on, in order */
	size_t withdrawn_n;
};
struct ll_train_data {
	struct ll_train_source *source;
	size_t sources;
	struct ll_data_mix *mix;
	uint64_t origin; /* the cursor at which the mix has its first sample, modulo 2^64; a run may begin behind it */
	struct ll_dataset *train, *valid; /* the first source's; valid may be NULL */
	/* What the samples are made of: the id of the only dataset; of several, or with documents withdrawn, XXH3-128 of a
	 * line "ID SHARE" each, the share as the shortest decimal that reads back to it, and "exclude ID". */
	char id[33];
	char withdrawn_id[33]; /* XXH3-128 over the sorted XXH3-128 of the ids withdrawn, or "" */
	int64_t seq_len;
	uint32_t *window; /* seq_len + 1 */
};
/* The datasets of the keys data (DIR or DIR:WEIGHT a line) and data-start (numbers parted by commas, or NULL), not opened.
 * Ends with status 2 on a weight or number that is none. */
struct ll_train_source *ll_train_sources(const char *lines, const char *starts, size_t *n);
void ll_train_sources_free(struct ll_train_source *source, size_t n);
/* Opens the datasets; the model's vocabulary follows them unless set. Ends the program when they do not fit each other,
 * the model, or the sequence length. */
void ll_train_data_open(struct ll_train_data *d, struct ll_train_settings *s);
/* Where the sample at `cursor` begins. */
struct ll_train_sample {
	const struct ll_train_source *source;
	uint64_t start; /* its first token */
};
struct ll_train_sample ll_train_data_at(struct ll_train_data *d, uint64_t cursor);
/* Predictions in the samples [cursor, cursor + rows): fewer than rows x seq_len where documents are withdrawn. */
uint64_t ll_train_data_targets(struct ll_train_data *d, uint64_t cursor, int64_t rows);
/* Fills `rows` rows of tokens and targets with the samples from `cursor` on, or, of the validation set, in its own
 * order. */
void ll_train_data_fill(struct ll_train_data *d, uint64_t cursor, int64_t rows, int32_t *tokens, int32_t *targets);
void ll_train_data_fill_valid(struct ll_train_data *d, uint64_t sample, int64_t rows, int32_t *tokens,
			      int32_t *targets);
/* The documents of the sample at `cursor`; caller frees with ll_dataset_documents_free. */
struct ll_dataset_document *ll_train_data_documents(struct ll_train_data *d, uint64_t cursor, size_t *n);
/* Of all datasets, each once. */
uint64_t ll_train_data_samples(const struct ll_train_data *d);
uint64_t ll_train_valid_samples(const struct ll_train_data *d);
void ll_train_data_close(struct ll_train_data *d);

/* ---- documents withdrawn (train_exclude.c) ----
 * The samples stay what they were, so the order of the others does too; in place of a withdrawn document stand end-of-text
 * tokens that nothing is to predict. */
/* Reads the list of ids and marks the documents in all sources. */
void ll_train_withdraw(struct ll_train_data *d, const char *path);
/* How many of the tokens [from, end) are withdrawn. */
uint64_t ll_train_withdrawn(const struct ll_train_source *s, uint64_t from, uint64_t end);
/* In a row of n tokens and targets that begins at `start`. */
void ll_train_hide(const struct ll_train_source *s, uint64_t start, int64_t n, int32_t *tokens, int32_t *targets);

/* ---- the engine of a run (train_step.c) ---- */
struct ll_trainer {
	const struct ll_train_settings *settings;
	struct ll_train_data *data;
	struct ll_pool *pool;
	struct ll_lm *model;
	struct ll_optimizer *optimizer;
	int64_t micro; /* rows computed at once */
	int32_t *tokens, *targets, *start; /* start: NULL without document-mask */
	double *squares; /* by tensor, of the gradient of the last step */
	/* norm = batch: every pass moves the running means. Those that a gradient left wait in `moved` for its update, so that a step
	 * without an update leaves none; `held` are those before it. */
	float *held, *moved;
	uint64_t *routed; /* borrowed, NULL: of the next gradient (ll_lm.routed) */
	bool (*leave)(void); /* NULL, or asked between the parts of a batch: whether to leave its gradient unfinished */
};
struct ll_train_result {
	double loss, gradient; /* mean over the targets of the batch; norm before clipping */
	double attention_lse, log_z; /* largest of the batch, mean over its targets (lm/model.h) */
	bool finite, left; /* left: unfinished, and the rest means nothing */
};
/* Bytes ll_trainer_open takes. */
struct ll_lm_plan ll_trainer_plan(const struct ll_train_settings *s, uint64_t *optimizer);
void ll_trainer_open(struct ll_trainer *t, const struct ll_train_settings *s, struct ll_train_data *d);
/* The model's activation and the optimizer as in `now`: another one's state is zeros. set: the optimizer is one that began while the
 * run ran. -1 when memory lacks, and nothing changed. */
int ll_trainer_change(struct ll_trainer *t, const struct ll_train_settings *now, bool set, struct ll_err *err) LL_MUST_CHECK;
/* Whether that makes another optimizer. */
bool ll_trainer_changes(const struct ll_trainer *t, const struct ll_train_settings *now, bool set);
/* Loss and gradient of the `batch` samples at `cursor`, with the dropout masks of `step`. Any batch: it is computed in
 * parts of at most t->micro. */
struct ll_train_result ll_trainer_gradient(struct ll_trainer *t, uint64_t step, uint64_t cursor, int64_t batch);
/* The root of the mean squared norm of the gradients of each `part` samples of that batch alone (a rest is left out), with the same
 * masks. NaN when there are no two parts, or none with anything to predict. The gradient is lost. */
double ll_trainer_small_gradient(struct ll_trainer *t, uint64_t step, uint64_t cursor, int64_t batch, int64_t part);
/* Cuts every element of the gradient to [-max, max]; the norm of what it is then. */
double ll_trainer_clip_values(struct ll_trainer *t, double max);
/* The update with `scale` times that gradient, the `number`-th from 1, by the keys of `now`. */
void ll_trainer_update(struct ll_trainer *t, const struct ll_train_settings *now, double rate, double scale, uint64_t number);
/* Which of the samples at `cursor` has the largest loss (one that is not finite counts as the largest), and that: its mean
 * over targets. The gradient is left as it is. */
int64_t ll_trainer_worst(struct ll_trainer *t, uint64_t cursor, int64_t batch, double *loss);
/* Mean loss on the first valid-batches batches of the validation set. */
double ll_trainer_validate(struct ll_trainer *t);
void ll_trainer_close(struct ll_trainer *t);

/* ---- commands ---- */
int ll_train_run(int operands, char **operand);
int ll_train_batch(int operands, char **operand);
int ll_train_bench(int operands, char **operand);
int ll_train_coordinates(int operands, char **operand); /* coordinate-check */
int ll_train_watch(int operands, char **operand);
int ll_train_diff(int operands, char **operand);
int ll_train_report(int operands, char **operand);
int ll_train_export(int operands, char **operand);
int ll_train_import(int operands, char **operand);
int ll_train_rerun(int operands, char **operand);
extern const struct ll_option ll_train_batch_options[], ll_train_bench_own_options[], ll_train_watch_options[], ll_train_export_options[];
extern const struct ll_option ll_train_coordinates_options[], ll_train_import_options[], ll_train_rerun_options[], ll_train_diff_options[], ll_train_report_options[];
/* Of the train command, beside the keys. */
extern const struct ll_option ll_train_run_options[];
struct ll_train_course;
/* --dry-run, of the steps after `from`, of the run in the folder `run`, which is gone on with, to be, or not named ("-"). d: NULL when
 * no dataset was named. roof: of this machine, in GFLOP/s; 0: it is measured. */
void ll_train_dry_run(const struct ll_train_course *c, const char *run, bool going_on, uint64_t from, const struct ll_train_data *d, double roof);
/* Ends with status 4, and what would fit, when the memory that is left is not enough for the run. */
void ll_train_check_memory(const struct ll_train_settings *s);
/* --micro-batch (or NULL): "auto" makes s->accumulate the smallest with which the run fits in memory, a number what it asks for; and
 * recompute = auto makes s->mode the first with which it does: with both, more parts come before more recomputation. Ends with status
 * 2 when the batch cannot be cut so. For settings that are checked. */
void ll_train_choose_parts(struct ll_train_settings *s, const char *micro_batch);

#endif
