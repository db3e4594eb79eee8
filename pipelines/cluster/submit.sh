#!/bin/sh
# SPDX-License-Identifier: MIT
# submit.sh VARIABLE=VALUE... - pipelines/cluster/Makefile as jobs of Slurm: job arrays over the parts, merges between them, each
# waiting for the one before. Submit again after a failure: what is done is not done again. Prints the job numbers.
#
#   SBATCH        the command (sbatch), with what your cluster asks for: SBATCH="sbatch --partition=cpu --time=4:00:00"
#   SBATCH_TRAIN  the same for training (default: SBATCH); TRAIN_JOBS of them follow each other (default 1), so set EXIT_AFTER
set -eu
cd "$(dirname "$0")/../.."
: "${SBATCH:=sbatch}" "${SBATCH_TRAIN:=$SBATCH}" "${TRAIN_JOBS:=1}"
parts=4
for word; do case $word in
	PARTS=*) parts=${word#PARTS=} ;;
	*=*) ;;
	*) echo "submit.sh: $word: not VARIABLE=VALUE, such as PARTS=16" >&2; exit 2 ;;
esac; done

# job COMMAND NAME OPTION... -- TARGET...: submits `make TARGET...` and sets id to its number
job() {
	command=$1 name=$2; shift 2
	options=; while [ "$1" != -- ]; do options="$options $1"; shift; done; shift
	id=$($command --parsable --job-name="ll-$name" $options pipelines/cluster/step.sh "$@") || exit
	id=${id%%;*}
	echo "$name: job $id"
}
job "$SBATCH" map --array="1-$parts" -- map "$@"
job "$SBATCH" merge --dependency="afterok:$id" -- merge "$@"
job "$SBATCH" apply --array="1-$parts" --dependency="afterok:$id" -- apply "$@"
job "$SBATCH" tokenizer --dependency="afterok:$id" -- tokenizer report "$@"
job "$SBATCH" encode --array="1-$parts" --dependency="afterok:$id" -- encode "$@"
job "$SBATCH" pack --dependency="afterok:$id" -- pack "$@"
after=afterok i=0
while [ "$i" -lt "$TRAIN_JOBS" ]; do
	job "$SBATCH_TRAIN" train --dependency="$after:$id" -- train "$@"
	after=afterany i=$((i + 1))
done
job "$SBATCH_TRAIN" eval --dependency="afterok:$id" -- eval "$@"
