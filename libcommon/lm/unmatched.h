/* SPDX-License-Identifier: MIT */
/*
 * unmatched.h - where the tensors of a folder and those of a model are not the same. Every difference is an error unless a glob
 * names it: what the folder lacks then keeps the values it has in the model, what the model lacks is left aside, and both are told.
 * Names are those in the folder; our own names of what is missing match too.
 */
#ifndef LL_UNMATCHED_H
#define LL_UNMATCHED_H

#include "lm/hf_names.h"

struct ll_lm_unmatched {
	const char *allow_missing, *allow_unexpected; /* globs, one a line; NULL: none */
	bool draw;     /* a loaded model begins with initial values of this seed; else what the folder lacks is zero in it */
	uint64_t seed;
	struct ll_hf_tensor *missing;                 /* pieces that no tensor of the folder filled */
	char **unexpected;                            /* tensors of the folder that fill nothing */
	size_t missing_n, missing_cap, unexpected_n, unexpected_cap;
};

/* Notes a piece that is missing, or a tensor that has no place. False: no glob names it. u: NULL allows nothing. */
bool ll_unmatched_missing(struct ll_lm_unmatched *u, const struct ll_lm *m, const struct ll_hf_tensor *piece);
bool ll_unmatched_unexpected(struct ll_lm_unmatched *u, const char *name);
/* Whether globs of both sides name it: a tensor that is there in another shape is missing and unexpected. */
bool ll_unmatched_both(const struct ll_lm_unmatched *u, const struct ll_lm *m, const struct ll_hf_tensor *piece);
/* Warns of what there was. */
void ll_unmatched_note(const struct ll_lm_unmatched *u, const char *dir);
/* "missing":["NAME",...],"unexpected":["NAME",...] as members of a JSON object. */
void ll_unmatched_put(const struct ll_lm_unmatched *u, struct ll_buf *out);
/* Forgets what was noted. */
void ll_unmatched_clear(struct ll_lm_unmatched *u);

#endif
