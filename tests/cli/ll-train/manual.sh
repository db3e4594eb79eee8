#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples of the man page run, and every key of the configuration is in it. (Options: tests/cli/common/options.sh.)
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
page=$ROOT/man/ll-train.1
mv ds train
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$page" | sed -n '/^\.Bd/,/^\.Ed/p' | grep -v '^\.' | sed 's/\\e$/\\/' > examples
is "$(grep -c '^ll-train' examples)" 4 "the examples are found"
ok "they run" sh -euc '. ./examples'
ok "and leave a finished run" test -s run/done.json
ll-train --preset=gpt2-tiny --print-config | sed 's/ =.*//' | while read -r key; do
	grep -qE "(^|[ -])$key( |\$)" "$page" || echo "$key"
done > missing
is "$(cat missing)" "" "every key is in the man page"
finish
