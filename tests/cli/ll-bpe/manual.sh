# SPDX-License-Identifier: MIT
# The man page names every option that --help names, and no other; its examples run.
. "$ROOT/tests/lib.sh"
page=$ROOT/man/ll-bpe.1
# Only what starts an option line of the help counts, not words in examples.
for c in train encode decode inspect; do ll-bpe $c --help | sed '/^Examples/,$d'; done | sed -n 's/^ *\(-.,\)* *\(--[a-z-]*\).*/\2/p' | sort -u > help
sed -n '/^\.It Fl/s/.*Fl -\([a-z][a-z-]*\).*/--\1/p' "$page" | sort -u > manual
ok "every option stands in the man page" diff help manual
is "$(wc -l < help | tr -d ' ')" "$(grep -c . manual)" "as many"
if command -v mandoc > /dev/null; then ok "mandoc has no complaint" sh -c "! mandoc -Tlint -W warning '$page' | grep ."; else skip "mandoc" "not installed"; fi
mkdir work; ln -s "$ROOT/samples" work/samples; cd work || exit 2
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$page" | sed -n '/^\.Bd/,/^\.Ed/p' | grep -v '^\.' | sed 's/\\e$/\\/' > ../examples
is "$(grep -c 'll-bpe' ../examples)" 4 "the examples are found"
ok "they run" sh -euc '. ../examples'
ok "and write a tokenizer" test -s tok.json
ok "and tokens" ll-shard check -q tokens.ll
finish
