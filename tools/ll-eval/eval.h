/* SPDX-License-Identifier: MIT */
/*
 * eval.h - the commands of ll-eval: tasks.c (multiple choice, schema, language modelling), bpb.c (bits per byte and the unigram
 * baseline), generate.c, cloze.c (a task from held-out documents).
 */
#ifndef LL_EVAL_H
#define LL_EVAL_H

#include "base/base.h"

struct eval_options {
	const char *model, *samples, *prompt, *baseline, *fit;
	bool json;
	int64_t max_tokens, top_k, items;
	double temperature;
};
extern struct eval_options eval_options;

int eval_tasks(int operands, char **operand);
int eval_bpb(int operands, char **operand);
int eval_generate(int operands, char **operand);
int eval_make_cloze(int operands, char **operand);

#endif
