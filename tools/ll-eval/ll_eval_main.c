/* SPDX-License-Identifier: MIT */
#include "base/option.h"
#include "kernels/ops.h"
#include "ll-eval/eval.h"
#include "stream/reader.h"

struct eval_options eval_options = { .max_tokens = 128, .items = 400, .temperature = 1 };

#define MODEL { LL_OPT_STRING, 0, "model", &eval_options.model, "DIR", "a checkpoint folder, such as RUN/latest (required)", 0, NULL, 0, 0 }
#define JSON { LL_OPT_FLAG, 0, "json", &eval_options.json, NULL, "print one JSON object", 0, NULL, 0, 0 }

static const struct ll_option task_options[] = {
	MODEL,
	{ LL_OPT_STRING, 0, "samples", &eval_options.samples, "FILE", "write a JSON line an item", LL_OPT_OUTPUT, NULL, 0, 0 },
	JSON,
	{ 0 },
};
static const struct ll_option bpb_options[] = {
	MODEL,
	{ LL_OPT_CHOICE, 0, "baseline", &eval_options.baseline, "NAME", "measure a simple model beside it", 0, "unigram", 0, 0 },
	{ LL_OPT_STRING, 0, "fit", &eval_options.fit, "FILE", "documents that the baseline is fitted on", 0, NULL, 0, 0 },
	JSON,
	{ 0 },
};
static const struct ll_option generate_options[] = {
	MODEL,
	{ LL_OPT_STRING, 0, "prompt", &eval_options.prompt, "TEXT", "the text to go on from", 0, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "max-tokens", &eval_options.max_tokens, "N", "tokens at most (128)", 0, NULL, 0, 1 << 30 },
	{ LL_OPT_FLOAT, 0, "temperature", &eval_options.temperature, "X", "0 takes the likeliest token (1)", 0, NULL, 0, 100 },
	{ LL_OPT_INT, 0, "top-k", &eval_options.top_k, "K", "only among the K likeliest tokens (0: all)", 0, NULL, 0, 1 << 30 },
	{ 0 },
};
static const struct ll_option cloze_options[] = {
	{ LL_OPT_INT, 0, "items", &eval_options.items, "N", "items at most (400)", 0, NULL, 1, 1 << 30 },
	{ 0 },
};

#define COMMON (LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_PROGRESS)
static const struct ll_command commands[] = {
	{ NULL, "TASK.jsonl...", "score a model on task files", task_options, COMMON, eval_tasks, "ll-eval --model=run/latest task.jsonl\n" },
	{ "bpb", "[FILE]...", "bits per byte of documents", bpb_options, COMMON | LL_COMMON_FILES, eval_bpb,
	  "ll-eval bpb --model=run/latest heldout.ll\n"
	  "ll-eval bpb --model=run/latest --baseline=unigram --fit=train.ll heldout.ll\n" },
	{ "generate", "", "text from a prompt", generate_options, COMMON | LL_COMMON_SEED, eval_generate,
	  "ll-eval generate --model=run/latest --prompt='The' --temperature=0.8 --top-k=40\n" },
	{ "make-cloze", "[FILE]...", "a cloze task from held-out documents", cloze_options, LL_COMMON_OUTPUT | LL_COMMON_FILES | LL_COMMON_SEED,
	  eval_make_cloze, "ll-eval make-cloze --items=200 -o cloze.jsonl heldout.ll\n" },
	{ 0 },
};

int main(int argc, char **argv)
{
	const struct ll_program program = { "ll-eval", "scores of a language model", commands, ll_ops_features() };

	ll_identity_file_id = ll_content_id;
	return ll_main(&program, argc, argv);
}
