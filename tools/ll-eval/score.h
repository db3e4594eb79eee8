/* SPDX-License-Identifier: MIT */
/*
 * score.h - a model, its tokenizer, and the log-likelihood of token sequences. A request is computed in a batch whose shape is a
 * function of its own length alone, so its result does not depend on what is computed beside it or on threads.
 */
#ifndef LL_SCORE_H
#define LL_SCORE_H

#include "bpe/bpe.h"
#include "lm/checkpoint.h"

struct scorer {
	struct ll_lm *model;
	struct ll_pool *pool;
	struct ll_bpe *bpe;
	struct ll_bpe_encoder *encoder;
	struct ll_lm_folder folder;
	int64_t context; /* tokens of a row */
	int32_t prefix;  /* the token before an empty context: end-of-text */
};
/* Ends with status 3 when the folder has no usable model or tokenizer. */
void scorer_open(struct scorer *s, const char *dir);
void scorer_close(struct scorer *s);

/* One row: inputs[0 .. n), of which positions from `first` on predict targets[i] = the next token. */
struct request {
	int32_t *inputs, *targets; /* owned; n each */
	int64_t n, first;
	double log_likelihood;     /* nats, over the scored positions */
	bool greedy;               /* every scored target has the largest logit */
	bool truncated;            /* the context was cut on its left */
};
/* whole = context tokens then continuation tokens, of which the last n_scored are scored; cut on the left to the context. */
struct request request_make(const struct scorer *s, const int32_t *whole, size_t n, size_t n_scored);
void request_free(struct request *r);
void score(struct scorer *s, struct request *r, size_t n);

/* (context, continuation) as token ids by the rule of lm-evaluation-harness: trailing white space of the context moves to the
 * continuation, both are encoded together, and what follows the context's own length is the continuation. An empty context
 * is the prefix token. */
struct request request_text(struct scorer *s, struct ll_str context, struct ll_str continuation, size_t *n_scored);

#endif
