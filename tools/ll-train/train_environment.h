/* SPDX-License-Identifier: MIT */
/*
 * train_environment.h - RUN/environment.json: what a run was computed with and from, and what of it may change bits. A run
 * that goes on elsewhere is compared with it: --allow-drift=WHAT.
 */
#ifndef LL_TRAIN_ENVIRONMENT_H
#define LL_TRAIN_ENVIRONMENT_H

#include "ll-train/train.h"

#define LL_TRAIN_DRIFT "version, compiler, flags, libc, kernels, cpu, blas, data, valid, all"

/* Members that change bits, as they are here; d: NULL leaves out those of the data. */
struct ll_train_trait {
	const char *name, *value; /* value: NULL without one */
};
#define LL_TRAIN_TRAITS 9
void ll_train_traits(const struct ll_train_data *d, struct ll_train_trait trait[LL_TRAIN_TRAITS]);

struct ll_train_environment;
/* RUN/environment.json; NULL when there is none. Ends with status 3 when it cannot be read. */
struct ll_train_environment *ll_train_environment_read(const char *run);
/* A string member, or NULL. */
const char *ll_train_environment_get(const struct ll_train_environment *e, const char *name);
/* "step N: NAME: FROM, then TO" of every drift that was allowed, one a line; caller frees. */
char *ll_train_environment_drifts(const struct ll_train_environment *e);
/* Ends with status 3, saying where the run was started, when one of its datasets is not there as seen from here, another folder. */
void ll_train_environment_check_paths(const char *run, const struct ll_train_settings *s);
void ll_train_environment_free(struct ll_train_environment *e);

/* Compares a run that goes on after `step` with what it was computed with so far (e: NULL, of a new run, is nothing). Ends with
 * status 3, naming what differs, unless `allowed` has it; appends the drifts there were, members of a JSON list. */
void ll_train_environment_compare(const char *run, const struct ll_train_environment *e, const struct ll_strings *allowed,
				  const struct ll_train_data *d, uint64_t step, struct ll_buf *drifts);
/* Writes RUN/environment.json with these drifts. e: NULL for a new run, whose weights --init-from may have given but for what `u`
 * says. */
void ll_train_environment_write(const char *run, const struct ll_train_environment *e, const struct ll_train_settings *s,
				const struct ll_train_data *d, const struct ll_checkpoint_state *state, const struct ll_lm_unmatched *u,
				struct ll_str drifts);
/* Whether --allow-drift has it; ends with status 2 on a word that is none. */
bool ll_train_drift_allowed(const struct ll_strings *allowed, const char *name);

#endif
