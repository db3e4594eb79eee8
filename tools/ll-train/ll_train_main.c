/* SPDX-License-Identifier: MIT */
/* ll_train_main.c - ll-train: language models from token datasets. Here is only the table of its commands. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "kernels/ops.h"
#include "ll-train/train.h"

/* What this process may take: the machine's memory, or less where a cgroup says so. */
static uint64_t memory_allowed(void)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	FILE *f = fopen("/sys/fs/cgroup/memory.max", "re");
	unsigned long long limit;
	if (f && fscanf(f, "%llu", &limit) == 1 && limit < bytes)
		bytes = limit;
	if (f)
		fclose(f);
	return bytes;
}

int main(int argc, char **argv)
{
	static struct ll_option options[24 + LL_TRAIN_KEYS_MAX];
	size_t n = 0;
	while (ll_train_run_options[n].name || ll_train_run_options[n].type == LL_OPT_GROUP) {
		options[n] = ll_train_run_options[n];
		n++;
	}
	ll_train_key_options(options + n);
	static struct ll_command commands[] = {
		{ .name = NULL,
		  .operands = "",
		  .summary = "Train a language model on a token dataset, from the start or from its last checkpoint.",
		  .options = options,
		  .common = LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_PROGRESS,
		  .run = ll_train_run,
		  .examples = "ll-train --preset=gpt2-124m --data=train --valid=held --batch=8 --steps=2000 "
			      "--warmup=100 -o run\n"
			      "ll-train --resume=auto -o run\n" },
		{ .name = "batch",
		  .operands = "RUN",
		  .summary = "Print the documents a step of a run is made of, one JSON line each.",
		  .options = ll_train_batch_options,
		  .run = ll_train_batch,
		  .examples = "ll-train batch --step=17 run\n" },
		{ .name = "rerun",
		  .operands = "RUN",
		  .summary = "Print the commands that repeat a run.",
		  .options = ll_train_rerun_options,
		  .run = ll_train_rerun,
		  .examples = "ll-train rerun -o again run\n" },
		{ .name = "diff",
		  .operands = "RUN1 RUN2",
		  .summary = "Tell in what two runs differ, and where their logs part.",
		  .options = ll_train_diff_options,
		  .run = ll_train_diff,
		  .examples = "ll-train diff run other\n"
			      "ll-train diff --plot=both.svg run other\n" },
		{ .name = "report",
		  .operands = "RUN...",
		  .summary = "Draw the curves of a run, or of several over each other: -o FILE.svg, FILE.png, FILE.gp (the script for gnuplot), else characters.",
		  .options = ll_train_report_options,
		  .common = LL_COMMON_OUTPUT,
		  .run = ll_train_report,
		  .examples = "ll-train report -o run.svg run\n"
			      "ll-train report -o both.png run other\n" },
		{ .name = "bench",
		  .operands = "",
		  .summary = "Measure whole training steps beside the machine's matrix products.",
		  .options = ll_train_bench_own_options,
		  .common = LL_COMMON_THREADS | LL_COMMON_MEMORY,
		  .run = ll_train_bench,
		  .examples = "ll-train bench --preset=gpt2-124m --batch=4 --seq-len=64\n" },
		{ .name = "coordinate-check",
		  .operands = "",
		  .summary = "Show how activations grow with the width in the first steps of training.",
		  .options = ll_train_coordinates_options,
		  .common = LL_COMMON_THREADS | LL_COMMON_MEMORY,
		  .run = ll_train_coordinates,
		  .examples = "ll-train coordinate-check --set=init=mup --widths=64,128,256\n" },
		{ .name = "watch",
		  .operands = "",
		  .summary = "Find what looks wrong in a training log.",
		  .options = ll_train_watch_options,
		  .run = ll_train_watch,
		  .examples = "ll-train watch --replay=run/log.tsv\n" },
		{ .name = "import",
		  .operands = "",
		  .summary = "Make a folder of another trainer's model, to train on or to evaluate.",
		  .options = ll_train_import_options,
		  .common = LL_COMMON_MEMORY | LL_COMMON_SEED,
		  .run = ll_train_import,
		  .examples = "ll-train import --from=run/latest --vocabulary=320 -o wider\n" },
		{ .name = "export",
		  .operands = "DIR",
		  .summary = "Write a model as a file that llama.cpp loads.",
		  .options = ll_train_export_options,
		  .common = LL_COMMON_OUTPUT | LL_COMMON_MEMORY,
		  .run = ll_train_export,
		  .examples = "ll-train export --to=gguf --type=q8_0 -o model.gguf run/latest\n" },
		{ 0 },
	};
	struct ll_program program = { .name = "ll-train",
				      .summary = "Train decoder-only transformers.",
				      .commands = commands,
				      .features = ll_ops_features() };
	ll_common.threads = 0;
	ll_common.memory = memory_allowed();
	return ll_main(&program, argc, argv);
}
