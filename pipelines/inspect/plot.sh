#!/bin/sh
# SPDX-License-Identifier: MIT
# The plots of ll-bpe inspect: bytes per token and tokens per word by source and by language, for each tokenizer.
#
#   ll-bpe inspect --by=.lang -m a.json -m b.json -o table.tsv docs.ll
#   pipelines/inspect/plot.sh table.tsv inspect.png       without a second name: charts in the terminal
set -eu
[ $# -ge 1 ] && [ -r "$1" ] || { echo "usage: plot.sh TABLE [IMAGE.png]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/inspect-plot.XXXXXX")
trap 'rm -rf "$work"' EXIT
# "MEASURE, GROUP" lines of one measure as a table of their own: GROUP TAB value TAB value ...
pick() {
	awk -F '\t' -v OFS='\t' -v measure="$1" '
		$1 == "file" { $1 = "group"; print; next }
		$1 == measure { $1 = "all"; print; next }
		index($1, measure ", ") == 1 && $1 !~ / to / { sub(measure ", ", "", $1); sub(/^(source|[^ ]*) /, "", $1); print }' "$2"
}
pick "bytes per token" "$1" > "$work/bytes.tsv"
pick "tokens per word" "$1" > "$work/words.tsv"
[ "$(wc -l < "$work/bytes.tsv")" -gt 1 ] || { echo "plot.sh: $1: no texts in this table: ll-bpe inspect -m TOKENIZER FILES makes one" >&2; exit 3; }
columns=$(awk -F '\t' 'NR == 1 { print NF }' "$work/bytes.tsv")
image=${2:-}
gnuplot -e "bytes='$work/bytes.tsv'; words='$work/words.tsv'; columns=$columns; out='${image:+$work/out.png}'" "$here/inspect.gp"
[ -z "$image" ] || mv "$work/out.png" "$image"
