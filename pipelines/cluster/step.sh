#!/bin/sh
# SPDX-License-Identifier: MIT
# step.sh TARGET... VARIABLE=VALUE... - one job of submit.sh: a target of the Makefile beside it, for the part of this task.
#SBATCH --output=slurm-%x-%A_%a.out
exec make --no-print-directory -f pipelines/cluster/Makefile "$@" ${SLURM_ARRAY_TASK_ID:+PART="$SLURM_ARRAY_TASK_ID"} \
	THREADS="${SLURM_CPUS_PER_TASK:-0}"
