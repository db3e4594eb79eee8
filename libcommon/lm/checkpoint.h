/* SPDX-License-Identifier: MIT */
/*
 * checkpoint.h - a model in a folder, there and back.
 *
 * A step folder RUN/step-NNNNNNNN is a Hugging Face folder where a class exists for the configuration (hf_names.h):
 * config.json, model.safetensors, tokenizer.json, tokenizer_config.json; anything else is written with our own tensor
 * names and model_type "lltools". Beside them stand optimizer.bin (the state of the optimizer, optimizer.h, float32
 * little-endian), journal.jsonl (what was decided up to here, absent when nothing was)
 * and ll-state.json (folder.h: sealed, sizes and hashes of all members; the state of the run). The folder appears by one
 * rename. RUN/latest points at the newest.
 */
#ifndef LL_CHECKPOINT_H
#define LL_CHECKPOINT_H

#include "base/buffer.h"
#include "base/hash.h"
#include "lm/model.h"
#include "lm/optimizer.h"
#include "lm/unmatched.h"

/* What a run must know beside its numbers. Strings are owned when loaded (ll_checkpoint_state_free), borrowed when
 * saved. */
struct ll_checkpoint_state {
	uint64_t step;	 /* updates done */
	uint64_t tokens; /* predicted so far */
	uint64_t cursor; /* global index of the next sample (data_order.h) */
	uint64_t seed;
	char *data_id;	    /* of the dataset, 32 digits */
	char *tokenizer_id; /* 32 digits, or "" */
	char *parent;	    /* the checkpoint that the run began from, or NULL; */
	char *parent_state; /* XXH3-128 of its ll-state.json, 32 digits */
	uint64_t log_bytes; /* of RUN/log.tsv at this step */
	struct ll_id log_hash;
	double loss;             /* of the last step, NaN: none yet */
	double valid_loss; /* the last one, NaN: none yet */
	bool final;	   /* the last step of the run */
	const struct ll_lm_unmatched *unmatched; /* of a folder that was imported: what did not match, or NULL; borrowed, not loaded */
	struct ll_str journal; /* of the run so far; borrowed when saved, empty when loaded (ll_checkpoint_journal) */
};
void ll_checkpoint_state_free(struct ll_checkpoint_state *s);

/* Writes RUN/step-N and moves RUN/latest; eot is the end-of-text id or -1. The optimizer may be NULL. */
void ll_checkpoint_save(const char *run, const struct ll_lm *m, const struct ll_optimizer *optimizer,
			const struct ll_checkpoint_state *s, const char *tokenizer_path, int64_t eot);
/* Whether a run that saves every so many steps (0: never) does so after this one: not after step 0, where it has made none. */
bool ll_checkpoint_due(uint64_t every, uint64_t step);
/* Removes all but the `keep` newest (0: all stay); never the newest, `pinned`, those of step `since` and later (UINT64_MAX:
 * none), and those due every `milestone` steps. */
void ll_checkpoint_prune(const char *run, uint64_t keep, uint64_t pinned, uint64_t since, uint64_t milestone);
/* Removes RUN/step-N, or renames it to RUN/`as` in place of what is there. It is gone at once, however large it is. */
void ll_checkpoint_withdraw(const char *run, uint64_t step, const char *as);
/* Points RUN/latest at step-N. */
void ll_checkpoint_point(const char *run, uint64_t step);
/* Steps that have a folder under `run`, ascending; caller frees. */
uint64_t *ll_checkpoint_list(const char *run, size_t *n);
/* "RUN/step-00000012", caller frees. */
char *ll_checkpoint_path(const char *run, uint64_t step);
/* Fills parameters, optimizer (if not NULL: of the kind that was saved) and state from a step folder, every member
 * checked. -1 with file and cause. */
int ll_checkpoint_load(const char *dir, struct ll_lm *m, struct ll_optimizer *optimizer, struct ll_checkpoint_state *s,
		       struct ll_err *err) LL_MUST_CHECK;

/* The configuration of the model in a step folder, as far as its state can be read; nothing else is checked. -1 with file and cause. */
int ll_checkpoint_config(const char *dir, struct ll_lm_config *c, struct ll_err *err) LL_MUST_CHECK;
/* DIR/journal.jsonl of a step folder that was loaded, or of a run; empty without one. The caller frees it. */
struct ll_buf ll_checkpoint_journal(const char *dir);

/* ---- for programs that use a model (ll-eval) ---- */
struct ll_lm_folder {
	struct ll_lm_config config;
	char *dir;	      /* as given */
	char *tokenizer_path; /* DIR/tokenizer.json, or NULL when there is none */
	uint64_t step;	      /* 0 without a state */
	char *tokenizer_id;   /* "" without a state */
};
/*
 * Loads a model for inference (or LL_LM_TRAINING) from a step folder, RUN/latest, or a Hugging Face folder of a family
 * that hf_names.h knows. Ends the program with status 3 naming file and cause on anything wrong, every member of a step
 * folder checked. batch and seq_len as ll_lm_new; seq_len 0: the model's context. `info` (may be NULL) is owned by the
 * caller (ll_lm_folder_free).
 */
struct ll_lm *ll_lm_load_folder(const char *dir, int64_t batch, int64_t seq_len, enum ll_lm_mode mode,
				struct ll_pool *pool, struct ll_lm_folder *info);
/* The same where tensors need not all match: notes in `u` which did not (unmatched.h); a u of NULL asks for all. */
struct ll_lm *ll_lm_load_folder_with(const char *dir, int64_t batch, int64_t seq_len, enum ll_lm_mode mode,
				     struct ll_pool *pool, struct ll_lm_folder *info, struct ll_lm_unmatched *u);
/* Only the configuration and names, nothing mapped or checked beyond it: to plan memory first. */
void ll_lm_folder_open(const char *dir, struct ll_lm_folder *info);
void ll_lm_folder_free(struct ll_lm_folder *info);
/* Writes a model of no run; folders above it are made. */
void ll_lm_folder_save(const char *dir, const struct ll_lm *m, const struct ll_checkpoint_state *s, const char *tokenizer_path, int64_t eot);

#endif
