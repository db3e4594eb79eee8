# SPDX-License-Identifier: MIT
# The examples of ll-shard.1 run.
. "$ROOT/tests/lib.sh"
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$ROOT/man/ll-shard.1" | sed -n '/^\.Bd/,/^\.Ed/p' | grep -v '^\.' | sed 's/\\e/\\/g' > examples
ok "the examples are found" grep -q 'll-shard split' examples
ln -s "$ROOT/samples" samples
ok "they run" sh -euc '. ./examples'
finish
