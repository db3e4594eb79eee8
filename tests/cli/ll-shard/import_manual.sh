#!/bin/sh
# SPDX-License-Identifier: MIT
# Import and export: every option of --help stands in the man page; the examples of the page run.
. "$ROOT/tests/lib.sh"
page=$ROOT/man/ll-shard.1
for c in import export; do
	ll-shard $c --help | sed '/^Examples/,$d' | sed -n 's/^ *\(-.,\)* *\(--[a-z-]*\).*/\2/p' | sort -u > help
	{ sed -n "/^\.Ss $c\$/,/^\.Ss /p" "$page" | sed '1!{/^\.Ss/,$d;}'; sed -n '/^\.Sh OPTIONS/,/^\.Sh EXIT/p' "$page"; } | grep -o 'Fl -[a-z][a-z-]*' | sed 's/Fl /-/' | sort -u > manual
	is "$(comm -23 help manual | tr '\n' ' ')" "" "every option of $c stands in the man page"
done
if command -v mandoc > /dev/null; then ok "mandoc has no complaint" sh -c "! mandoc -Tlint -W warning '$page' | grep ."; else skip "mandoc" "not installed"; fi
mkdir work; ln -s "$ROOT/samples" work/samples; cd work || exit 2
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$page" | sed -n '/^\.Bd/,/^\.Ed/p' | grep -v '^\.' | sed 's/\\e$/\\/' > ../examples
sed -n '1,/^seq/p' ../examples | grep -v '^seq' > ../mine
is "$(grep -c 'll-shard import' ../mine)" 3 "the examples are found"
ok "they run" sh -euc '. ../mine'
is "$(ll-shard export -q docs.ll | wc -l)" 9 "and write a stream"
finish
